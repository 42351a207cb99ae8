"""A proposal: what a line of a bank statement may be, why, and all that accepting it needs. Frozen values.

Amounts are whole minor units, in the line's currency where nothing else is said, and as the settlement sees them: above
zero in the direction of the money. A line that takes money out has a disbursement's proposals.
"""

from datetime import date as Day  # noqa: N812  (values below have fields called `..._date`)
from typing import Literal

import msgspec

from lettrage.company.states import Direction
from lettrage.money import Currency

# items        open due items or advances are settled by this line
# slip         the line is a slip's total, or one of the cheques on it
# instruments  announced payments, debits or bills (state 30) arrive at the bank by this line
# booked       the books have this movement already: nothing is posted, the ledger's line is accounted for
# fee          what the bank takes for itself: posted on `account`
# transfer     between the company's own bank accounts: posted on `account`, which both sides meet on
# return       a payment that the bank sends back: `instruments` names it
# unknown      nothing fits; `reasons` may say what the line is about all the same
Kind = Literal["items", "slip", "instruments", "booked", "fee", "transfer", "return", "unknown"]

# How the kinds are called on the wire, where there are four.
WIRE: dict[Kind, str] = {
    "items": "items",
    "slip": "slip",
    "instruments": "items",
    "booked": "items",
    "fee": "fee",
    "transfer": "unknown",
    "return": "items",
    "unknown": "unknown",
}


class Reason(msgspec.Struct, frozen=True):
    """One reason for a proposal, or (below zero) against it. Its texts stand in `reasons.toml`; `seen` fills them."""

    code: str
    weight: int
    seen: str = ""  # what of the line it rests on: the number read, the name
    expected: str = ""  # what of the books


class Part(msgspec.Struct, frozen=True):
    """What a proposal does to one due item or advance, in the item's currency, as the settlement sees it.

    `amount + discount + difference + left` is the open amount just before. An advance that is consumed has operation
    WAR, an amount below zero, and the transaction and order that made it; an advance to be made has operation WAR, an
    amount above zero, and neither item nor transaction.
    """

    third_party: str
    amount: int
    currency: str
    operation: Literal["PAYMENT", "WAR"] = "PAYMENT"
    item: int | None = None  # the due item's number in the books
    prefix: str = ""
    piece: str = ""
    due_date: Day | None = None
    discount: int = 0  # WE
    difference: int = 0  # WDR
    left: int = 0  # WPA: what stays to pay
    paid: int | None = None  # in the line's currency, where that is another one
    transaction: int | None = None
    order: int | None = None


class Booked(msgspec.Struct, frozen=True):
    """A line of the bank's account that the statement's line accounts for, and how much of it: a debit above zero."""

    posting: int
    line: int
    amount: int


class Proposal(msgspec.Struct, frozen=True):
    """What a line may be, by rank from 1. `score` is the sum of its reasons' weights, between 0 and 100.

    `exact`: not a cent is left over, and nothing was supposed to make it fit. `unique`: nothing else in the books fits
    as well. `automatic`: exact, unique, and the evidence names it: it may be accepted without being asked about.
    """

    rank: int
    score: int
    kind: Kind
    reasons: tuple[Reason, ...] = ()
    third_party: str = ""  # whose payment it is: the header's; "" where there is none
    items: tuple[Part, ...] = ()
    slip: str = ""  # the slip's number
    instruments: tuple[int, ...] = ()  # that arrive, come back, or (kind slip) are credited one by one
    transaction: int | None = None  # that made the movement which is booked already
    booked: tuple[Booked, ...] = ()  # kinds slip and booked: the ledger's lines that are accounted for
    fees: int = 0  # that the bank took on the way, above zero: posted beside; kind fee: the whole line
    account: str = ""  # kinds fee and transfer: where it is posted
    exact: bool = False
    unique: bool = False
    automatic: bool = False
    payment_file: int | None = None  # the file of ours that it executes or sends back
    announced: str = ""  # the invoice of ours that the State announced to pay

    @property
    def third_parties(self) -> tuple[str, ...]:
        """Whose items are settled, each once: one header for each of them."""
        return tuple(dict.fromkeys(part.third_party for part in self.items))


class Verdict(msgspec.Struct, frozen=True):
    """What was found about one line: proposals by rank, the likeliest first."""

    line: int
    direction: Direction
    currency: Currency
    proposals: tuple[Proposal, ...]

    @property
    def first(self) -> Proposal | None:
        """The likeliest proposal."""
        return self.proposals[0] if self.proposals else None

    @property
    def kind(self) -> str:
        """What the line is, as the wire calls it."""
        return WIRE[self.proposals[0].kind] if self.proposals else "unknown"

    @property
    def automatic(self) -> bool:
        """Whether the first proposal may be accepted without being asked about."""
        return bool(self.proposals) and self.proposals[0].automatic
