"""Kill -9 at any moment: nothing acknowledged is lost, nothing is done twice, the books stay sound.

    python -m tests.storms.kills --count 10000 --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.kills --count 10000
    python -m tests.storms.kills --count 400 --planted two_commits      # that bug alone

A caller of his own process does a day's work (tests/storms/work.py) and tells each deed that was answered to this
process, which kills him (SIGKILL) after 1 to 20 ms. The next one begins with the first deed that nobody heard answered,
under the same key. Each answer heard must be the one that the undisturbed work has; when a day is done, not one row of
the books may differ from it. Between two kills the cheap laws are asked, at intervals all of them. On PostgreSQL
(fsync on) now and then it is not the caller who dies, but his session's process, or the whole server.
"""

import os
import random
import signal
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import psycopg

from lettrage.adapters.store import engine, schema
from lettrage.adapters.store.batch import Batch
from lettrage.refusal import StoreTrouble
from tests.databases import POSTGRESQL, STORE, Server, ask, copied
from tests.reliability.long_form import BrokenPromiseError, Bug, listed, long_form
from tests.storms.work import Deed, Work, kept, opened, sound

DAY = 300  # deeds on one set of books
FIRST_AND_LAST_MS = (1, 20)
DEEDS_OF_A_LIFE = 4  # at the most, as long as they take undisturbed: where that is longer than the last of these
EVERY = 50  # kills between two looks at every law
A_WHILE_SECONDS = 0.002  # that a disk takes, however quick it is: within it somebody is killed in every trial
TROUBLE = 3  # exit status of a caller who was told that the store cannot
_READY = -1
_TOLD = struct.Struct(">i8s")


# ---------------------------------------------------------------- a caller and his end


class Life:
    """A caller in a process of his own, as long as it lasts."""

    now: ClassVar["Life"]

    def __init__(self, address: str, deeds: Sequence[Deed], first: int, pipe: int) -> None:
        self.address, self.deeds, self.pipe = address, deeds, pipe
        self.at = first
        Life.now = self

    def live(self) -> int:
        """Do what is left to do; the exit status."""
        try:
            store = opened(self.address)
            self._write(_READY, "")
            while self.at < len(self.deeds):
                answer = self.deeds[self.at].do(store)
                if answer.startswith('{"error":503'):
                    return TROUBLE
                self.tell(answer)
                self.at += 1
            store.close()
        except StoreTrouble:
            return TROUBLE
        return 0

    def tell(self, answer: str) -> None:
        """The deed at hand is acknowledged."""
        self._write(self.at, answer)

    def _write(self, at: int, answer: str) -> None:
        os.write(self.pipe, _TOLD.pack(at, _mark(answer)))


def _mark(answer: str) -> bytes:
    return sha256(answer.encode()).digest()[:8]


def _fork(address: str, deeds: Sequence[Deed], first: int) -> tuple[int, int]:
    """A caller who begins with this deed: his process, and where he is heard."""
    heard, said = os.pipe()
    pid = os.fork()
    if pid:
        os.close(said)
        return pid, heard
    status = 70  # when it ends with an exception
    try:
        os.close(heard)
        status = Life(address, deeds, first, said).live()
    finally:
        os._exit(status)


# ---------------------------------------------------------------- the storm


