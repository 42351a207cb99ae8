"""The worked examples of the reference on settlements, one after the other: each figure comes out of the program.

An example is what the company has, the settlements, and for each of them what every account was debited and credited
with. Those of bank files and of the FEC are tried where those are.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lettrage.books.reports import Asked, draw, shape
from tests.journeys.helpers import Firm, advance, company, deposit, header, instrument, invoice, pays
from tests.journeys.reversing import unpaid

Step = dict[str, Any] | Callable[[list[str]], dict[str, Any]]  # of what came before: the numbers of its transactions
Sums = dict[str, str]  # account -> what it was debited with, credited below zero; several on one account apart


@dataclass
class Example:
    """What the company has, what it is sent, and each entry that must come of it."""

    place: str
    holds: dict[str, Any]
    steps: list[Step]
    entries: list[Sums]
    open_after: list[str] = field(default_factory=list)


def vat(*rates: tuple[str, str, str], due: str = "debits") -> dict[str, Any]:
    return {"vat_due": due, "vat": [{"rate": r, "base": b, "amount": a} for r, b, a in rates]}


def worth(amount: str, home: str) -> dict[str, str]:
    return {"MTDEVREGLE": amount, "MTREGLE": home}


def dinars(rate: str) -> dict[str, Any]:
    return {"currency": "TND", "rate": rate}


def seed_e(rate: str) -> dict[str, Any]:
    return {"invoices": [invoice("394", "1000.000", **dinars(rate)), invoice("395", "1500.000", **dinars(rate))]}


SEED_E = header(
    "PORCHQ", "2400", pays("394", "960", **worth("960", "768")), pays("395", "1440", **worth("1440", "1152")),
    pays("394", "40", "WE"), pays("395", "60", "WE"), MT="1920", CURRENCY="TND",
)  # fmt: skip
SEED_A = header("PORCHQ", "5995", pays("87", "3595"), pays("86", "2400"), pays("87", "5", "WDR"))
TWO: dict[str, Any] = {"invoices": [invoice("87", "3600.00"), invoice("86", "2400.00")]}
SERVICES = vat(("20", "3000.00", "600.00"), due="receipts")
GROSS = {"invoices": [invoice("10002797", "1918.20", **vat(("20", "1598.50", "319.70")))]}
TRANCHE = header(
    "PORESP", "980", pays("10002797", "980"), pays("10002797", "20", "WE"), pays("10002797", "918.20", "WPA")
)
REST = header("PORCHQ", "918.20", pays("10002797", "918.20"))
DOLLARS = {"currency": "USD", "rate": "0.92"}
SUPPLIER = {"third_party": "F1"}


EXAMPLES = [
    Example(
        "1.3, example 1: cheque of 5 995.00, then its deposit", TWO,
        [SEED_A, lambda done: deposit("REMCDI", {"TRANSAC": done[0]})],
        [{"511200": "5995.00", "658000": "5.00", "411000": "-6000.00"}, {"512100": "5995.00", "511200": "-5995.00"}],
    ),
    Example(
        "1.4, example 3: supplier invoice of 1 200.00, discount of 2 % with its VAT",
        {"discount_vat": "adjust"}
        | {"invoices": [invoice("S1", "1200.00", **SUPPLIER, **vat(("20", "1000.00", "200.00")))]},
        [header("PAYVIR", "1176", pays("S1", "1176"), pays("S1", "24", "WE"), BQC="BNP")],
        [{"401000": "1200.00", "512100": "-1176.00", "765000": "-20.00", "445660": "-4.00"}],
    ),
    Example(
        "2.1: services, VAT on receipts: 599.17 due, 4.17 and 0.83 of the difference",
        {"invoices": [invoice("87", "3600.00", **SERVICES)]},
        [header("PORCHQ", "3595", pays("87", "3595"), pays("87", "5", "WDR"))],
        [{"511200": "3595.00", "658000": "4.17", "445800": "600.00", "445710": "-599.17", "411000": "-3600.00"}],
    ),
    Example(
        "2.2: advance of 5 000, which waits as a debt to the customer", {},
        [header("PORCHQ", "5000", advance("5000"))],
        [{"511200": "5000.00", "419100": "-5000.00"}],
        ["-5000.00"],
    ),
    Example(
        "2.3: 1 900 = 1 000 in cash and 900 by cheque", {"invoices": [invoice("10002797", "1900.00")]},
        [
            header("PORESP", "1000", pays("10002797", "1000"), pays("10002797", "900", "WPA")),
            header("PORCHQ", "900", pays("10002797", "900")),
        ],
        [{"530000": "1000.00", "411000": "-1000.00"}, {"511200": "900.00", "411000": "-900.00"}],
    ),
    Example(
        "2.4: 980 + 918.20 + discount of 20 with its VAT", {"discount_vat": "adjust"} | GROSS, [TRANCHE, REST],
        [
            {"530000": "980.00", "665000": "16.67", "445710": "3.33", "411000": "-1000.00"},
            {"511200": "918.20", "411000": "-918.20"},
        ],
    ),
    Example(
        "2.4: the same net de taxe", GROSS, [TRANCHE, REST],
        [{"530000": "980.00", "665000": "20.00", "411000": "-1000.00"}, {"511200": "918.20", "411000": "-918.20"}],
    ),
    Example(
        "2.6: deposit by criteria of 3 400 and 2 400",
        {"portfolio": [instrument("508", "2400.00"), instrument("661", "3400.00")]},
        [
            deposit(
                "REMCDI", {"ETATORI": "C30", "MTORI": "3400", "TIERS": "C1"},
                {"ETATORI": "C30", "MTORI": "2400", "TIERS": "C1"}, AMOUNT="5800",
            )
        ],
        [{"512100": "5800.00", "511200": "-5800.00"}],
    ),
    Example(
        "3.3, example 4: 2 400 TND at 1 920 EUR, booked at 0.79", seed_e("0.79"), [SEED_E],
        [{"511200": "1920.00", "665000": "79.00", "411000": "-1975.00", "756000": "-24.00"}],
    ),
    Example(
        "3.3, example 4: booked at 0.82", seed_e("0.82"), [SEED_E],
        [{"511200": "1920.00", "665000": "82.00", "656000": "48.00", "411000": "-2050.00"}],
    ),
    Example(
        "3.3, example 4: booked at 0.80, no difference", seed_e("0.80"), [SEED_E],
        [{"511200": "1920.00", "665000": "80.00", "411000": "-2000.00"}],
    ),
    Example(
        "3.3, example 5: 905.00 EUR for 1 000.00 USD booked at 920.00",
        {"invoices": [invoice("1", "1000.00", **DOLLARS)]},
        [header("ENCVIR", "905", pays("1", "1000", **worth("905", "905")), MT="905", BQC="BNP")],
        [{"512100": "905.00", "656000": "15.00", "411000": "-920.00"}],
    ),
    Example(
        "3.3, example 5: its mirror at a supplier's",
        {"invoices": [invoice("1", "1000.00", **SUPPLIER, **DOLLARS)]},
        [header("PAYVIR", "905", pays("1", "1000", **worth("905", "905")), MT="905", BQC="BNP")],
        [{"401000": "920.00", "512100": "-905.00", "756000": "-15.00"}],
    ),
    Example(
        "3.4: 995 USD and a WDC of 5 USD: 10.40 + 4.60",
        {"invoices": [invoice("1", "1000.00", **DOLLARS)]},
        [header("ENCVIR", "905", pays("1", "995", **worth("905", "905")), pays("1", "5", "WDC"), MT="905", BQC="BNP")],
        [{"512100": "905.00", "656000": "15.00", "411000": "-920.00"}],
    ),
    Example(
        "3.5: 1 000.000 TND carried at 301.10, paid in three: 100.37, 100.37, 100.36",
        {"invoices": [invoice("1", "1000.000", **dinars("0.3011"))]},
        [
            header("ENCVIR", "333.333", pays("1", "333.333", **worth("333.333", "100.37")),
                   pays("1", "666.667", "WPA"), MT="100.37", CURRENCY="TND", BQC="BNP"),
            header("ENCVIR", "333.333", pays("1", "333.333", **worth("333.333", "100.37")),
                   pays("1", "333.334", "WPA"), MT="100.37", CURRENCY="TND", BQC="BNP"),
            header("ENCVIR", "333.334", pays("1", "333.334", **worth("333.334", "100.36")),
                   MT="100.36", CURRENCY="TND", BQC="BNP"),
        ],
        [
            {"512100": "100.37", "411000": "-100.37"},
            {"512100": "100.37", "411000": "-100.37"},
            {"512100": "100.36", "411000": "-100.36"},
        ],
    ),
    Example(
        "8.4: 918.20 received at 20 %: 153.03 of VAT",
        {"invoices": [invoice("1", "1918.20", **vat(("20", "1598.50", "319.70"), due="receipts"))]},
        [header("PORCHQ", "918.20", pays("1", "918.20"), pays("1", "1000", "WPA"))],
        [{"511200": "918.20", "445800": "153.03", "445710": "-153.03", "411000": "-918.20"}],
        ["1000.00"],
    ),
]  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
def test_an_example_comes_out(example: Example, tmp_path: Path) -> None:
    firm = Firm(tmp_path, company(**example.holds))
    done: list[str] = []
    for step in example.steps:
        done.append(firm.done(step(done) if callable(step) else step, repeat="1"))

    assert [sums(firm, number) for number in done] == example.entries
    assert [amount for _, _, amount in firm.open_amounts()] == example.open_after
    assert firm.findings() == []


def sums(firm: Firm, number: str) -> Sums:
    """What the entry of a transaction debits each account with, in all; credited below zero."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    (entry,) = firm.entries(number)
    for line in entry["lines"]:
        found[line["account"]] += Decimal(line["debit"]) - Decimal(line["credit"])
    return {account: str(amount) for account, amount in found.items()}


