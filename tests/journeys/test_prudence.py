"""What is warned of, at its very limits: old cheques, large sums in cash, rates hard to believe."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lettrage.settlement.prudence import LISTED_MOST, cashable_until, oldest_cashable
from tests.journeys.helpers import Firm, advance, company, deposit, header, instrument, invoice, pays


def warned(firm: Firm, *headers: dict[str, Any]) -> list[str]:
    """The codes of the warnings about a document, settlement after settlement."""
    assert firm.send(*headers).error == 0
    with firm.store.books(firm.dossier, writing=False) as books:
        newest = books.counters["next_document"] - 1
        return [remark["code"] for remark in books.logged(newest, books.company.currency)["remarks"]]


# ---------------------------------------------------------------- cheques


@pytest.mark.parametrize(
    ("received", "until"),
    [("2023-10-13", "2024-10-21"), ("2023-12-28", "2025-01-05"), ("2024-02-29", "2025-03-08")],
)
def test_a_cheque_can_be_cashed_for_one_year_and_eight_days(received: str, until: str) -> None:
    assert cashable_until(date.fromisoformat(received)) == date.fromisoformat(until)


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_the_oldest_cheque_that_can_be_cashed(today: date) -> None:
    day = oldest_cashable(today)

    assert cashable_until(day) >= today
    assert cashable_until(day - timedelta(days=1)) < today


def cheques(*dates: str) -> list[dict[str, Any]]:
    return [instrument(str(600 + at), "100.00", date=day) for at, day in enumerate(dates)]


def old_firm(folder: Path, *dates: str) -> Firm:
    years = [{"start": f"{y}-01-01", "end": f"{y}-12-31"} for y in (2022, 2023, 2024)]
    return Firm(folder, company(portfolio=cheques(*dates), years=years))


def test_an_old_cheque_taken_to_the_bank_is_warned_of_on_its_first_day_too_late(tmp_path: Path) -> None:
    firm = old_firm(tmp_path, "2023-10-12", "2023-10-13")

    assert warned(firm, deposit("REMCDI", {"TRANSAC": "601"})) == ["cheques_too_old"]
    assert warned(firm, deposit("REMCDI", {"TRANSAC": "600"})) == ["cheque_too_old"]


def test_the_old_cheques_in_portfolio_are_named_some_of_them(tmp_path: Path) -> None:
    firm = old_firm(tmp_path, *["2022-10-12"] * (LISTED_MOST + 2), "2024-10-01")

    firm.send(deposit("REMCDI", {"TRANSAC": str(600 + LISTED_MOST + 2)}))

    with firm.store.books(firm.dossier, writing=False) as books:
        (remark,) = books.logged(1, books.company.currency)["remarks"]
    assert remark["seen"].startswith("600, 601, ")
    assert remark["seen"].endswith(", …")
    assert remark["seen"].count(",") == LISTED_MOST


# ---------------------------------------------------------------- cash


def test_the_debt_counts_not_what_is_paid_of_it(tmp_path: Path) -> None:
    dues = [
        invoice("1", "1000.00"),
        invoice("2", "500.00", "500.01"),
        invoice("3", "1500.00"),
        invoice("4", "-1500.00"),
    ]
    firm = Firm(tmp_path, company(invoices=dues))

    assert warned(firm, header("PORESP", "1000.00", pays("1", "1000.00"))) == []
    assert "cash_above_limit" in warned(firm, header("PORESP", "500.00", pays("2", "500.00", DUEDATE="20241020")))
    split = (pays("3", "900.00"), pays("3", "600.00", "WPA"))
    assert "cash_above_limit" in warned(firm, header("PORESP", "900.00", *split))
    assert "cash_above_limit" in warned(firm, header("PORESP", "600.00", pays("3", "600.00"))), "what is left of it"
    assert "cash_above_limit" not in warned(firm, header("PORESP", "10.00", advance("10.00")))


@pytest.mark.parametrize(
    ("more", "change", "expected"),
    [
        ({}, "PORESP", True),
        ({}, "PORCHQ", False),
        ({"settings": {"cash_limit": "2000"}}, "PORESP", False),
        ({"currency": "CHF"}, "PORESP", False),
    ],
)
def test_only_cash_in_euros_above_the_dossiers_own_limit(
    tmp_path: Path, more: dict[str, Any], change: str, expected: bool
) -> None:
    home = more.get("currency", "EUR")
    bank = {"code": "BNP", "account": "512100", "currency": home}
    firm = Firm(tmp_path, company(invoices=[invoice("1", "1500.00", currency=home)], banks=[bank], **more))

    found = warned(firm, header(change, "1500.00", pays("1", "1500.00"), CURRENCY=home))

    assert ("cash_above_limit" in found) == expected


# ---------------------------------------------------------------- rates


def abroad(folder: Path, **more: Any) -> Firm:
    rates = [
        {"currency": "USD", "date": day, "rate": rate} for day, rate in (("2024-10-01", "0.80"), ("2024-10-15", "0.88"))
    ]
    return Firm(folder, company(rates=rates, invoices=[invoice("1", "100.00", currency="USD", rate="0.88")], **more))


@pytest.mark.parametrize(
    ("home", "percent", "expected"),
    [
        ("96.80", "10", []),
        ("96.81", "10", ["implausible_rate"]),
        ("79.20", "10", []),
        ("79.19", "10", ["implausible_rate"]),
        ("96.81", "11", []),
    ],
)
def test_a_blocked_rate_far_from_the_tables(tmp_path: Path, home: str, percent: str, expected: list[str]) -> None:
    firm = abroad(tmp_path, settings={"rate_percent": percent})
    paid = pays("1", "100.00", MTDEVREGLE="100.00", MTREGLE=home)

    found = warned(firm, header("PORCHQ", "100.00", paid, CURRENCY="USD", MT=home))

    assert found == expected


@pytest.mark.parametrize(("percent", "expected"), [("10", []), ("9", ["implausible_table_rate"])])
def test_a_rate_of_the_table_far_from_the_one_before(tmp_path: Path, percent: str, expected: list[str]) -> None:
    firm = abroad(tmp_path, settings={"rate_percent": percent})

    found = warned(firm, header("PORCHQ", "100.00", pays("1", "100.00"), CURRENCY="USD"))

    assert found == expected
