"""Restoring: a backup into an empty database, whole or not at all.

Every hash is checked before anything is written. Then one transaction makes the tables of the backup's version, fills
them and brings them to ours: a process that dies on the way leaves the database as empty as it was.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from graphlib import TopologicalSorter
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from lettrage.adapters.store import schema
from lettrage.adapters.store.backups.form import (
    HEADS,
    MANIFEST,
    BackupFile,
    Damaged,
    Head,
    Manifest,
    Table,
    kind_of,
    opened,
)
from lettrage.adapters.store.engine import (
    KNOWN,
    file_of,
    plain_words,
    schema_version,
    shown,
    tables_of,
    unprepared_engine,
    words_of_a_cluster,
)
from lettrage.adapters.store.migrations import begin_alone, upgrade_within
from lettrage.adapters.store.sql import on_postgresql, run, run_many
from lettrage.invoicing.sending.outbox import Met
from lettrage.refusal import Refusal, Stop, StoreTrouble, quoted

ROWS = 2_000  # written at a time
HEAVY_ROWS = 4  # of a table with files in it


class Restored(msgspec.Struct, frozen=True):
    """What was restored, and how many jobs of sending wait behind a stop."""

    manifest: Manifest
    rows: int
    held_back: int


def restore(file: Path, address: str, now: datetime, told: Callable[[str], object] = str) -> Restored:
    """Fill an empty database with a backup. Raises Stop for what is no sound backup, StoreTrouble for the database."""
    with opened(file) as backup:
        if backup.manifest.schema not in KNOWN:
            raise Stop(Refusal("backup_newer", "FILE", quoted(backup.manifest.schema), KNOWN[-1]))
        backup.check()
        with _new(address) as engine, plain_words(engine), words_of_a_cluster(engine), engine.connect() as connection:
            try:
                return _restored(engine, connection, backup, now, told)
            except (IntegrityError, DataError, OverflowError) as error:  # sound as a file, but not what books can hold
                said = str(getattr(error, "orig", None) or error).splitlines()[0]
                raise Damaged(file, said) from None


@contextmanager
def _new(address: str) -> Iterator[Engine]:
    """An engine; where it makes a file, and what is done with it goes wrong, the file goes again."""
    file = file_of(address)
    made = file is not None and not file.exists()
    engine = unprepared_engine(address)
    done = False
    try:
        yield engine
        done = True
    finally:
        engine.dispose()
        if made and file is not None and not done:
            for part in ("", "-wal", "-shm"):
                file.with_name(file.name + part).unlink(missing_ok=True)


def _restored(
    engine: Engine, connection: Connection, backup: BackupFile, now: datetime, told: Callable[[str], object]
) -> Restored:
    """One transaction, on a connection that nobody else has."""
    begin_alone(connection)
    try:
        _make_tables(engine, connection, backup.manifest.schema)
        tables = _in_order(connection, backup)
        for table in tables:
            told(table.name)
            _fill(connection, backup, table)
        _close_years(connection, backup, tables)
        upgrade_within(connection, KNOWN[-1])
        _same_heads(connection, backup)
        held_back = _hold_back(connection, now)
        connection.exec_driver_sql("COMMIT")
    finally:
        if not connection.invalidated:
            raw: Any = connection.connection.dbapi_connection
            raw.rollback()
    return Restored(backup.manifest, sum(table.rows for table in tables), held_back)


def _make_tables(engine: Engine, connection: Connection, version: str) -> None:
    """The tables of a version, in a database that has none; those that are there must be that version's, and empty."""
    there = tables_of(connection)
    if not there:
        upgrade_within(connection, version)
        return
    found = schema_version(connection)
    empty = found == version and not any(
        run(connection, f'SELECT 1 FROM "{table.name}" LIMIT 1').first() for table in schema.metadata.sorted_tables
    )
    if not empty:
        raise StoreTrouble(Refusal("database_not_empty", "--database", shown(engine)))


# ---------------------------------------------------------------- rows


