"""The two doors for SQL written by hand: one text serves SQLite and PostgreSQL.

It is written for SQLite, with what both know as far as that goes; for PostgreSQL five spellings are replaced:

    ?1, ?2 (or ? for the next)      the parameters, by name
    json_each(?2) k                 the elements of a list of keys, each an array: `k.value->>0`, `k.key`
    json_each(d.years) k            the members of an object: `k.key`, `k.value`
    json_array(a, b)                a list of values as one text
    CROSS JOIN t ON ...             SQLite's way to say which table is read first

Quoted names and literals are left alone. What the two do not know alike is not written at all: a condition is no
number, a date is a text that sorts as it reads, a subquery has a name, GROUP BY names every plain column.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult

Row = tuple[object, ...]

_WORDS = re.compile(
    r"""
      (?P<kept>'(?:[^']|'')*' | "[^"]*")
    | json_each\(\?(?P<listed>\d*)\) \s+ (?P<name>\w+)
    | json_each\((?P<object>[^()?]+)\)
    | json_array\((?P<values>[^()?]+)\)
    | (?P<cross>CROSS\ JOIN)(?= \s+ (?:"\w+"|\w+) (?:\s+\w+)? \s+ ON\b)
    | \?(?P<number>\d*)
    """,
    re.VERBOSE,
)


def run(
    connection: Connection, sql: str, parameters: Row = (), *, stream: bool = False, held: int = 1_000
) -> CursorResult[Any]:
    """Run one statement with its parameters, `?1`, `?2`, ... in its text.

    `stream` leaves its rows at the server, all but those `held` at a time.
    """
    if not on_postgresql(connection):
        return connection.exec_driver_sql(sql, parameters)
    options = {"stream_results": True, "max_row_buffer": held} if stream else None
    return connection.exec_driver_sql(in_postgresql(sql), _named(parameters), execution_options=options)


def run_many(connection: Connection, sql: str, rows: Sequence[Row]) -> None:
    """Run one statement for each row of parameters; nothing at all when there is none."""
    if not rows:
        return
    if on_postgresql(connection):
        connection.exec_driver_sql(in_postgresql(sql), [_named(row) for row in rows])
    else:
        connection.exec_driver_sql(sql, list(rows))


def on_postgresql(connection: Connection) -> bool:
    """Whether the books are in PostgreSQL."""
    return connection.dialect.name == "postgresql"


def on_cluster(connection: Connection) -> bool:
    """Whether the books are spread over several machines (see `cluster`)."""
    return bool(connection.get_execution_options().get("cluster"))


def _named(parameters: Row) -> Mapping[str, object]:
    return {f"p{at}": value for at, value in enumerate(parameters, 1)}


@lru_cache(maxsize=1024)
def in_postgresql(sql: str) -> str:
    """A statement in PostgreSQL's spelling, its parameters `%(p1)s`, `%(p2)s`, ..."""
    given = 0

    def parameter(number: str) -> str:
        nonlocal given
        given += 1
        return f"%(p{number or given})s"

    def spelt(found: re.Match[str]) -> str:
        if found["kept"]:
            return found["kept"]
        if found["listed"] is not None:
            keys = parameter(found["listed"])
            return f"jsonb_array_elements({keys}::jsonb) WITH ORDINALITY {found['name']}(value, key)"
        if found["object"]:
            return f"jsonb_each({found['object']}::jsonb)"
        if found["values"]:
            return f"json_build_array({found['values']})::text"
        return "JOIN" if found["cross"] else parameter(found["number"])

    return _WORDS.sub(spelt, sql.replace("%", "%%"))
