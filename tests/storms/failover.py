"""A primary is lost and its standby takes over: what was acknowledged is there, nothing is twice, the chain goes on.

    python -m tests.storms.failover --count 5 --seed 7
    python -m tests.storms.failover --count 1 --planted asynchronous     # that bug alone

Eight callers settle, each under its own keys, on books whose address names two servers and asks for the one that takes
writes: a primary (fsync on) and a standby that follows it as a stream, without which no commit is answered. In the
middle the primary is killed: when the standby has not heard of it for a while, when the standby has what nobody was
answered yet, or just so, in turns. The standby is promoted, the callers go on under the same keys, and a new standby is
made for the next failover. Then each key that was answered must be kept with the answer that was heard, and no other.
"""

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from itertools import count
from typing import Any, NamedTuple
from unittest import mock

import psycopg

from lettrage.adapters.store import postgresql
from lettrage.adapters.store.books import SqlStore
from lettrage.settlement import Caller, settle
from tests.databases import USER
from tests.journeys.helpers import MovableClock
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms.database_stops import REASONS, Standing, reason
from tests.storms.serving import DOSSIER, check_books, equal_advance, prepare

CALLERS = 8
BEFORE_SECONDS = (0.5, 1.5)  # of work, before anything happens
APART_SECONDS = 0.3  # how long a standby is behind when its primary is lost
DOWN_SECONDS = (0.0, 0.5)  # before the standby is promoted
AFTER_SECONDS = 1.0  # of work, once it leads
EVERY = "*"  # the standbys that commits wait for
PATIENCE_SECONDS = 60  # of a caller, for one settlement


# ---------------------------------------------------------------- two servers


