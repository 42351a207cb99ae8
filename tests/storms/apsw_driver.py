"""SQLite through apsw, in the shape in which SQLAlchemy asks for a driver: what lets a layer of ours stand below it.

`module(vfs)` is given to `create_engine(..., module=...)`; everything above it, the program's own pragmas included,
is as ever. It is as much of a driver as the program uses, and no more.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from types import ModuleType
from typing import Any

import apsw

Row = tuple[Any, ...]
# As the standard driver says it.
_ERRORS: tuple[tuple[type[apsw.Error], type[sqlite3.Error], str], ...] = (
    (apsw.FullError, sqlite3.OperationalError, "database or disk is full"),
    (apsw.IOError, sqlite3.OperationalError, "disk I/O error"),
    (apsw.BusyError, sqlite3.OperationalError, "database is locked"),
    (apsw.CantOpenError, sqlite3.OperationalError, "unable to open database file"),
    (apsw.CorruptError, sqlite3.DatabaseError, "database disk image is malformed"),
    (apsw.NotADBError, sqlite3.DatabaseError, "file is not a database"),
    (apsw.ConstraintError, sqlite3.IntegrityError, ""),
    (apsw.ConnectionClosedError, sqlite3.ProgrammingError, ""),
)


class _SaidAsUsual:
    """Errors in the words of the standard driver; without a generator, as each row passes here."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, apsw.Error):
            kind, said = next(
                ((kind, said) for told, kind, said in _ERRORS if isinstance(error, told)),
                (sqlite3.OperationalError, ""),
            )
            raise kind(said or str(error)) from error


_said_as_usual = _SaidAsUsual()


class Cursor:
    """A cursor."""

    arraysize = 1
    lastrowid = None

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._cursor = connection.raw.cursor()
        self.description: Any = None
        self.rowcount = -1

    def execute(self, sql: str, values: Sequence[Any] = ()) -> "Cursor":
        """Run a statement."""
        self._cursor.exec_trace = self._describe
        try:
            with _said_as_usual:
                self._cursor.execute(sql, tuple(values))
        finally:
            self._cursor.exec_trace = None  # no ring of references: a cursor that nobody holds is over at once
        self.rowcount = self._connection.raw.changes()
        return self

    def _describe(self, cursor: apsw.Cursor, _sql: str, _values: object) -> bool:
        """Note the columns while they can be asked for: with the last row a statement is over."""
        described: Any = cursor.get_description()
        self.description = [(column[0], *[None] * 6) for column in described] or None
        return True

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> "Cursor":
        """Run a statement for each row of values."""
        before = self._connection.raw.total_changes()
        with _said_as_usual:
            self._cursor.executemany(sql, (tuple(row) for row in rows))
        self.description, self.rowcount = None, self._connection.raw.total_changes() - before
        return self

    def fetchone(self) -> Row | None:
        """The next row."""
        with _said_as_usual:
            return self._cursor.fetchone()

    def fetchmany(self, size: int = 1) -> list[Row]:
        """Some rows."""
        with _said_as_usual:
            return list(islice(self._cursor, size))

    def fetchall(self) -> list[Row]:
        """The rows that are left."""
        with _said_as_usual:
            return list(self._cursor.fetchall())

    def __iter__(self) -> Iterator[Row]:
        return iter(self.fetchall())

    def close(self) -> None:
        """Forget the statement."""
        self._cursor.close(True)


class Connection:
    """A connection; transactions begin by hand."""

    isolation_level: str | None = None

    def __init__(self, raw: apsw.Connection) -> None:
        self.raw = raw

    def cursor(self) -> Cursor:
        """A cursor."""
        with _said_as_usual:
            return Cursor(self)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Cursor:
        """Run a statement."""
        return self.cursor().execute(sql, values)

    def create_function(self, name: str, count: int, function: Callable[..., Any], **_: bool) -> None:
        """A function for statements."""
        self.raw.create_scalar_function(name, function, count)

    def commit(self) -> None:
        """Commit, where a transaction is open."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Roll back, where a transaction is open."""
        self._end("ROLLBACK")

    def _end(self, sql: str) -> None:
        with _said_as_usual:
            if self.raw.in_transaction:
                self.raw.execute(sql)

    def close(self) -> None:
        """Close. The standard driver has no word either for a disk that then fails."""
        with suppress(apsw.Error):
            self.raw.close()


def module(vfs: str, opened: Callable[[apsw.Connection], object]) -> ModuleType:
    """A driver whose files are those of a layer; `opened` is told each connection."""

    def connect(path: str, *, timeout: float = 5.0, **_: Any) -> Connection:
        with _said_as_usual:
            raw = apsw.Connection(path, vfs=vfs)
            raw.set_busy_timeout(round(timeout * 1_000))
        opened(raw)
        return Connection(raw)

    driver = ModuleType("apsw_driver")
    driver.__dict__.update({name: value for name, value in vars(sqlite3).items() if not name.startswith("_")})
    driver.__dict__["connect"] = connect
    return driver
