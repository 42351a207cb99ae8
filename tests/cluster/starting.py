"""A cluster on which one table was left out, or lies elsewhere, is refused when it is opened (J6).

LETTRAGE_TEST_STORE=postgresql python -m tests.cluster.starting
"""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from lettrage.adapters.store import cluster
from lettrage.adapters.store.engine import open_engine, prepare
from lettrage.refusal import StoreTrouble
from tests import databases
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.races import server

# What may be wrong with a table's place: never spread, a copy on each node, beside others, by another column.
_CHANGED = {
    "a reference table": "partmethod = 'n', partkey = NULL",
    "apart": "colocationid = colocationid + 1",
    "by another column": "partkey = '{VAR :varno 1 :varattno 2 }'",
}
_OF_ONE = "WHERE logicalrelid = %s::regclass"
WRONG = {"left out": f"DELETE FROM pg_dist_partition {_OF_ONE}"} | {
    how: f"UPDATE pg_dist_partition SET {change} {_OF_ONE}" for how, change in _CHANGED.items()
}


def spread_books(folder: Path) -> str:
    """The address of empty books on a stand-in for a cluster."""
    address = databases.no_books(folder)
    databases.stand_in(address)
    prepare(address)
    return address


def opened(address: str) -> str:
    """The refusal's code and the tables that it names; "" where books are opened."""
    try:
        open_engine(address).dispose()
    except StoreTrouble as trouble:
        return f"{trouble.refusal.code} {trouble.refusal.expected}"
    return ""


def refusals(address: str) -> Counter[str]:
    """Each table put wrong in each way, one at a time: how often that was refused by its name."""
    seen: Counter[str] = Counter()
    for table in cluster.SPREAD:
        for how, statement in WRONG.items():
            said = _wrong(address, table, statement)
            seen[how] += said.startswith("not_distributed") and (table in said or table == cluster.FIRST)
    return seen


def _wrong(address: str, table: str, statement: str) -> str:
    with databases.direct(address) as connection:
        kept = connection.execute("SELECT * FROM pg_dist_partition").fetchall()
        connection.execute(statement, (f'"{table}"',))
        said = opened(address)
        connection.execute("DELETE FROM pg_dist_partition")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO pg_dist_partition VALUES (%s::regclass, %s, %s, %s, %s)", kept)
    return said


def _not_asked() -> AbstractContextManager[object]:
    return mock.patch.object(cluster, "misplaced", return_value=[])


PLANTED: dict[str, Bug] = {"": nullcontext, "the catalogue is not asked": _not_asked}


def figure(planted: str = "") -> str:
    """Every table tried in every wrong place. Raises BrokenPromiseError."""
    with TemporaryDirectory() as folder:
        address = spread_books(Path(folder))
        if said := opened(address):
            raise BrokenPromiseError(f"a sound one is refused: {said}")
        with PLANTED[planted]():
            seen = refusals(address).total()
    tables, wanted = len(cluster.SPREAD), len(cluster.SPREAD) * len(WRONG)
    if seen < wanted:
        raise BrokenPromiseError(f"{wanted - seen} of {wanted} opened")
    return f"{tables} tables x {len(WRONG)} wrong places, {seen} of {wanted} refused by name; sound ones opened"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "J6",
        lambda _given, bug: figure(bug),
        PLANTED,
        options={},
        seeded=False,
        store="postgresql",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    if not databases.POSTGRESQL:
        sys.exit("with LETTRAGE_TEST_STORE=postgresql")
    with server():
        ended = main()
    sys.exit(ended)
