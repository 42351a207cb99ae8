"""PostgreSQL is stopped every few seconds under load: nothing is lost or doubled, and the service recovers by itself.

    python -m tests.storms.database_stops --count 40 --seed 7
    python -m tests.storms.database_stops --count 10 --planted commit_not_durable     # must fail

Sixteen callers settle through a real `lettrage serve`, each under its own keys, while the server behind it is stopped
in one of four ways drawn by chance, and started again: fast (its sessions are ended), immediate (it crashes), a session
killed (it recovers from a crash by itself), all of it killed. A caller who is refused must be told why and when to come
back, and asks again under the same key; where nobody knows whether it was done, that is what he is told.
"""

import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg

from lettrage.adapters.store import postgresql
from tests.databases import Server
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.serving import (
    Line,
    Told,
    check_books,
    document,
    prepare,
    served,
    until_answered,
)

CALLERS = 16
UP_SECONDS = (1.0, 4.0)  # between two stops
DOWN_SECONDS = (0.0, 1.5)
STOPPED_SECONDS = 300  # a fast stop writes all that is dirty: on a slow disk that takes a while
RECOVERED_SECONDS = 90
# What a caller may be told while there is no server, or just before.
REASONS = {"connection_lost", "outcome_unknown", "no_server", "database_locked", "overloaded"}


