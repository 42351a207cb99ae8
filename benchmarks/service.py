"""The web service beside the bare rows: settlements per second over HTTP with sixteen clients.

    python -m benchmarks.service [--short] [--only sqlite|postgresql]

For documents of 1, 50 and 1,000 settlements (two invoices paid each), with one dossier and with eight, on SQLite and on
PostgreSQL: `lettrage serve` on a copy of the books takes the documents from sixteen keep-alive clients in another
process. The rows that the engine writes for the very same documents were recorded; sixteen threads of the bare driver
write them again into another copy, statement for statement, after the lock that the engine takes (on SQLite the file's,
elsewhere the dossier's row), with a durable commit for each document. The two take turns, so that both meet the same
disk. Medians over the turns are printed; judge the ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

import msgspec

from benchmarks import company
from benchmarks.clients import CLIENTS, Timed, clients_of
from benchmarks.databases import Place, Recorder, SqlitePlace, Statement, Writer, postgres_server
from benchmarks.machine import describe, syncs_per_second
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.settlement import Caller, settle

DOSSIERS = (1, 8)
TURNS = 3
DOCUMENTS = {1: 800, 50: 64, 1_000: 16}  # settlements in a document -> documents in a turn
SHORT_TURNS = 1
SHORT_DOCUMENTS = {1: 240, 50: 32, 1_000: 16}
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


# ---------------------------------------------------------------- the engine, over HTTP


@contextmanager
def served(address: str, folder: Path) -> Iterator[str]:
    """`lettrage serve` on these books, as it is run by anybody; its URL."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LETTRAGE_")}
    command = [sys.executable, "-m", "lettrage", "--database", address, "--json", "serve", "--port", "0"]
    with (folder / "service.log").open("ab") as log:
        service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
    try:
        assert service.stdout is not None
        yield json.loads(service.stdout.readline())["url"]
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
    with served(address, folder) as url, clients_of(url, token) as clients:
        writers = [place.writer("bare") for _ in range(CLIENTS)]
        for turn in range(turns):
            part = slice(turn * share, (turn + 1) * share)
            row.syncs.append(syncs_per_second(folder))
            timed: Timed = clients.call(list(documents[part]))
            row.service.append(share * size / timed.seconds)
            row.calls += timed.each
            row.bare.append(share * size / write_bare(writers, units[part]))
        for writer in writers:
            writer.close()
    place.forget("served")
    place.forget("bare")
    return row


def bench(place: Place, *, short: bool, folder: Path) -> None:
    """All the lines of one kind of database."""
    documents, turns = (SHORT_DOCUMENTS, SHORT_TURNS) if short else (DOCUMENTS, TURNS)
    for count in DOSSIERS:
        codes = [str(n) for n in range(1, count + 1)]
        items = max(company.items_for(codes, size, share * turns) for size, share in documents.items())
        company.make(place.address("base"), codes, items)
        token = _token(place.address("base"))
        for size, share in documents.items():
            texts = company.documents(codes, size, share * turns, items)
            row = measure(place, token, codes, size, texts, turns, folder)
            _print_row(place.name, count, size, row)
        place.forget("base")


def _token(address: str) -> str:
    store = SqlStore(address, SystemClock())
    token = store.accounts.issue(CALLER.name, "clerk", "")
    store.close()
    return token


HEADINGS = (
    f"{'database':>16} {'dossiers':>8} {'per doc.':>8} {'service/s':>9} {'p50 ms':>7} {'p99 ms':>7} {'bare/s':>8}"
    f" {'ratio':>5} {'statements':>10} {'syncs/s':>8}"
)


def _print_row(name: str, dossiers: int, size: int, row: Row) -> None:
    service, bare, syncs = (statistics.median(figures) for figures in (row.service, row.bare, row.syncs))
    middle, slow = (1_000 * at for at in (statistics.median(row.calls), statistics.quantiles(row.calls, n=100)[98]))
    ratio = statistics.median(ours / theirs for ours, theirs in zip(row.service, row.bare, strict=True))
    print(
        f"{name:>16} {dossiers:>8} {size:>8} {service:>9.0f} {middle:>7.1f} {slow:>7.1f} {bare:>8.0f}"
        f" {ratio:>5.2f} {row.statements:>10} {syncs:>8.0f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="one turn of fewer documents")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one kind of database")
    parser.add_argument("--folder", default=None, help="where the databases are made (default: a temporary folder)")
    options = parser.parse_args()
    print(describe())
    print(HEADINGS)
    with tempfile.TemporaryDirectory(dir=options.folder) as name, ExitStack() as servers:
        folder = Path(name)
        if options.only != "postgresql":
            bench(SqlitePlace(folder), short=options.short, folder=folder)
        if options.only != "sqlite":
            bench(servers.enter_context(postgres_server(folder)), short=options.short, folder=folder)


if __name__ == "__main__":
    main()
