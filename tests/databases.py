"""Where the books of a test are: a file of SQLite's, or a database of its own on a server that the tests start.

`LETTRAGE_TEST_STORE` chooses: `sqlite` (the default), `postgresql`, or `partitioned`, which is PostgreSQL with every
table spread by its dossier as on a cluster (tests/cluster/stand_in.sql). The server is Debian's, in a temporary folder,
for one run of the tests; all workers share it. Nothing is ever asked of another server.
"""

import atexit
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store import postgresql, sqlite
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.engine import prepare, transaction
from lettrage.adapters.store.sql import _named, in_postgresql, on_postgresql, run

PARTITIONED = os.environ.get("LETTRAGE_TEST_STORE") == "partitioned"
POSTGRESQL = PARTITIONED or os.environ.get("LETTRAGE_TEST_STORE") == "postgresql"
STORE = "postgresql" if POSTGRESQL else "sqlite"
STAND_IN = Path(__file__).parent / "cluster" / "stand_in.sql"
OLDEST = 15
USER = "lettrage"
GUARDED, PASSWORD = "guarded", "open sesame"  # who must give a password
_SERVER = "LETTRAGE_TEST_SERVER"  # 127.0.0.1:port, from the process that started it to its workers
_EMPTY = "lettrage_empty"

sqlite_only = pytest.mark.skipif(POSTGRESQL, reason="about SQLite and its file")
postgresql_only = pytest.mark.skipif(not POSTGRESQL, reason="about PostgreSQL: LETTRAGE_TEST_STORE=postgresql")

# ---------------------------------------------------------------- books for a test


def empty_books(folder: Path, name: str = "books") -> str:
    """The address of books without a dossier, at the newest schema: this test's own."""
    return copied(_empty(), folder, name)


def copied(address: str, folder: Path, name: str = "books") -> str:
    """The address of a copy of books that nobody has open."""
    if not POSTGRESQL:
        file = folder / f"{name}.sqlite"
        shutil.copy(address.removeprefix("sqlite:///"), file)
        return f"sqlite:///{file}"
    return _new_database(address.rpartition("/")[2])


def copy_at(original: Path, file: Path) -> Path:
    """Copy the books of one path to another (see `at_path`); nobody has them open."""
    if POSTGRESQL:
        _at[file] = _new_database(_at[original].rpartition("/")[2])
    else:
        shutil.copy(original, file)
    return file


def keep_at(file: Path) -> None:
    """Make empty books that outlive the test, to be filled and copied by others."""
    if POSTGRESQL:
        _at[file] = _new_database(_EMPTY)
        _made.remove(_at[file].rpartition("/")[2])


def forget_at(file: Path) -> None:
    """Remove books before their test ends."""
    if POSTGRESQL:
        name = _at.pop(file).rpartition("/")[2]
        _made.remove(name)
        with _server() as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def another_copy() -> str:
    """The address of empty books that last as long as this process of tests does."""
    address = _new_database(_EMPTY)
    _made.remove(address.rpartition("/")[2])
    return address


def no_books(folder: Path, name: str = "books") -> str:
    """The address of a database without a table; on SQLite of no file yet."""
    return _new_database("template1") if POSTGRESQL else f"sqlite:///{folder / f'{name}.sqlite'}"


def at_path(file: Path) -> str:
    """The address of the books that on SQLite are in this file; on PostgreSQL made empty when first asked for."""
    if not POSTGRESQL:
        return f"sqlite:///{file}"
    if file not in _at:
        _at[file] = _new_database(_EMPTY)
    return _at[file]


