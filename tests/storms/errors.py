"""An error of the disk at the nth call, n = 1, 2, 3, ... until a deed comes to its end: refused or done, never between.

    python -m tests.storms.errors --seed 7
    python -m tests.storms.errors --planted sync_not_checked     # that bug alone

For one deed of each kind (tests/storms/work.py) the books are opened, the deed is done, the books are closed, while one
call to write, to sync, to cut off or to read a file fails: once, or from then on. A refusal must name the disk. With
the disk mended the same deed is asked for again, under the same key and, where the error was a single one, in the same
process. At last the power is cut: what was acknowledged must be there.
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from sqlalchemy.exc import DBAPIError

from lettrage.adapters.store import engine
from lettrage.adapters.store.books import SqlStore
from lettrage.refusal import StoreTrouble
from tests.databases import ask, copied
from tests.reliability.long_form import BrokenPromiseError, Bug, listed, long_form
from tests.storms.forgetting import Disk, forgetting
from tests.storms.work import Work, kept, opened, sound

DAY = 60  # deeds, in which each kind is met
NAMED = ("Le disque de la base",)  # how a refusal begins that names the disk
RARELY = 5  # how much less often a disk fails from then on
EVERY = 20  # errors between two looks at every law
CALLS = ("write", "sync", "truncate", "read", "delete", "open")


class Try(NamedTuple):
    """Which call fails during which deed."""

    deed: int
    call: str
    nth: int
    for_ever: bool

    def __str__(self) -> str:
        return f"deed {self.deed}, {self.call} {self.nth}{' and all after it' * self.for_ever}"


class Storm:
    """Every call of every kind of deed."""

    def __init__(self, folder: Path, disk: Disk, seed: int) -> None:
        self.folder, self.disk = folder, disk
        self.chance = random.Random(seed)
        self.work = Work(folder, seed, DAY)
        self.seen: Counter[str] = Counter()

    def rage(self, step: int = 1, most: int | None = None) -> Counter[str]:
        """Each call, or each `step`th, of all kinds of deeds or so many; what was seen. Raises BrokenPromiseError."""
        kinds = {deed.name: at for at, deed in enumerate(self.work.deeds)}  # the last of each kind
        address = copied(self.work.start, self.folder, "before")
        for at, deed in enumerate(self.work.deeds):
            if kinds[deed.name] == at:
                self.seen["kinds of deeds"] += 1
                self._each_call(address, at, step)
                if self.seen["kinds of deeds"] == most:
                    break
            with closing(opened(address)) as store:
                deed.do(store)
            self.disk.cut(random.Random(0))
        return self.seen

    def _each_call(self, address: str, at: int, step: int) -> None:
        for call in CALLS:
            for for_ever in (False, True):
                for nth in count(1, step * (RARELY if for_ever else 1)):
                    tried = Try(at, call, nth, for_ever)
                    try:
                        met = self._try(copied(address, self.folder, "tried"), tried)
                    except BrokenPromiseError as broken:
                        raise BrokenPromiseError(f"{tried}: {broken}") from broken
                    if not met:
                        break
                    self.seen["errors"] += 1

    def _try(self, address: str, tried: Try) -> bool:
        """One error; whether the deed had such a call at all."""
        self.disk.fail_at(tried.call, tried.nth, for_ever=tried.for_ever)
        heard, store = self._heard(address, tried.deed, None)
        if store and not tried.for_ever:
            again, _ = self._heard(address, tried.deed, store)
            if not self.disk.failed or again:
                heard = again
            else:
                raise BrokenPromiseError("the same deed is refused again, though there was one error only")
        if store:
            store.close()
        met = self.disk.failed
        self.disk.mend()
        self.disk.cut(self.chance)
        self._check(address, tried.deed, heard=heard)
        return met

    def _heard(self, address: str, at: int, store: SqlStore | None) -> tuple[bool, SqlStore | None]:
        """Ask for a deed: whether it was acknowledged, and the books if they could be opened."""
        deed = self.work.deeds[at]
        try:
            store = store or opened(address)
            answer = deed.do(store)
        except StoreTrouble as trouble:
            answer = '{"error":503,' + trouble.refusal.say("fr")
        if answer.startswith('{"error":503'):
            if not any(said in answer for said in NAMED):
                raise BrokenPromiseError(f"the refusal does not name the disk: {answer}")
            self.seen["refusals"] += 1
            return False, store
        if answer != deed.answer:
            raise BrokenPromiseError(f"{deed.name}: {answer[:300]}")
        return True, store

    def _check(self, address: str, at: int, *, heard: bool) -> None:
        """After a power cut: whole, what was heard is there, and doing it once more gives the undisturbed answer."""
        found = kept(address)
        before, after = self.work.kept(at), self.work.kept(at + 1)
        if found not in ((after,) if heard else (before, after)):
            raise BrokenPromiseError(f"{found} answers kept, {after if heard else before} heard")
        with closing(opened(address)) as store:
            answer = self.work.deeds[at].do(store)
        self.disk.cut(random.Random(0))
        if answer != self.work.deeds[at].answer:
            raise BrokenPromiseError(f"once more: {answer[:300]}")
        (balance,) = ask(address, "SELECT coalesce(sum(debit - credit), 0) FROM entry_line")[0]
        if balance or ask(address, "PRAGMA quick_check") != [("ok",)]:
            raise BrokenPromiseError(f"balance {balance}, {ask(address, 'PRAGMA quick_check')[:3]}")
        if not self.seen["errors"] % EVERY:
            sound(address, "once more")


# ---------------------------------------------------------------- the planted bug


def _sync_not_checked() -> AbstractContextManager[object]:
    """What the disk answers to a commit is nobody's concern."""
    commit = engine._commit

    def careless(connection: Any) -> None:
        with suppress(DBAPIError):
            commit(connection)

    return mock.patch.object(engine, "_commit", careless)


PLANTED: dict[str, Bug] = {"sync_not_checked": _sync_not_checked}


# ---------------------------------------------------------------- the command


def run(seed: int, planted: str = "", step: int = 1, most: int | None = None) -> Counter[str]:
    """The storm. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory(prefix="lettrage-") as name, forgetting() as disk:
        storm = Storm(Path(name), disk, seed)
        with PLANTED[planted]() if planted else nullcontext():
            return storm.rage(step, most)


def figure(seen: Mapping[str, int]) -> str:
    """What was seen, in a line."""
    return f"{listed(seen)}: refused or done, 0 lost, 0 half done"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "C5",
        lambda given, bug: figure(run(given.seed, bug, given.step)),
        PLANTED,
        options={"step": 1},
        store="sqlite",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
