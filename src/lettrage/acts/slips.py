"""Making a deposit slip, and taking one back."""

from datetime import date as Day  # noqa: N812  (the act below has a field called `date`)
from typing import Any

import msgspec

from lettrage.acts import Moment, Refused
from lettrage.bank.slip import Wanted, make, named, shape_with_instruments, take_back
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

    def perform(self, books: Books, moment: Moment) -> dict[str, Any]:
        """The slip that was made, with its instruments."""
        facts = books.slip_facts(self.wanted.bank, named(self.wanted))
        slip, reasons = make(self.wanted, facts, books.company, moment.today)
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

    def perform(self, books: Books, moment: Moment) -> dict[str, Any]:
        """The slip as it stands now, with the entry that took it back."""
        slip = books.slip(self.number)
        if slip is None:
            raise Refused(Refusal("unknown_slip", "number", quoted(self.number)))
        posted = books.slip_entry(slip)
        entry, reasons = take_back(slip, posted, self.date, self.reason, books.company, moment.today)
        if entry is None:
            raise Refused(*reasons)
        (reversal,) = books.post([entry], moment.at)
        books.record_slip_taken_back(slip, reversal.posting)
        return _shown(books, slip.number)


def _shown(books: Books, number: str) -> dict[str, Any]:
    slip = books.slip(number)
    assert slip is not None, number
    return shape_with_instruments(slip)
