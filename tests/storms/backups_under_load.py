"""Backups taken while four writers settle; each is restored elsewhere and must be the books of one moment.

    python -m tests.storms.backups_under_load --count 50 --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.backups_under_load --count 50
    python -m tests.storms.backups_under_load --count 5 --planted file_without_its_log     # must fail

Whatever was acknowledged before a backup began is in it; what came later is there whole or not at all; the integrity
check has nothing to say with the head that the backup tells; and that head is the one that the books themselves have at
that entry. On PostgreSQL every second backup is restored into a file of SQLite.
"""

import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

from sqlalchemy import Engine

from lettrage.adapters.store.backups import back_up, restore
from lettrage.adapters.store.books import SqlStore
from lettrage.refusal import Stop
from lettrage.settlement import Caller, settle
from tests.databases import POSTGRESQL, STORE, empty_books, no_books
from tests.journeys.helpers import Answer, MovableClock
from tests.reliability.long_form import BrokenPromiseError, long_form
from tests.storms.races import server
from tests.storms.serving import DOSSIER, check_books, document, in_threads, prepare
from tests.world import NOON

WRITERS = 4
BETWEEN_SECONDS = (0.0, 0.2)  # two backups
INVOICES = 300  # for each backup, at most
BUSY = 503

Taken = Callable[[Engine, Path], None]
Put = Callable[[Path, str], None]


def _backed_up(engine: Engine, file: Path) -> None:
    back_up(engine, file, NOON)


def _restored(file: Path, address: str) -> None:
    restore(file, address, NOON)


def _copied(engine: Engine, file: Path) -> None:
    """The planted bug: the file of the books as it lies there, without the log of what is not in it yet."""
    shutil.copy(str(engine.url.database), file)


def _put_back(file: Path, address: str) -> None:
    shutil.copy(file, address.removeprefix("sqlite:///"))


PLANTED: dict[str, tuple[Taken, Put]] = {
    "": (_backed_up, _restored),
    **({} if POSTGRESQL else {"file_without_its_log": (_copied, _put_back)}),
}


class Storm:
    """Books that are written to all the time, and what was acknowledged of them."""

    def __init__(self, folder: Path, backups: int, seed: int, planted: str) -> None:
        self.folder, self.backups, self.seed = folder, backups, seed
        self.take, self.put = PLANTED[planted]
        self.chance = random.Random(seed)
        self.address = empty_books(folder)
        prepare(self.address, backups * INVOICES)
        self.store = SqlStore(self.address, MovableClock())
        self.numbers, self.over = count(), threading.Event()
        self.done: list[int] = []  # transactions acknowledged
        self.heads: list[tuple[int, str]] = []  # entries, and the head after them, of each restored backup
        self.slowest, self.busy = 0.0, 0

    def run(self) -> None:
        """Write, back up, restore, compare. Raises BrokenPromiseError."""
        in_threads(WRITERS + 1, lambda number: self._back_up() if number == WRITERS else self._write())
        for entries, head in self.heads:
            if self._head_after(entries) != head:
                raise BrokenPromiseError(f"seed {self.seed}: another head after entry {entries} than the books had")
        check_books(self.address, len(self.done), f"seed {self.seed}")

    def _write(self) -> None:
        while not self.over.is_set() and (number := next(self.numbers)) < self.backups * INVOICES:
            answer = self._answer(number)
            if answer.error or answer.codes != ["0"]:
                raise BrokenPromiseError(f"seed {self.seed}: {answer.text}")
            self.done.append(int(answer.transactions[0]))

    def _answer(self, number: int) -> Answer:
        """What a settlement is answered; where the books were busy for too long, asked again under the same key."""
        caller = Caller("till", "storm", DOSSIER, f"K{number}")
        while True:
            answer = Answer(settle(document(number), caller, self.store, MovableClock()).text)
            if answer.error != BUSY:
                return answer
            self.busy += 1

    def _back_up(self) -> None:
        try:
            for number in range(self.backups):
                time.sleep(self.chance.uniform(*BETWEEN_SECONDS))
                while len(self.done) < 10 * (number + 1) and not self.over.is_set():
                    time.sleep(0.005)
                self._once(number)
        finally:
            self.over.set()

    def _once(self, number: int) -> None:
        """One backup, restored and judged. Raises BrokenPromiseError."""
        where = f"seed {self.seed}, backup {number}"
        acknowledged = set(self.done)
        file, target = self.folder / f"{number}.zip", self._target(number)
        self.take(self.store.engine, file)
        began = time.monotonic()
        self.put(file, target)
        self.slowest = max(self.slowest, time.monotonic() - began)
        try:
            self._judge(target, acknowledged, where)
        except Stop as stop:
            raise BrokenPromiseError(f"{where}: {stop.refusal.say('en')}") from None
        for left in self.folder.glob(f"{number}.*"):
            left.unlink()

    def _target(self, number: int) -> str:
        """Somewhere else: a file, or on PostgreSQL a database and a file in turn."""
        if POSTGRESQL and number % 2:
            return f"sqlite:///{self.folder / f'{number}.sqlite'}"
        return no_books(self.folder, str(number))

    def _judge(self, target: str, acknowledged: set[int], where: str) -> None:
        with closing(SqlStore(target, MovableClock())) as there:
            with there.books(DOSSIER, writing=False) as books:
                kept = {int(row[0]) for row in books.rows(_KEPT)}
                ((entries, head),) = books.rows("SELECT postings, head FROM dossier WHERE code = ?1")
            findings = [f"{f.code}: {f.message}" for f in there.audit(DOSSIER, head)]
        if findings or sorted(kept) != list(range(1, len(kept) + 1)):
            raise BrokenPromiseError(f"{where}: {findings[:2]}, {len(kept)} transactions")
        if missing := acknowledged - kept:
            raise BrokenPromiseError(f"{where}: {len(missing)} of {len(acknowledged)} acknowledged are not in it")
        self.heads.append((entries, head))

    def _head_after(self, entries: int) -> str:
        with self.store.books(DOSSIER, writing=False) as books:
            ((head,),) = books.rows("SELECT hash FROM entry WHERE dossier = ?1 AND posting = ?2", entries)
        return str(head)


_KEPT = 'SELECT number FROM "transaction" WHERE dossier = ?1'


def run(backups: int, seed: int, planted: str = "") -> str:
    """So many backups; the figure. Raises BrokenPromiseError."""
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(Path(folder), backups, seed, planted)
        try:
            storm.run()
        finally:
            storm.store.close()
        return (
            f"{backups} backups while {len(storm.done):,} settlements were written, each restored and verified,"
            f" 0 differences, restored in {storm.slowest:.1f} s at most; {storm.busy} asked again, the books being busy"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "C7",
        lambda given, bug: run(given.count, given.seed, bug),
        PLANTED,
        options={"count": 50},
        trial={"count": 5},
        store=STORE,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    with server():
        ended = main()
    sys.exit(ended)
