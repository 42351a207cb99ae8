"""The declarant's periods and deadlines by VAT regime, as `periods.toml` has them.

A deadline on a Sunday or a public holiday stays where it is: nothing read says that it moves, and early is never late.
"""

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from typing import Literal

import msgspec

from lettrage.company.declarant import VatRegime

Standing = Literal["running", "closed", "open", "today", "late"]


class Regime(msgspec.Struct, frozen=True):
    """How often, and when: `months` a period has; days of the month after it."""

    months: int
    first_day: int = msgspec.field(name="from")
    last_day: int = msgspec.field(name="by")
    fr: str
    en: str
    source: str
    seen: bool


class Period(msgspec.Struct, frozen=True, order=True):
    """From a day to a day; reported from `opens` to `due`, both included."""

    first: date
    last: date
    opens: date
    due: date

    def standing(self, today: date) -> Standing:
        """Running until its last day; closed until it opens; open until its deadline; that day; late after it."""
        if today <= self.last:
            return "running"
        if today < self.opens:
            return "closed"
        if today < self.due:
            return "open"
        return "today" if today == self.due else "late"


def _read() -> dict[VatRegime, Regime]:
    text = files("lettrage.reporting").joinpath("periods.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[VatRegime, Regime])


REGIMES: Mapping[VatRegime, Regime] = _read()


def period_of(day: date, regime: VatRegime) -> Period:
    """The period that a day falls into."""
    rule = REGIMES[regime]
    first = date(day.year, (day.month - 1) // rule.months * rule.months + 1, 1)
    after = _months_later(first, rule.months)
    return Period(first, after - timedelta(1), _on(after, rule.first_day), _on(after, rule.last_day))


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def _on(month: date, day: int) -> date:
    """A day of this month, its last one where it has fewer."""
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))
