"""What the books know that a line of a statement may be about. Values; the store reads them in a few questions.

Amounts are whole minor units. Due items keep their own sense (credit notes and advances below zero).
"""

from collections.abc import Mapping
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Literal

import msgspec

from lettrage.bank.matching.proposal import Booked
from lettrage.bank.statements.document import StatementLine
from lettrage.company.states import Direction
from lettrage.money import Currency
from lettrage.settlement.document import Ledger


class Movement(msgspec.Struct, frozen=True):
    """A line of a statement, on one of the company's banks (its code)."""

    bank: str
    line: StatementLine

    @property
    def direction(self) -> Direction:
        """Whether money came in or went out."""
        return "encashment" if self.line.amount > 0 else "disbursement"

    @property
    def amount(self) -> int:
        """What came in or went out, above zero."""
        return abs(self.line.amount)


class Party(msgspec.Struct, frozen=True):
    """A third party, and how it is recognised. `public`: the State pays its invoices."""

    code: str
    ledger: Ledger
    name: str
    ibans: tuple[str, ...] = ()
    public: bool = False


class Open(msgspec.Struct, frozen=True, gc=False):
    """A due item or an advance with something open. `announced`: the State said that it is being paid."""

    id: int
    kind: Literal["invoice", "credit_note", "advance"]
    ledger: Ledger
    third_party: str
    prefix: str
    piece: str
    date: Day
    due_date: Day
    currency: Currency
    open: int
    disputed: bool = False
    transaction: int | None = None
    order: int | None = None
    announced: bool = False

    def seen(self, direction: Direction) -> int:
        """What is open as a settlement of this direction sees it."""
        return self.open if (self.ledger == "customer") == (direction == "encashment") else -self.open


class Settled(msgspec.Struct, frozen=True):
    """A piece that a line names and of which nothing is open any more."""

    third_party: str
    ledger: Ledger
    prefix: str
    piece: str
    amount: int  # of all its due items


class Waiting(msgspec.Struct, frozen=True):
    """An instrument in portfolio or ordered: it has settled its items, and its money is still to move.

    `end_to_end`, `message`, `file`: of the payment file of ours that carries it; "" and None where none does.
    """

    id: int
    state: str
    direction: Direction
    third_party: str
    currency: Currency
    amount: int
    date: Day
    bank: str
    transaction: int
    order: int
    pieces: tuple[str, ...] = ()
    end_to_end: str = ""
    file: int | None = None
    message: str = ""


class OnSlip(msgspec.Struct, frozen=True):
    """An instrument on a slip that the bank has not credited yet."""

    id: int
    third_party: str
    amount: int


class OpenSlip(msgspec.Struct, frozen=True):
    """A slip posted, of which `left` is not yet seen on a statement."""

    number: str
    bank: str
    date: Day
    currency: Currency
    total: int
    left: int
    booked: Booked  # its line on the bank's account, with what is left of it
    instruments: tuple[OnSlip, ...] = ()


class Posted(msgspec.Struct, frozen=True):
    """A line of a bank's account that no statement has shown yet. `amount`: what is left of it, a debit above zero."""

    posting: int
    line: int
    bank: str
    date: Day
    amount: int
    label: str = ""
    piece: str = ""
    transaction: int | None = None
    deposit: bool = False  # instruments handed in, rather than a payment of its own
    third_parties: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()


class AtBank(msgspec.Struct, frozen=True):
    """An instrument at the bank, which may come back. `end_to_end`: of the payment file of ours that carried it."""

    id: int
    state: str
    direction: Direction
    third_party: str
    currency: Currency
    amount: int
    date: Day
    bank: str
    transaction: int
    order: int
    end_to_end: str = ""
    file: int | None = None
    mandate: str = ""


class Learnt(msgspec.Struct, frozen=True):
    """Who accepted proposals said a payer was: the third party, and how often."""

    third_party: str
    times: int


class Facts(msgspec.Struct, frozen=True):
    """All of it, for the lines that are asked about."""

    parties: tuple[Party, ...] = ()
    items: tuple[Open, ...] = ()
    settled: tuple[Settled, ...] = ()
    slips: tuple[OpenSlip, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    posted: tuple[Posted, ...] = ()
    at_bank: tuple[AtBank, ...] = ()
    learnt_ibans: Mapping[str, tuple[Learnt, ...]] = {}
    learnt_names: Mapping[str, tuple[Learnt, ...]] = {}  # by the name as `names.core` writes it
