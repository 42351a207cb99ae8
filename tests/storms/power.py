"""Power cuts: what was acknowledged is there when the power is back, nothing is torn, the books open and are sound.

    python -m tests.storms.power --count 10000 --seed 7
    python -m tests.storms.power --count 300 --planted synchronous_normal     # that bug alone

A caller does a day's work (tests/storms/work.py) on books whose disk forgets what was not synced
(tests/storms/forgetting.py). The power fails at any call that changes a file: in a commit, in a checkpoint, while the
books are opened or closed. Then he begins again with the first deed that was not acknowledged. The books are SQLite's;
that PostgreSQL keeps what it has synced is its own promise, and storms.kills ends its whole server without a warning.
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from sqlite3 import DatabaseError
from typing import Any
from unittest import mock

from lettrage.adapters.store import sqlite
from lettrage.adapters.store.books import SqlStore
from lettrage.refusal import StoreTrouble
from tests.databases import ask, copied
from tests.reliability.long_form import BrokenPromiseError, Bug, listed, long_form
from tests.storms.forgetting import Disk, forgetting
from tests.storms.work import Work, kept, opened, sound

DAY = 300  # deeds on one set of books
CALLS = 400  # that change a file, at most, until the power fails: some deeds and a checkpoint
EARLY_CHECKPOINT = 30  # pages, in some lives: else few checkpoints would be met
EVERY = 100  # cuts between two looks at every law


class Storm:
    """Days of work, each on books of its own, in which the power fails again and again."""

    def __init__(self, work: Work, folder: Path, chance: random.Random, disk: Disk) -> None:
        self.work, self.folder, self.chance, self.disk = work, folder, chance, disk
        self.seen: Counter[str] = Counter()

    def rage(self, cuts: int) -> Counter[str]:
        """Cut the power so many times; what was seen. Raises BrokenPromiseError."""
        while self.seen["cuts"] < cuts:
            self._day(cuts)
        return self.seen

    def _day(self, cuts: int) -> None:
        """The whole of the work, on fresh books; once there were cuts enough the power stays on."""
        self.seen["days"] += 1
        address = copied(self.work.start, self.folder, f"day{self.seen['days']}")
        done = 0
        while done < len(self.work.deeds):
            if self.seen["cuts"] < cuts:
                self.disk.cut_at(self.chance.randint(1, CALLS))
            done = self._life(address, done)
            self.seen["cuts"] += not self.disk.on
            self.disk.cut(self.chance)
            if self.chance.random() < 0.7:  # else the next life finds what the cut left, on the same disk
                self._check(address, done)
        self.work.check(address, self._where())
        self.seen["deeds"] += len(self.work.deeds)

    def _where(self) -> str:
        return f"day {self.seen['days']}, cut {self.seen['cuts']}"

    def _life(self, address: str, done: int) -> int:
        """Work until the power fails or all is done; how much is acknowledged."""
        while self.disk.on and done < len(self.work.deeds):
            rest = self.chance.choice((2, 5, len(self.work.deeds)))  # deeds until the books are closed for a while
            try:
                done = self._sitting(address, done, done + rest)
            except StoreTrouble as trouble:
                if self.disk.on:
                    raise BrokenPromiseError(f"{self._where()}: {trouble.refusal.say('en')}") from trouble
        return done

    def _sitting(self, address: str, done: int, last: int) -> int:
        with closing(opened(address)) as store:
            if self.chance.random() < 0.3:
                _checkpoint_early(store)
            for at in range(done, min(last, len(self.work.deeds))):
                try:
                    answer = self.work.deeds[at].do(store)
                except StoreTrouble:
                    answer = ""
                if not self.disk.on:
                    return at  # whatever was answered, there was nobody left to hear it
                if answer != self.work.deeds[at].answer:
                    name = self.work.deeds[at].name
                    raise BrokenPromiseError(f"{self._where()}: deed {at}, {name}: another answer than undisturbed")
                done = at + 1
        return done

    def _check(self, address: str, done: int) -> None:
        """On the true disk: the file is whole, the cheap laws hold, all that was acknowledged is there."""
        where = self._where()
        try:
            damage = ask(address, "PRAGMA quick_check")
            (balance,) = ask(address, "SELECT coalesce(sum(debit - credit), 0) FROM entry_line")[0]
            found = kept(address)
        except DatabaseError as error:
            raise BrokenPromiseError(f"{where}: unreadable: {error}") from error
        expected = self.work.kept(done)
        if damage != [("ok",)] or balance or found not in (expected, expected + 1):
            raise BrokenPromiseError(
                f"{where}: {damage[0][0]}, balance {balance}, {found} kept, {expected} acknowledged"
            )
        if not self.seen["cuts"] % EVERY:
            sound(address, where)


def _checkpoint_early(store: SqlStore) -> None:
    with store.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={EARLY_CHECKPOINT}")


# ---------------------------------------------------------------- planted bugs


def _synchronous(level: str) -> AbstractContextManager[object]:
    """Commits that do not wait for the disk."""
    prepare = sqlite._prepare

    def hasty(connection: Any, record: object) -> None:
        prepare(connection, record)
        connection.execute(f"PRAGMA synchronous={level}")

    return mock.patch.object(sqlite, "_prepare", hasty)


PLANTED: dict[str, Bug] = {
    "synchronous_normal": lambda: _synchronous("NORMAL"),
    "synchronous_off": lambda: _synchronous("OFF"),
}


# ---------------------------------------------------------------- the command


def run(cuts: int, seed: int, planted: str = "") -> Counter[str]:
    """A storm of so many cuts. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory(prefix="lettrage-") as name, forgetting() as disk:
        folder = Path(name)
        work = Work(folder, seed, min(DAY, 4 * cuts))
        with PLANTED[planted]() if planted else nullcontext():
            return Storm(work, folder, random.Random(seed), disk).rage(cuts)


def figure(seen: Mapping[str, int]) -> str:
    """What was seen, in a line."""
    return f"{listed(seen)}: 0 lost, 0 torn, 0 corrupt, every row as undisturbed"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "C2",
        lambda given, bug: figure(run(given.count, given.seed, bug)),
        PLANTED,
        options={"count": 10_000},
        trial={"count": 400},
        store="sqlite",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
