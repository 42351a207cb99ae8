"""Reports of payments over our own API: what is answered, what is asked. Amounts in euros, VAT included."""

from typing import Literal

from lettrage.adapters.http.fields import Day, Label, Money, Number, Shape
from lettrage.adapters.http.shapes import Reason

Standing = Literal["running", "nothing", "to_do", "today", "late", "to_correct", "missing", "waits", "done"]
Kind = Literal["IN", "RE"]


class OfRate(Shape):
    """What was received at one rate; below zero where more came back than was received."""

    rate: str
    amount: Money


class Report(Shape):
    """A report that was made; `outcome` as the platform has it, `by_hand` where somebody took the file there."""

    report: Number
    number: Number
    type: Kind
    id: str
    outcome: Literal["waits", "accepted", "rejected", "by_hand"]
    made_at: str
    made_by: str
    totals: list[OfRate]
    errors: list[str]


class Period(Shape):
    """A period. `days_left` until its deadline, below zero after it; `type`, `number`: of the report that is owed.

    `missing`: payments that cannot be reported yet.
    """

    period: str
    from_: Day
    to: Day
    opens: Day
    due: Day
    days_left: int
    standing: Standing
    type: Kind | None
    number: Number | None
    totals: list[OfRate]
    missing: int
    reports: list[Report]

    model_config = Shape.model_config | {"alias_generator": lambda name: name.rstrip("_")}


class Periods(Shape):
    """All periods, the latest first; `unset`: what must be said of the declarant before there are any."""

    unset: list[Reason]
    data: list[Period]


class Row(Shape):
    """A figure of a report: of an invoice, or of all consumers of a day (`invoice` null)."""

    date: Day
    invoice: str | None
    issued: Day | None
    rate: str
    amount: Money


class Change(Shape):
    """A figure that the next report changes."""

    date: Day
    invoice: str | None
    rate: str
    before: Money
    after: Money


class LeftOut(Shape):
    """A payment that cannot be reported as it is, and why."""

    date: Day
    invoice: str
    third_party: str
    transaction: str
    amount: Money
    reasons: list[Reason]


class Elsewhere(Shape):
    """Payments that no report of ours says, by the rule that decides so. `seen`: false where it is reasoned, not read;
    `chosen`: the dossier decided otherwise."""

    rule: str
    outcome: Literal["status", "by_invoice", "by_day", "by_chorus", "none"]
    fr: str
    en: str
    source: str
    seen: bool
    chosen: bool
    payments: int
    amount: Money


class WholePeriod(Period):
    """A period with all that stands in its report, all that is missing, and what goes elsewhere."""

    contents: list[Row]
    differences: list[Change]
    left_out: list[LeftOut]
    elsewhere: list[Elsewhere]


class DeclareForm(Shape):
    """How a period is declared."""

    without_missing: bool = False
    running: bool = False
    by_hand: bool = False


class Declared(Shape):
    """A report that is on its way, or that was handed in."""

    report: Number
    platform: str
    type: Kind
    number: Number
    from_: Day
    to: Day
    file: str
    totals: list[OfRate]
    missing: str

    model_config = Shape.model_config | {"alias_generator": lambda name: name.rstrip("_")}


class RefusedForm(Shape):
    """Why the platform refused what was handed in."""

    reason: Label


class RefusedReport(Shape):
    """A report that is none any more."""

    report: Number
