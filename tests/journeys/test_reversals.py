"""Cancelled, returned, presented again: whatever a receipt did comes back to the cent, as often as one likes."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.helpers import (
    Firm,
    OpenFirm,
    advance,
    company,
    deposit,
    header,
    invoice,
    pays,
)
from tests.journeys.reversing import (
    again,
    cancel,
    cancelling,
    refused,
    returning,
    same_but_for,
    unpaid,
    worth,
)


@pytest.fixture
def open_firm(tmp_path: Path) -> Iterator[OpenFirm]:
    """Opens firms whose books must be sound when the test is over."""
    firms: list[Firm] = []

    def open_(**more: Any) -> Firm:
        folder = tmp_path / str(len(firms))
        folder.mkdir()
        firms.append(Firm(folder, company(**more)))
        return firms[-1]

    yield open_
    for firm in firms:
        assert firm.findings() == []


def vat(*rates: tuple[str, str, str], due: str = "debits") -> dict[str, Any]:
    """The VAT of an invoice: rate, base and amount of each line; due on receipts or not."""
    return {"vat_due": due, "vat": [{"rate": r, "base": b, "amount": a} for r, b, a in rates]}


def paid(amount: str, home: str) -> dict[str, str]:
    """What a payment is worth in the settlement's currency and at home."""
    return {"MTDEVREGLE": amount, "MTREGLE": home}


# ---------------------------------------------------------------- every kind of receipt

TWO_RATES = vat(("20", "1000.00", "200.00"), ("5.5", "1000.00", "55.00"), due="receipts")
DINARS = {"currency": "TND", "rate": "0.79"}
DOLLARS = {"currency": "USD", "rate": "0.92"}
OTHER_PAYER: dict[str, Any] = {
    "allow_other_payer": True,
    "third_parties": [
        {"code": "C1", "kind": "customer", "name": "Client 1"},
        {"code": "C2", "kind": "customer", "name": "Client 2"},
        {"code": "F1", "kind": "supplier", "name": "Fournisseur 1"},
    ],
}
RATE = {"rates": [{"currency": "USD", "date": "2024-10-20", "rate": "0.95"}]}