def test_example_2_the_cheque_of_example_1_bounces(tmp_path: Path) -> None:
    firm = Firm(tmp_path, company(**TWO))
    banked = firm.done(deposit("REMCDI", {"TRANSAC": firm.done(SEED_A)}))

    back = unpaid(firm, banked, fees="15", fees_vat="3")

    assert sums(firm, back["transaction"]) == {
        "411000": "6000.00",  # 5 995.00 of the cheque, and the 5.00 whose reason has gone
        "658000": "-5.00",
        "512100": "-6013.00",
        "627800": "15.00",
        "445660": "3.00",
    }


def test_3_5_a_thousand_euros_over_three_equal_due_items(tmp_path: Path) -> None:
    due = [{"due_date": f"2024-10-2{n}", "amount": "1111.111"} for n in (0, 1, 2)]
    firm = Firm(tmp_path, company(invoices=[invoice("1", currency="TND", rate="0.30", due_items=due)]))

    with firm.store.books("998", writing=False) as books:
        assert [item.carried for item in books.due_of_party("C1")] == [333_34, 333_33, 333_33]


# ---------------------------------------------------------------- 8.3: interest for late payment

RATES = {"ecb": [{"from": "2026-01-01", "rate": "2.15"}], "b2b_points": "10", "b2g_points": "8", "indemnity": "40.00"}
LATE = invoice("1", due_items=[{"due_date": "2026-03-31", "amount": "3600.00"}], date="2026-03-01")
MAY = datetime(2026, 5, 15, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("siret", "rate", "interest", "total"),
    [("73282932000074", "12.15", "53.93", "93.93"), ("21750001600019", "10.15", "45.05", "85.05")],
    ids=["between companies", "owed by a public buyer"],
)
@pytest.mark.parametrize("settled", [True, False], ids=["paid on 15 May", "still open on 15 May"])
def test_example_6_interest_for_45_days(
    siret: str, rate: str, interest: str, total: str, settled: bool, tmp_path: Path
) -> None:
    party = {"code": "C1", "kind": "customer", "name": "Client 1", "siret": siret}
    firm = Firm(tmp_path, company(late_payment=RATES, invoices=[LATE], third_parties=[party]), at=MAY)
    if settled:
        firm.done(header("PORCHQ", "3600", pays("1", "3600"), DATE="20260515"))

    with firm.store.books("998", writing=False) as books:
        drawn = shape(draw(books, Asked("interest", date(2026, 5, 15))))

    (row,) = [row for row in drawn["sections"][0]["rows"] if row["row"] == "line"]
    assert (row["base"], row["days"], row["rate"], row["interest"]) == ("3600.00", 45, rate, interest)
    assert (row["indemnity"], row["sum"], row["paid_on"]) == ("40.00", total, "2026-05-15" if settled else None)
    assert drawn["totals"][0]["sum"] == total
