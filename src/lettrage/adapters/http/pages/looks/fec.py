"""What an FEC asks of the books, and what is kept of its export."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from lettrage.books.fec.writing import Numbered
from lettrage.company.dossier import Year
from lettrage.guard.audited import Hand


class FecLooks(Protocol):
    """A year's entries as its FEC tells them."""

    def fec_years(self) -> dict[str, int]: ...  # noqa: D102
    def fec_entries(self, year: Year) -> Iterator[Numbered]: ...  # noqa: D102
    def note_export(self, at: datetime, hand: Hand, subject: str, what: str) -> None: ...  # noqa: D102
