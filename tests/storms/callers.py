"""Callers who die between sending and reading: who comes after them asks again under the same key.

    python -m tests.storms.callers --count 1000 --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.callers --count 1000
    python -m tests.storms.callers --count 50 --planted key_from_time     # must fail

Each caller is a process of its own before a real `lettrage serve`. It makes the key of a settlement from its own
number for it, sends, and is killed (SIGKILL) at once, a moment later, with the answer there unread, or with a part of
the request still unsent. The next one knows only which settlements were answered: it sends the unanswered one again,
reads, and dies with the one after. In the end every settlement is in the books once. Each second one is an advance like
all others, which nothing but its key keeps from being taken twice.
"""

import os
import random
import select
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.databases import STORE, empty_books
from tests.reliability.long_form import BrokenPromiseError, long_form
from tests.storms.races import server
from tests.storms.serving import Line, check_books, document, prepare, served, until_answered

LATER_SECONDS = 0.004  # how long after sending a caller may live, at most, who does not wait for the answer
ANSWER_SECONDS = 30  # for an answer to arrive that nobody reads
PARTS = {"all of it": 8, "all but the end": 1, "the head": 1}  # what is sent, and how often
KeyOf = Callable[[int], str]


def from_its_number(number: int) -> str:
    """What a caller does: the key is the settlement's own number, which its restart does not change."""
    return f"settlement {number}"


def from_time(number: int) -> str:
    """The planted bug."""
    return f"settlement {number} of {time.time_ns()}"


class Till:
    """A caller's desk: its number for each settlement, and which of them were answered."""

    def __init__(self, url: str, token: str, seed: int, key_of: KeyOf) -> None:
        self.url, self.token, self.key_of = url, token, key_of
        self.chance = random.Random(seed)
        self.sent: Counter[str] = Counter()

    def deaths(self, count: int) -> None:
        """One caller after the other, each killed with the settlement that the next one has to send again."""
        for number in range(count):
            part = self.chance.choices(list(PARTS), list(PARTS.values()))[0]
            after = self.chance.choice((0, self.chance.uniform(0, LATER_SECONDS), None))
            self._life(number, part, after)
            self.sent[part] += 1
        self._settle(count - 1)

    def _life(self, number: int, part: str, after: float | None) -> None:
        """Settle what the one before left unanswered, send this one, die `after` seconds; None: once it is answered."""
        pid = os.fork()
        if not pid:
            try:
                if number:
                    self._settle(number - 1)
                line = self._send(number, part)
                if after is not None:
                    time.sleep(after)
                elif part == "all of it":
                    select.select([line], [], [], ANSWER_SECONDS)
                os.kill(os.getpid(), signal.SIGKILL)
            finally:
                os._exit(1)
        ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if ended != -signal.SIGKILL:
            raise BrokenPromiseError(f"settlement {number - 1} was not answered as done")

    def _settle(self, number: int) -> None:
        line = Line(self.url, self.token)
        told = until_answered(line, self.key_of(number), document(number, advances=True))
        line.close()
        if told.outcome != "done":
            raise BrokenPromiseError(f"settlement {number}: {told.outcome}")

    def _send(self, number: int, part: str) -> socket.socket:
        """Send a part of a request, or all of it; nothing is read."""
        place = urlsplit(self.url)
        content = document(number, advances=True)
        head = (
            f"POST /webservice HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {self.key_of(number)}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        ).encode()
        request = head + content
        ends = {"all of it": len(request), "all but the end": len(request) - 1, "the head": len(head)}
        line = socket.create_connection((place.hostname or "", place.port or 0))
        line.sendall(request[: ends[part]])
        return line


def run(deaths: int, seed: int, key_of: KeyOf = from_its_number) -> str:
    """So many deaths before one service, then the books; the figure. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory() as folder:
        address = empty_books(Path(folder))
        token = prepare(address, deaths)
        with served(address, Path(folder)) as service:
            till = Till(service.url, token, seed, key_of)
            till.deaths(deaths)
            service.stop()
            service.process.join(30)
        check_books(address, deaths, f"seed {seed}")
    parts = ", ".join(f"{count:,} with {part} sent" for part, count in sorted(till.sent.items()))
    return f"{deaths:,} callers killed ({parts}): each settlement once"


PLANTED: dict[str, KeyOf] = {"": from_its_number, "key_from_time": from_time}


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "B7",
        lambda given, bug: run(given.count, given.seed, PLANTED[bug]),
        PLANTED,
        options={"count": 1_000},
        trial={"count": 20},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)