class Storm:
    """Days of work, each on books of its own, whose callers are killed."""

    def __init__(self, work: Work, folder: Path, chance: random.Random, server: Server | None = None) -> None:
        self.work, self.folder, self.chance, self.server = work, folder, chance, server
        first, last = FIRST_AND_LAST_MS
        self.span = first / 1_000, max(last / 1_000, DEEDS_OF_A_LIFE * work.seconds_each)
        self.seen: Counter[str] = Counter()

    def rage(self, kills: int) -> Counter[str]:
        """Kill so many times; what was seen. Raises BrokenPromiseError."""
        while self.seen["kills"] < kills:
            self._day(kills)
        return self.seen

    def _day(self, kills: int) -> None:
        """The whole of the work, on fresh books; once there were kills enough its last caller is left in peace."""
        self.seen["days"] += 1
        address = copied(self.work.start, self.folder, f"day{self.seen['days']}")
        done = 0
        while done < len(self.work.deeds):
            told = self._life(address, done, peaceful=self.seen["kills"] >= kills)
            for at, mark in told:
                self._check_told(at, mark, done)
                done = max(done, at + 1)
            self._check_cheaply(address, done)
            if not self.seen["kills"] % EVERY:
                sound(address, self._where())
        self.work.check(address, self._where())
        self.seen["deeds"] += len(self.work.deeds)

    def _where(self) -> str:
        return f"day {self.seen['days']}, kill {self.seen['kills']}"

    def _life(self, address: str, done: int, *, peaceful: bool) -> list[tuple[int, bytes]]:
        """One caller, from his start to his end: what he was heard to say."""
        pid, heard = _fork(address, self.work.deeds, done)
        said = b""
        if self.chance.random() < 0.75:  # else he may be killed while he opens the books
            said = os.read(heard, _TOLD.size)
        if not peaceful:
            time.sleep(self.chance.uniform(*self.span))
            self._strike(pid, address)
        ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        while piece := os.read(heard, 4_096):
            said += piece
        os.close(heard)
        if ended not in (0, -signal.SIGKILL, TROUBLE):
            raise BrokenPromiseError(f"{self._where()}: a caller ended with {ended}")
        self.seen["kills"] += ended != 0
        whole = len(said) // _TOLD.size * _TOLD.size
        return [told for told in _TOLD.iter_unpack(said[:whole]) if told[0] != _READY]

    def _strike(self, pid: int, address: str) -> None:
        """Kill the caller; on a server now and then his session, or the server."""
        how = self.chance.random() if self.server else 1.0
        if self.server and how < 0.005:
            self.seen["of the server"] += 1
            self.server.crash()
        elif self.server and how < 0.02 and _kill_session(address):
            self.seen["of a session"] += 1
            self.server.wait()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _check_told(self, at: int, mark: bytes, done: int) -> None:
        deed = self.work.deeds[at]
        if at not in (done - 1, done) or mark != _mark(deed.answer):
            raise BrokenPromiseError(f"{self._where()}: deed {at}, {deed.name}: another answer than undisturbed")

    def _check_cheaply(self, address: str, done: int) -> None:
        """Debits are credits, and there is a kept answer for each key that was acknowledged, and at most one more."""
        (balance,) = ask(address, "SELECT coalesce(sum(debit - credit), 0) FROM entry_line")[0]
        found = kept(address)
        expected = self.work.kept(done)
        if balance or found not in (expected, expected + 1):
            raise BrokenPromiseError(f"{self._where()}: balance {balance}, {found} answers kept, {expected} heard")


def _kill_session(address: str) -> bool:
    """Kill -9 the server's process that serves these books; False where there is none."""
    sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(address) as connection:
        row = connection.execute(sql).fetchone()
    if row:
        os.kill(row[0], signal.SIGKILL)
        while Path(f"/proc/{row[0]}").exists():  # until the server has noticed, and ends every session
            time.sleep(0.005)
    return row is not None


# ---------------------------------------------------------------- planted bugs


def _two_commits() -> AbstractContextManager[object]:
    """What is done and the answer under its key are committed apart."""
    sound_write = Batch.write

    def write(batch: Batch, connection: Any) -> None:
        kept = Batch()
        for kind in [kind for kind in batch._rows if kind.table is schema.kept_answer]:
            kept.add(kind, batch._rows.pop(kind))
        sound_write(batch, connection)
        connection.exec_driver_sql("COMMIT")
        time.sleep(A_WHILE_SECONDS)
        connection.exec_driver_sql(engine._of(connection.engine).BEGIN[True])
        sound_write(kept, connection)

    return mock.patch.object(Batch, "write", write)


def _answer_before_commit() -> AbstractContextManager[object]:
    """The caller is told before what he is told is durable."""
    commit = engine._commit

    def early(connection: Any) -> None:
        if hasattr(Life, "now"):
            Life.now.tell(Life.now.deeds[Life.now.at].answer)
            time.sleep(A_WHILE_SECONDS)
        commit(connection)

    return mock.patch.object(engine, "_commit", early)


PLANTED: dict[str, Bug] = {
    "two_commits": _two_commits,
    "answer_before_commit": _answer_before_commit,
}


# ---------------------------------------------------------------- the command


@contextmanager
def server() -> Iterator[Server | None]:
    """The server that the books need, if any: one that syncs."""
    if not POSTGRESQL:
        yield None
        return
    started = Server(durable=True)
    try:
        started.prepare()
        yield started
    finally:
        started.stop()


def run(kills: int, seed: int, planted: str = "", at: Server | None = None) -> Counter[str]:
    """A storm of so many kills. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory(prefix="lettrage-") as name:
        folder = Path(name)
        work = Work(folder, seed, min(DAY, 4 * kills))
        with PLANTED[planted]() if planted else nullcontext():
            return Storm(work, folder, random.Random(seed), at).rage(kills)


def figure(seen: Mapping[str, int]) -> str:
    """What was seen, in a line."""
    return f"{listed(seen)}: 0 lost, 0 doubled, every row as undisturbed"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    with server() as at:
        return long_form(
            "C1",
            lambda given, bug: figure(run(given.count, given.seed, bug, at)),
            PLANTED,
            options={"count": 10_000},
            trial={"count": 400},
            store=STORE,
            about=__doc__,
            arguments=arguments,
        )


if __name__ == "__main__":
    sys.exit(main())
