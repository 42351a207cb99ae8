"""Opening a database: addresses, pragmas, migrations, and errors in plain words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import DatabaseError as SqliteDatabaseError
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from lettrage.limits import BUSY_SECONDS
from lettrage.refusal import Refusal, StoreTrouble, quoted

KNOWN = ("0001", "0002")  # our migrations, the newest last


def open_engine(address: str, *, create: bool = False) -> Engine:
    """An engine for `sqlite:///relative` or `sqlite:////absolute`, at the newest schema.

    Raises StoreTrouble when there is no such database (unless `create`), or it is not one of ours.
    """
    url = _url(address)
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise StoreTrouble(Refusal("no_such_store", "--database", url.render_as_string(hide_password=True)))
    path = Path(url.database or "")
    try:
        _check_file(path, create=create)
    except (OSError, ValueError):
        raise StoreTrouble(Refusal("database_not_writable", "--database", quoted(str(path)))) from None
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    with plain_words(engine):
        _migrate(engine, create=create)
    return engine


def _url(address: str) -> URL:
    try:
        return make_url(address)
    except ArgumentError:
        raise StoreTrouble(Refusal("no_such_store", "--database", address)) from None


def _check_file(path: Path, *, create: bool) -> None:
    if path.is_dir():
        raise StoreTrouble(Refusal("database_is_directory", "--database", str(path)))
    if path.exists() or create:
        if create:
            _make_parent(path)
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            raise StoreTrouble(Refusal("database_not_writable", "--database", str(path)))
        return
    raise StoreTrouble(Refusal("no_database", "--database", str(path)))


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreTrouble(Refusal("database_not_writable", "--database", str(path))) from error


def _prepare(connection: SqliteConnection, _record: object) -> None:
    """WAL with synchronous=FULL: an acknowledged settlement survives a power cut. Transactions begin by hand."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-32000")
    if pages := os.environ.get("LETTRAGE_MAX_PAGES"):  # a quota, in pages of 4 KiB
        if not pages.isdecimal():
            raise StoreTrouble(Refusal("malformed_option", "LETTRAGE_MAX_PAGES", quoted(pages), "1-4294967294"))
        cursor.execute(f"PRAGMA max_page_count={int(pages)}")
    cursor.close()


def _migrate(engine: Engine, *, create: bool) -> None:
    """Bring our database to the newest schema; another program's file is left as it is, to the byte."""
    name = str(engine.url.database)
    with engine.connect() as connection:
        version = schema_version(connection)
        empty = not connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").all()
        if empty and not create:
            raise StoreTrouble(Refusal("no_database", "--database", name))
        if not empty and version not in KNOWN:
            raise StoreTrouble(Refusal("foreign_database", "--database", name))
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    if version != KNOWN[-1]:
        from lettrage.adapters.store.migrations import upgrade  # noqa: PLC0415  (Alembic is slow to import)

        upgrade(engine)
        engine.dispose()  # the statistics count from the next connection on


def schema_version(connection: Connection) -> str | None:
    """The migration that the database stands at; None where it has none of ours."""
    known = "SELECT 1 FROM sqlite_master WHERE name IN ('alembic_version', 'due_item')"
    if len(connection.exec_driver_sql(known).all()) < 2:
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else None


# What SQLite says -> the refusal that tells a person.
_TROUBLES = (
    ("database is locked", "database_locked"),
    ("database table is locked", "database_locked"),
    ("database or disk is full", "disk_full"),
    ("disk i/o error", "disk_error"),
    ("readonly database", "database_not_writable"),
    ("unable to open", "database_not_writable"),
    ("file is not a database", "foreign_database"),
    ("malformed", "database_damaged"),
)


@contextmanager
def plain_words(engine: Engine) -> Iterator[None]:
    """Turn what the driver says into a StoreTrouble that says what to do."""
    try:
        yield
    except (DatabaseError, SqliteDatabaseError) as error:
        said = str(getattr(error, "orig", error))
        code = next((code for words, code in _TROUBLES if words in said.lower()), None)
        if code is None:
            raise
        raise StoreTrouble(Refusal(code, "--database", str(engine.url.database))) from error


@contextmanager
def transaction(engine: Engine, *, writing: bool) -> Iterator[Connection]:
    """One store transaction: committed when left normally, rolled back on any exception.

    Writing takes the lock at once (BEGIN IMMEDIATE), so that nothing is read that another writer may still change.
    """
    with plain_words(engine), engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
        raw: Any = connection.connection.dbapi_connection
        try:
            yield connection
            connection.exec_driver_sql("COMMIT")
        finally:
            # After some errors (disk full) SQLite has rolled back already: only end what is still open.
            if raw.in_transaction:
                raw.rollback()