@cache
def _empty() -> str:
    if POSTGRESQL:
        return _address(_EMPTY)
    folder = Path(tempfile.mkdtemp(prefix="lettrage-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    address = f"sqlite:///{folder / 'empty.sqlite'}"
    SqlStore(address, SystemClock(), create=True).close()
    return address


_numbers = count(1)
_at: dict[Path, str] = {}
_made: list[str] = []  # databases, the oldest first
_opened: list[Any] = []  # connections to them


def _new_database(template: str) -> str:
    name = f"books_{os.getpid()}_{next(_numbers)}"
    with _server() as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    _made.append(name)
    return _address(name)


def _address(database: str, user: str = USER) -> str:
    return f"postgresql://{user}@{os.environ[_SERVER]}/{database}"


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(_address("postgres"), autocommit=True) as connection:
        yield connection


@contextmanager
def tidy() -> Iterator[None]:
    """Close what is opened meanwhile, and drop the databases that are made."""
    databases, connections = len(_made), len(_opened)
    yield
    for connection in _opened[connections:]:
        connection.close()
    del _opened[connections:]
    if _made[databases:]:
        with _server() as server:
            for name in _made[databases:]:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        del _made[databases:]


if POSTGRESQL:
    event.listen(Pool, "connect", lambda connection, _record: _opened.append(connection))

# ---------------------------------------------------------------- what the program itself never does


def tables(engine: Engine) -> list[str]:
    """The tables of a database, and nothing of Alembic's."""
    with engine.connect() as connection:
        return _tables(connection)


def _tables(connection: Connection) -> list[str]:
    if on_postgresql(connection):
        names = postgresql.tables(connection)
    else:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table'"
        names = set(connection.exec_driver_sql(sql).scalars())
    return sorted(names - {"alembic_version"})


def every_row(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in an order of their own, of one moment."""
    # As the program reads: a connection that an earlier test closed is replaced.
    with transaction(engine, writing=False) as connection:
        return {
            table: sorted((dict(row) for row in run(connection, f'SELECT * FROM "{table}"').mappings()), key=repr)
            for table in _tables(connection)
        }


def edit(address: str, *statements: str) -> None:
    """Change rows with the database's own tool, the program's guards put aside. Each statement must meet a row."""
    with direct(address) as connection:
        unguard(connection)
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement


def unguard(connection: Any) -> None:
    """Put triggers, foreign keys and checks aside."""
    if POSTGRESQL:
        connection.execute("SET session_replication_role = replica")
        checks = (
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'c' AND conrelid <> 0 AND coninhcount = 0"
        )
        for table, name in connection.execute(checks).fetchall():
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        return
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("PRAGMA ignore_check_constraints = ON")


@contextmanager
def direct(address: str) -> Iterator[Any]:
    """A connection of the bare driver, where each statement is a transaction of its own."""
    if POSTGRESQL:
        with psycopg.connect(address, autocommit=True) as connection:
            postgresql._prepare(connection, None)
            yield connection
        return
    import sqlite3

    file = sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)
    yield file
    file.close()


class Eyes:
    """A second pair of eyes on books: a connection of the bare driver that knows the program's spelling of SQL."""

    def __init__(self, address: str) -> None:
        self._held = ExitStack()
        self._connection = self._held.enter_context(direct(address))

    def execute(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Run a statement with its values, `?1`, `?2`."""
        if POSTGRESQL:
            return self._connection.execute(in_postgresql(sql), _named(tuple(values)))
        return self._connection.execute(sql, values)

    def close(self) -> None:
        """Look away."""
        self._held.close()


def ask(address: str, sql: str, *values: object) -> list[Any]:
    """The rows of a question in the program's own spelling (`?1`)."""
    with closing(Eyes(address)) as eyes:
        return list(eyes.execute(sql, values))


def impatient(patch: pytest.MonkeyPatch, seconds: float = 0.1) -> None:
    """Books that are opened from here on wait no longer than this for another writer."""
    patch.setattr(sqlite, "BUSY_SECONDS", seconds)
    patch.setitem(postgresql._SETTINGS, "lock_timeout", f"{seconds * 1000:.0f}ms")


@contextmanager
def another_writer(address: str, dossier: str) -> Iterator[None]:
    """Somebody else writes to a dossier meanwhile, and leaves it as it was."""
    with direct(address) as connection:
        connection.execute(postgresql.BEGIN[True] if POSTGRESQL else sqlite.BEGIN[True])
        if POSTGRESQL:
            connection.execute("SELECT 1 FROM dossier WHERE code = %s FOR UPDATE", (dossier,))
        yield
        connection.execute("ROLLBACK")


def is_tests_own(engine: Engine) -> bool:
    """Whether these are books on the server of all tests: a storm may have one of its own, with whole tables."""
    return engine.dialect.name == "postgresql" and f"{engine.url.host}:{engine.url.port}" == os.environ.get(_SERVER)


def stand_in(address: str) -> None:
    """Make a database look like a cluster."""
    with direct(address) as connection:
        connection.execute(STAND_IN.read_text())


# ---------------------------------------------------------------- the server


class Server:
    """A PostgreSQL server in a temporary folder, gone with the run. `durable`: what it commits is synced."""

    def __init__(self, *, durable: bool = False, port: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lettrage-postgresql-"))
        self.who = _unprivileged()
        if self.who:
            shutil.chown(self.folder, self.who)
        data = str(self.folder / "data")
        self._fill(data)
        self.port = port or _free_port()
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "400",
            "fsync": "on" if durable else "off",  # books of most tests need not survive a power cut
            "full_page_writes": "on" if durable else "off",
            "autovacuum": "off",
        }
        self._command = ("postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items()))
        self.process = self._started(*self._command)

    def _fill(self, data: str) -> None:
        """Make the folder that the server keeps its databases in."""
        made = ("initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        assert self._started(*made).wait(60) == 0, self._said()
        rules = f"host all {GUARDED} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"
        rules += f"host replication {USER} 127.0.0.1/32 trust\n"
        (self.folder / "data" / "pg_hba.conf").write_text(rules)

    def _started(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [_programs() / program, *arguments],
                stdout=log,
                stderr=log,
                cwd="/",
                user=self.who,
                group=self.who,
                extra_groups=[] if self.who else None,
                preexec_fn=_die_with_the_parent,  # noqa: PLW1509  (no thread has begun yet)
            )

    def _said(self) -> str:
        return (self.folder / "log").read_text()

    def wait(self) -> None:
        """Wait until it answers."""
        for _ in range(600):
            assert self.process.poll() is None, self._said()
            try:
                with _server():
                    return
            except psycopg.OperationalError:
                time.sleep(0.1)
        raise AssertionError(self._said())

    def prepare(self) -> None:
        """Let the workers know it, and make what every test copies."""
        os.environ[_SERVER] = f"127.0.0.1:{self.port}"
        self.wait()
        with _server() as server:
            server.execute(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'")
            server.execute(f"CREATE DATABASE {_EMPTY}")
        if PARTITIONED:
            stand_in(_address(_EMPTY))
        prepare(_address(_EMPTY))

    def crash(self) -> None:
        """End it without a checkpoint, every session in the middle of what it does, and start it anew."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)
        self.process = self._started(*self._command)
        self.wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


def _die_with_the_parent() -> None:
    """However the run ends, its server ends too."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGQUIT)


def _programs() -> Path:
    """The folder of the newest server that is installed."""
    found = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if (p / "initdb").exists()]
    found = [p for p in found if p.parent.name.isdecimal() and int(p.parent.name) >= OLDEST]
    if found:
        return max(found, key=lambda p: int(p.parent.name))
    elsewhere = shutil.which("initdb")
    assert elsewhere, f"PostgreSQL {OLDEST} or newer is missing: sh scripts/setup requirements-dev.lock"
    return Path(elsewhere).resolve().parent


def _unprivileged() -> str | None:
    """Whom to run the server as, since it refuses to run as root."""
    return "postgres" if os.getuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
