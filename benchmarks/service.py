"""The web service beside the bare rows: settlements per second over HTTP with sixteen clients.

For documents of 1, 50, 1,000 and 10,000 settlements (two invoices paid each), with one dossier and with eight, on
SQLite and on PostgreSQL: `lettrage serve` on a copy of the books takes the documents from sixteen keep-alive clients
in another process. The rows that the engine writes for the very same documents were recorded; sixteen threads of the
bare driver write them again into another copy, table by table or statement for statement, after the lock that the
engine takes (on SQLite the file's, elsewhere the dossier's row), with a durable commit for each document. The two take
turns, so that both meet the same disk. Medians over the turns are told; judge the ratios. Beside them: the SQL
statements of a document, the bytes that a settlement makes the database write (SQLite: what the service wrote;
PostgreSQL: its log), and the most memory that the service ever held.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import truediv
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

import msgspec

from benchmarks import company
from benchmarks.clients import CLIENTS, Timed, clients_of
from benchmarks.databases import Place, Recorder, Statement, Writer, places
from benchmarks.machine import megabytes_at_most, syncs_per_second
from benchmarks.part import Measured, Measuring, Options
from benchmarks.tables import Aim, Bar, Cell, Table
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.settlement import Caller, settle

DOSSIERS = (1, 8)
SHORT_DOSSIERS = (1,)
TURNS = 3
DOCUMENTS = {1: 800, 50: 64, 1_000: 12, 10_000: 1}  # settlements in a document -> documents in a turn
SHORT_TURNS = 1
SHORT_DOCUMENTS = {1: 96, 50: 16, 1_000: 2}
CALLER = Caller("bench", "web service")
Unit = tuple[str, list[Statement]]  # a document's dossier and its writes


class Row(msgspec.Struct):
    """One line of the table, with one figure for each turn."""

    service: list[float] = []
    """Settlements per second, over HTTP."""
    bare: list[float] = []
    """Settlements per second of the bare driver."""
    calls: list[float] = []
    """Seconds of each call."""
    syncs: list[float] = []
    """Durable writes per second that the disk took before each turn."""
    statements: int = 0
    """SQL statements of one document, the most."""
    written: float = 0.0
    """Bytes that one settlement made the database write."""
    peak: float = 0.0
    """Megabytes that the service held at most."""


# ---------------------------------------------------------------- the engine, over HTTP


class Service(msgspec.Struct, frozen=True):
    """A running service."""

    url: str
    process: int


@contextmanager
def served(address: str, folder: Path) -> Iterator[Service]:
    """`lettrage serve` on these books, as it is run by anybody."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LETTRAGE_")}
    command = [sys.executable, "-m", "lettrage", "--database", address, "--json", "serve", "--port", "0"]
    with (folder / "service.log").open("ab") as log:
        service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
    try:
        assert service.stdout is not None
        yield Service(json.loads(service.stdout.readline())["url"], service.pid)
    finally:
        service.terminate()
        service.wait(60)


# ---------------------------------------------------------------- the bare driver


def recorded(address: str, codes: Sequence[str], documents: Sequence[bytes]) -> tuple[list[Unit], int]:
    """What the engine writes for each document, and the most statements of any."""
    store = SqlStore(address, SystemClock())
    recorder = Recorder(store)
    units, most = [], 0
    for at, text in enumerate(documents):
        recorder.count = 0
        reply = settle(text, CALLER, store, SystemClock())
        assert (reply.error, reply.refused) == (0, 0), reply.text
        most = max(most, recorder.count)
        units.append((codes[at % len(codes)], recorder.take()))
    recorder.close()
    store.close()
    return units, most


def write_bare(writers: Sequence[Writer], units: Sequence[Unit]) -> float:
    """Seconds to write all of them, each in a commit of its own, by all the writers at once."""
    waiting: SimpleQueue[Unit] = SimpleQueue()
    for unit in units:
        waiting.put(unit)

    def work(writer: Writer) -> None:
        while True:
            try:
                code, statements = waiting.get_nowait()
            except Empty:
                return
            writer.write(code, statements)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in writers]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


# ---------------------------------------------------------------- beside each other


