"""Amounts and days as people type them."""

from datetime import date

import pytest

from lettrage.adapters.http.pages.typed import amount_typed, day_typed
from lettrage.money import currency

TODAY = date(2026, 11, 20)
DAYS = {
    "20/11/2026": TODAY,
    "20/11": TODAY,
    "2011": TODAY,
    "201126": TODAY,
    "20112026": TODAY,
    "20.11.2026": TODAY,
    "2026-11-20": TODAY,
    "a": TODAY,
    "h": date(2026, 11, 19),
    "H": date(2026, 11, 19),
    "y": date(2026, 11, 19),
    "+3": date(2026, 11, 23),
    "-20": date(2026, 10, 31),
    "0201": date(2027, 1, 2),
    "3105": date(2026, 5, 31),
    "2902": None,  # in none of these three years
    "3111": None,
    "99/99/2026": None,
    "demain": None,
    "+9999": None,
    "": None,
    "٢٠/١١": None,
}


@pytest.mark.parametrize("text", DAYS)
def test_a_day(text: str) -> None:
    assert day_typed(text, TODAY) == DAYS[text]


def test_without_a_year_the_nearest_day_is_meant() -> None:
    assert day_typed("3112", date(2027, 1, 5)) == date(2026, 12, 31)
    assert day_typed("0201", date(2026, 12, 30)) == date(2027, 1, 2)


AMOUNTS = {
    "5995": 599_500,
    "5 995,00": 599_500,
    "5\u00a0995,00": 599_500,
    "5\u202f995.00": 599_500,
    "5,995.00": 599_500,
    "1,234,567.89": 123_456_789,
    "\u2212240,00": -24_000,
    "-240": -24_000,
    "0,5": 50,
    "5,995": None,  # three decimals: perhaps a thousand
    "1.234,56": None,
    "1e3": None,
    "NaN": None,
    "１０": None,
    "12 €": None,
    "9" * 41: None,
    "": None,
}


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount(text: str) -> None:
    euro = currency("EUR")
    assert euro is not None
    assert amount_typed(text, euro) == AMOUNTS[text]
