"""A slow Chorus Pro does not stop settlements.

    python -m tests.storms.slow_portal --seconds 30 --seed 7
    python -m tests.storms.slow_portal --seconds 4 --planted call_within_the_transaction     # must fail

A real `lettrage serve` with its worker sends invoices to the simulator, which lets every call wait for so many seconds.
Callers settle meanwhile, one call after the other. Windows with and without a call in the worker's hands follow each
other; the middle one of their p99 must not be more than one and a half times the normal one.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec

from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.invoicing.sending.deposit import packets
from lettrage.invoicing.sending.outbox import Parcel, Taken
from lettrage.invoicing.sending.worker import Worker
from lettrage.simulator.server import Simulator
from tests.databases import STORE, empty_books
from tests.journeys.helpers import MovableClock, run_here
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms import deposits
from tests.storms.races import server
from tests.storms.serving import (
    DOSSIER,
    Line,
    check_books,
    equal_advance,
    in_threads,
    prepare,
    quantile,
    served,
)

CALLERS = 4
SLOWER = 1.5  # than normal, at most
WINDOWS = 3  # of each kind
START_SECONDS = 20  # for the worker to have a call in hand


@contextmanager
def call_within_the_transaction() -> Iterator[None]:
    """The planted bug: the worker holds the books while it asks."""
    sound = Worker.do

    def holding(self: Worker, dossier: str, taken: Taken, *more: Any) -> Any:
        return self.outboxes.write(dossier, lambda _books: sound(self, dossier, taken, *more))

    with mock.patch.object(Worker, "do", holding):
        yield


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "call_within_the_transaction": call_within_the_transaction,
}


class Storm:
    """Books with invoices to send, a slow platform, and callers who settle."""

    def __init__(self, folder: Path, simulator: Simulator, seconds: float) -> None:
        self.folder, self.simulator, self.seconds = folder, simulator, seconds
        self.address = empty_books(folder)
        self.token = prepare(self.address, 1)
        self.store = SqlStore(self.address, MovableClock())
        self.numbers, self.done = count(), 0
        connected = run_here(
            "--json", "chorus", "connect", "-", folder=folder, stdin=msgspec.json.encode(simulator.connection),
            env={"LETTRAGE_DATABASE": self.address, "LETTRAGE_KEYS": str(folder / "keys.json")},
        )  # fmt: skip
        assert connected.status == 0, connected.err
        deposits.document_rows(self.store, [f"F{n:05}" for n in range(1, WINDOWS + 1)])

    def window(self, url: str) -> float:
        """Settle for a while; the p99 in seconds."""
        took: list[float] = []
        until = time.monotonic() + self.seconds

        def call(_caller: int) -> None:
            line = Line(url, self.token, timeout=2 * self.seconds + 10)
            while time.monotonic() < until:
                number, began = next(self.numbers), time.monotonic()
                told = line.ask(f"K{number}", equal_advance(number))
                took.append(time.monotonic() - began)
                if told.status != 200 or told.outcome != "done":
                    raise BrokenPromiseError(f"{told.status} {told.text[:200]}")
            line.close()

        in_threads(CALLERS, call)
        self.done += len(took)
        return quantile(took, 0.99)

    def slow_window(self, url: str, number: int) -> float:
        """The same while the worker waits for an answer. Raises BrokenPromiseError where it does not."""
        self.simulator.faults.on("slow", seconds=1.5 * self.seconds)
        send(self.store, number)
        self._wait_until_asked()
        p99 = self.window(url)
        self.simulator.faults.off()
        return p99

    def _wait_until_asked(self) -> None:
        """Until the worker has a flow in its hands."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with self.store.books(DOSSIER, writing=False) as books:
                if books.rows("SELECT 1 FROM job WHERE dossier = ?1 AND holder <> ''"):
                    return
            time.sleep(0.05)
        raise BrokenPromiseError("the worker has asked nothing")


def send(store: SqlStore, document_: int) -> None:
    """One invoice is to be sent now."""
    number, now = f"F{document_:05}", SystemClock().now()
    parcel = Parcel(
        document_, number, deposits.SUPPLIER_SIRET, deposits.BUYER_SIRET, f"{number}.xml", deposits.SYNTAX, b"<x/>"
    )
    flows = packets([parcel], lots=False)
    store.write(DOSSIER, lambda books: books.intend(flows, deposits.PLATFORM, "storm", now))


def run(seconds: float, seed: int, planted: str = "") -> str:
    """Windows by turns; the figure. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory() as name, Simulator(seed=seed) as simulator:
        folder = Path(name)
        storm = Storm(folder, simulator, seconds)
        try:
            with served(storm.address, folder, PLANTED[planted]) as service:
                storm.window(service.url)
                pairs = [(storm.window(service.url), storm.slow_window(service.url, n + 1)) for n in range(WINDOWS)]
        finally:
            storm.store.close()
        normal, slow = (statistics.median(p99s) for p99s in zip(*pairs, strict=True))
        figure = (
            f"{WINDOWS} windows of {seconds:.0f} s while the portal is silent: p99 {slow * 1_000:.0f} ms,"
            f" {slow / normal:.2f} times normal ({normal * 1_000:.0f} ms), {storm.done:,} settlements"
        )
        if slow > SLOWER * normal:
            raise BrokenPromiseError(f"seed {seed}: {figure}")
        check_books(storm.address, storm.done, f"seed {seed}", aside=("document_content", "unreadable"))
    return figure


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "D4",
        lambda given, bug: run(given.seconds, given.seed, bug),
        PLANTED,
        options={"seconds": 20.0},
        trial={"seconds": 2.0},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)
