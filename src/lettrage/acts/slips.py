"""Making a deposit slip, and taking one back."""

from datetime import date as Day  # noqa: N812  (the act below has a field called `date`)
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.bank.slip import Made, Slip, Wanted, make, named, shape_with_instruments, take_back
from lettrage.books.entry import Entry
from lettrage.ports import Books
from lettrage.refusal import Refusal, quoted


class MakeSlip(msgspec.Struct, frozen=True):
    """Make up a slip of what waits. Satisfies the port `Act`."""

    wanted: Wanted

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "slip"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        content: dict[str, Any] = msgspec.to_builtins(self.wanted)
        return content

    def planned(self, books: Books, today: Day) -> tuple[Slip | None, list[Refusal]]:
        """The slip as it would be made now, or every reason against it; nothing is written."""
        return make(self.wanted, books.slip_facts(self.wanted.bank, named(self.wanted)), books.company, today)

    def perform(self, books: Books, moment: Moment) -> dict[str, Any]:
        """The slip that was made, with its instruments."""
        slip, reasons = self.planned(books, moment.today)
        if slip is None:
            raise Refused(*reasons)
        (posted,) = books.post([slip.entry], moment.at)
        books.record_slip(slip, posted.posting)
        return _shown(books, slip.number)


class CancelSlip(msgspec.Struct, frozen=True):
    """Take a slip back: its transactions await a slip again. Satisfies the port `Act`."""

    number: str
    date: Day | None = None
    reason: str = ""

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "slip cancelled"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        content: dict[str, Any] = msgspec.to_builtins(self)
        return content

    def planned(self, books: Books, slip: Made, today: Day) -> tuple[Entry | None, list[Refusal]]:
        """The entry that would take the slip back now, or every reason against it; nothing is written."""
        return take_back(slip, books.slip_entry(slip), self.date, self.reason, books.company, today)

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The slip as it stands now, with the entry that took it back."""
        slip = books.slip(self.number)
        if slip is None:
            raise Refused(Refusal("unknown_slip", "number", quoted(self.number)))
        entry, reasons = self.planned(books, slip, moment.today)
        if lines := books.reconciled_entry(slip.posting):
            reasons = [*reasons, Refusal("reconciled", "number", slip.number, ", ".join(map(str, lines)))]
        if entry is None or reasons:
            raise Refused(*reasons)
        (reversal,) = books.post([entry], moment.at)
        books.record_slip_taken_back(slip, reversal.posting)
        return _shown(books, slip.number)


def _shown(books: Books, number: str) -> dict[str, Any]:
    slip = books.slip(number)
    assert slip is not None, number
    return shape_with_instruments(slip)
