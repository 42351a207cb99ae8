"""The payments report of a period (flows 10.2 and 10.4): what was reported, what is known, what is still owed.

A report is by invoice and day, or by day alone, and by rate; amounts in euros (G6.27). The first of a period is initial
(IN); a later one replaces it as a whole (RE). A payment that comes back belongs to the period in which it came back;
one that is heard of after its period was reported makes a replacing report necessary. A period without payments needs
none.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Literal

import msgspec

from lettrage.company.declarant import Outcome, VatRegime
from lettrage.refusal import Refusal, quoted
from lettrage.reporting.periods import Period, period_of
from lettrage.reporting.received import Payment

Kind = Literal["IN", "RE"]
_NUMBER = re.compile(r"(?! )(?!.*  )[a-zA-Z0-9 \-+_/]{1,35}(?<! )", re.ASCII)  # G1.05
_YEARS = range(2000, 2100)  # G1.36
_NONE = "—"  # in the place of a number that is not there
# G1.24, in percent
_RATES = "0 0.9 1.05 1.75 2.1 5.5 7 8.5 9.2 9.6 10 13 19.6 20 20.6"
RATES: frozenset[Fraction] = frozenset(map(Fraction, _RATES.split()))


class Reported(msgspec.Struct, frozen=True, order=True):
    """Received at one rate, VAT included, in cents of a euro; below zero where more came back than was received."""

    rate: str
    amount: int


class OfInvoice(msgspec.Struct, frozen=True, order=True):
    """10.2: what an invoice received on a day."""

    invoice: str
    issued: date
    day: date
    rates: tuple[Reported, ...]


class OfDay(msgspec.Struct, frozen=True, order=True):
    """10.4: what all consumers paid on a day."""

    day: date
    rates: tuple[Reported, ...]


class Contents(msgspec.Struct, frozen=True):
    """What a report says of its period, in the order of days and invoices."""

    invoices: tuple[OfInvoice, ...] = ()
    days: tuple[OfDay, ...] = ()


class Report(msgspec.Struct, frozen=True):
    """A report that was made and stands: one that was refused is none. `number`: 1 for a period's first, then on."""

    number: int
    kind: Kind
    first: date
    last: date
    contents: Contents


class Told(msgspec.Struct, frozen=True):
    """A payment, and how it is reported."""

    payment: Payment
    outcome: Outcome


class Missing(msgspec.Struct, frozen=True):
    """A payment that cannot be reported as it is, and every reason why."""

    payment: Payment
    reasons: tuple[Refusal, ...]


class Difference(msgspec.Struct, frozen=True, order=True):
    """A figure that a replacing report changes. `invoice`: "" for a day of consumers' payments."""

    day: date
    invoice: str
    rate: str
    before: int
    after: int


class Owed(msgspec.Struct, frozen=True):
    """A period's report that is still to be made, with all that it will say.

    `differences`: against what was reported before, for an initial report against nothing. `missing`: payments left out
    until they are mended; mending one makes a replacing report necessary. `sendable`: False where nothing can be said
    yet: all that there is, is missing.
    """

    period: Period
    number: int
    kind: Kind
    contents: Contents
    differences: tuple[Difference, ...]
    missing: tuple[Missing, ...]

    @property
    def sendable(self) -> bool:
        """Whether there is something to send."""
        return bool(self.differences)


def owed(
    known: Iterable[Told], reported: Sequence[Report], regime: VatRegime, undecided: Iterable[Missing] = ()
) -> tuple[Owed, ...]:
    """What is still to be reported, by period, the earliest first.

    `known`: all payments of the dossier, however they are reported; `undecided`: those of which that is not known;
    `reported`: all reports that stand. Their periods need not be today's regime's: a period that was reported under
    another regime stays as it was.
    """
    by_period: dict[Period, tuple[list[Told], list[Missing]]] = {_own(one, regime): ([], []) for one in reported}
    for one in known:
        if one.outcome in ("by_invoice", "by_day"):
            by_period.setdefault(period_for(one.payment.day, reported, regime), ([], []))[0].append(one)
    for unknown in undecided:
        by_period.setdefault(period_for(unknown.payment.day, reported, regime), ([], []))[1].append(unknown)
    latest = {(report.first, report.last): report for report in sorted(reported, key=lambda one: one.number)}
    found = (
        _owed(period, told, unknown, latest.get((period.first, period.last)))
        for period, (told, unknown) in sorted(by_period.items())
    )
    return tuple(one for one in found if one.differences or one.missing)


