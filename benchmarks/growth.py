"""What one settlement costs while a company grows: at 1,000, 100,000 and 1,000,000 open items.

    python -m benchmarks.growth [--short] [--only sqlite|postgresql]

The engine takes documents of one settlement in this process, without HTTP, from books of each size in turn, so that all
of them meet the same machine. Printed are the median time of a settlement, the part of it that is this process's own
work, the SQL statements that it takes, and the ratio to the smallest books.
"""

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from benchmarks import company
from benchmarks.databases import Place, Recorder, SqlitePlace, postgres_server
from benchmarks.machine import describe
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.engine import transaction
from lettrage.settlement import Caller, settle

LOADED = 1_000
OPEN_ITEMS = (1_000, 100_000, 1_000_000)
SHORT_OPEN_ITEMS = (1_000, 100_000)
SETTLEMENTS, WARMING = 200, 20
CODE = "1"
CALLER = Caller("bench", "command line")


class Books(msgspec.Struct):
    """Books of one size, and what was measured on them, in seconds."""

    items: int
    store: SqlStore
    recorder: Recorder
    taken: list[float] = []
    worked: list[float] = []
    statements: int = 0

    def settle(self, text: bytes) -> None:
        """One document, measured."""
        self.recorder.count = 0
        start, worked = time.perf_counter(), time.process_time()
        reply = settle(text, CALLER, self.store, SystemClock())
        self.taken.append(time.perf_counter() - start)
        self.worked.append(time.process_time() - worked)
        self.statements = max(self.statements, self.recorder.count)
        assert (reply.error, reply.refused) == (0, 0), reply.text


def books_of(place: Place, items: int) -> Books:
    """Books with so many open items: a thousand are loaded, the others copied from them inside the database."""
    name = f"open_{items}"
    company.make(place.address(name), [CODE], LOADED)
    store = SqlStore(place.address(name), SystemClock())
    if items > LOADED:
        with transaction(store.engine, writing=True) as connection:
            company.multiply(connection, CODE, LOADED, items // LOADED)
    store.close()
    return books_in(place, name, items)


def books_in(place: Place, name: str, items: int) -> Books:
    """A copy of books, ready to be measured."""
    store = SqlStore(place.copy(name, f"{name}_copy"), SystemClock())
    place.forget(name)
    return Books(items, store, Recorder(store))


def bench(place: Place, sizes: tuple[int, ...]) -> None:
    """The lines of one kind of database."""
    all_books = [books_of(place, items) for items in sizes]
    for at, text in enumerate(company.documents([CODE], 1, WARMING + SETTLEMENTS, LOADED)):
        for books in all_books:
            books.settle(text)
            if at < WARMING:
                books.taken.clear()
                books.worked.clear()
    for books in all_books:
        _print(place.name, books, all_books[0])
        books.store.close()


HEADINGS = f"{'database':>16} {'open items':>10} {'ms':>7} {'own ms':>7} {'statements':>10} {'ratio':>6} {'own':>6}"


def _print(name: str, books: Books, smallest: Books) -> None:
    taken, worked = statistics.median(books.taken), statistics.median(books.worked)
    ratio = taken / statistics.median(smallest.taken)
    own = worked / statistics.median(smallest.worked)
    print(
        f"{name:>16} {books.items:>10} {1_000 * taken:>7.2f} {1_000 * worked:>7.2f} {books.statements:>10}"
        f" {ratio:>6.2f} {own:>6.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="without the million")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one kind of database")
    parser.add_argument("--folder", default=None, help="where the databases are made (default: a temporary folder)")
    options = parser.parse_args()
    sizes = SHORT_OPEN_ITEMS if options.short else OPEN_ITEMS
    print(describe())
    print(HEADINGS)
    with tempfile.TemporaryDirectory(dir=options.folder) as name, ExitStack() as servers:
        folder = Path(name)
        if options.only != "postgresql":
            bench(SqlitePlace(folder), sizes)
        if options.only != "sqlite":
            bench(servers.enter_context(postgres_server(folder)), sizes)


if __name__ == "__main__":
    main()
