"""Writing by the thousand: the rows of a commit are gathered table by table and written together.

On PostgreSQL they travel as one statement (a trip to the server costs more than the rows), on SQLite a few rows as one
statement through a view of this connection, many rows as one statement per table, which is faster there.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec
from sqlalchemy import BigInteger, Connection, Integer, LargeBinary, Table

from lettrage.adapters.store import schema
from lettrage.adapters.store.sql import Row, on_postgresql, run, run_many

FEW = 100  # rows that SQLite takes in one statement
TOGETHER = 100_000  # rows that PostgreSQL takes in one statement
_json = msgspec.json.Encoder().encode


class Kind(msgspec.Struct, frozen=True):
    """Rows of one kind: inserted, where `keys` is empty, or changed where they have these keys."""

    name: str
    table: Table
    columns: tuple[str, ...]
    keys: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)


def _inserted(table: Table) -> Kind:
    return Kind(table.name, table, tuple(column.name for column in table.columns))


def _changed(name: str, table: Table, keys: str, columns: str) -> Kind:
    return Kind(name, table, tuple(f"{keys} {columns}".split()), tuple(keys.split()))


ITEM = _changed(
    "item_changed", schema.due_item, "dossier id", "open settled passed_on carried parked account"
)  # fmt: skip
INSTRUMENT = _changed("instrument_changed", schema.instrument, "dossier id", "active")
COUNTERS = _changed(
    "counters", schema.dossier, "code",
    "next_transaction next_item next_instrument next_document postings head years",
)  # fmt: skip
# In an order in which each row finds what it refers to.
_INSERTS = {table.name: _inserted(table) for table in schema.metadata.sorted_tables}
_KINDS = (*_INSERTS.values(), ITEM, INSTRUMENT, COUNTERS)


class Batch:
    """Rows to be written together."""

    def __init__(self) -> None:
        self._rows: dict[Kind, list[Row]] = {}

    def insert(self, table: Table, rows: Iterable[Row]) -> None:
        """Add rows, in the order of the table's columns."""
        self.add(_INSERTS[table.name], rows)

    def add(self, kind: Kind, rows: Iterable[Row]) -> None:
        """Add rows of a kind, in the order of its columns."""
        if added := list(rows):
            self._rows.setdefault(kind, []).extend(added)

    def write(self, connection: Connection) -> None:
        """Write everything, in as few statements as serve the database."""
        if not self._rows:
            return
        kinds = [kind for kind in _KINDS if kind in self._rows]
        count = sum(map(len, self._rows.values()))
        if on_postgresql(connection) and count <= TOGETHER:
            values = [column for kind in kinds for column in _columns(self._rows[kind])]
            run(connection, _together(tuple(kinds)), tuple(values))
        elif on_postgresql(connection):
            for kind in kinds:
                for rows in _parts(self._rows[kind]):
                    run(connection, _together((kind,)), tuple(_columns(rows)))
        elif count <= FEW and len(kinds) > 1:
            self._through_the_view(connection, kinds)
        else:
            for sql, rows in self.by_table():
                run_many(connection, sql, rows)

    def by_table(self) -> list[tuple[str, list[Row]]]:
        """Each kind's statement for one row, with its rows, in an order in which each finds what it refers to."""
        return [(_one_by_one(kind), self._rows[kind]) for kind in _KINDS if kind in self._rows]

    def _through_the_view(self, connection: Connection, kinds: list[Kind]) -> None:
        """All in one statement, but for rows with bytes, which JSON cannot carry."""
        for kind in kinds:
            if not _is_plain(kind):
                run_many(connection, _one_by_one(kind), self._rows[kind])
        plain = [kind for kind in kinds if _is_plain(kind)]
        run(connection, _viewed(tuple(plain)), tuple(_json(self._rows[kind]).decode() for kind in plain))


def _columns(rows: list[Row]) -> Iterator[list[object]]:
    return map(list, zip(*rows, strict=True))


def _parts(rows: list[Row]) -> Iterator[list[Row]]:
    return (rows[at : at + TOGETHER] for at in range(0, len(rows), TOGETHER))


@cache
def _is_plain(kind: Kind) -> bool:
    return not any(isinstance(column.type, LargeBinary) for column in kind.table.columns if column.name in kind.columns)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


# ---------------------------------------------------------------- statements


def insert_sql(table: Table) -> str:
    """The statement that inserts one row."""
    return _one_by_one(_INSERTS[table.name])


@cache
def _one_by_one(kind: Kind) -> str:
    """A statement for one row of a kind."""
    if not kind.keys:
        marks = ", ".join(f"?{at}" for at in range(1, len(kind.columns) + 1))
        return f'INSERT INTO "{kind.table.name}" ({_names(kind.columns)}) VALUES ({marks})'
    marked = [f'"{name}" = ?{at}' for at, name in enumerate(kind.columns, 1)]
    keys = len(kind.keys)
    return f'UPDATE "{kind.table.name}" SET {", ".join(marked[keys:])} WHERE {" AND ".join(marked[:keys])}'


@cache
def _together(kinds: tuple[Kind, ...]) -> str:
    """PostgreSQL's statement for rows of several kinds; each column of each kind is one array."""
    given = 0
    parts = []
    for kind in kinds:
        arrays = []
        for name in kind.columns:
            given += 1
            arrays.append(f"?{given}::{_array(kind, name)}")
        parts.append(_from(kind, f"unnest({', '.join(arrays)}) AS k({_names(kind.columns)})", "k.{1}"))
    *before, last = parts
    first = ", ".join(f"w{at} AS ({part})" for at, part in enumerate(before))
    return f"WITH {first} {last}" if before else last


def _array(kind: Kind, name: str) -> str:
    held = kind.table.columns[name].type
    if isinstance(held, LargeBinary):
        return "bytea[]"
    return "bigint[]" if isinstance(held, BigInteger | Integer) else "text[]"


def _from(kind: Kind, source: str, value: str) -> str:
    """Insert or change from a source of rows; `value` spells a column of it by number ({0}) or quoted name ({1})."""
    values = [value.format(at, f'"{name}"') for at, name in enumerate(kind.columns)]
    if not kind.keys:
        return f'INSERT INTO "{kind.table.name}" ({_names(kind.columns)}) SELECT {", ".join(values)} FROM {source}'
    keys = len(kind.keys)
    pairs = list(zip(kind.columns, values, strict=True))
    changes = ", ".join(f'"{name}" = {new}' for name, new in pairs[keys:])
    met = " AND ".join(f'"{kind.table.name}"."{name}" = {same}' for name, same in pairs[:keys])
    return f'UPDATE "{kind.table.name}" SET {changes} FROM {source} WHERE {met}'


@cache
def _viewed(kinds: tuple[Kind, ...]) -> str:
    marks = ", ".join(f"?{at}" for at in range(1, len(kinds) + 1))
    return f"INSERT INTO booking ({_names(kind.name for kind in kinds)}) VALUES ({marks})"


def make_view(connection: sqlite3.Connection) -> None:
    """The view `booking`, this connection's own: what is inserted there, as JSON, goes to the tables."""
    plain = [kind for kind in _KINDS if _is_plain(kind)]
    columns = ", ".join(f'NULL AS "{kind.name}"' for kind in plain)
    connection.execute(f"CREATE TEMP VIEW booking AS SELECT {columns}")
    steps = "; ".join(_from(kind, f'json_each(NEW."{kind.name}") k', "k.value->>{0}") for kind in plain)
    connection.execute(f"CREATE TEMP TRIGGER booked INSTEAD OF INSERT ON booking BEGIN {steps}; END")
