"""Payment files as values: what may go into one, one to be made, one as the books have it."""

from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from datetime import datetime
from typing import Literal

import msgspec

from lettrage.company.dossier import Bank
from lettrage.company.payee import Payee
from lettrage.money import Currency, currency
from lettrage.settlement.document import Instrument

_EURO = currency("EUR")
assert _EURO is not None
EURO = _EURO

Became = Literal["sent", "executed", "rejected", "returned", "withdrawn", "taken_back"]
Status = Literal["made", "executed", "rejected", "cancelled"]


class Wanted(msgspec.Struct, frozen=True):
    """The file that is asked for: all that waits for the bank, or the transactions named, as the caller wrote them.

    `date`: when the bank is to do it; None for its next day. `scheme` narrows the choice of direct debits.
    """

    bank: str
    kind: str
    date: Day | None = None
    transactions: tuple[str, ...] = ()
    scheme: str = ""
    urgent: bool = False


class Use(msgspec.Struct, frozen=True):
    """What a mandate was used for, as far as no bank rejected it: when last, and whether that was the last time."""

    last: Day
    final: bool


class Candidate(msgspec.Struct, frozen=True):
    """An instrument that may go into a file, whom it concerns, and what it is about.

    `about`: the pieces that it settles. `due`: when they are due. `filed`: the file that it is in already.
    """

    instrument: Instrument
    payee: Payee
    about: str
    due: Day
    filed: int | None = None
    used: Use | None = None

    @property
    def name(self) -> str:
        """How a refusal names it; a payment that is still to be ordered, by whom it is for."""
        number = self.instrument.transaction
        return f"{number}/{self.instrument.order}" if number else self.payee.code


class Facts(msgspec.Struct, frozen=True):
    """What the books hold of what is asked for. `named`: the transactions named that exist. `next`: a file's number."""

    candidates: tuple[Candidate, ...]
    named: frozenset[int]
    next: int


class Order(msgspec.Struct, frozen=True):
    """One line of a file: what the bank is to do for one instrument. `batch`: its payment block, from 1."""

    position: int
    batch: int
    instrument: int
    end_to_end: str
    amount: int
    payee: Payee
    about: str
    due: Day
    mandate: str = ""
    sequence: str = ""
    scheme: str = ""


class Draft(msgspec.Struct, frozen=True):
    """A file to be rendered. `made_at` is Paris time."""

    number: int
    kind: str
    version: str
    company: str
    siren: str
    bank: Bank
    message: str
    made_at: datetime
    date: Day
    urgent: bool
    orders: tuple[Order, ...]

    @property
    def total(self) -> int:
        """The sum of its lines, in cents."""
        return sum(order.amount for order in self.orders)


class File(msgspec.Struct, frozen=True):
    """A file to be kept, byte for byte."""

    draft: Draft
    content: bytes
    sha256: str


class Sent(msgspec.Struct, frozen=True):
    """One line of a file as the books have it, and what became of it.

    `now`: the instrument as it stands for this line now. `reason`: the bank's, where it rejected or returned it.
    """

    position: int
    batch: int
    instrument: Instrument
    now: Instrument
    end_to_end: str
    amount: int
    iban: str
    name: str
    mandate: str
    sequence: str
    became: Became
    reason: str


class Filed(msgspec.Struct, frozen=True):
    """A payment file as the books have it. `sums`: how many lines, and cents, became what."""

    number: int
    kind: str
    version: str
    bank: str
    message: str
    date: Day
    currency: Currency
    total: int
    count: int
    sha256: str
    made_at: str
    by: str
    why: str  # it was cancelled
    cancelled: bool
    sums: dict[str, tuple[int, int]]
    sent: tuple[Sent, ...] = ()

    @property
    def status(self) -> Status:
        """Derived from its lines: nothing of it is written a second time."""
        if self.cancelled:
            return "cancelled"
        if self.left[0]:
            return "made"
        return "executed" if self.sums.keys() & {"executed", "returned"} else "rejected"

    @property
    def left(self) -> tuple[int, int]:
        """How many lines, and cents, the bank has still to execute."""
        return self.sums.get("sent", (0, 0))


def became(status: str, *, active: bool, following: str, after: str) -> Became:
    """What became of a line: its instrument's states tell, unless the bank or we took it out.

    `following` is the state of what came after the instrument, `after` of what came after that; "" for nothing.
    """
    if status == "withdrawn":
        return "withdrawn"
    if status == "rejected":
        return "rejected"
    if not following:
        return "sent" if active else "taken_back"
    return "returned" if "90" in (following[1:], after[1:]) else "executed"
