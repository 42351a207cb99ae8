"""Reads stay fast with history: what a customer owes, asked of books with a million entries.

    python -m tests.storms.loads.history --count 1000000

The books hold as many entries as open invoices, of ten thousand customers. A thousand customers, drawn by chance, are
looked up, the first page of each. What is judged is the time at work: others on the machine only add to the rest.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import company
from sqlalchemy import Connection

from lettrage import opening
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.engine import transaction
from tests.reliability.long_form import BrokenPromiseError, long_form

CODE = "1"
CUSTOMERS = 10_000
PAGE = 100
ASKED = 1_000
SLOWEST_MS = 20.0


def books(address: str, entries: int) -> None:
    """Books with so many entries: an invoice to each customer is loaded, the others copied from these."""
    customers = min(CUSTOMERS, entries)
    load = json.loads(company.load_file([CODE], 0))
    (dossier,) = load["dossiers"]
    dossier["third_parties"] = [
        {"code": f"C{n:05}", "kind": "customer", "name": f"Client {n}"} for n in range(customers)
    ]
    dossier["invoices"] = [
        {
            "third_party": f"C{n:05}",
            "number": str(n),
            "date": "2024-01-02",
            "currency": "EUR",
            "due_items": [{"due_date": f"2024-02-{1 + n % 28:02}", "amount": "100.00"}],
        }
        for n in range(customers)
    ]
    store = SqlStore(address, SystemClock(), create=True)
    loaded = opening.load(json.dumps(load).encode(), "load.json", "", store, store.clock)
    assert not loaded.faults, loaded.faults[0].say("en")
    with transaction(store.engine, writing=True) as connection:
        company.multiply(connection, CODE, customers, entries // customers)
    store.close()


def missing_index(connection: Connection) -> None:
    """Planted: the indexes that lead to a customer's due items are not there."""
    for name in ("ix_due_item_open", "ix_due_item_piece"):
        connection.exec_driver_sql(f"DROP INDEX {name}")


PLANTED: dict[str, Callable[[Connection], None]] = {"missing_index": missing_index}


@contextmanager
def made(entries: int) -> Iterator[SqlStore]:
    """Books with so many entries, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        address = f"sqlite:///{Path(name)}/books.sqlite"
        books(address, entries)
        store = SqlStore(address, SystemClock())
        try:
            yield store
        finally:
            store.close()


def run(store: SqlStore, count: int, seed: int, slowest_ms: float = SLOWEST_MS, asked: int = ASKED) -> str:
    """Ask for the open items of customers drawn by chance; what it took. Raises BrokenPromiseError."""
    chance = random.Random(seed)
    customers = min(CUSTOMERS, count)
    owed = count // customers
    took: list[float] = []
    worked: list[float] = []
    for _ in range(asked):
        customer = f"C{chance.randrange(customers):05}"
        began, at_work = time.perf_counter(), time.thread_time()
        with store.books(CODE, writing=False) as one:
            page = one.items_page(store.clock.today(), customer, (), PAGE, everything=False)
        took.append(1_000 * (time.perf_counter() - began))
        worked.append(1_000 * (time.thread_time() - at_work))
        assert len(page.lines) == min(owed, PAGE), (customer, len(page.lines))
    p99, own = (statistics.quantiles(times, n=100)[98] for times in (took, worked))
    figure = (
        f"{owed * customers:,} entries, {owed} open items of each of {asked:,} customers: p50"
        f" {statistics.median(took):.1f} ms, p99 {p99:.1f} ms, of which at work {own:.1f} ms"
    )
    if own > slowest_ms:
        raise BrokenPromiseError(f"seed {seed}: {figure}")
    return figure


def planted_in(store: SqlStore, bug: str) -> None:
    """Plant a bug in these books."""
    with store.engine.connect() as connection:
        PLANTED[bug](connection)


def whole(count: int, seed: int, planted: str = "") -> str:
    """Books of so many entries, and what is asked of them. Raises BrokenPromiseError."""
    with made(count) as store:
        if planted:
            planted_in(store, planted)
        return run(store, count, seed, asked=50 if planted else ASKED)


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "H6",
        lambda given, bug: whole(given.count, given.seed, bug),
        PLANTED,
        options={"count": 1_000_000},
        trial={"count": 200_000},
        store="sqlite",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