def measure(place: Place, token: str, codes: Sequence[str], size: int, documents: Sequence[bytes], turns: int,
            folder: Path) -> Row:  # fmt: skip
    """The service and the bare driver in turns, each on its copy of the books `base`."""
    row = Row()
    units, row.statements = recorded(place.copy("base", "recorded"), codes, documents)
    place.forget("recorded")
    address = place.copy("base", "served")
    place.copy("base", "bare")
    share = len(documents) // turns
    written = 0
    with served(address, folder) as service, clients_of(service.url, token) as clients:
        writers = [place.writer("bare") for _ in range(CLIENTS)]
        for turn in range(turns):
            part = slice(turn * share, (turn + 1) * share)
            row.syncs.append(syncs_per_second(folder))
            before = place.written("served", service.process)
            timed: Timed = clients.call(list(documents[part]))
            written += place.written("served", service.process) - before
            row.service.append(share * size / timed.seconds)
            row.calls += timed.each
            row.bare.append(share * size / write_bare(writers, units[part]))
        for writer in writers:
            writer.close()
        row.written, row.peak = written / (turns * share * size), megabytes_at_most(service.process)
    place.forget("served")
    place.forget("bare")
    return row


def bench(place: Place, options: Options, folder: Path) -> Iterator[tuple[int, int, Row]]:
    """All the lines of one kind of database."""
    documents, turns = (SHORT_DOCUMENTS, SHORT_TURNS) if options.short else (DOCUMENTS, TURNS)
    for count in SHORT_DOSSIERS if options.short else DOSSIERS:
        codes = [str(n) for n in range(1, count + 1)]
        items = max(company.items_for(codes, size, share * turns) for size, share in documents.items())
        company.make(place.address("base"), codes, items)
        token = _token(place.address("base"))
        for size, share in documents.items():
            texts = company.documents(codes, size, share * turns, items)
            yield count, size, measure(place, token, codes, size, texts, turns, folder)
        place.forget("base")


def _token(address: str) -> str:
    store = SqlStore(address, SystemClock())
    token = store.accounts.issue(CALLER.name, "clerk", "")
    store.close()
    return token


HEADS = (
    "database",
    "dossiers",
    "per document",
    "settlements/s",
    "p50 ms",
    "p99 ms",
    "bare/s",
    "ratio",
    "statements",
    "bytes each",
    "peak MiB",
    "syncs/s",
)
HALF, SIZE_OF_THE_AIM = 0.5, 1_000


class Line(NamedTuple):
    """What is told of a row."""

    cells: tuple[Cell, ...]
    bars: tuple[Bar, Bar]
    aims: tuple[Aim, ...]


def line(place: str, dossiers: int, size: int, row: Row) -> Line:
    """Medians; the ratio is the median of the turns' own."""
    ours, bare, syncs = (statistics.median(figures) for figures in (row.service, row.bare, row.syncs))
    ratio = statistics.median(map(truediv, row.service, row.bare))
    p50, p99 = statistics.median(row.calls), statistics.quantiles([*row.calls, max(row.calls)], n=100)[98]
    told = (1_000 * p50, 1_000 * p99, bare, ratio, row.statements, row.written, row.peak, syncs)
    label = f"{place.split(maxsplit=1)[0]}, {dossiers} dossier{'s' * (dossiers > 1)}, {size:,} each"
    what = f"half the rate of the bare rows at {size:,} per document, over HTTP: {place}, dossiers: {dossiers}"
    aims = (Aim(what, f"{ratio:.2f}", ratio >= HALF),) if size == SIZE_OF_THE_AIM else ()
    return Line((place, dossiers, size, ours, *told), (Bar(label, ours), Bar("bare rows", bare, ours=False)), aims)


def measured(options: Options) -> Measuring:
    """The lines of both kinds of database."""
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place in places(folder, options.store):
            for dossiers, size, row in bench(place, options, folder):
                lines.append(line(place.name, dossiers, size, row))
                yield told(lines)


def told(lines: list[Line]) -> Measured:
    """One table of all."""
    rows, bars = tuple(one.cells for one in lines), tuple(bar for one in lines for bar in one.bars)
    table = Table("service", "The web service beside the bare rows", HEADS, rows, "settlements a second", bars)
    return (table,), tuple(aim for one in lines for aim in one.aims)
