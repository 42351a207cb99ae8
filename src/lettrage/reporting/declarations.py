"""The declarant's periods as they stand today: what was reported of each, what is owed, what is missing, what goes
elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from lettrage.company.declarant import SIZES, Declarant, VatRegime
from lettrage.refusal import Refusal
from lettrage.reporting.circumstances import Decided, Sold, decided
from lettrage.reporting.concerned import Decision, begins
from lettrage.reporting.periods import Period, period_of
from lettrage.reporting.received import Payment
from lettrage.reporting.report import Contents, Missing, Owed, Report, Told, owed, period_for

# What became of a report: waits for the platform's word, was accepted, was refused; brought there by hand.
Fate = Literal["waits", "accepted", "rejected", "by_hand"]
# How a period stands: it runs; nothing was received in it that is reported; something is to be done, before its
# deadline (`to_do`), on it (`today`), after it (`late`); a report is to be corrected; all that there is, is missing; a
# report waits for its acknowledgement; everything is done.
Standing = Literal["running", "nothing", "to_do", "today", "late", "to_correct", "missing", "waits", "done"]
PRESSING: tuple[Standing, ...] = ("late", "today", "to_do", "to_correct", "missing")
_GLANCED = 13  # periods that are looked at when what is due is told at a glance
EARLIEST: date = min(begins(size) for size in SIZES)  # before it nobody reports anything


class Filed(msgspec.Struct, frozen=True):
    """A report that was made. `message`: its number here; `id`: the number that it bears; `flow`: what carries it.

    `errors`: what was said against it.
    """

    message: int
    id: str
    report: Report
    fate: Fate
    made_at: datetime
    made_by: str
    flow: int
    errors: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether it is a report: one that was refused is none, and its number is free again."""
        return self.fate != "rejected"


class Elsewhere(msgspec.Struct, frozen=True):
    """Payments of a period that no report of ours says, by the rule that decides so. `amount`: VAT included."""

    decision: Decision
    payments: int
    amount: int


