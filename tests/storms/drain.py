"""A service that is asked to stop answers what it has accepted, refuses the rest, and is gone in seconds.

    python -m tests.storms.drain --count 200 --seed 7
    python -m tests.storms.drain --count 30 --planted killed_at_exit     # must fail

A real `lettrage serve` is under load from eight callers, gets SIGTERM at a moment chosen by chance, and is started
again on the same books. Each time every settlement that is in the books must have been answered, every answer that
said so must be in the books, and what was not carried out was told 503 with a time to come back, or met a closed door.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import uvicorn

from lettrage.adapters.store.books import SqlStore
from tests.databases import STORE, empty_books
from tests.journeys.helpers import MovableClock
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.races import server
from tests.storms.serving import (
    DOSSIER,
    Line,
    check_books,
    document,
    in_threads,
    prepare,
    quantile,
    served,
)

CALLERS = 8
MOST_SECONDS = 5.0
LOAD_SECONDS = (0.02, 0.25)  # from the first answer to the signal
INVOICES = 150  # for each stop, at most
_BOOKED = 'SELECT count(*) FROM entry WHERE dossier = ?1 AND "transaction" IS NOT NULL'


def killed_at_exit() -> AbstractContextManager[object]:
    """The planted bug: the signal ends the service, whatever its threads are at."""

    def gone(_self: Any, _number: int, _frame: Any) -> None:
        raise SystemExit(0)

    return mock.patch.object(uvicorn.Server, "handle_exit", gone)


PLANTED: dict[str, Bug] = {"": nullcontext, "killed_at_exit": killed_at_exit}


class Storm:
    """One set of books, stopped and started again and again."""

    def __init__(self, folder: Path, stops: int, seed: int, planted: str) -> None:
        self.folder, self.seed, self.planted = folder, seed, planted
        self.chance = random.Random(seed)
        self.address = empty_books(folder)
        self.numbers = count()
        self.most = stops * INVOICES
        self.token = prepare(self.address, self.most)
        self.told: Counter[str] = Counter()
        self.seconds: list[float] = []

    def stop_once(self, number: int) -> None:
        """Start, load, stop, count. Raises BrokenPromiseError."""
        where, warm, gone = f"seed {self.seed}, stop {number}", threading.Event(), threading.Event()
        with served(self.address, self.folder, PLANTED[self.planted]) as service:

            def call(caller: int) -> None:
                if caller == CALLERS:
                    warm.wait(30)
                    time.sleep(self.chance.uniform(*LOAD_SECONDS))
                    began = time.monotonic()
                    service.stop()
                    service.process.join(MOST_SECONDS + 1)
                    self.seconds.append(time.monotonic() - began)
                    service.process.kill()  # nobody waits any longer for one that is not gone
                    gone.set()
                else:
                    self._calls(Line(service.url, self.token), warm, gone, where)

            in_threads(CALLERS + 1, call)
            if service.process.exitcode != 0:
                raise BrokenPromiseError(f"{where}: ended with {service.process.exitcode}")
        service.log.unlink()
        if self.seconds[-1] > MOST_SECONDS:
            raise BrokenPromiseError(f"{where}: took {self.seconds[-1]:.1f} s")
        booked = self._booked()
        if booked != self.told["done"]:
            raise BrokenPromiseError(f"{where}: {booked} booked, {self.told['done']} answered")

    def _calls(self, line: Line, warm: threading.Event, gone: threading.Event, where: str) -> None:
        """One caller, until nobody is there any more."""
        while not gone.is_set() and (number := next(self.numbers)) < self.most:
            told = line.ask(f"K{number}", document(number))
            if told.status == 503 and "retry-after" not in told.headers:
                raise BrokenPromiseError(f"{where}: 503 without a time to come back")
            if told.status not in (0, 200, 503):
                raise BrokenPromiseError(f"{where}: {told}")
            self.told[told.outcome if told.status == 200 else str(told.status)] += 1
            warm.set()
            time.sleep(0 if told.status == 200 else 0.02)
        line.close()

    def _booked(self) -> int:
        store = SqlStore(self.address, MovableClock())
        try:
            with store.books(DOSSIER, writing=False) as books:
                ((found,),) = books.rows('SELECT count(*) FROM entry WHERE dossier = ?1 AND "transaction" IS NOT NULL')
        finally:
            store.close()
        return int(found)


def run(stops: int, seed: int, planted: str = "") -> str:
    """So many stops; the figure. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(Path(folder), stops, seed, planted)
        for number in range(1, stops + 1):
            storm.stop_once(number)
        if set(storm.told) - {"done", "503", "0"}:
            raise BrokenPromiseError(f"seed {seed}: answered {dict(storm.told)}")
        check_books(storm.address, storm.told["done"], f"seed {seed}")
    return (
        f"{stops} stops under load, {storm.told['done']:,} settlements answered, {storm.told['503']:,} times 503,"
        f" {storm.told['0']:,} not accepted, 0 lost answers, at most {max(storm.seconds):.1f} s"
        f" (median {quantile(storm.seconds, 0.5):.2f} s)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "C10",
        lambda given, bug: run(given.count, given.seed, bug),
        PLANTED,
        options={"count": 200},
        trial={"count": 60},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)
