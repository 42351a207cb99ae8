"""Advance invoices and the final one: the sale is in the books once, and what is received is told once."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from lettrage.commands.rendering import rendered
from tests.invoicing.brought import bring, document, firm_of, form, outcomes, performed, result, sales_entry
from tests.journeys.helpers import Firm, header, pays
from tests.vat.helpers import shown

PAINT = {"name": "Peinture", "price": "1000.00", "vat_rate": "10"}
WORK = {"name": "Étude", "price": "3000.00", "vat_rate": "20"}


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return firm_of(tmp_path)


def advance(number: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An advance invoice for services."""
    return form(number, lines=list(lines), frame="S1", vat_due="receipts") | more


def final(number: str = "FIN", **more: Any) -> dict[str, Any]:
    """4,700.00 in all: 3,600.00 at 20 %, 1,100.00 at 10 %; 1,420.00 of it paid by the advance invoice AC."""
    given = {"frame": "S4", "vat_due": "receipts", "prepaid": "1420.00", "preceding": "AC"}
    return form(number, lines=[WORK, PAINT]) | given | more


OF_BOTH = WORK | {"price": "1000.00"}, PAINT | {"price": "200.00"}  # 1,200.00 and 220.00


def test_a_final_invoice_books_what_it_adds_to_its_advance_invoice(firm: Firm) -> None:
    bring(firm, advance("AC", *OF_BOTH))
    firm.done(header("PORCHQ", "1420.00", pays("AC", "1420.00")))
    (line,) = bring(firm, final())

    assert line["warnings"] == []
    assert sales_entry(firm, line["entry"]) == [
        ("411000", "3280.00", "0.00"), ("445800", "0.00", "400.00"), ("445800", "0.00", "80.00"),
        ("707000", "0.00", "2800.00"),
    ]  # fmt: skip
    assert firm.open_amounts() == [("FIN", "EUR", "3280.00")]
    assert document(firm, "FIN").totals.gross == 470000
    firm.done(header("PORCHQ", "3280.00", pays("FIN", "3280.00")))
    assert [(row[1], row[2], row[5]) for row in shown(firm)] == [
        ("AC", "10", "220.00"), ("AC", "20", "1200.00"), ("FIN", "10", "880.00"), ("FIN", "20", "2400.00"),
    ]  # fmt: skip
    assert firm.findings() == []


def test_both_in_one_file_and_again(firm: Firm) -> None:
    both = advance("AC", *OF_BOTH), final()

    assert outcomes(bring(firm, *both)) == ["posted", "posted"]
    assert firm.open_amounts() == [("AC", "EUR", "1420.00"), ("FIN", "EUR", "3280.00")]
    assert outcomes(bring(firm, *both)) == ["already", "already"]
    assert outcomes(bring(firm, final(terms="Trente jours"))) == ["corrected"]
    assert firm.findings() == []


def test_one_booked_whole_before_its_advance_invoice_came_stays_whole(firm: Firm) -> None:
    bring(firm, final())
    bring(firm, advance("AC", *OF_BOTH))

    assert outcomes(bring(firm, final())) == ["already"]
    assert firm.findings() == []


@pytest.mark.parametrize(
    "more",
    [{"prepaid": "1400.00"}, {"lines": [WORK | {"price": "4000.00"}]}, {"lines": list(OF_BOTH)}],
    ids=["another amount", "a rate that is not in it", "nothing left"],
)
def test_what_cannot_be_taken_off_is_booked_whole_and_told(firm: Firm, more: dict[str, Any]) -> None:
    bring(firm, advance("AC", *OF_BOTH))
    (line,) = bring(firm, final(**more))

    assert [(one["code"], one["expected"]) for one in line["warnings"]] == [("advance_not_deducted", "AC")]
    whole = sum(int(amount.replace(".", "")) for piece, _, amount in firm.open_amounts() if piece == "FIN")
    assert whole == document(firm, "FIN").totals.gross
    assert firm.findings() == []


def test_an_advance_without_an_invoice_settles_what_is_due_at_once(firm: Firm) -> None:
    (line,) = bring(firm, final())

    assert line["warnings"] == []
    assert firm.open_amounts() == [("FIN", "EUR", "1420.00"), ("FIN", "EUR", "3280.00")]


@pytest.mark.parametrize(("frame", "account"), [("S1", "445800"), ("S4", "445800"), ("B1", "445710"), ("M1", "445710")])
@pytest.mark.parametrize("syntax", ["ubl", "cii"])
def test_a_file_of_services_that_says_nothing_has_vat_on_receipts(
    firm: Firm, frame: str, account: str, syntax: Any
) -> None:
    """The law's rule for services: who has opted for debits must say so on the invoice."""
    bring(firm, form("F0", frame="S1"))
    silent = replace(document(firm, "F0"), number="F1", frame=frame, vat_due="")
    (line,) = result(performed(firm, rendered(silent, syntax, "platform")))

    assert (account, "0.00", "40.00") in sales_entry(firm, line["entry"])
    told = {"S": ["vat_due_assumed"], "M": ["vat_due_mixed"], "B": []}
    assert [one["code"] for one in line["warnings"]] == told[frame[0]]
