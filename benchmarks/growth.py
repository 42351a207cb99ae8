"""Settlement intake while a company grows: 1,000, 100,000 and 1,000,000 open items, beside the bare rows.

The engine takes documents of 1, 50, 1,000 and 10,000 settlements in this process, without HTTP. What it writes is
written again by the bare driver, into another copy of the same books, one durable commit for each document. Books of
every size and both ways take turns, so that all of them meet the same machine; medians over the turns. The smallest
books have too few items for the larger documents.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from operator import truediv
from pathlib import Path

import msgspec

from benchmarks import company
from benchmarks.databases import Place, Recorder, Writer, places
from benchmarks.part import Measured, Measuring, Options
from benchmarks.tables import Aim, Bar, Cell, Table
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.engine import transaction
from lettrage.settlement import Caller, settle

LOADED = 1_000
OPEN_ITEMS, SHORT_OPEN_ITEMS = (1_000, 100_000, 1_000_000), (1_000, 100_000)
# Settlements in a document -> turns, documents in a turn.
DOCUMENTS = {1: (5, 40), 50: (4, 1), 1_000: (4, 1), 10_000: (2, 1)}
SHORT_DOCUMENTS = {1: (3, 20), 50: (2, 1), 1_000: (2, 1)}
WARMING, FITS_THE_SMALLEST = 20, 50
CODE = "1"
CALLER = Caller("bench", "command line")
HALF, SIZE_OF_THE_AIM = 0.5, 1_000


class Figures(msgspec.Struct):
    """What documents of one size took, a figure for each turn, all for one settlement."""

    clock: list[float] = []
    own: list[float] = []
    bare: list[float] = []
    written: list[float] = []
    statements: int = 0
    """Of a document, the most."""


class Books(msgspec.Struct):
    """Books of one size: a copy for the engine, another for the bare driver."""

    items: int
    name: str
    place: Place
    store: SqlStore
    recorder: Recorder
    bare: Writer

    def turn(self, texts: Sequence[bytes], size: int, figures: Figures) -> None:
        """The engine takes these documents, then the bare driver writes the same."""
        units, settled, recorder = [], size * len(texts), self.recorder
        before, recorder.spent = self.place.written(self.name, os.getpid()), 0.0
        start, worked = time.perf_counter(), time.process_time()
        for text in texts:
            recorder.count = 0
            reply = settle(text, CALLER, self.store, SystemClock())
            units.append(recorder.take())
            figures.statements = max(figures.statements, recorder.count)
            assert (reply.error, reply.refused) == (0, 0), reply.text
        own, clock = time.process_time() - worked, time.perf_counter() - start
        written = self.place.written(self.name, os.getpid()) - before
        figures.clock.append((clock - recorder.spent) / settled)
        figures.own.append((own - recorder.spent) / settled)
        figures.written.append(written / settled)
        start = time.perf_counter()
        for unit in units:
            self.bare.write(CODE, unit)
        figures.bare.append((time.perf_counter() - start) / settled)

    def close(self) -> None:
        self.recorder.close()
        self.store.close()
        self.bare.close()


def fill(place: Place, name: str, items: int) -> None:
    """Books with so many open items: a thousand are loaded, the others copied from them inside the database."""
    company.make(place.address(name), [CODE], LOADED)
    if items > LOADED:
        store = SqlStore(place.address(name), SystemClock())
        with transaction(store.engine, writing=True) as connection:
            company.multiply(connection, CODE, LOADED, items // LOADED)
        store.close()


def books_of(place: Place, items: int) -> Books:
    """Books ready to be measured."""
    name = f"open_{items}"
    fill(place, name, items)
    store = SqlStore(place.copy(name, f"{name}_engine"), SystemClock())
    place.copy(name, f"{name}_bare")
    place.forget(name)
    return Books(items, f"{name}_engine", place, store, Recorder(store), place.writer(f"{name}_bare"))


def bench(place: Place, options: Options) -> Iterator[tuple[int, dict[int, tuple[Books, Figures]]]]:
    """For each size of documents, what each of the books took."""
    every = [books_of(place, items) for items in (SHORT_OPEN_ITEMS if options.short else OPEN_ITEMS)]
    texts = company.documents([CODE], 1, WARMING, LOADED)
    for books in every:
        books.turn(texts, 1, Figures())
    settled = WARMING
    for size, (turns, share) in (SHORT_DOCUMENTS if options.short else DOCUMENTS).items():
        seen = {books.items: (books, Figures()) for books in every if size <= FITS_THE_SMALLEST or books.items > LOADED}
        for _ in range(turns):
            texts = [company.document(CODE, settled + at * size, size) for at in range(share)]
            settled += share * size
            for books, figures in seen.values():
                books.turn(texts, size, figures)
        yield size, seen
    for books in reversed(every):
        books.close()


HEADS = (
    "database",
    "open items",
    "per document",
    "settlements/s",
    "bare/s",
    "ratio",
    "ms each",
    "own ms each",
    "statements",
    "bytes each",
    "to the smallest",
)


def measured(options: Options) -> Measuring:
    """The lines of both kinds of database."""
    rows: list[tuple[Cell, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        for place in places(Path(name), options.store):
            for size, seen in bench(place, options):
                smallest = next(iter(seen.values()))[1]
                for items, (_, figures) in seen.items():
                    rows.append((place.name, items, size, *_line(figures, smallest)))
                yield told(rows)


def _line(figures: Figures, smallest: Figures) -> tuple[Cell, ...]:
    clock, own, bare, written = (
        statistics.median(turns) for turns in (figures.clock, figures.own, figures.bare, figures.written)
    )
    ratio = statistics.median(map(truediv, figures.bare, figures.clock))
    grown = statistics.median(map(truediv, figures.clock, smallest.clock))
    return (1 / clock, 1 / bare, ratio, 1_000 * clock, 1_000 * own, figures.statements, written, grown)


def told(rows: list[tuple[Cell, ...]]) -> Measured:
    """One table; the picture has single settlements and thousands."""
    bars, aims = [], []
    for place, items, size, ours, bare, ratio, *_ in rows:
        if size in (1, SIZE_OF_THE_AIM):
            bars += [Bar(f"{str(place).split()[0]}, {items:,} open, {size:,} each", float(ours))]
            bars += [Bar("bare rows", float(bare), ours=False)]
        if size == SIZE_OF_THE_AIM:
            what = f"half the rate of the bare rows at {size:,} per document, in one process: {place}, {items:,} open"
            aims.append(Aim(what, f"{float(ratio):.2f}", float(ratio) >= HALF))
    title = "Settlement intake while a company grows"
    return (Table("growth", title, HEADS, tuple(rows), "settlements a second", tuple(bars)),), tuple(aims)
