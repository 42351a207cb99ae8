"""What our own API takes beside settlements: the contents of its other calls."""

from typing import Annotated, Literal

from pydantic import Field

from lettrage.adapters.http.fields import Code, CurrencyCode, Day, Label, Number, Shape
from lettrage.adapters.http.shapes import Role
from lettrage.limits import DOCUMENT

Fees = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")]


class CancelForm(Shape):
    """Cancelling a transaction."""

    reason: Label
    date: Day | None = Field(None, description="Of the counter-entry; absent: today in Paris")


class UnpaidForm(Shape):
    """Reporting a payment that the bank sent back."""

    order: Number | None = Field(None, description="Where the transaction has several")
    instrument: Number | None = None
    date: Day | None = None
    fees: Fees | None = Field(None, description="Net of VAT, in the bank's currency")
    fees_vat: Fees | None = None
    bank: Code | None = None
    to: Literal["411", "416"] | None = None
    reason: Label | None = None


class SlipForm(Shape):
    """Making a slip of what waits for a bank."""

    bank: Code
    currency: CurrencyCode | None = None
    state_change: Code | None = None
    date: Day | None = None
    transactions: list[Number] = Field(
        default_factory=list, max_length=DOCUMENT.headers, description="None named: all that waits"
    )


class CancelSlipForm(Shape):
    """Taking a slip back."""

    reason: Label | None = None
    date: Day | None = None


class CloseTaskForm(Shape):
    """Closing a task."""

    transaction: Number
    piece: Code
    credit_note: Code


class AccountForm(Shape):
    """An account, or a new token of it."""

    name: Code
    role: Role
    dossier: Code | None = Field(None, description="Absent: for all dossiers of who asks")


class RevokeForm(Shape):
    """Ending a token, by its first characters."""

    shown: Annotated[str, Field(min_length=1, max_length=600)]
