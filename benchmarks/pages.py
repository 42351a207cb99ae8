"""How long the server takes for each page of a list: at 1,000 and at 100,000 due items, in one run.

A served process for each size of the books; a browser without a screen asks each page in turn of both, so that both
meet the same machine. Told are medians in milliseconds and the ratio, the SQL statements of a look, and what the first
look takes after a document was settled (some figures are worked out once for each state of the books). The service is
run as anybody runs it, but for a counter of its statements.
"""

import json
import mmap
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from benchmarks import company
from benchmarks.databases import Place, places
from benchmarks.growth import CALLER, CODE, LOADED, fill
from benchmarks.machine import megabytes_at_most
from benchmarks.part import Measured, Measuring, Options
from benchmarks.tables import Bar, Cell, Table
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.settlement import settle

ITEMS = 100_000
ROUNDS, SHORT_ROUNDS = 15, 3
CHANGES, SHORT_CHANGES = 5, 1
SHORT_PAGES = 4  # each fourth
PAGES = (
    "/",
    "/factures",
    "/factures?q=C00007",
    "/factures?q=1234",
    "/factures?periode=2024",
    "/factures?vue=reglees",
    "/factures?vue=sans_plateforme",
    "/factures?tri=-montant&min=50",
    "/clients",
    "/clients/C00007",
    "/echeances",
    "/echeances?vue=echeances",
    "/reglements",
    "/reglements/saisie",
    "/portefeuille",
    "/banque",
    "/ecritures",
    "/ecritures?compte=411000",
    "/recherche?q=client+7",
    "/controle",
)


# `lettrage`, which counts its SQL statements into a shared file of eight bytes.
COUNTING = """
import mmap, sys
from sqlalchemy import Engine, event
from lettrage.cli import main

with open(sys.argv.pop(1), "r+b") as file:
    counted = mmap.mmap(file.fileno(), 8)

def count(_connection, _cursor, sql, *_more):
    if not sql.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
        counted[:] = (int.from_bytes(counted[:], "little") + 1).to_bytes(8, "little")

event.listen(Engine, "before_cursor_execute", count)
main()
"""


class Served(msgspec.Struct):
    """A browser, and the books that it looks at."""

    browser: httpx.Client
    store: SqlStore
    process: int
    counted: mmap.mmap

    def change(self, document: bytes) -> None:
        """Settle a document: nothing that was worked out of the books holds any more."""
        reply = settle(document, CALLER, self.store, SystemClock())
        assert (reply.error, reply.refused) == (0, 0), reply.text

    def look(self, page: str) -> float:
        """How long a page took, in milliseconds."""
        start = time.perf_counter()
        answer = self.browser.get(page)
        taken = 1_000 * (time.perf_counter() - start)
        assert answer.status_code == 200, (page, answer.status_code, re.sub(r"<[^>]+>|\s+", " ", answer.text)[:300])
        return taken

    def statements(self, page: str) -> int:
        """The SQL statements of a look."""
        before = int.from_bytes(self.counted[:], "little")
        self.look(page)
        return int.from_bytes(self.counted[:], "little") - before


@contextmanager
def served(place: Place, items: int, folder: Path) -> Iterator[Served]:
    """A browser that looks at books of so many open items, served by a process of its own."""
    name = f"pages_{items}"
    fill(place, name, items)
    address = place.copy(name, f"{name}_served")
    store = SqlStore(address, SystemClock())
    counter = folder / f"{name}.count"
    counter.write_bytes(bytes(8))
    command = [sys.executable, "-c", COUNTING, str(counter), "--database", address, "--json", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            with (
                httpx.Client(base_url=url, cookies={"lettrage": _signed_in(store)}, timeout=120) as client,
                counter.open("r+b") as file,
                mmap.mmap(file.fileno(), 8) as counted,
            ):
                yield Served(client, store, process.pid, counted)
        finally:
            process.terminate()
            store.close()


def _signed_in(store: SqlStore) -> str:
    store.accounts.add("bench", "administrator", "")
    store.sign_ins.bind("", "bench", "")
    return store.sign_ins.open("", "bench", "-")


def bench(place: Place, options: Options, folder: Path) -> Iterator[tuple[Cell, ...]]:
    """The lines of one kind of database."""
    rounds, changes = (SHORT_ROUNDS, SHORT_CHANGES) if options.short else (ROUNDS, CHANGES)
    documents = iter(company.documents([CODE], 1, len(PAGES) * changes, LOADED))
    with served(place, LOADED, folder) as small, served(place, ITEMS, folder) as large:
        both = small, large
        for page in PAGES[:: SHORT_PAGES if options.short else 1]:
            for one in both:
                one.look(page)  # what is worked out once is worked out
            statements = [min(one.statements(page) for _ in range(2)) for one in both]  # housekeeping is not a look's
            seen = [[one.look(page) for one in both] for _ in range(rounds)]
            few, many = (statistics.median(times) for times in zip(*seen, strict=True))
            first = []
            for document in (next(documents) for _ in range(changes)):
                for one in both:
                    one.change(document)
                first.append([one.look(page) for one in both])
            after = [statistics.median(times) for times in zip(*first, strict=True)]
            peak = megabytes_at_most(large.process)
            yield (place.name, page, few, many, many / few, *after, after[1] / after[0], max(statements), peak)


HEADS = (
    "database",
    "page",
    f"{LOADED:,}: ms",
    f"{ITEMS:,}: ms",
    "ratio",
    f"{LOADED:,}: first ms",
    f"{ITEMS:,}: first ms",
    "ratio of the first",
    "statements",
    "peak MiB so far",
)


def measured(options: Options) -> Measuring:
    """The lines of both kinds of database; a short run has SQLite's."""
    rows: list[tuple[Cell, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        for place in places(Path(name), options.store or ("sqlite" if options.short else None)):
            for row in bench(place, options, Path(name)):
                rows.append(row)
                yield told(rows)


def told(rows: list[tuple[Cell, ...]]) -> Measured:
    """One table; the picture has the larger books."""
    bars = tuple(Bar(f"{str(row[0]).split()[0]} {row[1]}", float(row[3])) for row in rows)
    title = "Pages at 1,000 and at 100,000 due items"
    return (Table("pages", title, HEADS, tuple(rows), f"milliseconds at {ITEMS:,}", bars),), ()
