"""Writing by the thousand: the rows of a commit are gathered table by table and written together.

On PostgreSQL they travel as one statement: a trip to the server costs more than the rows. A cluster takes no statement
that writes to several tables, so there each kind of rows is one. On SQLite too, a hundred rows side by side; but all
kinds with a single row, as most of one settlement are, share one through a view.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, repeat

import msgspec
from sqlalchemy import BigInteger, Connection, Integer, LargeBinary, Table

from lettrage.adapters.store import schema
from lettrage.adapters.store.sql import Row, on_cluster, on_postgresql, run, run_many

TOGETHER = 100_000  # rows that PostgreSQL takes in one statement
SIDE_BY_SIDE = 100  # rows that SQLite takes in one: to begin and end a statement costs it as much as a row
IN_HAND = 1_000 * SIDE_BY_SIDE  # rows that are laid side by side at a time: doing so copies them


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
# Of these a settlement has one row. (Of instruments too, but there the detour costs more than it saves.)
_OFTEN_SINGLE = ("document", "entry", "kept_answer", "outcome", "transaction", "header", "counters")
_VIEWED = [kind for kind in _KINDS if kind.name in _OFTEN_SINGLE]


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
        if on_cluster(connection):
            for kind in kinds:
                self._write_to_cluster(connection, kind)
        elif on_postgresql(connection) and count <= TOGETHER:
            values = [column for kind in kinds for column in _columns(self._rows[kind])]
            run(connection, _together(tuple(kinds)), tuple(values))
        elif on_postgresql(connection):
            for kind in kinds:
                for rows in _parts(self._rows[kind]):
                    run(connection, _together((kind,)), tuple(_columns(rows)))
        else:
            self._write_to_sqlite(connection, kinds)

    def _write_to_cluster(self, connection: Connection, kind: Kind) -> None:
        """Rows of one kind and one dossier: what is changed is found by a dossier that is told once, for them all."""
        rows = self._rows[kind]
        if len(rows) == 1:
            run(connection, _one_by_one(kind), rows[0])
            return
        for part in _parts(rows):
            values = list(_columns(part))
            if kind.keys:
                (values[0],) = set(values[0])  # type: ignore[call-overload]
            run(connection, _of_one_dossier(kind), tuple(values))

    def by_table(self) -> list[tuple[str, list[Row]]]:
        """Each kind's statement for one row, with its rows, in an order in which each finds what it refers to."""
        return [(_one_by_one(kind), self._rows[kind]) for kind in _KINDS if kind in self._rows]

    def _write_to_sqlite(self, connection: Connection, kinds: list[Kind]) -> None:
        single = self._single(kinds)
        if single:
            run(connection, _viewed(tuple(single)), tuple(value for kind in single for value in self._rows[kind][0]))
        for kind in kinds:
            if kind not in single:
                _write_kind_to_sqlite(connection, kind, self._rows[kind])

    def _single(self, kinds: list[Kind]) -> list[Kind]:
        """The kinds with one row that refer to nothing that is written after them."""
        found, later = [], set[Table]()
        for kind in kinds:
            if kind in _VIEWED and len(self._rows[kind]) == 1 and not later & _referred(kind):
                found.append(kind)
            elif not kind.keys:
                later.add(kind.table)
        return found


def _write_kind_to_sqlite(connection: Connection, kind: Kind, rows: list[Row]) -> None:
    if kind.keys or len(rows) < SIDE_BY_SIDE:
        run_many(connection, _one_by_one(kind), rows)
        return
    nothing = (None,) * len(kind.columns)
    for first in range(0, len(rows), IN_HAND):
        part = rows[first : first + IN_HAND]
        filled = [*part, *repeat(nothing, -len(part) % SIDE_BY_SIDE)]
        sides = (filled[at : at + SIDE_BY_SIDE] for at in range(0, len(filled), SIDE_BY_SIDE))
        run_many(connection, _side_by_side(kind), [tuple(chain.from_iterable(side)) for side in sides])


@cache
def _referred(kind: Kind) -> frozenset[Table]:
    return frozenset(key.referred_table for key in kind.table.foreign_key_constraints)


def _columns(rows: list[Row]) -> Iterator[list[object]]:
    return map(list, zip(*rows, strict=True))


