"""No leak: a million settlements through one serving process, its memory and its open files watched.

    python -m tests.storms.loads.endless --count 1000000

Sixteen callers send documents of fifty settlements. After half of them the caches of the process are full; what it
holds at the end may not be more than a twentieth beside that. It may not open more files than before, and not more
connections to its books than its pool keeps: that fills up when callers happen to meet, early or late.
"""

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from unittest import mock

import msgspec
from benchmarks import company
from benchmarks.clients import clients_of

from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.engine import transaction
from lettrage.commands import service
from lettrage.limits import THREADS
from lettrage.settlement import answer
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.serving import served

CODE = "1"
LOADED = 5_000  # invoices that are loaded; the others are copied from them inside the database
OF_A_DOCUMENT = 50
BOOKS = "books.sqlite"
LOOKS = 20
MOST_MORE = 0.05
HEAP_BYTES = 64 * 1024 * 1024  # of addresses, at a multiple of as many


class Look(msgspec.Struct, frozen=True):
    """What a process held at a moment."""

    settled: int
    kilobytes: int
    files: int  # beside those of its books
    connections: int

    def __str__(self) -> str:
        held = f"{self.kilobytes / 1_024:,.1f} MB, {self.files} open files, {self.connections} connections"
        return f"{self.settled:>9,} settled: {held}"


def look(process: int, settled: int) -> Look:
    """What a process holds now."""
    status = Path(f"/proc/{process}/status").read_text()
    held = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    names = [name for file in Path(f"/proc/{process}/fd").iterdir() if (name := _opened(file))]
    beside = [name for name in names if BOOKS not in name]
    return Look(settled, held, len(beside), sum(name.endswith(BOOKS) for name in names))


def _opened(file: Path) -> str:
    """What an open file is; "" where it has just been closed."""
    try:
        return str(file.readlink())
    except FileNotFoundError:
        return ""


def heaps(process: int) -> int:
    """How many heaps of glibc a process has: beside the first, each has a place of 64 MB, shut where it is not used."""
    shut = re.findall(r"^\w+-(\w+) ---p 0+ 00:00 0\s*$", Path(f"/proc/{process}/maps").read_text(), re.MULTILINE)
    return 1 + sum(int(end, 16) % HEAP_BYTES == 0 for end in shut)


@contextmanager
def cache_without_limit() -> Iterator[None]:
    """Planted: every answer that was made is remembered."""
    kept: dict[str, str] = {}
    envelope = answer.envelope

    def remembered(error: int, result: str, txterr: str) -> str:
        return kept.setdefault(result, envelope(error, result, txterr))

    with mock.patch.object(answer, "envelope", remembered):
        yield


@contextmanager
def heap_for_each_thread() -> Iterator[None]:
    """Planted: the C library does as it is used to."""
    with mock.patch.object(service, "share_one_heap"):
        yield


PLANTED: dict[str, Bug] = {"": nullcontext, "cache_without_limit": cache_without_limit}


def books(address: str, settlements: int) -> str:
    """Books with an open invoice for each settlement; a token of who may settle."""
    loaded = min(settlements, LOADED)
    company.make(address, [CODE], loaded)
    store = SqlStore(address, SystemClock())
    if settlements > loaded:
        with transaction(store.engine, writing=True) as connection:
            company.multiply(connection, CODE, loaded, -(-settlements // loaded))
    token = store.accounts.issue("till", "clerk", CODE)
    store.close()
    return token


def document(first: int) -> bytes:
    """A document that pays so many invoices from this one on, each by a cheque."""
    rows = []
    for number in range(first, first + OF_A_DOCUMENT):
        detail = {"AMOUNT": "100", "PIECE": str(number), "TIERS": f"C{number % LOADED % company.CUSTOMERS:05}"}
        head = {"TRANSACDT": "20240310", "DEV": "EUR", "TIERS": detail["TIERS"], "MTDEV": "100", "RegltTyp": "1"}
        rows.append(
            {"EnteteReglement": head | {"ChgEtat": "PORCHQ", "DetailReglementtb": [{"DetailReglement": detail}]}}
        )
    action = {"swinfinity": "integration_reglement", "parameters": {"dos": CODE}}
    return json.dumps({"action": action, "data": {"EnteteReglementtb": rows}}).encode()


def run(count: int, planted: str = "", told: Callable[[str], object] = lambda _line: None) -> str:
    """So many settlements through one process; what it held. Raises BrokenPromiseError."""
    share = count // LOOKS // OF_A_DOCUMENT * OF_A_DOCUMENT
    seen: list[Look] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address = f"sqlite:///{folder}/{BOOKS}"
        token = books(address, count)
        with served(address, folder, PLANTED[planted]) as serving, clients_of(serving.url, token) as clients:
            process = serving.process.pid
            assert process is not None
            for at in range(LOOKS):
                numbers = range(at * share, (at + 1) * share, OF_A_DOCUMENT)
                clients.call([document(first) for first in numbers])
                seen.append(look(process, (at + 1) * share))
                told(f"{seen[-1]}\n")
    before, after = seen[: LOOKS // 2], seen[LOOKS // 2 :]
    half, end = before[-1], after[-1]
    more = end.kilobytes / half.kilobytes - 1
    files, files_after = (max(one.files for one in looks) for looks in (before, after))
    connections = max(one.connections for one in seen)
    figure = (
        f"{end.settled:,} settlements through one process: {half.kilobytes / 1_024:.0f} MB after half,"
        f" {end.kilobytes / 1_024:.0f} MB at the end ({more:+.1%}); {files} open files before, {files_after} after,"
        f" and {connections} connections to its books at the most"
    )
    if more > MOST_MORE or files_after > files or connections > THREADS:
        raise BrokenPromiseError(figure)
    return figure


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "H5",
        lambda given, bug: run(given.count, bug, sys.stdout.write),
        PLANTED,
        options={"count": 1_000_000},
        trial={"count": 100_000},
        seeded=False,
        store="sqlite",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
