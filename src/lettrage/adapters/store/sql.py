"""The two doors for SQL written by hand: one text serves SQLite and PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult

Row = tuple[object, ...]


def run(connection: Connection, sql: str, parameters: Row = ()) -> CursorResult[Any]:
    """Run one statement with its parameters, `?1`, `?2`, ... in its text."""
    return connection.exec_driver_sql(sql, parameters)


def run_many(connection: Connection, sql: str, rows: Sequence[Row]) -> None:
    """Run one statement for each row of parameters; nothing at all when there is none."""
    if rows:
        connection.exec_driver_sql(sql, list(rows))