class Standing(Server):
    """A server whose books survive a power cut, that can be stopped and started again."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(durable=True, port=port)

    @property
    def address(self) -> str:
        """The books."""
        return f"postgresql://lettrage@127.0.0.1:{self.port}/lettrage_storm"

    def make(self) -> None:
        """Make an empty database."""
        with self.up() as made:
            made.execute("CREATE DATABASE lettrage_storm")

    def up(self) -> "psycopg.Connection[Any]":
        """Wait until it answers; a connection to it."""
        for _ in range(300):
            try:
                return psycopg.connect(f"postgresql://lettrage@127.0.0.1:{self.port}/postgres", autocommit=True)
            except psycopg.OperationalError:
                time.sleep(0.1)
        raise AssertionError(self._said())

    # ------------------------------------------------------------ the four ways

    def fast(self) -> None:
        """As an administrator stops it: sessions are ended, what was not committed is undone."""
        self.process.send_signal(signal.SIGINT)

    def immediate(self) -> None:
        """As a system stops it that has no time: it recovers at the next start."""
        self.process.send_signal(signal.SIGQUIT)

    def kill_session(self) -> None:
        """As the kernel does when memory ends: one of its processes is killed, and it starts all others anew."""
        sessions = [pid for pid in self._children() if b"lettrage_storm" in _title(pid)]
        if sessions:
            os.kill(sessions[-1], signal.SIGKILL)

    def kill_all(self) -> None:
        """As a power cut does, but for the disk."""
        children = self._children()
        for pid in (self.process.pid, *children):
            _kill(pid)
        while any(map(_is_there, children)):
            time.sleep(0.02)

    def _children(self) -> list[int]:
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def again(self) -> None:
        """Start it unless it still stands, and wait until it has recovered."""
        if self.process.poll() is not None:
            self.process = self._started(*self._command)
        self.up().close()

    def wait_stopped(self) -> None:
        """Until it is gone."""
        self.process.wait(STOPPED_SECONDS)


STOPS: tuple[Callable[[Standing], None], ...] = (
    Standing.fast,
    Standing.immediate,
    Standing.kill_session,
    Standing.kill_all,
)


def _title(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _is_there(pid: int) -> bool:
    return bool(_title(pid))


def _kill(pid: int) -> None:
    if _is_there(pid):
        os.kill(pid, signal.SIGKILL)


# ---------------------------------------------------------------- the storm


def commit_not_durable() -> AbstractContextManager[object]:
    """The planted bug: a commit is answered before the server has written it, as `synchronous_commit = off` allows."""
    sound = postgresql._prepare

    def hasty(connection: Any, record: object) -> None:
        sound(connection, record)
        connection.execute("SET synchronous_commit = off")

    return mock.patch.object(postgresql, "_prepare", hasty)


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "commit_not_durable": commit_not_durable,
}


class Storm:
    """Callers, a service, a server that comes and goes."""

    def __init__(self, server: Standing, stops: int, seed: int, planted: str) -> None:
        self.server, self.stops, self.seed = server, stops, seed
        self.planted = planted
        self.chance = random.Random(seed)
        self.numbers = count()
        self.most = stops * 600
        self.token = prepare(server.address, self.most)
        self.over = threading.Event()
        self.told: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.stopped: Counter[str] = Counter()

    def run(self) -> str:
        """The figure. Raises BrokenPromiseError."""
        where = f"seed {self.seed}"
        with (
            tempfile.TemporaryDirectory() as folder,
            served(self.server.address, Path(folder), PLANTED[self.planted]) as service,
        ):
            with ThreadPoolExecutor(CALLERS) as pool:
                callers = [pool.submit(self._calls, service.url) for _ in range(CALLERS)]
                self._stops()  # here: the server ends with the thread that started it
            try:
                for caller in callers:
                    caller.result()
            except BrokenPromiseError as broken:
                raise BrokenPromiseError(
                    f"{where}: {broken}; stops {dict(self.stopped)}, {dict(self.refused)}"
                ) from None
            service.stop()
            service.process.join(30)
            wrong = [event for event in service.events() if event["event"] == "internal_error"]
        if wrong or set(self.told) != {"done"}:
            raise BrokenPromiseError(f"{where}: answered {dict(self.told)}, {wrong[:2]}")
        if set(self.refused) - REASONS:
            raise BrokenPromiseError(f"{where}: refused for {dict(self.refused)}")
        check_books(self.server.address, self.told["done"], where)
        return (
            f"{self.stopped.total()} stops ({', '.join(f'{n} {way}' for way, n in sorted(self.stopped.items()))}),"
            f" {CALLERS} callers, {self.told['done']:,} settlements, {self.refused.total():,} refusals with Retry-After"
            f" ({self.refused['outcome_unknown']} outcome_unknown), 0 lost, 0 doubled"
        )

    def _stops(self) -> None:
        """Stop it and start it again, so many times; then let everybody finish."""
        try:
            for _ in range(self.stops):
                time.sleep(self.chance.uniform(*UP_SECONDS))
                way = self.chance.choice(STOPS)
                way(self.server)
                self.stopped[way.__name__] += 1
                if way is not Standing.kill_session:
                    self.server.wait_stopped()
                    time.sleep(self.chance.uniform(*DOWN_SECONDS))
                self.server.again()
        finally:
            self.over.set()

    def _calls(self, url: str) -> None:
        """One caller, until the last stop is over and his last settlement is answered."""
        line = Line(url, self.token, timeout=60)
        while not self.over.is_set() and (number := next(self.numbers)) < self.most:
            told = until_answered(
                line,
                f"K{number}",
                document(number, advances=True),
                refused=self._was_refused,
                pause=0.1,
                seconds=RECOVERED_SECONDS,
            )
            if told.status != 200:
                raise BrokenPromiseError(f"seed {self.seed}: {told}")
            self.told[told.outcome] += 1

    def _was_refused(self, told: Told) -> None:
        """Raises BrokenPromiseError for a refusal that does not say when to come back."""
        if "retry-after" not in told.headers:
            raise BrokenPromiseError(f"seed {self.seed}: {told}")
        self.refused[reason(told.text)] += 1


def reason(text: str) -> str:
    """The code of a refusal, found again by its words: Divalto's envelope has no place for it."""
    return next((code for words, code in _WORDS if words in text), text)


_WORDS = (
    ("interrompu le travail", "connection_lost"),
    ("rompue pendant", "outcome_unknown"),
    ("ne répond pas", "no_server"),
    ("occup", "database_locked"),
    ("traite déjà", "overloaded"),
)


def run(stops: int, seed: int, planted: str = "") -> str:
    """So many stops on a server of their own; the figure. Raises BrokenPromiseError."""
    server = Standing()
    try:
        server.make()
        return Storm(server, stops, seed, planted).run()
    finally:
        server.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "D7",
        lambda given, bug: run(given.count, given.seed, bug),
        PLANTED,
        options={"count": 40},
        trial={"count": 12},
        store="postgresql",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
