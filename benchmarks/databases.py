"""Where the benchmarks keep books: SQLite files, and a PostgreSQL server started for them with full durability.

Both offer the same: fresh books, copies of them, and the bare driver, which writes statements that were recorded from
the engine: same tables, indexes, keys and triggers, the same lock first, one durable commit each.
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import Connection, event

from benchmarks.machine import bytes_written
from lettrage.adapters.store.batch import Batch
from lettrage.adapters.store.books import SqlStore

Statement = tuple[str, Any, bool]  # the text, its parameters, and whether there are many rows of them


class Writer(Protocol):
    """One connection of the bare driver."""

    def write(self, code: str, statements: Sequence[Statement]) -> None:
        """Lock the dossier, run the statements, commit."""

    def close(self) -> None:
        """End the connection."""


class Place(Protocol):
    """A kind of database."""

    name: str

    def address(self, books: str) -> str:
        """The address of these books, made or not."""

    def copy(self, books: str, copy: str) -> str:
        """The address of a fresh copy of books that nobody has open."""

    def writer(self, books: str) -> Writer:
        """The bare driver on these books."""

    def forget(self, books: str) -> None:
        """Remove books that nobody has open."""

    def written(self, books: str, service: int) -> int:
        """The bytes that were written so far to books which this process serves."""


class Recorder:
    """Counts every statement of the engine and keeps its writes, to be written again by the bare driver.

    On PostgreSQL the very statements; on SQLite, where few rows go through a view, the rows table by table.
    """

    def __init__(self, store: SqlStore) -> None:
        self.count = 0
        self.spent = 0.0  # seconds that looking took
        self._writes: list[Statement] = []
        self._on_sqlite = store.engine.dialect.name == "sqlite"
        self._url = store.engine.url
        event.listen(store.engine, "before_cursor_execute", self._seen)
        self._write = Batch.write
        Batch.write = self._noted(Batch.write)  # type: ignore[method-assign, assignment]

    def _seen(self, _c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        if sql.startswith(("BEGIN", "COMMIT")):
            return
        self.count += 1
        if not self._on_sqlite and sql.startswith(("INSERT", "UPDATE", "WITH w0 AS (")):
            self._writes.append((sql, parameters, many))

    def _noted(self, write: Callable[[Batch, Connection], None]) -> Callable[[Batch, Connection], None]:
        def noted(batch: Batch, connection: Connection) -> None:
            if self._on_sqlite and connection.engine.url == self._url:  # others may be recorded at the same time
                start = time.perf_counter()
                self._writes += [(sql, rows, True) for sql, rows in batch.by_table()]
                self.spent += time.perf_counter() - start
            write(batch, connection)

        return noted

    def take(self) -> list[Statement]:
        """The writes since the last time."""
        taken, self._writes = self._writes, []
        return taken

    def close(self) -> None:
        """Look away: the last that began to look first."""
        Batch.write = self._write  # type: ignore[method-assign]


# ---------------------------------------------------------------- SQLite


class SqlitePlace:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.name = f"SQLite {sqlite3.sqlite_version}"
        self._folder = folder
        self._turn = threading.Lock()  # one writer per file: threads that poll for the lock would only lose time

    def __reduce__(self) -> tuple[type["SqlitePlace"], tuple[Path]]:
        return SqlitePlace, (self._folder,)  # in another process, with a lock of its own

    def _file(self, books: str) -> Path:
        return self._folder / f"{books}.sqlite"

    def address(self, books: str) -> str:
        return f"sqlite:///{self._file(books)}"

    def copy(self, books: str, copy: str) -> str:
        shutil.copy(self._file(books), self._file(copy))
        return self.address(copy)

    def writer(self, books: str) -> Writer:
        return _SqliteWriter(self._file(books), self._turn)

    def forget(self, books: str) -> None:
        for file in self._folder.glob(f"{books}.sqlite*"):
            file.unlink()

    def written(self, _books: str, service: int) -> int:
        return bytes_written(service)


class _SqliteWriter:
    def __init__(self, file: Path, turn: threading.Lock) -> None:
        self._turn = turn
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
            self._connection.execute(f"PRAGMA {pragma}")

    def write(self, _code: str, statements: Sequence[Statement]) -> None:
        connection = self._connection
        with self._turn:
            connection.execute("BEGIN IMMEDIATE")
            for sql, parameters, many in statements:
                if many:
                    connection.executemany(sql, parameters)
                else:
                    connection.execute(sql, parameters)
            connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


# ---------------------------------------------------------------- PostgreSQL


class PostgresPlace:
    """Databases of a server of our own."""

    def __init__(self, port: int) -> None:
        self._port = port
        with self._administrator() as connection:
            ((version,),) = connection.execute("SHOW server_version").fetchall()
        self.name = f"PostgreSQL {str(version).split()[0]}"

    def _administrator(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self._dsn("postgres"), autocommit=True)

    def _dsn(self, books: str) -> str:
        return f"host=127.0.0.1 port={self._port} user=postgres dbname={books}"

    def address(self, books: str) -> str:
        with self._administrator() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (books,)).fetchall():
                connection.execute(f'CREATE DATABASE "{books}" TEMPLATE template0 ENCODING UTF8'.encode())
        return f"postgresql://postgres@127.0.0.1:{self._port}/{books}"

    def copy(self, books: str, copy: str) -> str:
        with psycopg.connect(self._dsn(books), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")  # what the server does by itself a minute after a load
        with self._administrator() as connection:
            connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{books}"'.encode())
            connection.execute("CHECKPOINT")
        return self.address(copy)

    def writer(self, books: str) -> Writer:
        return _PostgresWriter(self._dsn(books))

    def forget(self, books: str) -> None:
        with self._administrator() as connection:
            connection.execute(f'DROP DATABASE "{books}" WITH (FORCE)'.encode())

    def written(self, books: str, _service: int) -> int:
        with psycopg.connect(self._dsn(books), autocommit=True) as connection:
            ((written,),) = connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchall()
        return int(written)


class _PostgresWriter:
    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)

    def write(self, code: str, statements: Sequence[Statement]) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM dossier WHERE code = %s FOR UPDATE", (code,))
            for sql, parameters, many in statements:
                if many:
                    cursor.executemany(sql.encode(), parameters)
                else:
                    cursor.execute(sql.encode(), parameters)
            cursor.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "unix_socket_directories": "",
}


@contextmanager
def postgres_server(folder: Path) -> Iterator[PostgresPlace]:
    """A server in this folder, as durable as PostgreSQL can be, on a free port; gone afterwards."""
    programs, data = _programs(), folder / "postgres"
    data.mkdir()
    who = _owner(folder, data)
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"],
        check=True, capture_output=True, cwd=data, **who,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = [f"--{name}={value}" for name, value in ({"port": port} | SETTINGS).items()]
    with (folder / "postgres.log").open("wb") as log:
        server = subprocess.Popen([programs / "postgres", "-D", data, *settings], stderr=log, cwd=data, **who)
    try:
        _wait_for(programs, port)
        yield PostgresPlace(port)
    finally:
        server.send_signal(signal.SIGINT)  # at once, whoever is connected
        server.wait(60)


def places(folder: Path, only: str | None) -> Iterator[Place]:
    """The kinds of databases, one after the other."""
    if only != "postgresql":
        yield SqlitePlace(folder)
    if only != "sqlite":
        with postgres_server(folder) as place:
            yield place


def _programs() -> Path:
    """Where the server's programs are. Debian keeps them off the path."""
    found = shutil.which("pg_ctl")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places:
        raise SystemExit("PostgreSQL is missing: apt-get install postgresql")
    return places[-1]


def _owner(folder: Path, data: Path) -> dict[str, Any]:
    """The server refuses to run for root: then it is its own user's."""
    if os.geteuid() != 0:
        return {}
    folder.chmod(0o755)
    shutil.chown(data, "postgres", "postgres")
    return {"user": "postgres", "group": "postgres"}


def _wait_for(programs: Path, port: int) -> None:
    ready: list[str | Path] = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "30"]
    for _ in range(100):
        if subprocess.run(ready, check=False, capture_output=True).returncode == 0:
            return
        threading.Event().wait(0.1)
    raise SystemExit("PostgreSQL did not start; see its log")
