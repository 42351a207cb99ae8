"""What the API takes and answers of entries by hand, of periods and of years."""

from typing import Annotated, Literal

from pydantic import Field

from lettrage.adapters.http.fields import Code, CurrencyCode, Day, Label, Money, Number, Shape
from lettrage.adapters.http.shapes import Reason
from lettrage.books.drafts import LINES_MOST

Positive = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$", description="A decimal number, as text")]
Account = Annotated[str, Field(pattern="^[0-9A-Z]{1,20}$")]
Month = Annotated[str, Field(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", description="For instance 2026-06")]
EntryNumber = Annotated[str, Field(pattern=r"^[0-9]{4}[a-z]?-[0-9]{1,15}$")]


class LineForm(Shape):
    """A line as typed: a debit or a credit in the dossier's currency."""

    account: Account
    debit: Positive | None = None
    credit: Positive | None = None
    third_party: Code | None = Field(None, description="On the account of customers or suppliers, and only there")
    due_date: Day | None = Field(None, description="There too; absent: the date of the entry")
    currency: CurrencyCode | None = Field(None, description="Where it is a foreign one")
    currency_amount: Positive | None = Field(None, description="In that currency")


class DraftForm(Shape):
    """An entry as typed. It need not balance before it is validated."""

    date: Day | None = Field(None, description="Absent: today in Paris")
    journal: Annotated[str, Field(pattern="^[A-Z][A-Z0-9]{0,4}$")] | None = Field(None, description="Absent: OD")
    label: Label | None = None
    piece: Code | None = None
    lines: list[LineForm] = Field(max_length=LINES_MOST)


class ValidateForm(Shape):
    """Which drafts are posted: all of them or none."""

    drafts: list[Number] = Field(min_length=1, max_length=1_000)


class DropForm(Shape):
    """Dropping a draft says nothing more: `{}`."""


class ReverseForm(Shape):
    """Taking an entry back."""

    reason: Label
    date: Day | None = Field(None, description="Of the opposite entry; absent: today in Paris")


class DraftLine(Shape):
    """A line of a draft; `balance`: debits less credits so far."""

    account: str
    third_party: str
    debit: Money
    credit: Money
    currency: str
    currency_amount: Money
    due_date: Day | None
    balance: Money


class Draft(Shape):
    """A draft; `entry`: the number of the entry that it became."""

    number: Number
    date: Day
    journal: str
    label: str
    piece: str
    debit: Money
    credit: Money
    made_at: str
    made_by: str
    changed_at: str
    changed_by: str
    entry: str | None
    lines: list[DraftLine]


class Drafts(Shape):
    """Drafts as they are kept, or as they were."""

    drafts: list[Draft]


class Became(Shape):
    """A draft, and the entry that it became."""

    draft: Number
    entry: str


class Validated(Shape):
    """Drafts that were posted."""

    entries: list[Became]


class TakenBack(Shape):
    """An entry that takes another back; `transactions`: those that settle what both opened."""

    entry: str
    reverses: str
    date: Day
    transactions: list[Number]


# ---------------------------------------------------------------- periods and years


class LockForm(Shape):
    """Locking the books up to the end of a month."""

    month: Month
    reason: Label | None = None


class UnlockForm(Shape):
    """Opening a locked month, and those after it."""

    month: Month
    reason: Label


class CloseForm(Shape):
    """Closing a year says nothing more: `{}`."""


class Bounds(Shape):
    """Up to when nothing is posted any more."""

    locked_until: Day | None
    closed_until: Day | None


class MonthLine(Shape):
    """A month that holds entries or drafts."""

    month: str
    year: str | None
    state: Literal["open", "locked", "closed"]
    entries: int
    drafts: int


class PeriodEvent(Shape):
    """What was locked, unlocked or closed."""

    kind: Literal["lock", "unlock", "close"]
    until: Day | None
    at: str
    by: str
    reason: str


class Periods(Bounds):
    """Months, and everything that was locked, unlocked and closed, the latest first."""

    months: list[MonthLine]
    events: list[PeriodEvent]


class YearLine(Shape):
    """A financial year; `result`, `head`, `closed_at` and `closed_by` once it is closed."""

    year: str
    start: Day
    end: Day
    state: Literal["open", "locked", "closed"]
    entries: int
    result: Money | None
    head: str | None
    closed_at: str | None
    closed_by: str | None


class Years(Shape):
    """Every financial year."""

    years: list[YearLine]


class Closed(Shape):
    """A year that was closed: its result, and where the chain of entries stood."""

    year: str
    end: Day
    entries: int
    result: Money
    head: str
    posting: str
    warnings: list[Reason]
