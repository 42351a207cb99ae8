"""Interest for late payment and the lump sum, as a proposal: pure figures from days, amounts and the loaded rates.

Interest begins the day after the due date and ends with the day of payment. It is the exact sum over its half-years,
rounded once; each half-year shows its share of it. The basis is in the terms (365 days). What was claimed before is
known by amount and days, so that no day of an amount is claimed twice, whatever was paid or came back since.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import msgspec

from lettrage.company.late import LatePayment, half_year
from lettrage.money import apportion, rounded
from lettrage.refusal import Refusal, Stop


class Span(msgspec.Struct, frozen=True):
    """The days of one half-year: how many, at which rate (percent), how much of the interest falls to them."""

    half: date
    days: int
    rate: Fraction
    interest: int


class Interest(msgspec.Struct, frozen=True):
    """What one late amount owes, half-year by half-year."""

    base: int
    days: int
    amount: int
    spans: tuple[Span, ...]


class Claimed(msgspec.Struct, frozen=True, array_like=True):
    """What was claimed of one due item: interest on an amount, after one day until another, and the lump sum."""

    third_party: str
    piece: str
    due_date: date
    base: int
    after: date
    until: date
    interest: int
    indemnity: int

    @property
    def sum(self) -> int:
        """In all."""
        return self.interest + self.indemnity


class Stretch(msgspec.Struct, frozen=True):
    """Days on which an amount was late: after one day, until another."""

    base: int
    after: date
    until: date


def unclaimed(parts: Sequence[Stretch], claimed: Sequence[Claimed]) -> list[list[Stretch]]:
    """What of each part of a due item was late and not claimed yet; of parts paid first it was claimed first."""
    known: list[Stretch | Claimed] = [*parts, *claimed]
    days = sorted({day for one in known for day in (one.after, one.until)})
    left: list[list[Stretch]] = [[] for _ in parts]
    for after, until in pairwise(days):
        covered = sum(one.base for one in claimed if one.after <= after and until <= one.until)
        for part, own in zip(parts, left, strict=True):
            if part.after <= after and until <= part.until:
                taken = min(covered, part.base)
                covered -= taken
                _lengthen(own, Stretch(part.base - taken, after, until))
    return left


def _lengthen(own: list[Stretch], more: Stretch) -> None:
    if not more.base:
        return
    if own and own[-1].base == more.base and own[-1].until == more.after:
        own[-1] = Stretch(more.base, own[-1].after, more.until)
    else:
        own.append(more)


def interest(late: Stretch, due: date, *, public: bool, terms: LatePayment) -> Interest:
    """The interest on an amount that was due on one day, for days of lateness. Raises Stop where a rate is missing."""
    spans = list(_spans(late.after, late.until))
    rates = [_rate(due + timedelta(days=1) if public else half, public, terms) for half, _ in spans]
    exact = [Fraction(late.base * days, 100 * terms.basis) * rate for (_, days), rate in zip(spans, rates, strict=True)]
    amount = rounded(sum(exact, Fraction(0)))
    shares = _shares(amount, exact)
    told = tuple(Span(half, days, rate, own) for (half, days), rate, own in zip(spans, rates, shares, strict=True))
    return Interest(late.base, sum(days for _, days in spans), amount, told)


def _spans(after: date, until: date) -> Iterator[tuple[date, int]]:
    """The half-years between the day after one day and another, each with its days."""
    day = after + timedelta(days=1)
    while day <= until:
        half = half_year(day)
        following = half_year(half + timedelta(days=190))
        last = min(until, following - timedelta(days=1))
        yield half, (last - day).days + 1
        day = following


def _rate(day: date, public: bool, terms: LatePayment) -> Fraction:
    half = half_year(day)
    if half not in terms.ecb:
        known = ", ".join(one.isoformat() for one in sorted(terms.ecb)) or "-"
        raise Stop(Refusal("late_rate_missing", "late_payment.ecb", half.isoformat(), known))
    return terms.ecb[half] + (terms.b2g_points if public else terms.b2b_points)


def _shares(amount: int, exact: list[Fraction]) -> list[int]:
    if len(exact) < 2 or not amount:
        return [amount] * len(exact) if amount else [0] * len(exact)
    scale = 1
    for share in exact:
        scale *= share.denominator
    return apportion(amount, [int(share * scale) for share in exact])