# What the company has, what was done before (if anything), and the cheque that is going to be undone.
RECEIPTS: dict[str, tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]] = {
    "two invoices with a difference": (
        {"invoices": [invoice("87", "3600.00"), invoice("86", "2400.00")]},
        [],
        header("PORCHQ", "5995", pays("87", "3595"), pays("86", "2400"), pays("87", "5", "WDR")),
    ),
    "a gain": (
        {"invoices": [invoice("1", "100.00")]},
        [],
        header("PORCHQ", "102", pays("1", "102"), pays("1", "-2", "WDR")),
    ),
    "a discount with its VAT and a credit note to issue": (
        {"discount_vat": "adjust", "invoices": [invoice("1", "1918.20", **vat(("20", "1598.50", "319.70")))]},
        [],
        header("PORCHQ", "980", pays("1", "980"), pays("1", "918.20", "WPA"), pays("1", "20", "WE")),
    ),
    "VAT on receipts at two rates, in part": (
        {"invoices": [invoice("1", "2255.00", **TWO_RATES)]},
        [],
        header("PORCHQ", "1000", pays("1", "1000"), pays("1", "1255", "WPA")),
    ),
    "VAT on receipts with a difference and a discount": (
        {"discount_vat": "adjust", "invoices": [invoice("1", "2255.00", **TWO_RATES)]},
        [],
        header("PORCHQ", "2190", pays("1", "2190"), pays("1", "60", "WE"), pays("1", "5", "WDR")),
    ),
    "what a first cheque passed on": (
        {"invoices": [invoice("1", "2255.00", **TWO_RATES)]},
        [header("PORCHQ", "1000", pays("1", "1000"), pays("1", "1255", "WPA"))],
        header("PORCHQ", "255", pays("1", "255"), pays("1", "1000", "WPA")),
    ),
    "an advance": ({}, [], header("PORCHQ", "5000", advance("5000"))),
    "an invoice and an advance": (
        {"invoices": [invoice("1", "100.00")]},
        [],
        header("PORCHQ", "150", pays("1", "100"), advance("50")),
    ),
    "an advance consumed in part": (
        {"invoices": [invoice("1", "600.00")]},
        [header("PORCHQ", "500", advance("500"))],
        header("PORCHQ", "200", pays("1", "600"), advance("-400", TRANSAC="1")),
    ),
    "an advance in dollars consumed at its own rate": (
        RATE | {"invoices": [invoice("1", "1000.00", **DOLLARS)]},
        [header("PORCHQ", "700", advance("700", MTDEVREGLE="700", MTREGLE="631"), CURRENCY="USD", MT="631")],
        header("PORCHQ", "500.01", pays("1", "1000"), advance("-499.99", TRANSAC="1"), CURRENCY="USD"),
    ),
    "a credit note offset": (
        {"invoices": [invoice("1", "600.00"), invoice("2", "-150.00")]},
        [],
        header("PORCHQ", "450", pays("1", "600"), pays("2", "-150")),
    ),
    "dinars at a blocked rate, with discounts": (
        {"invoices": [invoice("394", "1000.000", **DINARS), invoice("395", "1500.000", **DINARS)]},
        [],
        header(
            "PORCHQ", "2400", pays("394", "960", **paid("960", "768")), pays("395", "1440", **paid("1440", "1152")),
            pays("394", "40", "WE"), pays("395", "60", "WE"), CURRENCY="TND", MT="1920",
        ),
    ),
    "euros for dollars, with a rest in dollars": (
        {"invoices": [invoice("1", "1000.00", **DOLLARS)]},
        [],
        header(
            "PORCHQ", "545", pays("1", "600", **paid("545", "545")), pays("1", "5", "WDC"), pays("1", "395", "WPA"),
            MT="545",
        ),
    ),
    "somebody else's invoice": (
        OTHER_PAYER | {"invoices": [invoice("1", "100.00", third_party="C2"), invoice("2", "50.00")]},
        [],
        header("PORCHQ", "150", pays("1", "100", THIRDPARTY="C2"), pays("2", "50")),
    ),
}  # fmt: skip


def receive(open_firm: OpenFirm, name: str) -> tuple[Firm, str, dict[str, Any], dict[str, Any]]:
    """A firm with its cheque received: its transaction, and what the books came to before and after."""
    more, first, cheque = RECEIPTS[name]
    firm = open_firm(**more)
    for one in first:
        firm.done(one)
    before = worth(firm)
    received = firm.done(cheque)
    return firm, received, before, worth(firm)


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_cancelled_receipt_leaves_the_books_as_they_were(open_firm: OpenFirm, name: str) -> None:
    firm, received, before, _ = receive(open_firm, name)

    cancelled = cancel(firm, received)

    assert worth(firm) == before
    assert firm.transaction(received)["status"] == "cancelled"
    own, taken_back = firm.entries(received)
    assert (own["reversal_of"], taken_back["reversal_of"]) == (None, own["number"])
    assert taken_back["number"] == cancelled["entry"]
    assert (taken_back["journal"], taken_back["label"]) == (
        "RC",
        f"Annulation transaction {received} : erreur de saisie",
    )
    # What it had made is gone for ever: the same document may come again, and does the same again.
    assert firm.items() == [i for i in firm.items() if i["transaction"] != received]
    _, _, cheque = RECEIPTS[name]
    repeated = firm.send(cheque, repeat="1")
    assert repeated.codes == ["0"], repeated.reasons


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_returned_receipt_opens_again_all_that_it_had_settled(open_firm: OpenFirm, name: str) -> None:
    firm, received, before, after = receive(open_firm, name)

    unpaid(firm, received)

    back = worth(firm)
    assert same_but_for(back, before, "items", "balances", "portfolio"), (back["tasks"], before["tasks"])
    _same_balances_but_passed_on(firm, back, before, after)
    assert firm.portfolio()[-1][0] == "C90"


