"""Numbered migrations, run by Alembic inside one transaction."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from lettrage.adapters.store.statistics import fix_statistics


def upgrade(engine: Engine) -> None:
    """Bring a database to the newest schema; another process doing the same meanwhile is waited for."""
    config = Config()
    config.set_main_option("script_location", "lettrage.adapters.store:migrations")
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        fix_statistics(connection)
        connection.exec_driver_sql("COMMIT")
