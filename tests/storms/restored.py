"""Restoring is tried, not assumed: books are backed up, lost, restored elsewhere; then callers on them are killed.

    python -m tests.storms.restored --kills 500 --seed 7
    LETTRAGE_TEST_STORE=postgresql python -m tests.storms.restored --kills 500
    python -m tests.storms.restored --planted keys_left_behind     # that bug alone

Half a day's work and a password for Chorus Pro are in the books when they are backed up; books and keys are then
removed. Restored, with the copy of the keys in its place, every row but the schema's own must be there, each answer
must come again under its key, the password must open, and the storm of tests/storms/kills.py goes over the books.
"""

import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from unittest import mock

from lettrage.acts import perform
from lettrage.acts.chorus import SetChorus
from lettrage.adapters.keys import KeyFile
from lettrage.adapters.store.backups import back_up, restore
from lettrage.guard.secrets import Secret, unseal
from lettrage.invoicing.settings import Change
from lettrage.refusal import Stop
from tests.databases import POSTGRESQL, STORE, Server, copied, every_row, no_books
from tests.journeys.helpers import NOON, MovableClock
from tests.reliability.long_form import BrokenPromiseError, listed, long_form
from tests.storms import kills
from tests.storms.work import DOSSIER, WHO, Work, opened

HALF_A_DAY = 120  # deeds before the backup
PASSWORD = Secret("mot de passe technique")
PLACE = Change("qualification", "", "password", PASSWORD)


class Lost:
    """Books with a password in them, their backup, and the copy of the keys, kept apart."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.keys = folder / "keys.json"
        self.work = Work(folder, seed, HALF_A_DAY)
        address = copied(self.work.start, folder, "lost")
        with closing(opened(address)) as store:
            for deed in self.work.deeds:
                deed.do(store)
            act = SetChorus(DOSSIER, (PLACE,), KeyFile().seal, "anne")
            performed = perform(act, WHO, store, MovableClock())
            assert performed.result is not None, performed.reasons
            back_up(store.engine, folder / "backup.zip", NOON)
            self.rows = every_row(store.engine)
        shutil.copy(self.keys, folder / "keys.copy")
        self.keys.unlink()
        if not POSTGRESQL:
            Path(address.removeprefix("sqlite:///")).unlink()

    def bring_back(self, *, keys: bool) -> str:
        """Restore, and look at everything; the address of the books. Raises BrokenPromiseError."""
        address = no_books(self.folder, "restored")
        restore(self.folder / "backup.zip", address, NOON)
        if keys:
            shutil.copy(self.folder / "keys.copy", self.keys)
        with closing(opened(address)) as store:
            if (found := every_row(store.engine)) != self.rows:
                raise BrokenPromiseError(
                    f"rows differ in {[name for name in self.rows if found[name] != self.rows[name]]}"
                )
            for deed in self.work.deeds:
                if (answer := deed.do(store)) != deed.answer:
                    raise BrokenPromiseError(f"{deed.name} is answered otherwise: {answer[:200]}")
            if findings := store.audit(DOSSIER):
                raise BrokenPromiseError(str(findings[:3]))
            with store.books(DOSSIER, writing=False) as books:
                (row,) = [row for row in books.chorus_rows() if row.name == PLACE.name]
        try:
            secret = unseal(row.value, PLACE.place(DOSSIER), KeyFile().ring())
        except Stop as stop:
            raise BrokenPromiseError(f"the password does not open: {stop.refusal.code}") from stop
        if secret != PASSWORD:
            raise BrokenPromiseError("another password")
        return address


@contextmanager
def _lost(seed: int) -> Iterator[Lost]:
    with tempfile.TemporaryDirectory(prefix="lettrage-") as name:
        folder = Path(name)
        with mock.patch.dict(os.environ, {"LETTRAGE_KEYS": str(folder / "keys.json")}):
            yield Lost(folder, seed)


def run(count: int, seed: int, planted: str = "", at: Server | None = None) -> Counter[str]:
    """Lose, restore, and kill so many callers on what was restored. Raises BrokenPromiseError."""
    with _lost(seed) as lost:
        address = lost.bring_back(keys=not planted)
        work = Work(lost.folder, seed + 1, min(kills.DAY, 4 * count), address, "restored-")
        return kills.Storm(work, lost.folder, random.Random(seed), at).rage(count)


PLANTED = ("keys_left_behind",)


def figure(seen: Mapping[str, int]) -> str:
    """What was seen, in a line."""
    return f"restored to the row, then {listed(seen)}: 0 lost, 0 doubled"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    with kills.server() as at:
        return long_form(
            "C8",
            lambda given, bug: figure(run(given.kills, given.seed, bug, at)),
            PLANTED,
            options={"kills": 500},
            store=STORE,
            about=__doc__,
            arguments=arguments,
        )


if __name__ == "__main__":
    sys.exit(main())