def _in_order(connection: Connection, backup: BackupFile) -> Sequence[Table]:
    """The backup's tables, each after those that it refers to; they must be those of its version, column by column."""
    inspector = inspect(connection)
    whole = tables_of(connection)  # not the parts that a table may be cut into
    known = {
        name: {str(column["name"]): kind_of(column["type"]) for column in inspector.get_columns(name)}
        for name in inspector.get_table_names()
        if name in whole and name != "alembic_version"
    }
    given = {table.name: {column.name: column.kind for column in table.columns} for table in backup.manifest.tables}
    if known != given:
        raise Damaged(backup.file, "tables")
    by_name = {table.name: table for table in backup.manifest.tables}
    refers = {
        name: sorted({key["referred_table"] for key in inspector.get_foreign_keys(name)} - {name}) for name in known
    }
    return [by_name[name] for name in TopologicalSorter(refers).static_order() if name in by_name]


def _fill(connection: Connection, backup: BackupFile, table: Table) -> None:
    names = [column.name for column in table.columns]
    held = HEAVY_ROWS if any(column.kind == "bytes" for column in table.columns) else ROWS
    rows: Iterable[tuple[Any, ...]] = backup.rows(table)
    if table.name == "dossier":  # a closed year takes no entry: it is closed again when its entries are there
        closed = names.index("closed_until") if "closed_until" in names else -1
        rows = (row if closed < 0 else (*row[:closed], "", *row[closed + 1 :]) for row in rows)
    columns = ", ".join(f'"{name}"' for name in names)
    if on_postgresql(connection):
        _copy(connection, f'COPY "{table.name}" ({columns}) FROM STDIN', rows)
        return
    marks = ", ".join("?" for _ in names)
    for part in _batched(rows, held):
        run_many(connection, f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', part)


def _copy(connection: Connection, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """PostgreSQL's way for many rows; what the driver says against it comes as from any statement."""
    import psycopg  # noqa: PLC0415  (only where the books are in PostgreSQL)

    raw: Any = connection.connection.dbapi_connection
    try:
        with raw.cursor() as cursor, cursor.copy(sql) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance(sql, None, error, psycopg.Error, dialect=connection.dialect) from error


def _batched(rows: Iterable[tuple[Any, ...]], count: int) -> Iterator[list[tuple[Any, ...]]]:
    following = iter(rows)
    while part := list(islice(following, count)):
        yield part


def _close_years(connection: Connection, backup: BackupFile, tables: Sequence[Table]) -> None:
    """What was closed is closed again."""
    table = next(table for table in tables if table.name == "dossier")
    names = [column.name for column in table.columns]
    if "closed_until" not in names:
        return
    code, closed = names.index("code"), names.index("closed_until")
    rows = [(row[code], row[closed]) for row in backup.rows(table) if row[closed]]
    run_many(connection, "UPDATE dossier SET closed_until = ?2 WHERE code = ?1", rows)


def _same_heads(connection: Connection, backup: BackupFile) -> None:
    """The books must end where the manifest says: it is what a head noted elsewhere is compared with."""
    found: Any = run(connection, HEADS).all()
    if tuple(Head(code, entries, head) for code, entries, head in found) != backup.manifest.dossiers:
        raise Damaged(backup.file, f"{MANIFEST}: dossiers")


# ---------------------------------------------------------------- what must not go out twice

_HOLD = """
INSERT INTO chorus_queue (dossier, platform, state, reason, since, until, attempts)
SELECT DISTINCT j.dossier, j.platform, 'stopped', ?1, ?2, '', 0 FROM job j WHERE j.kind IN ('send', 'look_up')
ON CONFLICT (dossier, platform) DO UPDATE
SET state = excluded.state, reason = excluded.reason, since = excluded.since, until = '', attempts = 0
"""
_SAID = "base restaurée d'une sauvegarde / restored from a backup"
_WAIT = "SELECT count(*) FROM job WHERE kind IN ('send', 'look_up')"


def _hold_back(connection: Connection, now: datetime) -> int:
    """What was about to be sent may have been sent since: sending stops until somebody has looked."""
    waiting = int(run(connection, _WAIT).scalar_one())
    if waiting:
        reason = msgspec.json.encode(Met("interrupted", text=_SAID)).decode()
        run(connection, _HOLD, (reason, now.isoformat()))
    return waiting
