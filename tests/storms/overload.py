"""Overload is refused, not suffered: who is let in is served as fast as ever, the others are told when to come back.

    python -m tests.storms.overload --seconds 60 --seed 7
    python -m tests.storms.overload --seconds 10 --planted unbounded_queue     # must fail

Sixteen connections that each wait for their answer measure what a real `lettrage serve` can do, and how fast, before
and after. Between, two hundred connections ask for four times as much, at moments of their own, on time whatever
happens. Once this is known to be no burst (four seconds), who is answered must be answered within three times the
normal p99, as he sees it. Everybody else is told 503 with a time to come back, and nothing of his is in the books;
everything that was answered is there once.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import count
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import msgspec

from lettrage.adapters.http import edge, turns
from lettrage.adapters.store import grouping
from lettrage.limits import BURST_SECONDS
from tests.databases import STORE, empty_books
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.races import server
from tests.storms.serving import Told, check_books, equal_advance, prepare, quantile, served

NORMAL, CROWD = 16, 200  # connections
TIMES = 4  # the capacity
SLOWER = 3.0  # than normal, at most
DONE, LATER = "done", "503"


class Load(msgspec.Struct):
    """What a number of connections saw."""

    told: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: list[float] = msgspec.field(default_factory=list)  # of those who were served
    since: float = 0.0  # from when on times count
    lasted: float = 0.0

    @property
    def rate(self) -> float:
        """Settlements a second."""
        return self.told[DONE] / self.lasted


class Crowd:
    """Connections to a service, each asking for one settlement after the other."""

    def __init__(self, url: str, token: str, chance: random.Random) -> None:
        place = urlsplit(url)
        self._place = (place.hostname, place.port)
        self._head = f"POST /webservice HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {token}\r\n"
        self._numbers = count()
        self._chance = chance

    def load(self, connections: int, seconds: float, rate: float = 0.0, settling: float = 0.0) -> Load:
        """Ask for so long: at this rate in all, or (0) as soon as the last answer is there.

        `settling`: seconds at the beginning whose times do not count.
        """
        return asyncio.run(self._load(connections, settling + seconds, rate, settling))

    async def _load(self, connections: int, seconds: float, rate: float, settling: float) -> Load:
        began = time.perf_counter()
        seen = Load(since=began + settling)
        pace = connections / rate if rate else 0.0
        first = [began + self._chance.uniform(0, pace) for _ in range(connections)]
        await asyncio.gather(*(self._connection(seen, began + seconds, due, pace) for due in first))
        seen.lasted = time.perf_counter() - began
        return seen

    async def _connection(self, seen: Load, until: float, due: float, pace: float) -> None:
        """One connection: asks at each `due`, or at once where it is late."""
        reader, writer = await asyncio.open_connection(*self._place)
        while max(due, time.perf_counter()) < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            number, began = next(self._numbers), time.perf_counter()
            told = await self._asked(reader, writer, number)
            took = time.perf_counter() - began
            if told.status == 200:
                seen.told[told.outcome] += 1
                if began >= seen.since:
                    seen.seconds.append(took)
            else:
                seen.told[str(told.status)] += 1
                if "retry-after" not in told.headers:
                    raise BrokenPromiseError(f"{told} without a time to come back")
            due = due + self._chance.uniform(0.5, 1.5) * pace if pace else time.perf_counter()
            if told.headers.get("connection") == "close":
                writer.close()
                reader, writer = await asyncio.open_connection(*self._place)
        writer.close()

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> Told:
        content = equal_advance(number)
        head = f"{self._head}Idempotency-Key: K{number}\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        first, *fields = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        text = (await reader.readexactly(int(headers["content-length"]))).decode()
        return Told(int(first.split()[1]), headers, text)


# ---------------------------------------------------------------- planted bugs


@contextmanager
def unbounded_queue() -> Iterator[None]:
    """Everybody is let in, and waits."""
    with (
        mock.patch.object(edge, "IN_FLIGHT", 10**9),
        mock.patch.object(turns, "MOMENT_SECONDS", 3_600),
        mock.patch.object(turns, "BURST_SECONDS", 3_600),
        mock.patch.object(grouping, "WAITING_WRITERS", 10**9),
    ):
        yield


PLANTED: dict[str, Bug] = {"": nullcontext, "unbounded_queue": unbounded_queue}


@contextmanager
def deployed(burst: float, planted: str) -> Iterator[None]:
    """In the process of the service: what it takes for a burst, and a planted bug."""
    with mock.patch.object(turns, "BURST_SECONDS", burst), PLANTED[planted]():
        yield


# ---------------------------------------------------------------- the command


def run(seconds: float, seed: int, planted: str = "", slower: float = SLOWER, burst: float = BURST_SECONDS) -> str:
    """Measure, overload, measure, count; the figure. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address = empty_books(folder)
        token = prepare(address, 1)
        with served(address, folder, partial(deployed, burst, planted)) as service:
            crowd = Crowd(service.url, token, random.Random(seed))
            warm = crowd.load(NORMAL, burst / 2)
            before = crowd.load(NORMAL, seconds / 3)
            over = crowd.load(CROWD, seconds, TIMES * before.rate, settling=2 * burst)
            after = crowd.load(NORMAL, seconds / 3, settling=burst / 2)
        loads = (warm, before, over, after)
        told = sum((load.told for load in loads), Counter[str]())
        if set(told) - {DONE, LATER}:
            raise BrokenPromiseError(f"answered {dict(told)}")
        normal = quantile([*before.seconds, *after.seconds], 0.99)
        ratio = quantile(over.seconds, 0.99) / normal
        figure = (
            f"{CROWD} connections, {TIMES} times the capacity ({before.rate:.0f} settlements/s) for {seconds:.0f} s:"
            f" {over.told[DONE]:,} served, {over.rate / before.rate:.2f} of the capacity,"
            f" p99 {quantile(over.seconds, 0.99) * 1_000:.0f} ms, {ratio:.1f} times normal ({normal * 1_000:.0f} ms);"
            f" {over.told[LATER]:,} told 503 with Retry-After; 0 lost"
        )
        if ratio > slower or not over.told[LATER]:
            raise BrokenPromiseError(figure)
        check_books(address, told[DONE], f"seed {seed}")
    return figure


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "H4",
        lambda given, bug: run(given.seconds, given.seed, bug),
        PLANTED,
        options={"seconds": 60.0},
        trial={"seconds": 6.0},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)
