"""An invoice that has ended: what it receives afterwards is told to nobody, what was told of it and comes back is."""

import json
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts.cancel import Cancel
from tests.journeys.helpers import advance, deposit, header, pays
from tests.lifecycle.carried import Carried


def services(number: str, **more: Any) -> bytes:
    """1,200.00 at 20 %, VAT on receipts."""
    line = {"name": "Conseil", "price": "1000.00", "vat_rate": "20"}
    given = {"number": number, "date": "2027-07-01", "due_date": "2027-07-31", "buyer": "C1", "lines": [line]}
    return json.dumps(given | {"frame": "S1", "vat_due": "receipts"} | more).encode()


@pytest.fixture
def firm(tmp_path: Path) -> Carried:
    return Carried(tmp_path)


def amounts(firm: Carried, number: str) -> list[tuple[str, str]]:
    firm.live(minutes=10)
    found = [part for one in firm.told(number) for part in one.received]
    return [(part.percent.canonical, part.amount.text) for part in found if part.percent and part.amount]


def test_what_was_told_before_the_end_is_taken_back_and_told_of_the_invoice_in_its_place(firm: Carried) -> None:
    first, instead = firm.carry(services("F-1")), firm.carry(services("F-2"))
    number = firm.pay(first, "600.00", "ENCVIR", pays(first, "600.00", "WPA"), BQC="BNP")
    assert amounts(firm, first) == [("20", "600.00")]

    assert firm.say(first, "220", by_number=instead).result
    firm.live(minutes=10)
    assert firm.act(Cancel(int(number), "payait F-2")).result
    firm.pay(instead, "1200.00", "ENCVIR", BQC="BNP")

    assert amounts(firm, first) == [("20", "600.00"), ("20", "-600.00")]
    assert amounts(firm, instead) == [("20", "1200.00")]


def test_what_an_ended_invoice_receives_is_told_to_nobody_nor_what_comes_back_of_it(firm: Carried) -> None:
    first = firm.carry(services("F-1"))
    firm.pay(first, "600.00", "ENCVIR", pays(first, "600.00", "WPA"), BQC="BNP")
    firm.live(minutes=10)
    firm.say(first, "220", by_number="F-2")
    firm.live(minutes=10)

    later = firm.pay(first, "600.00", "ENCVIR", BQC="BNP")
    assert amounts(firm, first) == [("20", "600.00")]
    assert firm.act(Cancel(int(later), "erreur")).result
    assert amounts(firm, first) == [("20", "600.00")]


def test_a_deposit_and_its_final_invoice_are_told_once(firm: Carried) -> None:
    """1,200.00 in advance, 3,600.00 in all: each receipt on its own invoice, together the whole sale."""
    deposit = firm.carry(services("AC-1"))
    firm.pay(deposit, "1200.00", "ENCVIR", BQC="BNP")
    line = {"name": "Conseil", "price": "3000.00", "vat_rate": "20"}
    final = firm.carry(services("F-1", frame="S4", prepaid="1200.00", preceding="AC-1", lines=[line]))
    firm.pay(final, "2400.00", "ENCVIR", BQC="BNP")

    assert amounts(firm, deposit) == [("20", "1200.00")]
    assert amounts(firm, final) == [("20", "2400.00")]
    assert firm.open_amounts() == []
    assert firm.findings() == []


def test_an_advance_is_told_once_it_is_credited_and_an_invoice_has_used_it(firm: Carried) -> None:
    day = f"{firm.clock.today():%Y%m%d}"
    announced = firm.done(header("PORVIR", "600.00", advance("600.00"), DATE=day))
    number = firm.carry(services("F-1"))
    used = advance("-600.00", TRANSAC=announced)
    firm.done(header("PORCHQ", "0.00", pays(number, "600.00"), pays(number, "600.00", "WPA"), used, DATE=day))
    assert amounts(firm, number) == []

    firm.live(days=2)
    firm.done(deposit("REMVIR", {"TRANSAC": announced}, DATE=f"{firm.clock.today():%Y%m%d}"))
    assert amounts(firm, number) == [("20", "600.00")]
