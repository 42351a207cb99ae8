"""The clock jumps; money, order and what is over by now do not.

    python -m tests.storms.clock_jumps --count 1000 --seed 7
    python -m tests.storms.clock_jumps --count 200 --planted stored_as_local_time     # must fail

The clock of a whole set of books is put back an hour, on by a day, to a leap day, to the end of a year, to both changes
of hour in Paris. After each jump something is settled, taken back, signed in to, looked at, or taken in hand by a
worker, and judged against a model that counts whole seconds: what was settled under the same keys gives the same
figures as under a clock that stands still, entries are numbered in the order of their coming, a sign-in ends after ten
idle hours and seven days, a job is due when its time has come and belongs to its holder for ten minutes. Where
`faketime` is installed a real `lettrage serve` is then put through the same jumps, its system clock and all.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec

from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.jobs import Jobs
from lettrage.adapters.store.sign_ins import SignIns
from lettrage.adapters.store.sql import run as sql
from lettrage.dates import PARIS
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.sending import deposit
from lettrage.invoicing.sending.outbox import Holding
from lettrage.invoicing.sending.schedule import Pace
from lettrage.settlement import Caller, settle
from tests.databases import STORE, empty_books
from tests.journeys.helpers import Answer, MovableClock
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form
from tests.storms import deposits
from tests.storms.paris_days import change
from tests.storms.races import server
from tests.storms.serving import DOSSIER, Line, check_books, document, prepare, until_answered

START = datetime(2027, 2, 1, 9, tzinfo=UTC)
PLACES = (
    datetime(2028, 2, 28, 23, 59, 58, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
    datetime(2027, 12, 31, 22, 59, 59, tzinfo=UTC),
    change(2027, 3) - timedelta(seconds=1),
    change(2027, 10) - timedelta(minutes=30),
)
STEPS = (-3_600, 86_400, 1, 60, 301, 601, 3_600, 35_999, 36_001, -60, -1)
OFFSETS = ("-1h", "+1d", "+0", "-3d", "+400d", "@2028-02-29 23:59:58", "@2027-12-31 23:59:59")  # as faketime reads them
IDLE, WHOLE, NOTICED, LEASE = 10 * 3_600, 7 * 86_400, 5 * 60, 10 * 60


def jumped(now: datetime, chance: random.Random) -> datetime:
    """Another moment: a step from here, or one of the strange ones."""
    if chance.random() < 0.15:
        return chance.choice(PLACES)
    return now + timedelta(seconds=chance.choice(STEPS))


def seconds(at: datetime) -> int:
    """A moment as whole seconds."""
    return int(at.timestamp())


class Life:
    """Books under a clock that jumps, and what must be true of them."""

    def __init__(self, folder: Path, jumps: int, seed: int) -> None:
        self.seed, self.chance, self.jumps = seed, random.Random(seed), jumps
        self.clock = MovableClock(START)
        self.address, self.still = empty_books(folder, "jumping"), empty_books(folder, "still")
        for address in (self.address, self.still):
            prepare(address, jumps)
        self.store = SqlStore(self.address, self.clock)
        self.files = {"F00001": b"<x/>"}
        deposits.document_rows(self.store, ["F00001"])
        self.store.accounts.add("anna", "accountant", DOSSIER)
        self.store.sign_ins.set_password(DOSSIER, "anna", "correct horse battery")
        self.signed: list[tuple[str, int, list[int]]] = []  # text, opened, last seen
        self.settled: list[int] = []
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        """So many jumps, each followed by something. Raises BrokenPromiseError."""
        acts = (self.settle, self.sign_in, self.look, self.look, self.job)
        for number in range(self.jumps):
            self.clock.at = jumped(self.clock.at, self.chance)
            act = self.chance.choice(acts)
            act(f"seed {self.seed}, jump {number} to {self.clock.at:%Y-%m-%d %H:%M:%S} UTC")
            self.done[act.__name__] += 1
        self.compare()

    # ------------------------------------------------------------ money and order

    def settle(self, where: str) -> None:
        """Pay, and ask again under a key of before: the same answer."""
        number = len(self.settled)
        answer = self._settled(self.store, number, self.clock)
        if answer.codes != ["0"] or answer.transactions != [str(number + 1)]:
            raise BrokenPromiseError(f"{where}: {answer.text}")
        self.settled.append(number)
        again = self.chance.choice(self.settled)
        if self._settled(self.store, again, self.clock).transactions != [str(again + 1)]:
            raise BrokenPromiseError(f"{where}: settlement {again} was not answered as before")

    def _settled(self, store: SqlStore, number: int, clock: MovableClock) -> Answer:
        caller = Caller("till", "storm", DOSSIER, f"K{number}")
        return Answer(settle(document(number, advances=True), caller, store, clock).text)

    def compare(self) -> None:
        """The same settlements under a clock that stands still give the same figures. Raises BrokenPromiseError."""
        still = SqlStore(self.still, MovableClock(START))
        try:
            for number in self.settled:
                self._settled(still, number, MovableClock(START))
            if self._figures(self.store) != self._figures(still):
                raise BrokenPromiseError(f"seed {self.seed}: other figures than under a clock that stands still")
        finally:
            still.close()
        check_books(self.address, len(self.settled), f"seed {self.seed}", aside=("document_content", "unreadable"))

    @staticmethod
    def _figures(store: SqlStore) -> Any:
        """Entries and open items, in their order, without the moments at which they were entered."""
        with store.books(DOSSIER, writing=False) as books:
            entries = books.rows("SELECT posting, year, number, date, journal, label FROM entry WHERE dossier = ?1"
                                 " ORDER BY posting")  # fmt: skip
            lines = books.rows("SELECT posting, line, account, debit, credit FROM entry_line WHERE dossier = ?1"
                               " ORDER BY posting, line")  # fmt: skip
            return [tuple(row) for row in (*entries, *lines)]

    # ------------------------------------------------------------ what is over by now

    def sign_in(self, _where: str) -> None:
        """Somebody signs in."""
        now = seconds(self.clock.at)
        self.signed.append((self.store.sign_ins.open(DOSSIER, "anna", "127.0.0.1"), now, [now]))

    def look(self, where: str) -> None:
        """Every sign-in is in force exactly as long as it should be."""
        now = seconds(self.clock.at)
        for text, opened, seen in self.signed[-5:]:
            lives = now - seen[0] <= IDLE and now - opened <= WHOLE
            if (self.store.sign_ins.person(text) is not None) != lives:
                raise BrokenPromiseError(
                    f"{where}: signed in {now - opened} s ago, seen {now - seen[0]} s ago: {lives}"
                )
            if lives and now - seen[0] >= NOTICED:
                seen[0] = now

    def job(self, where: str) -> None:
        """A flow is taken in hand; it is due again when its time has come, or its holder has been away for too long."""
        deposits.intend(self.store, self.files, self.clock.at)
        taken = self.store.write(DOSSIER, self._take)
        if taken is None:
            raise BrokenPromiseError(f"{where}: what was just intended is not due")
        begun, due = self.clock.at, self.clock.at + timedelta(seconds=LEASE)
        if self.chance.random() < 0.5:  # it comes back, and goes on later
            made = deposit.after_call(taken, Trouble("gateway", status=505), begun, Pace(), self.chance.randrange)
            assert made.next is not None
            due = made.next.run_at
            self.store.write(DOSSIER, lambda books: books.conclude(taken, made, begun))
        for ahead in (-3_600, -1, 0, 1, *self.chance.sample(STEPS, 3)):
            now = due + timedelta(seconds=ahead)
            with self.store.books(DOSSIER, writing=False) as books:
                if books.anything_due(now) != (now >= due):
                    raise BrokenPromiseError(f"{where}: due at {due}, at {now} told otherwise")
        self.store.write(DOSSIER, self._forget)

    def _take(self, books: Any) -> Any:
        return books.take(Holding("storm", self.clock.at), lambda _platform: Pace())

    @staticmethod
    def _forget(books: Any) -> None:
        sql(books.connection, "DELETE FROM job WHERE dossier = ?1", (DOSSIER,))
        sql(books.connection, "UPDATE deposit SET outcome = 'given_up', stands = 0 WHERE dossier = ?1", (DOSSIER,))


# ---------------------------------------------------------------- the whole process


def whole_process(jumps: int, seed: int) -> str:
    """A real `lettrage serve` whose system clock jumps; the figure. Raises BrokenPromiseError."""
    preload = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
    if shutil.which("faketime") is None or preload is None:
        return "whole process left out: faketime is not installed"
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        folder, address = Path(name), empty_books(Path(name))
        token = prepare(address, jumps + 1)
        at = folder / "clock"
        at.write_text("+0")
        env = {key: value for key, value in os.environ.items() if not key.startswith("LETTRAGE_")} | {
            "HOME": name, "LD_PRELOAD": str(preload), "FAKETIME_TIMESTAMP_FILE": str(at), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip
        command = [sys.executable, "-m", "lettrage", "--database", address, "serve", "--port", "0", "--json"]
        log = held.enter_context((folder / "log").open("wb"))
        process = held.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=env))
        held.callback(process.kill)
        assert process.stdout is not None
        line = Line(msgspec.json.decode(process.stdout.readline())["url"], token)
        for number in range(jumps):
            at.write_text(
                chance.choice(("-1h", "+1d", "+0", "-3d", "+400d", "@2028-02-29 23:59:58", "@2027-12-31 23:59:59"))
            )
            for asked in (number, chance.randrange(number + 1)):
                told = until_answered(line, f"K{asked}", document(asked, advances=True), seconds=30)
                if told.outcome != "done" or Answer(told.text).transactions != [str(asked + 1)]:
                    raise BrokenPromiseError(f"seed {seed}, process, jump {number}: {told}")
        process.terminate()
        if process.wait(30) != 0 or b"internal_error" in (folder / "log").read_bytes():
            raise BrokenPromiseError(f"seed {seed}, process: ended with {process.returncode}")
        check_books(address, jumps, f"seed {seed}, process")
    return f"{jumps} of them of a whole process under libfaketime"


# ---------------------------------------------------------------- planted bugs


def stored_as_local_time() -> AbstractContextManager[object]:
    """What is due is asked for by the time of Paris, and what is kept is that of UTC."""
    sound = Jobs._due

    def by_the_wall(self: Jobs, platform: str, now: datetime, only: Any) -> Any:
        return sound(self, platform, now.astimezone(PARIS).replace(tzinfo=UTC), only)

    return mock.patch.object(Jobs, "_due", by_the_wall)


def idle_by_the_day() -> AbstractContextManager[object]:
    """A sign-in ends when the day does."""

    def over(self: SignIns, created: str, _seen: str) -> bool:
        return self._clock.now().date() != datetime.fromisoformat(created).date()

    return mock.patch.object(SignIns, "_over", over)


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "stored_as_local_time": stored_as_local_time,
    "idle_by_the_day": idle_by_the_day,
}


# ---------------------------------------------------------------- the command


def run(jumps: int, seed: int, planted: str = "") -> str:
    """So many jumps of one set of books; the figure. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory() as folder, PLANTED[planted]():
        life = Life(Path(folder), jumps, seed)
        try:
            life.run()
        finally:
            life.store.close()
    acts = ", ".join(f"{times} times {act}" for act, times in sorted(life.done.items()))
    return f"{jumps:,} jumps ({acts}): same figures, same order, same ends"


def whole(jumps: int, seed: int, planted: str = "") -> str:
    """Jumps around the books and, where no bug is planted in them, around the whole process."""
    figure = run(jumps, seed, planted)
    return figure if planted else f"{figure}; {whole_process(jumps // 10, seed)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "E1",
        lambda given, bug: whole(given.count, given.seed, bug),
        PLANTED,
        options={"count": 1_000},
        trial={"count": 200},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)
