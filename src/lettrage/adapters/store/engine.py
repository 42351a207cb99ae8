"""Opening a database, wherever it is: addresses, migrations, transactions, and errors in plain words."""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from sqlite3 import DatabaseError as SqliteDatabaseError
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lettrage.adapters.store import cluster, postgresql, sqlite
from lettrage.adapters.store.sql import on_postgresql
from lettrage.limits import ATTEMPTS, RETRY_MILLISECONDS
from lettrage.refusal import Refusal, StoreTrouble, quoted

if TYPE_CHECKING:
    from types import ModuleType

T = TypeVar("T")
KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006_for_0005")  # our migrations, the newest last
_EXPANDED = re.compile(r"\d{4}_for_(\d{4})")  # a migration after ours, with which programs of this one go on
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+]*://")


class Passing(StoreTrouble):
    """A trouble that may be over when the same work is begun anew; nothing was written."""


def open_engine(address: str, *, create: bool = False) -> Engine:
    """An engine at the newest schema, for `sqlite:///relative`, `sqlite:////absolute` or `postgresql://user@host/db`.

    Raises StoreTrouble when the address cannot be read, there is no such database (unless `create`: then its file, or
    its tables, are made), or it is not one of ours.
    """
    engine = _engine(address, create=create)
    try:
        with plain_words(engine):
            _migrate(engine, create=create)
            if engine.dialect.name == "postgresql":
                cluster.join(engine, shown(engine))
            count_tables(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def count_tables(engine: Engine) -> None:
    """Let PostgreSQL count tables that are new to it, before anything is asked of them; SQLite's figures are fixed.

    What was done before stands, whatever becomes of this: the next who opens the books tries again.
    """
    if engine.dialect.name == "postgresql":
        with suppress(DBAPIError), engine.connect() as connection:
            postgresql.count_tables(connection)


class Prepared(NamedTuple):
    """What was done to a database before anything is served from it."""

    before: str | None  # where its schema stood; None where there was none
    now: str
    spread: list[str]  # the tables that were spread over a cluster


def prepare(address: str) -> Prepared:
    """Make a database, or bring it to the newest schema, and spread it where it is a cluster. Raises StoreTrouble."""
    from lettrage.adapters.store.distribution import spread  # noqa: PLC0415  (only this needs it, and it needs Alembic)

    engine = _engine(address, create=True)
    try:
        with plain_words(engine):
            with engine.connect() as connection:
                before = schema_version(connection)
            _migrate(engine, create=True)
            done = spread(engine, shown(engine)) if engine.dialect.name == "postgresql" else []
            with engine.connect() as connection:
                return Prepared(before, str(schema_version(connection)), done)
    finally:
        engine.dispose()


def unprepared_engine(address: str) -> Engine:
    """An engine for a database that may have no table yet, or no file; nothing is migrated. Raises StoreTrouble."""
    engine = _engine(address, create=True)
    try:
        with plain_words(engine), engine.connect() as connection:
            if on_postgresql(connection):
                postgresql.check(connection)
            else:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    except BaseException:
        engine.dispose()
        raise
    return engine


def _engine(address: str, *, create: bool) -> Engine:
    url = _url(address)
    return postgresql.engine_for(url) if url.drivername in postgresql.DRIVERS else sqlite.engine_for(url, create=create)


def file_of(address: str) -> Path | None:
    """The file that a database is, or will be; None for one on a server. Raises StoreTrouble."""
    url = _url(address)
    return Path(url.database or "") if url.drivername in sqlite.DRIVERS else None


def tables_of(connection: Connection) -> set[str]:
    """The names of everything that a database holds."""
    found: set[str] = _of(connection.engine).tables(connection)
    return found


def _url(address: str) -> URL:
    """The address, read. Raises StoreTrouble where nothing here can open it."""
    with suppress(ArgumentError, ValueError):
        url = make_url(address)
        # Of two `@` one belongs to the password: it would be taken for the host, and shown.
        readable_on_server = url.drivername in postgresql.DRIVERS and address.count("@") <= 1 and postgresql.knows(url)
        if readable_on_server or (url.drivername in sqlite.DRIVERS and not url.host and not url.query):
            return url
    raise StoreTrouble(Refusal("no_such_store", "--database", _without_secrets(address)))


def _without_secrets(address: str) -> str:
    """What may be shown of an address that could not be read: any part of it after the scheme may be a password."""
    if not any(mark in address for mark in ":@=?"):
        return quoted(address) or "-"
    scheme = _SCHEME.match(address)
    return f"{scheme.group()}…" if scheme else "…"


def _of(engine: Engine) -> "ModuleType":
    """What is particular to the database behind an engine."""
    return postgresql if engine.dialect.name == "postgresql" else sqlite


def shown(engine: Engine) -> str:
    """The address of a database as people may see it."""
    text: str = _of(engine).address(engine)
    return text


def _migrate(engine: Engine, *, create: bool) -> None:
    """Bring our database to the newest schema; another program's is left as it is, to the byte."""
    with engine.connect() as connection:
        if on_postgresql(connection):
            postgresql.check(connection)
        version = schema_version(connection)
        empty = not _of(engine).tables(connection)
        if empty and not create:
            raise StoreTrouble(Refusal("no_database", "--database", shown(engine)))
        if not empty and version is None:
            raise StoreTrouble(Refusal("foreign_database", "--database", shown(engine)))
        expanded = version is not None and works_with(version)
        if version is not None and version not in KNOWN and not expanded:
            told = {"version": quoted(version)}
            raise StoreTrouble(Refusal("database_newer", "--database", shown(engine), KNOWN[-1], told))
        if not on_postgresql(connection):
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    if version != KNOWN[-1] and not expanded:
        from lettrage.adapters.store.migrations import upgrade  # noqa: PLC0415  (Alembic is slow to import)

        with words_of_a_cluster(engine):
            upgrade(engine)
        engine.dispose()  # the statistics count from the next connection on


@contextmanager
def words_of_a_cluster(engine: Engine) -> Iterator[None]:
    """Let a cluster say itself what it has against its tables, or which node it cannot reach: functions go to each."""
    many = False
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            many = cluster.is_cluster(connection)
    try:
        yield
    except DatabaseError as error:
        if not many or (_trouble(engine, error) or ("connection_lost",))[0] != "connection_lost":
            raise
        raise cluster.refused(error, shown(engine)) from error


def works_with(version: str) -> bool:
    """Whether a newer schema says of itself that this program may go on: it only adds what we need not know."""
    found = _EXPANDED.fullmatch(version)
    return found is not None and version > KNOWN[-1] and found[1] <= KNOWN[-1]


def schema_version(connection: Connection) -> str | None:
    """The migration that the database stands at; None where it has none of ours."""
    if not {"alembic_version", "due_item"} <= _of(connection.engine).tables(connection):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else None


@contextmanager
def plain_words(engine: Engine) -> Iterator[None]:
    """Turn what the driver says into a StoreTrouble that says what to do."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreTrouble(Refusal("database_locked", "--database", shown(engine))) from error
    except (DatabaseError, SqliteDatabaseError) as error:
        found = _trouble(engine, error)
        if found is None:
            raise
        code, passing = found
        raise (Passing if passing else StoreTrouble)(Refusal(code, "--database", shown(engine))) from error


def _trouble(engine: Engine, error: Any) -> tuple[str, bool] | None:
    """The refusal's code for what the driver says, and whether it may pass; None for what is our own mistake."""
    if cluster.a_worker_failed(engine, error):
        return "connection_lost", True
    found: tuple[str, bool] | None = _of(engine).trouble(error)
    return found


@contextmanager
def transaction(engine: Engine, *, writing: bool) -> Iterator[Connection]:
    """One store transaction: committed when left normally, rolled back on any exception.

    On SQLite, writing takes the lock of the file at once; on PostgreSQL whoever writes locks his dossier's row first.
    Raises Passing where the same work may be begun anew (see `persistently`).
    """
    with plain_words(engine), _begun(engine, writing=writing) as connection:
        try:
            yield connection
            _commit(connection)
        finally:
            # After some errors (disk full, a lost connection) it is over already; else this ends what is still open.
            if not connection.invalidated:
                raw: Any = connection.connection.dbapi_connection
                raw.rollback()


@contextmanager
def _begun(engine: Engine, *, writing: bool) -> Iterator[Connection]:
    """A connection with its transaction begun; one that was lost while it lay in the pool is replaced."""
    connection = engine.connect()
    try:
        try:
            connection.exec_driver_sql(_of(engine).BEGIN[writing])
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            connection.close()
            connection = engine.connect()
            connection.exec_driver_sql(_of(engine).BEGIN[writing])
        yield connection
    finally:
        connection.close()


def _commit(connection: Connection) -> None:
    """Commit. When the connection is lost meanwhile nobody knows whether that held, so nothing is tried again."""
    try:
        connection.exec_driver_sql("COMMIT")
    except DBAPIError as error:
        # The server may still have been heard saying that it ends, before the connection is known to be lost.
        lost = error.connection_invalidated or connection.invalidated
        if not lost and (_trouble(connection.engine, error) or ("",))[0] != "connection_lost":
            raise
        raise StoreTrouble(Refusal("outcome_unknown", "--database", shown(connection.engine))) from error


def persistently(work: Callable[[], T]) -> T:
    """Run a whole transaction, again when it met what passes, a bounded number of times, a little later each time."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return work()
        except Passing:
            time.sleep(random.uniform(0.5, 1.5) * RETRY_MILLISECONDS * 2**attempt / 1_000)  # noqa: S311  (no secret)
    return work()
