"""What is read of drafts, periods and years."""

from typing import Protocol

from lettrage.books.drafts import KeptDraft
from lettrage.books.periods import Closing, Event, MonthLine, YearLine


class DraftingLooks(Protocol):
    """Drafts, months and years as people and programs look at them."""

    def open_drafts(self, after: tuple[str, int] = ..., limit: int = ...) -> list[KeptDraft]:
        """Drafts that are no entries yet, by date, from one on."""

    def is_by_hand(self, posting: int) -> bool:
        """Whether an entry was typed by hand."""

    def months(self) -> list[MonthLine]:
        """The months that hold entries or drafts, and the present one."""

    def period_events(self) -> list[Event]:
        """Everything that was locked, unlocked and closed, the latest first."""

    def year_lines(self) -> list[YearLine]:
        """The financial years."""

    def closings(self) -> dict[str, Closing]:
        """The closed years by their names."""
