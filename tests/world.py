"""A company's books in a file of their own, at a time that stands still."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from lettrage.adapters.store.books import SqlStore
from lettrage.dates import PARIS
from lettrage.opening import Loaded, load
from lettrage.settlement import Caller, settle
from lettrage.settlement.answer import Reply

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
    """Books in a file, a clock, and the two sentences: load and settle."""

    def __init__(self, file: Path, at: datetime = NOON) -> None:
        self.clock = FixedClock(at)
        self.file = file
        self.store = SqlStore(f"sqlite:///{file}", self.clock, create=True)

    def load(self, data: bytes, name: str = "load.json", dossier: str = "") -> Loaded:
        return load(data, name, dossier, self.store, self.clock)

    def settle(self, data: bytes, caller: Caller | None = None) -> Reply:
        return settle(data, caller or Caller("till", "cli"), self.store, self.clock)

    def books(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table but the logbook's own."""
        with self.store.engine.connect() as connection:
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
            return {
                name: [
                    tuple(value for column, value in row.items() if column != LOGBOOK_COUNTER)
                    for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings()
                ]
                for name in sorted(names)
                if name not in LOGBOOK
            }

    def next_transaction(self, dossier: str) -> int:
        sql = "SELECT next_transaction FROM dossier WHERE code = ?"
        with self.store.engine.connect() as connection:
            return int(connection.exec_driver_sql(sql, (dossier,)).scalar_one())
