"""A company's books of their own, at a time that stands still."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from lettrage.adapters.store.books import SqlStore
from lettrage.dates import PARIS
from lettrage.opening import Loaded, load
from lettrage.settlement import Caller, settle
from lettrage.settlement.answer import Reply
from tests.databases import ask, at_path, every_row

NOON = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

# A refused document may be remembered here, and nowhere else.
LOGBOOK = ("document", "outcome", "kept_answer")
LOGBOOK_COUNTER = "next_document"


@dataclass
class FixedClock:
    """A clock that stands still until it is set. Satisfies the port `Clock`."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def today(self) -> date:
        return self.at.astimezone(PARIS).date()


class World:
    """Books, a clock, and the two sentences: load and settle."""

    def __init__(self, file: Path, at: datetime = NOON) -> None:
        self.clock = FixedClock(at)
        self.file = file
        self.address = at_path(file)
        self.store = SqlStore(self.address, self.clock, create=True)

    def load(self, data: bytes, name: str = "load.json", dossier: str = "") -> Loaded:
        return load(data, name, dossier, self.store, self.clock)

    def settle(self, data: bytes, caller: Caller | None = None) -> Reply:
        return settle(data, caller or Caller("till", "cli"), self.store, self.clock)

    def books(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table but the logbook's own."""
        return {
            table: [tuple(value for column, value in row.items() if column != LOGBOOK_COUNTER) for row in rows]
            for table, rows in every_row(self.store.engine).items()
            if table not in LOGBOOK
        }

    def next_transaction(self, dossier: str) -> int:
        return int(ask(self.address, "SELECT next_transaction FROM dossier WHERE code = ?1", dossier)[0][0])