def _own(report: Report, regime: VatRegime) -> Period:
    """The period of a report; the deadline is that of its last day's period today."""
    today = period_of(report.last, regime)
    return Period(report.first, report.last, today.opens, today.due)


def period_for(day: date, reported: Sequence[Report], regime: VatRegime) -> Period:
    """The period that a day falls into: that of a report which has it, whatever the regime was then."""
    before = next((report for report in reported if report.first <= day <= report.last), None)
    return period_of(day, regime) if before is None else _own(before, regime)


def _owed(period: Period, told: Sequence[Told], undecided: Sequence[Missing], before: Report | None) -> Owed:
    missing = *undecided, *(Missing(one.payment, reasons) for one in told if (reasons := faults(one)))
    sound = [one for one in told if not faults(one)]
    now = contents(sound)
    return Owed(
        period,
        before.number + 1 if before else 1,
        "RE" if before else "IN",
        now,
        differences(before.contents if before else Contents(), now),
        missing,
    )


# ---------------------------------------------------------------- what it says


def contents(told: Iterable[Told]) -> Contents:
    """Sound payments of one period, added up: by invoice, day and rate, or by day and rate. No sum of zero is told."""
    by_invoice: dict[tuple[str, date, date], dict[str, int]] = {}
    by_day: dict[date, dict[str, int]] = {}
    for one in told:
        payment = one.payment
        if one.outcome == "by_day":
            _add(by_day.setdefault(payment.day, {}), payment)
        elif one.outcome == "by_invoice" and payment.issued is not None:
            _add(by_invoice.setdefault((payment.invoice, payment.issued, payment.day), {}), payment)
    invoices = (OfInvoice(*key, rates) for key, sums in sorted(by_invoice.items()) if (rates := _rates(sums)))
    days = (OfDay(day, rates) for day, sums in sorted(by_day.items()) if (rates := _rates(sums)))
    return Contents(tuple(invoices), tuple(days))


def _add(sums: dict[str, int], payment: Payment) -> None:
    for one in payment.rates:
        sums[one.rate] = sums.get(one.rate, 0) + one.home


def _rates(sums: Mapping[str, int]) -> tuple[Reported, ...]:
    """The highest rate first."""
    ordered = sorted(sums.items(), key=lambda one: -Fraction(one[0]))
    return tuple(Reported(rate, amount) for rate, amount in ordered if amount)


def totals(of: Contents) -> tuple[Reported, ...]:
    """What a report says in all, by rate."""
    sums: dict[str, int] = {}
    said: list[OfInvoice | OfDay] = [*of.invoices, *of.days]
    for paid in said:
        for one in paid.rates:
            sums[one.rate] = sums.get(one.rate, 0) + one.amount
    return _rates(sums)


def differences(before: Contents, after: Contents) -> tuple[Difference, ...]:
    """Every figure that changes from one report to the next."""
    old, new = _figures(before), _figures(after)
    changed = (Difference(*at, old.get(at, 0), new.get(at, 0)) for at in {*old, *new})
    return tuple(sorted(one for one in changed if one.before != one.after))


def _figures(of: Contents) -> dict[tuple[date, str, str], int]:
    found: dict[tuple[date, str, str], int] = {}
    for paid in of.invoices:
        for one in paid.rates:
            found[paid.day, paid.invoice, one.rate] = found.get((paid.day, paid.invoice, one.rate), 0) + one.amount
    for paid_day in of.days:
        for one in paid_day.rates:
            found[paid_day.day, "", one.rate] = one.amount
    return found


# ---------------------------------------------------------------- what is missing


def faults(told: Told) -> tuple[Refusal, ...]:
    """Why this payment cannot stand in a report as it is."""
    payment = told.payment
    number = quoted(payment.invoice) or _NONE
    found = [
        Refusal("report_rate", seen=f"{one.rate} %", facts={"invoice": number})
        for one in payment.rates
        if Fraction(one.rate) not in RATES
    ]
    if payment.home.code != "EUR":
        found.append(Refusal("report_not_euro", seen=payment.home.code, expected="EUR"))
    if told.outcome == "by_invoice":
        if not _NUMBER.fullmatch(payment.invoice):
            found.append(Refusal("report_number", seen=number))
        if payment.issued is None or payment.issued.year not in _YEARS:
            found.append(Refusal("report_date", facts={"invoice": number}))
    return tuple(found)
