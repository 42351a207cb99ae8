"""Numbered migrations, run by Alembic inside one transaction."""

from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Table, event

from lettrage.adapters.store.cluster import is_cluster, places
from lettrage.adapters.store.sql import on_postgresql, run
from lettrage.adapters.store.statistics import fix_statistics
from lettrage.limits import MIGRATION_SECONDS

_LOCK = 0x1E77A6E  # ours among the advisory locks of a database
# Citus changes a table's shards over many connections at once and then refuses a function in the same transaction
# (function.c, EnsureSequentialMode...); and it lets no trigger of a spread table be taken away or made (trigger.c).
_ON_A_CLUSTER = (
    "SET LOCAL citus.multi_shard_modify_mode = 'sequential'",
    "SET LOCAL citus.enable_unsafe_triggers = on",
)


def upgrade(engine: Engine) -> None:
    """Bring a database to the newest schema; another process doing the same meanwhile is waited for."""
    with engine.connect() as connection:
        begin_alone(connection)
        upgrade_within(connection, "head")
        connection.exec_driver_sql("COMMIT")


def upgrade_within(connection: Connection, version: str) -> None:
    """Bring a database to a version of the schema, inside the transaction that has begun (see `begin_alone`)."""
    config = Config()
    config.set_main_option("script_location", "lettrage.adapters.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, version)
    if on_postgresql(connection):
        _sort_by_bytes(connection)
    else:
        fix_statistics(connection)


@event.listens_for(Table, "before_create")
def _untied_on_a_cluster(table: Table, connection: Connection, **_more: Any) -> None:
    """A table is the coordinator's own until it is spread; till then it may refer to none that is."""
    if on_postgresql(connection) and is_cluster(connection) and places(connection):
        table.constraints -= table.foreign_key_constraints


def begin_alone(connection: Connection) -> None:
    """Begin a transaction in which nobody else changes the schema."""
    if not on_postgresql(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql("BEGIN")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{MIGRATION_SECONDS}s'")
    if is_cluster(connection):
        for setting in _ON_A_CLUSTER:
            connection.exec_driver_sql(setting)
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