class Standby(Standing):
    """A server that follows another one, until it is promoted."""

    def __init__(self, leader: Standing, port: int = 0) -> None:
        self._leader = leader
        super().__init__(port)

    def _fill(self, data: str) -> None:
        """Copy the leader's databases, and follow it from there."""
        where = f"host=127.0.0.1 port={self._leader.port} user={USER}"
        copied = ("pg_basebackup", "-D", data, "-d", where, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        assert self._started(*copied).wait(60) == 0, self._said()

    def keep_up(self) -> None:
        """Follow the leader to its end."""

    def cut_off(self) -> None:
        """Hear nothing of the leader from here on."""
        set_to(self, primary_conninfo="")
        _until(self, "SELECT count(*) = 0 FROM pg_stat_wal_receiver")

    def hold_back(self) -> None:
        """Write what the leader sends, but apply none of it until promoted; commits wait for that from here on."""
        set_to(self._leader, synchronous_commit="remote_apply")
        with self.up() as server:
            server.execute("SELECT pg_wal_replay_pause()")

    def promote(self) -> None:
        """Take over."""
        with self.up() as server:
            assert server.execute("SELECT pg_promote(true, 60)").fetchone() == (True,)


def set_to(server: Standing, **settings: str) -> None:
    """Change settings of a running server."""
    with server.up() as connection:
        for name, value in settings.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")


def _until(server: Standing, question: str) -> None:
    with server.up() as connection:
        for _ in range(600):
            if connection.execute(question).fetchone() == (True,):
                return
            time.sleep(0.05)
    raise AssertionError(question)


class Pair:
    """A server that leads and one that follows, each always at its own port, the ends of both told beforehand."""

    def __init__(self, waited_for: str) -> None:
        self.waited_for = waited_for
        self.alone = False
        self.leader = Standing()
        self.leader.make()
        self.standby = Standby(self.leader)
        ports = f"{self.leader.port},{self.standby.port}"
        where = f"host=127.0.0.1,127.0.0.1&port={ports}&target_session_attrs=read-write"
        self.address = f"postgresql://{USER}@/lettrage_storm?{where}"
        self._follow()

    def _follow(self) -> None:
        """From here on no commit is answered before the standby has it, where any is waited for."""
        set_to(self.leader, synchronous_standby_names=self.waited_for)
        state = "sync" if self.waited_for else "async"
        _until(self.leader, f"SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = '{state}'")

    def lose_leader(self) -> None:
        """It ends at once, and does not come back."""
        self.leader.immediate()
        self.leader.wait_stopped()

    def take_over(self) -> None:
        """The standby leads; nobody follows it yet."""
        self.standby.promote()
        self.alone = True

    def replace(self) -> None:
        """Another standby at the place of the server that was lost."""
        port = self.leader.port
        self.leader.stop()
        self.leader, self.standby = self.standby, Standby(self.standby, port)
        self._follow()
        self.alone = False

    def stop(self) -> None:
        """Both are gone."""
        for server in (self.leader, self.standby):
            server.stop()


# ---------------------------------------------------------------- planted bugs


def _local() -> AbstractContextManager[object]:
    """The program's own commits do not wait for the standby."""
    sound = postgresql._prepare

    def hasty(connection: Any, record: object) -> None:
        sound(connection, record)
        connection.execute("SET synchronous_commit = local")

    return mock.patch.object(postgresql, "_prepare", hasty)


def _other_keys() -> AbstractContextManager[object]:
    """A caller who asks again does so under another key."""
    return mock.patch(f"{__name__}.key_of", lambda number, attempt: f"K{number}" + f" again {attempt}" * bool(attempt))


class Fault(NamedTuple):
    """A planted bug, and what must happen to the standby for it to show."""

    plant: Bug
    before: Callable[[Standby], None]
    waited_for: str = EVERY


PLANTED = {
    "asynchronous": Fault(nullcontext, Standby.cut_off, waited_for=""),
    "commit_local": Fault(_local, Standby.cut_off),
    "other_keys": Fault(_other_keys, Standby.hold_back),
}


# ---------------------------------------------------------------- the storm


def key_of(number: int, _attempt: int) -> str:
    """The key of a settlement: the same whenever it is asked again."""
    return f"K{number}"


class Storm:
    """Callers, and servers that take over from each other. `ways`: what happens to the standby before, in turns."""

    def __init__(self, pair: Pair, seed: int, ways: Sequence[Callable[[Standby], None]]) -> None:
        self.pair, self.seed, self.ways = pair, seed, ways
        self.chance = random.Random(seed)
        self.numbers = count()
        self.answered: dict[str, str] = {}  # by key, as the caller heard it
        self.refused: list[str] = []
        self.over = threading.Event()
        prepare(pair.address, 0)

    def run(self, failovers: int) -> str:
        """The figure. Raises BrokenPromiseError."""
        for at in range(failovers):
            if self.pair.alone:
                self.pair.replace()
            way = self.ways[at % len(self.ways)]
            self._failover(f"seed {self.seed}, failover {at + 1} ({way.__name__})", way)
        if set(self.refused) - REASONS:
            raise BrokenPromiseError(f"seed {self.seed}: refused for {Counter(self.refused)}")
        return (
            f"{failovers} failovers, {CALLERS} callers, {len(self.answered):,} settlements acknowledged,"
            f" {len(self.refused):,} refusals meanwhile ({self.refused.count('outcome_unknown')} outcome_unknown):"
            " 0 lost, 0 doubled"
        )

    def _failover(self, where: str, way: Callable[[Standby], None]) -> None:
        self.over.clear()
        with ThreadPoolExecutor(CALLERS) as pool:
            callers = [pool.submit(self._calls) for _ in range(CALLERS)]
            try:
                head, before = self._lose_leader(way)
            finally:
                self.over.set()
            for caller in callers:
                caller.result()
        if len(self.answered) <= before:
            raise BrokenPromiseError(f"{where}: no settlement after it")
        self._check(where, head)

    def _lose_leader(self, way: Callable[[Standby], None]) -> tuple[str, int]:
        """Lose the primary in the middle of the work, let the other take over; the chain's head just before."""
        time.sleep(self.chance.uniform(*BEFORE_SECONDS))
        way(self.pair.standby)
        time.sleep(APART_SECONDS if way is not Standby.keep_up else 0)
        with self._store() as store, store.books(DOSSIER, writing=False) as books:
            head = books.head().head
        self.pair.lose_leader()
        before = len(self.answered)
        time.sleep(self.chance.uniform(*DOWN_SECONDS))
        self.pair.take_over()
        time.sleep(AFTER_SECONDS)
        return head, before

    @contextmanager
    def _store(self) -> Iterator[SqlStore]:
        with closing(SqlStore(self.pair.address, MovableClock())) as store:
            yield store

    # ------------------------------------------------------------ a caller

    def _calls(self) -> None:
        """One caller, until it is over and his last settlement is answered."""
        with self._store() as store:
            while not self.over.is_set():
                key, answer = self._until_answered(store, next(self.numbers))
                self.answered[key] = answer

    def _until_answered(self, store: SqlStore, number: int) -> tuple[str, str]:
        """The answer to a settlement, asked again after any trouble, and the key under which it came."""
        until = time.monotonic() + PATIENCE_SECONDS
        for attempt in count():
            key = key_of(number, attempt)
            caller = Caller("till", "storm", DOSSIER, key)
            text = settle(equal_advance(number), caller, store, MovableClock()).text
            if json.loads(text)["error"] == 0:
                return key, text
            self.refused.append(reason(text))
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        raise BrokenPromiseError(f"seed {self.seed}: K{number} unanswered for {PATIENCE_SECONDS} s, at last {text}")

    # ------------------------------------------------------------ what must come of it

    def _check(self, where: str, head: str) -> None:
        """Each answer that was heard is kept, each settlement is there once, and the chain leads on from its head."""
        with psycopg.connect(self.pair.address) as connection:
            kept: dict[str, str] = dict(connection.execute("SELECT key, answer FROM kept_answer").fetchall())
        wrong = {
            "lost": self.answered.keys() - kept.keys(),
            "doubled": kept.keys() - self.answered.keys(),
            "answered otherwise": {
                key for key in self.answered.keys() & kept.keys() if kept[key] != self.answered[key]
            },
        }
        if any(wrong.values()):
            told = ", ".join(f"{len(keys)} acknowledged settlements {what}" for what, keys in wrong.items() if keys)
            raise BrokenPromiseError(f"{where}: {told} of {len(self.answered)}")
        check_books(self.pair.address, len(self.answered), where)
        with self._store() as store:
            if found := store.audit(DOSSIER, head):
                raise BrokenPromiseError(f"{where}: {found[0].code}: {found[0].message}")


WAYS = (Standby.cut_off, Standby.hold_back, Standby.keep_up)


def run(failovers: int, seed: int, planted: str = "") -> str:
    """So many failovers; the figure. Raises BrokenPromiseError."""
    bug = PLANTED.get(planted)
    pair = Pair(bug.waited_for if bug else EVERY)
    try:
        with bug.plant() if bug else nullcontext():
            return Storm(pair, seed, (bug.before,) if bug else WAYS).run(failovers)
    finally:
        pair.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "J5",
        lambda given, bug: run(given.count, given.seed, bug),
        PLANTED,
        options={"count": 20},
        trial={"count": 1},
        store="postgresql",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
