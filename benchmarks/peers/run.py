"""The peers, each in a process of the environment that `scripts/bench` makes for them; and the engine beside them.

Every settlement pays two invoices by one cheque, in this process or in theirs, without any HTTP; each document, or each
transaction of a peer, is committed by itself. Tryton keeps much more than a settlement needs, beancount keeps nothing:
it is the floor of what plain text can do.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import company
from benchmarks.databases import Place, Recorder, SqlitePlace, places
from benchmarks.machine import apart, megabytes_at_most
from benchmarks.part import Measured, Measuring, Options
from benchmarks.tables import Bar, Cell, Table
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.settlement import Caller, settle

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = ROOT / ".venv-bench"
DOCUMENTS = {1: 200, 50: 20, 1_000: 4}
SHORT_DOCUMENTS = {1: 100, 50: 4, 1_000: 1}
TRYTON = {1: 25, 50: 50}
SHORT_TRYTON = {1: 5, 10: 10}
CALLER = Caller("bench", "command line")


def lines(script: str, *arguments: str) -> Iterator[Any]:
    """What a script of the peers' environment says, line by line."""
    program = ENVIRONMENT / "bin" / "python"
    if not program.exists():
        raise SystemExit(f"{ENVIRONMENT.name} is missing: sh scripts/bench makes it")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LETTRAGE_")}
    command = [str(program), "-m", f"benchmarks.peers.{script}", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            yield from map(json.loads, process.stdout)
        finally:
            process.terminate()
    if process.returncode:
        raise RuntimeError(f"{script} ended with {process.returncode}")


class Taken(NamedTuple):
    """What some documents took."""

    clock: float
    own: float
    statements: float
    written: int
    peak: float


def taken(place: Place, books: str, size: int, count: int, items: int) -> Taken:
    """The engine takes documents."""
    store = SqlStore(place.address(books), SystemClock())
    recorder = Recorder(store)
    texts = company.documents(["1"], size, count, items)
    before = place.written(books, os.getpid())
    start, worked = time.perf_counter(), time.process_time()
    for text in texts:
        reply = settle(text, CALLER, store, SystemClock())
        assert (reply.error, reply.refused) == (0, 0), reply.text
        recorder.take()
    clock, own = time.perf_counter() - start, time.process_time() - worked
    written = place.written(books, os.getpid()) - before
    recorder.close()
    store.close()
    peak = megabytes_at_most(os.getpid())
    return Taken(clock - recorder.spent, own - recorder.spent, recorder.count, written, peak)


def engine(place: Place, documents: dict[int, int]) -> Iterator[tuple[Cell, ...]]:
    """The engine's lines, on books of this kind."""
    for size, count in documents.items():
        items, settled = company.items_for(["1"], size, count), size * count
        company.make(place.address(f"books_{size}"), ["1"], items)
        seen, _ = apart(taken, place, f"books_{size}", size, count, items)
        each = (1_000 * seen.own / settled, seen.statements / settled, seen.written / settled)
        yield ("Lettrage", place.name, size, settled, settled / seen.clock, *each, seen.peak)
        place.forget(f"books_{size}")


def tryton(name: str, address: str, sizes: dict[int, int]) -> Iterator[tuple[Cell, ...]]:
    """Tryton's lines, on a new database of its own."""
    wanted = [word for size, count in sizes.items() for word in ("--settlements", f"{size}={count}")]
    for row in lines("tryton", address, *wanted):
        speed = (row["size"], row["settlements"], row["per_second"], row["own_ms"])
        yield (f"Tryton, {row['way']}", name, *speed, row["statements"], row["written"], row["mib"])


def plain_text(sizes: tuple[int, ...]) -> Iterator[tuple[Cell, ...]]:
    """The floor: beancount's lines."""
    for row in lines("plain_text", *(word for size in sizes for word in ("--settlements", str(size)))):
        speed = (row["size"], row["settlements"], row["per_second"], row["own_ms"])
        yield ("beancount, load", "text", *speed, "", "", row["mib"])


HEADS = (
    "program",
    "kept in",
    "per document",
    "settlements",
    "settlements/s",
    "own ms each",
    "statements each",
    "bytes each",
    "peak MiB",
)


def programs(options: Options, folder: Path) -> Iterator[tuple[Cell, ...]]:
    """One line after the other; a short run has SQLite's."""
    documents, peers = (SHORT_DOCUMENTS, SHORT_TRYTON) if options.short else (DOCUMENTS, TRYTON)
    yield from plain_text((1_000,) if options.short else (1_000, 10_000))
    for place in places(folder, options.store or ("sqlite" if options.short else None)):
        yield from engine(place, documents)
        (folder / "tryton").mkdir(exist_ok=True)
        on_sqlite = isinstance(place, SqlitePlace)
        address = f"sqlite:///{folder / 'tryton'}" if on_sqlite else place.address("tryton").rpartition("/")[0]
        yield from tryton(place.name, address, peers)


def measured(options: Options) -> Measuring:
    """One table: the engine and its peers."""
    rows: list[tuple[Cell, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        for row in programs(options, Path(name)):
            rows.append(row)
            yield told(rows)


def told(rows: list[tuple[Cell, ...]]) -> Measured:
    """The table and its picture."""
    bars = tuple(
        Bar(f"{who}, {str(where).split()[0]}, {size:,} each", float(speed), ours=who == "Lettrage")
        for who, where, size, _, speed, *_ in rows
    )
    title = "Settlements taken one document after the other"
    return (Table("peers", title, HEADS, tuple(rows), "settlements a second", bars),), ()
