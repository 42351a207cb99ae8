"""Books in a file of SQLite 3.40 or newer: one machine, one writer at a time, readers never wait."""

import os
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event

from lettrage.adapters.store.batch import make_view
from lettrage.limits import BUSY_SECONDS, THREADS
from lettrage.refusal import Refusal, StoreTrouble, quoted

DRIVERS = ("sqlite", "sqlite+pysqlite")

# Of each connection. The one that wrote last fills it; one left aside holds it until it is used again, and finds then
# that others have written: it is of no use to it. The system keeps the file in memory, once for all.
CACHE_KIB = 2_000

# Writing takes the lock at once, so that nothing is read that another writer may still change.
BEGIN = {False: "BEGIN", True: "BEGIN IMMEDIATE"}


def engine_for(url: URL, *, create: bool) -> Engine:
    """An engine whose transactions begin by hand. Raises StoreTrouble where there can be no such file."""
    path = Path(url.database or "")
    try:
        _check_file(path, create=create)
    except (OSError, ValueError):
        raise StoreTrouble(Refusal("database_not_writable", "--database", quoted(str(path)))) from None
    # A connection to spare for each call that is carried out: to open one costs as much as a settlement.
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=THREADS, pool_use_lifo=True)
    event.listen(engine, "connect", _prepare)
    return engine


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
    cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    if pages := os.environ.get("LETTRAGE_MAX_PAGES"):  # a quota, in pages of 4 KiB
        if not pages.isdecimal():
            raise StoreTrouble(Refusal("malformed_option", "LETTRAGE_MAX_PAGES", quoted(pages), "1-4294967294"))
        cursor.execute(f"PRAGMA max_page_count={int(pages)}")
    cursor.close()
    make_view(connection)


def tables(connection: Connection) -> set[str]:
    """The names of everything that the file holds."""
    return set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())


def address(engine: Engine) -> str:
    """The database as people may see it: its path."""
    return str(engine.url.database)


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


def trouble(error: Exception) -> tuple[str, bool] | None:
    """The refusal's code for what the driver says; it waits for others by itself, so nothing is tried again."""
    said = str(getattr(error, "orig", error)).lower()
    return next(((code, False) for words, code in _TROUBLES if words in said), None)
