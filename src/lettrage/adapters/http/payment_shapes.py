"""What our own API takes and answers about payment files, as schemas."""

from typing import Literal

from pydantic import Field

from lettrage.adapters.http.fields import Code, Day, Label, Money, Number, Shape
from lettrage.adapters.http.shapes import Reason
from lettrage.limits import DOCUMENT

KindOf = Literal["transfers", "debits", "bills"]
KindDue = Literal["transfers", "debits"]


class PaymentFile(Shape):
    """A file for a bank, and how far the bank has got with it. `left`: what it has still to execute."""

    number: str
    kind: KindOf
    version: str
    bank: str
    message: str
    date: Day
    currency: str
    total: Money
    count: int
    left: Money
    sha256: str
    made_at: str
    by: str
    status: Literal["made", "executed", "rejected", "cancelled"]
    reason: str


class PaymentLine(Shape):
    """One payment of a file, and what became of it. `reason`: the bank's, where it rejected or returned it."""

    position: int
    transaction: str
    order: str
    third_party: str
    name: str
    amount: Money
    iban: str
    end_to_end: str
    mandate: str
    sequence: str
    status: Literal["sent", "executed", "rejected", "returned", "withdrawn", "taken_back"]
    reason: str
    said: str
    state: str


class PaymentFileWithLines(PaymentFile):
    """A file with every line."""

    lines: list[PaymentLine]


class PaymentFileExecuted(PaymentFileWithLines):
    """A file as it stands after its execution, which this transaction (and of bills this slip) made."""

    transaction: str
    slip: str | None


class PaymentWaiting(Shape):
    """What a file could be made of; `bank` "" for what names none."""

    number: None
    kind: KindOf
    bank: str
    date: None
    currency: str
    total: Money
    count: int
    status: Literal["waiting"]
    transactions: list[str]


class ItemDue(Shape):
    """A due item that a payment settles."""

    id: str
    piece: str
    due_date: Day
    amount: Money


class PaymentDue(Shape):
    """A payment that is due: a third party, and the due items that it settles."""

    third_party: str
    name: str
    iban: str
    amount: Money
    items: list[ItemDue]


class PaymentLeft(PaymentDue):
    """What is due and not proposed, and why."""

    why: Literal["disputed", "other_means", "no_mandate", "credit"]


class PaymentsDue(Shape):
    """What would be paid, what would not, and every reason against it."""

    total: Money
    currency: str
    count: int
    payments: list[PaymentDue]
    left: list[PaymentLeft]
    reasons: list[Reason]


class PaymentRejection(Shape):
    """A line that the bank rejected, and what became of it."""

    position: int
    transaction: str
    order: str
    third_party: str
    name: str
    amount: Money
    end_to_end: str
    reason: str
    became: str
    entry: str | None
    reasons: list[Reason]


class PaymentAnswer(Shape):
    """What a bank's answer did. `already`: it was read before, and nothing has changed."""

    number: str
    message: str
    status: str
    already: bool
    rejected: list[PaymentRejection]
    unknown: list[str]


class PaymentForm(Shape):
    """Making a payment file of what waits for a bank."""

    bank: Code
    kind: KindOf
    date: Day | None = Field(None, description="When the bank is to do it; absent: its next day")
    scheme: Literal["CORE", "B2B"] | None = None
    urgent: bool = False
    transactions: list[Number] = Field(
        default_factory=list, max_length=DOCUMENT.headers, description="None named: all that waits"
    )


class PaymentsDueForm(Shape):
    """Ordering what is due, and making the file."""

    bank: Code
    kind: KindDue = "transfers"
    until: Day
    date: Day | None = None
    third_parties: list[Code] = Field(default_factory=list, max_length=DOCUMENT.headers)
    items: list[Number] = Field(default_factory=list, max_length=DOCUMENT.headers, description="None named: all")


class CancelPaymentForm(Shape):
    """Saying that a file is not sent."""

    reason: Label


class ExecutedForm(Shape):
    """Saying that the bank has executed a file."""

    date: Day | None = None
