"""What the API takes and answers of lettering."""

from typing import Annotated, Literal

from pydantic import Field

from lettrage.adapters.http.fields import Code, Day, Label, Money, Number, Shape
from lettrage.limits import LETTERED_LINES

LineName = Annotated[str, Field(pattern=r"^[0-9]{4}[a-z]?-[0-9]{1,15}/[1-9][0-9]{0,8}$")]


class GroupLine(Shape):
    """A line of a group."""

    entry: str
    line: Number
    date: Day
    label: str
    transaction: str | None
    debit: Money
    credit: Money
    currency: str
    currency_amount: Money


class Event(Shape):
    """What lettered a group, or undid it: an entry of a transaction, or somebody by hand."""

    what: Literal["lettered", "lettered_in_part", "undone"]
    date: Day
    act: str
    entry: str | None
    transaction: str | None
    by: str | None
    reason: str | None


class Group(Shape):
    """Lines of one account that settle one another. `letter`: what they show; "" while nothing is lettered."""

    letter: str
    group: str
    state: Literal["whole", "part", "open"]
    by_hand: bool
    account: str
    third_party: str
    piece: str
    since: Day | None
    transaction: str | None
    balance: Money
    lines: list[GroupLine]
    history: list[Event]


class OpenLine(Shape):
    """A line that may be lettered by hand; `name` is how it is named then."""

    name: LineName
    entry: str
    line: Number
    date: Day
    label: str
    account: str
    third_party: str
    debit: Money
    credit: Money
    currency: str
    currency_amount: Money


class LetteringForm(Shape):
    """Lettering lines by hand."""

    account: Code
    third_party: Code | None = Field(None, description="Absent: lines without a third party")
    lines: list[LineName] = Field(min_length=2, max_length=LETTERED_LINES)
    reason: Label | None = None


class UndoForm(Shape):
    """Undoing a lettering by hand."""

    reason: Label


class OffsetForm(Shape):
    """Offsetting: what is named first is offset first."""

    third_party: Code
    pieces: list[Code] = Field(max_length=LETTERED_LINES)
    advances: list[Number] = Field(
        default_factory=list, max_length=LETTERED_LINES, description="By the transactions that received them"
    )


class OffsetPart(Shape):
    """What of an item was offset."""

    kind: Literal["invoice", "credit_note", "advance"]
    piece: str
    due_date: Day
    currency: str
    amount: Money
    left_open: Money


class Offsetting(Shape):
    """The settlement that offset, and its parts."""

    transaction: str
    offset: list[OffsetPart]
