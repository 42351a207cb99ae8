"""What one settlement and one invoice cost in PostgreSQL: statements, CPU, rows, bytes of tables and of the log.

    LETTRAGE_TEST_STORE=postgresql python -m benchmarks.capacity --count 2000

From these docs/capacity.md reckons. The server is the tests' own: no full pages in its log, whose bytes are those of
the changes alone.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import event
from tests.databases import POSTGRESQL, Server, ask, empty_books
from tests.journeys.helpers import MovableClock, company, header, invoice, pays
from tests.storms.races import prepare

from lettrage.adapters.store.books import SqlStore
from lettrage.opening import load
from lettrage.settlement import Caller, settle

TICK = os.sysconf("SC_CLK_TCK")


class Standing(NamedTuple):
    """How much there was at a moment."""

    rows: dict[str, int]
    table: int
    indexes: int
    log: int
    own_cpu: float
    server_cpu: float


class Cost(NamedTuple):
    """What one of many cost."""

    name: str
    of: int
    statements: float
    commits: float
    rows: float
    table: float
    indexes: float
    log: float
    own_cpu: float  # ms
    server_cpu: float  # ms


def standing(address: str, server: int) -> Standing:
    """Rows, bytes and CPU so far."""
    sizes = (
        "SELECT CAST(sum(pg_table_size(c.oid)) AS BIGINT), CAST(sum(pg_indexes_size(c.oid)) AS BIGINT) FROM pg_class c"
    )
    table, indexes = ask(address, f"{sizes} WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'")[0]
    names = [row[0] for row in ask(address, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    rows = {name: ask(address, f'SELECT count(*) FROM "{name}"')[0][0] for name in names}
    log = int(ask(address, "SELECT CAST(pg_current_wal_insert_lsn() - '0/0' AS BIGINT)")[0][0])
    return Standing(rows, int(table), int(indexes), log, time.process_time(), _cpu_of(server))


def _cpu_of(server: int) -> float:
    """Seconds of CPU of a server and of its sessions, those that have ended too."""
    total = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(folder.name) == server:
            total += sum(map(int, fields[11:15]))
        elif int(fields[1]) == server:
            total += sum(map(int, fields[11:13]))
    return total / TICK


def measured(name: str, address: str, server: int, count: int, work: Callable[[SqlStore], None]) -> Cost:
    """What `count` of something cost, done by one caller."""
    heard = {"statements": 0, "commits": 0}

    def hear(_connection: Any, _cursor: Any, sql: str, *_more: Any) -> None:
        heard["statements"] += 1
        heard["commits"] += sql == "COMMIT"

    with closing(SqlStore(address, MovableClock())) as store:
        event.listen(store.engine, "before_cursor_execute", hear)
        before = standing(address, server)
        work(store)
        after = standing(address, server)
    rows = sum(after.rows.values()) - sum(before.rows.values())
    each = [
        heard["statements"],
        heard["commits"],
        rows,
        after.table - before.table,
        after.indexes - before.indexes,
        after.log - before.log,
        (after.own_cpu - before.own_cpu) * 1000,
        (after.server_cpu - before.server_cpu) * 1000,
    ]
    return Cost(name, count, *(value / count for value in each))


def settling(start: int, count: int, together: int) -> Callable[[SqlStore], None]:
    """Settle invoices, so many in a document."""

    def work(store: SqlStore) -> None:
        for first in range(start, start + count, together):
            headers = [
                {"EnteteReglement": header("PORCHQ", "100", pays(f"P{n}", "100"))}
                for n in range(first, first + together)
            ]
            form = {
                "action": {"swinfinity": "integration_reglement", "parameters": {"dos": "998"}},
                "data": {"EnteteReglementtb": headers},
            }
            answer = settle(json.dumps(form).encode(), Caller("till", "c", "998", f"k{first}"), store, MovableClock())
            assert json.loads(answer.text)["error"] == 0, answer.text

    return work


def loading(start: int, count: int) -> Callable[[SqlStore], None]:
    """Load open invoices."""

    def work(store: SqlStore) -> None:
        open_ = [invoice(f"N{n}", "100.00") for n in range(start, start + count)]
        content = json.dumps({"dossiers": [company("998", invoices=open_)]})
        assert not load(content.encode(), "load.json", "", store, MovableClock()).faults

    return work


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2_000, help="settlements of each kind")
    count = parser.parse_args().count
    server = Server()
    try:
        server.prepare()
        with tempfile.TemporaryDirectory() as folder:
            address = empty_books(Path(folder))
            prepare(address, 2 * count, ["998"])
            at = server.process.pid
            costs = [
                measured("settlement, one a document", address, at, count, settling(0, count, 1)),
                measured("settlement, 50 a document", address, at, count, settling(count, count, 50)),
                measured("open invoice, loaded", address, at, count, loading(0, count)),
            ]
    finally:
        server.stop()
    print("| each | statements | commits | rows | table bytes | index bytes | log bytes | CPU program | CPU server |")
    print("|---|---|---|---|---|---|---|---|---|")
    for cost in costs:
        print(
            f"| {cost.name} ({cost.of:,}) | {cost.statements:.1f} | {cost.commits:.2f} | {cost.rows:.1f}"
            f" | {cost.table:,.0f} | {cost.indexes:,.0f} | {cost.log:,.0f}"
            f" | {cost.own_cpu:.2f} ms | {cost.server_cpu:.2f} ms |"
        )


if __name__ == "__main__":
    assert POSTGRESQL, "LETTRAGE_TEST_STORE=postgresql"
    main()
