"""The database asks for everything to be done again, at each statement in turn: the books come out the same (J4).

    LETTRAGE_TEST_STORE=postgresql python -m tests.cluster.again --count 200 --seed 7

A day's work (tests/storms/work.py) is done once undisturbed. Then each deed is done again on a copy: its first writing
transaction fails at the first statement, the next at the second, and so on until one comes to its end, COMMIT included.
The server itself raises 40001 (a conflict) or 40P01 (a deadlock), so the transaction is really lost. The answer must be
the one of before without the caller doing anything, and at the end every row of the books.
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Engine, event

from lettrage.adapters.store import books, engine, postgresql
from lettrage.adapters.store.books import SqlStore
from lettrage.refusal import StoreTrouble
from tests.databases import POSTGRESQL, copied
from tests.reliability.long_form import BrokenPromiseError, long_form
from tests.storms.races import server
from tests.storms.work import Deed, Work, opened

AGAIN = ("40001", "40P01")
MOST = 1_000  # attempts at a deed: more than any has statements


class Asking:
    """Lets one statement of each writing transaction fail: the first of the first one, the second of the next, ..."""

    def __init__(self, on: Engine, state: str) -> None:
        self.state, self.at, self._writing, self._statement = state, 1, False, 0
        self.asked: Counter[str] = Counter()
        event.listen(on, "before_cursor_execute", self._fail, retval=True)

    def begin(self) -> None:
        """Another deed begins."""
        self.at = 1

    def _fail(self, _connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> Any:
        if sql.startswith("BEGIN"):
            self._writing, self._statement = sql == postgresql.BEGIN[True], 0
        self._statement += self._writing
        if not self._writing or self._statement != self.at:
            return sql, values
        self.at += 1
        self._writing = False
        self.asked[sql.split(maxsplit=1)[0]] += 1
        failing = f"DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{self.state}'; END $$"
        return failing, [{}] if many else {}


@contextmanager
def patient() -> Iterator[None]:
    """As many attempts as a deed has statements, without waiting."""
    with mock.patch.object(engine, "ATTEMPTS", MOST), mock.patch.object(engine, "RETRY_MILLISECONDS", 0):
        yield


@contextmanager
def not_begun_anew() -> Iterator[None]:
    """The planted bug: a transaction that was lost is not done again."""
    with mock.patch.object(books, "persistently", lambda work: work()):
        yield


def run(count: int, seed: int, *, planted: bool = False) -> Counter[str]:
    """So many deeds, each failing at each of its statements; how often each kind was. Raises BrokenPromiseError."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        work = Work(Path(folder), seed, count)
        address = copied(work.start, Path(folder), "again")
        with ExitStack() as held:
            held.enter_context(patient())
            store = held.enter_context(closing(opened(address)))
            asking = Asking(store.engine, "")
            if planted:
                held.enter_context(not_begun_anew())
            for deed in work.deeds:
                asking.state = chance.choice(AGAIN)
                asking.begin()
                _do(deed, store)
        work.check(address, f"seed {seed}")
        return asking.asked


def _do(deed: Deed, store: SqlStore) -> None:
    """Do a deed. Of a load, which has no key, the caller is told, and asks again."""
    for _ in range(MOST):
        try:
            answer = deed.do(store)
        except StoreTrouble:
            if deed.name != "load":
                raise BrokenPromiseError(f"{deed.name}: the caller had to ask again") from None
            continue
        if answer != deed.answer:
            raise BrokenPromiseError(f"{deed.name}: answered {answer[:200]}, not {deed.answer[:200]}")
        return
    raise BrokenPromiseError(f"{deed.name}: never done")


PLANTED = ("not begun anew",)


def figure(count: int, seed: int, planted: str = "") -> str:
    """What became of a day on which everything was asked for again. Raises BrokenPromiseError."""
    asked = run(count, seed, planted=bool(planted))
    if not asked.total():
        raise BrokenPromiseError("nothing was asked for again")
    kinds = ", ".join(f"{kind} {times:,}" for kind, times in asked.most_common(6))
    return f"{count:,} deeds, asked for again {asked.total():,} times ({kinds}), 0 rows other than undisturbed"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "J4",
        lambda given, bug: figure(given.count, given.seed, bug),
        PLANTED,
        options={"count": 200},
        trial={"count": 10},
        store="postgresql",
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    if not POSTGRESQL:
        sys.exit("with LETTRAGE_TEST_STORE=postgresql")
    with server():
        ended = main()
    sys.exit(ended)