def _same_balances_but_passed_on(
    firm: Firm, back: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Every account is as before: what a WPA had passed on stays with its successor, on the same account."""
    assert back["balances"] == before["balances"]
    open_before, open_back = (
        sorted((third, piece, due, sum(row[4] for row in rows), sum(row[7] for row in rows))
               for (third, piece, due), rows in _by_piece(reading["items"]))
        for reading in (before, back)
    )  # fmt: skip
    assert [row for row in open_back if row[3]] == [row for row in open_before if row[3]]


def _by_piece(items: list[tuple[Any, ...]]) -> Iterator[tuple[tuple[str, str, str], list[tuple[Any, ...]]]]:
    def key(row: tuple[Any, ...]) -> tuple[str, str, str]:
        return (row[0], row[1], row[2])

    for piece, rows in itertools.groupby(sorted(items, key=key), key=key):
        yield piece, list(rows)


@pytest.mark.parametrize("name", RECEIPTS)
def test_presented_again_and_returned_again_three_times(open_firm: OpenFirm, name: str) -> None:
    firm, received, _, after = receive(open_firm, name)
    last = received
    returned: dict[str, Any] = {}

    for times in (1, 2, 3):
        back = unpaid(firm, last)
        assert back["count"] == times
        returned = returned or worth(firm)
        assert same_but_for(worth(firm), returned, "portfolio")
        last = firm.done(again(back["transaction"]))
        assert same_but_for(worth(firm), after)
        assert firm.findings() == []

    assert cancel(firm, last)["entry"]
    assert same_but_for(worth(firm), returned)
    assert firm.transaction(received)["lineage"][-1] == last


@pytest.mark.parametrize("name", RECEIPTS)
def test_everything_is_cancelled_from_the_last_to_the_first(open_firm: OpenFirm, name: str) -> None:
    firm, received, before, after = receive(open_firm, name)
    banked = firm.done(deposit("REMCDI", {"TRANSAC": received}))
    at_the_bank = worth(firm)
    back = unpaid(firm, banked, fees="15", fees_vat="3")["transaction"]
    returned = worth(firm)
    presented = firm.done(again(back))

    assert refused(firm, cancelling(banked)) == ["moved_on"]
    cancel(firm, presented)
    assert worth(firm) == returned
    cancel(firm, back)
    assert worth(firm) == at_the_bank
    assert refused(firm, cancelling(received)) == ["moved_on"]
    cancel(firm, banked)
    assert worth(firm) == after
    cancel(firm, received)
    assert worth(firm) == before
    assert refused(firm, cancelling(received)) == ["already_cancelled"]


def test_what_is_dated_ahead_is_taken_back_on_its_own_day(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "100.00")])
    number = firm.done(header("PORCHQ", "100", pays("1", "100"), DATE="20241023"))

    cancel(firm, number)

    assert [entry["date"] for entry in firm.entries(number)] == ["2024-10-23", "2024-10-23"]


def test_why_stands_in_one_line_of_the_entry_and_not_in_more_characters_than_a_label(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "100.00"), invoice("2", "100.00")])
    first, second = (firm.done(header("PORCHQ", "100", pays(piece, "100"))) for piece in ("1", "2"))

    assert refused(firm, cancelling(first, "x" * 1_001)) == ["too_long"]
    assert refused(firm, returning(second, reason="x" * 1_001)) == ["too_long"]
    cancel(firm, first, "saisie\nen double\x00")
    unpaid(firm, second, reason="sans\tprovision")

    labels = [entry["label"] for entry in firm.entries()]
    assert labels[-2:] == ["Annulation transaction 1 : saisie en double ", "Impayé C1 : sans provision"]