def _parts(rows: list[Row]) -> Iterator[list[Row]]:
    return (rows[at : at + TOGETHER] for at in range(0, len(rows), TOGETHER))


def _names(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


# ---------------------------------------------------------------- statements


def insert_sql(table: Table) -> str:
    """The statement that inserts one row."""
    return _one_by_one(_INSERTS[table.name])


@cache
def _one_by_one(kind: Kind) -> str:
    """A statement for one row of a kind."""
    return _step(kind, [f"?{at}" for at in range(1, len(kind.columns) + 1)])


@cache
def _side_by_side(kind: Kind) -> str:
    """A statement that inserts SIDE_BY_SIDE rows; those of nothing but NULL, which fill the last one, it leaves out."""
    row = f"({', '.join('?' * len(kind.columns))})"
    return f"{_into(kind)} SELECT * FROM (VALUES {', '.join([row] * SIDE_BY_SIDE)}) WHERE column1 IS NOT NULL"


def _into(kind: Kind) -> str:
    return f'INSERT INTO "{kind.table.name}" ({_names(kind.columns)})'


def _step(kind: Kind, values: Sequence[str], source: str = "", *, given: bool = False) -> str:
    """Insert these values, or change to them: from a source of many rows, or only where any are `given`."""
    if not kind.keys:
        listed = ", ".join(values)
        rows = f"SELECT {listed} FROM {source}" if source else f"VALUES ({listed})"
        if given:
            rows = f"SELECT {listed} WHERE {values[0]} IS NOT NULL"
        return f"{_into(kind)} {rows}"
    table, keys = kind.table.name, len(kind.keys)
    pairs = list(zip(kind.columns, values, strict=True))
    changes = ", ".join(f'"{name}" = {new}' for name, new in pairs[keys:])
    met = " AND ".join(f'"{table}"."{name}" = {same}' for name, same in pairs[:keys])
    return f'UPDATE "{table}" SET {changes}{source and f" FROM {source}"} WHERE {met}'


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
        source = f"unnest({', '.join(arrays)}) AS k({_names(kind.columns)})"
        parts.append(_step(kind, [f'k."{name}"' for name in kind.columns], source))
    *before, last = parts
    first = ", ".join(f"w{at} AS ({part})" for at, part in enumerate(before))
    return f"WITH {first} {last}" if before else last


@cache
def _of_one_dossier(kind: Kind) -> str:
    """PostgreSQL's statement for rows of one kind, each column one array; of rows to be changed the dossier is one."""
    alone = 1 if kind.keys else 0
    arrays = [f"?{at}::{_array(kind, name)}" for at, name in enumerate(kind.columns, 1)]
    source = f"unnest({', '.join(arrays[alone:])}) AS k({_names(kind.columns[alone:])})"
    return _step(kind, ["?1"] * alone + [f'k."{name}"' for name in kind.columns[alone:]], source)


def _array(kind: Kind, name: str) -> str:
    held = kind.table.columns[name].type
    if isinstance(held, LargeBinary):
        return "bytea[]"
    return "bigint[]" if isinstance(held, BigInteger | Integer) else "text[]"


@cache
def _viewed(kinds: tuple[Kind, ...]) -> str:
    """A statement for one row of each of these kinds."""
    columns = [name for kind in kinds for name in _columns_of_view(kind)]
    marks = ", ".join(f"?{at}" for at in range(1, len(columns) + 1))
    return f"INSERT INTO booking ({_names(columns)}) VALUES ({marks})"


def _columns_of_view(kind: Kind) -> list[str]:
    return [f"{kind.name}.{name}" for name in kind.columns]


def make_view(connection: sqlite3.Connection) -> None:
    """The view `booking`, this connection's own: what is inserted there goes to the tables."""
    nulls = ", ".join(f'NULL AS "{name}"' for kind in _VIEWED for name in _columns_of_view(kind))
    connection.execute(f"CREATE TEMP VIEW booking AS SELECT {nulls}")
    # One trigger, for the order: whoever writes children first makes SQLite look through whole tables for them.
    steps = "; ".join(_step(kind, [f'NEW."{name}"' for name in _columns_of_view(kind)], given=True) for kind in _VIEWED)
    connection.execute(f"CREATE TEMP TRIGGER booked INSTEAD OF INSERT ON booking BEGIN {steps}; END")