class Line(msgspec.Struct, frozen=True):
    """A period. `owed`: None where its reports say all that is known of it. `contents`: what is known of it now."""

    period: Period
    standing: Standing
    filed: tuple[Filed, ...]
    owed: Owed | None
    contents: Contents
    elsewhere: tuple[Elsewhere, ...]

    @property
    def name(self) -> str:
        """What it is called in addresses and commands: `2026-10`, or of several months `2026-09..2026-10`."""
        return name_of(self.period)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Payments that cannot be reported as they are."""
        return self.owed.missing if self.owed else ()

    def days_left(self, today: date) -> int:
        """Until its deadline; below zero after it."""
        return (self.period.due - today).days


class Due(msgspec.Struct, frozen=True):
    """A period where somebody has to do something now."""

    period: Period
    standing: Standing

    @property
    def name(self) -> str:
        """What it is called in addresses and commands."""
        return name_of(self.period)

    def days_left(self, today: date) -> int:
        """Until its deadline; below zero after it."""
        return (self.period.due - today).days


class Declarations(msgspec.Struct, frozen=True):
    """All periods, the latest first. `unset`: what must be said before there are any."""

    lines: tuple[Line, ...] = ()
    unset: tuple[Refusal, ...] = ()

    def named(self, name: str) -> Line | None:
        """The period of this name."""
        return next((line for line in self.lines if line.name == name), None)

    @property
    def pressing(self) -> tuple[Line, ...]:
        """Where somebody has to do something, the earliest deadline first."""
        return tuple(line for line in reversed(self.lines) if line.standing in PRESSING)


def name_of(period: Period) -> str:
    """What a period is called: by its month, or by its first and last."""
    first, last = f"{period.first:%Y-%m}", f"{period.last:%Y-%m}"
    return first if first == last else f"{first}..{last}"


def open_periods(today: date, declarant: Declarant, filed: Sequence[Filed]) -> list[Period]:
    """The latest periods that may be declared by now, the latest first; those before the obligation left out."""
    regime = declarant.vat_regime
    assert regime, "without one there are no periods"
    reported = [one.report for one in filed if one.stands]
    begun = begins(declarant.size) if declarant.size else EARLIEST
    found, day = [], today
    for _ in range(_GLANCED):
        period = period_for(day, reported, regime)
        if period.last < begun:
            break
        if period.last < today and period.opens <= today:
            found.append(period)
        day = period.first - timedelta(1)
    return found


def reports_of(filed: Iterable[Filed], period: Period) -> list[Filed]:
    """The reports of a period that stand, the latest last."""
    of_it = (one for one in filed if one.stands and (one.report.first, one.report.last) == (period.first, period.last))
    return sorted(of_it, key=lambda one: one.report.number)


def unreported(period: Period, today: date) -> Standing:
    """How a period stands of which something is to be reported and nothing was."""
    when = period.standing(today)
    return "running" if when == "running" else "late" if when == "late" else "today" if when == "today" else "to_do"


def concerned(payment: Payment) -> bool:
    """Whether a payment may have to be reported at all, whoever made it."""
    return payment.since >= EARLIEST


def declarations(
    payments: Iterable[Payment], sold: Mapping[int, Sold], filed: Sequence[Filed], declarant: Declarant, today: date
) -> Declarations:
    """How every period stands. `payments`: of all sales, those before anybody's obligation left out.

    `sold`: what decides about them, by sale; `filed`: every report that was made, the earliest first.
    """
    regime = declarant.vat_regime
    if not regime:
        return Declarations(unset=(Refusal("declarant_regime", "declarant.vat_regime"),))
    reported = [one.report for one in filed if one.stands]
    told: list[Told] = []
    undecided: list[Missing] = []
    elsewhere: dict[Period, dict[str, Elsewhere]] = {}
    for payment in payments:
        found = decided(sold[payment.sale], payment.since, declarant)
        if found.decision is None:
            undecided.append(Missing(payment, found.missing))
        elif found.decision.outcome in ("by_invoice", "by_day"):
            told.append(Told(payment, found.decision.outcome))
        else:
            period = period_for(payment.day, reported, regime)
            _count(elsewhere.setdefault(period, {}), payment, found)
    still = {one.period: one for one in owed(told, reported, regime, undecided)}
    periods = {*still, *elsewhere, *_periods(filed, told, reported, regime), period_of(today, regime)}
    lines = (
        _line(period, still.get(period), _reports(filed, period), elsewhere.get(period, {}), today)
        for period in sorted(periods, reverse=True)
    )
    return Declarations(tuple(lines))


def _periods(
    filed: Sequence[Filed], told: Sequence[Told], reported: Sequence[Report], regime: VatRegime
) -> Iterable[Period]:
    days = (one.payment.day for one in told)
    return (period_for(day, reported, regime) for day in (*days, *(one.report.last for one in filed)))


def _count(by_rule: dict[str, Elsewhere], payment: Payment, found: Decided) -> None:
    assert found.decision is not None, found
    known = by_rule.get(found.decision.rule, Elsewhere(found.decision, 0, 0))
    by_rule[found.decision.rule] = Elsewhere(known.decision, known.payments + 1, known.amount + payment.amount_home)


def _reports(filed: Sequence[Filed], period: Period) -> tuple[Filed, ...]:
    return tuple(one for one in filed if (one.report.first, one.report.last) == (period.first, period.last))


def _line(
    period: Period, still: Owed | None, filed: tuple[Filed, ...], elsewhere: Mapping[str, Elsewhere], today: date
) -> Line:
    last = max((one for one in filed if one.stands), key=lambda one: one.report.number, default=None)
    contents = still.contents if still else last.report.contents if last else Contents()
    standing = _standing(period, still, last, today)
    return Line(period, standing, filed, still, contents, tuple(elsewhere.values()))


def _standing(period: Period, still: Owed | None, last: Filed | None, today: date) -> Standing:
    when = period.standing(today)
    if when == "running":
        return "running"
    if still is not None and still.sendable and last is not None:
        return "to_correct"
    if still is not None and still.sendable:
        return unreported(period, today)
    if still is not None:
        return "missing"
    if last is None:
        return "nothing"
    return "waits" if last.fate == "waits" else "done"
