"""Numbered migrations, run by Alembic inside one transaction."""

from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from lettrage.adapters.store.sql import on_postgresql, run
from lettrage.adapters.store.statistics import fix_statistics
from lettrage.limits import MIGRATION_SECONDS

_LOCK = 0x1E77A6E  # ours among the advisory locks of a database


def upgrade(engine: Engine) -> None:
    """Bring a database to the newest schema; another process doing the same meanwhile is waited for."""
    config = Config()
    config.set_main_option("script_location", "lettrage.adapters.store:migrations")
    with engine.connect() as connection:
        _begin(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if on_postgresql(connection):
            _sort_by_bytes(connection)
        else:
            fix_statistics(connection)
        connection.exec_driver_sql("COMMIT")


def _begin(connection: Connection) -> None:
    """Begin, alone."""
    if not on_postgresql(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql("BEGIN")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATION_SECONDS}s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _sort_by_bytes(connection: Connection) -> None:
    """Let every text of ours compare and sort by its bytes, as on SQLite, whatever the database's own language."""
    sql = """
        SELECT c.relname, string_agg(
            format('ALTER COLUMN %I TYPE %s COLLATE "C"', a.attname, format_type(a.atttypid, a.atttypmod)), ', ')
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0
        AND NOT a.attisdropped AND a.attcollation NOT IN (0, '"C"'::regcollation) GROUP BY c.relname ORDER BY c.relname
    """
    found: Any = run(connection, sql).all()
    for table, changes in found:
        connection.exec_driver_sql(f'ALTER TABLE "{table}" {changes}')
