"""Periods and deadlines by VAT regime, at the turns of months and years."""

from datetime import date

import pytest

from lettrage.company.declarant import VatRegime
from lettrage.reporting.periods import REGIMES, Period, period_of


@pytest.mark.parametrize(
    ("regime", "day", "expected"),
    [
        ("real_monthly", date(2026, 10, 1), ("2026-10-01", "2026-10-31", "2026-11-01", "2026-11-10")),
        ("real_monthly", date(2026, 12, 31), ("2026-12-01", "2026-12-31", "2027-01-01", "2027-01-10")),
        ("real_quarterly", date(2026, 11, 30), ("2026-11-01", "2026-11-30", "2026-12-01", "2026-12-10")),
        ("simplified", date(2027, 1, 15), ("2027-01-01", "2027-01-31", "2027-02-25", "2027-02-28")),
        ("simplified", date(2028, 1, 15), ("2028-01-01", "2028-01-31", "2028-02-25", "2028-02-29")),
        ("simplified", date(2026, 9, 30), ("2026-09-01", "2026-09-30", "2026-10-25", "2026-10-30")),
        ("franchise", date(2027, 9, 1), ("2027-09-01", "2027-10-31", "2027-11-25", "2027-11-30")),
        ("franchise", date(2027, 12, 31), ("2027-11-01", "2027-12-31", "2028-01-25", "2028-01-30")),
    ],
)
def test_the_period_of_a_day(regime: VatRegime, day: date, expected: tuple[str, ...]) -> None:
    assert period_of(day, regime) == Period(*map(date.fromisoformat, expected))


def test_every_day_is_in_the_one_period_that_begins_after_the_last() -> None:
    for regime in REGIMES:
        period = period_of(date(2026, 1, 1), regime)
        while period.last < date(2029, 1, 1):
            following = period_of(date.fromordinal(period.last.toordinal() + 1), regime)
            assert following.first.toordinal() == period.last.toordinal() + 1
            assert {period_of(day, regime) for day in (period.first, period.last)} == {period}
            assert period.last < period.opens <= period.due
            period = following


@pytest.mark.parametrize(
    ("today", "standing"),
    [("10-31", "running"), ("11-01", "closed"), ("11-24", "closed"), ("11-25", "open"), ("11-30", "today"),
     ("12-01", "late")],
)  # fmt: skip
def test_where_a_period_stands(today: str, standing: str) -> None:
    assert period_of(date(2026, 10, 5), "simplified").standing(date.fromisoformat(f"2026-{today}")) == standing
