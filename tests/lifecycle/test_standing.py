"""Where an invoice stands by what was received of it, and came back: the same for whoever asks."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from lettrage.acts.cancel import Cancel
from lettrage.acts.telling import declare_all
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.explaining.standing import standing_of
from lettrage.invoicing.sending.outbox import Event
from tests.journeys.helpers import Ran, pays, run_here
from tests.lifecycle.carried import RULES, Carried
from tests.lifecycle.test_ended import services

TOTAL = "1200.00"


@pytest.fixture
def firm(tmp_path: Path) -> Carried:
    return Carried(tmp_path)


def run(firm: Carried, *arguments: str) -> Ran:
    return run_here(*arguments, folder=firm.folder, env={"LETTRAGE_DATABASE": firm.address})


def stands(firm: Carried, number: str) -> str:
    """Where it stands, once for all: the store, the command, what explains it."""
    firm.live(minutes=10)
    with firm.store.books(firm.dossier, writing=False) as books:
        explained = standing_of(books, books.documents_of(number), APPROVED)
    assert explained is not None
    shown = json.loads(run(firm, "--json", "invoice", "show", number).out)["state"]
    (listed,) = json.loads(run(firm, "--json", "invoice", "list").out)
    kept = firm.status(number)
    assert {explained.state, shown, listed["state"]} == {kept or "integrated"}
    return kept


def words(firm: Carried, number: str) -> list[tuple[str, str]]:
    """What its life says of money that was declared: French and English."""
    return [(one.fr, one.en) for one in firm.story(number) if one.kind == "said"]


def followed(firm: Carried, number: str) -> bool:
    with firm.store.books(firm.dossier, writing=False) as books:
        return books.deposits_of(firm.documents[number], APPROVED)[0].followed


@pytest.mark.parametrize("approved", [False, True])
def test_a_cheque_that_bounced_is_not_received(firm: Carried, *, approved: bool) -> None:
    number = firm.carry(services("F-1"))
    if approved:
        heard = Event(firm.documents[number], "history", "205", firm.clock.now(), "CDV-1")
        firm.store.write(firm.dossier, lambda books: books.tell(APPROVED, [heard], firm.clock.now()))
    firm.live(days=1)
    paid = firm.pay(number, TOTAL, "PORCHQ")
    assert stands(firm, number) == "212"
    assert not followed(firm, number)

    firm.live(days=2)
    assert firm.act(ReportUnpaid(int(paid))).result
    assert stands(firm, number) == ("205" if approved else "")
    assert followed(firm, number) != 0, "its payment is waited for again"
    assert words(firm, number) == [("Encaissée", "Received"), ("Encaissement repris", "Receipt taken back")]
    assert "Encaissement repris" in run(firm, "lifecycle", "history", number).out

    firm.pay(number, TOTAL, "ENCVIR", BQC="BNP")
    assert stands(firm, number) == "212"


def test_what_is_received_in_part_is_not_received(firm: Carried) -> None:
    number = firm.carry(services("F-1"))
    firm.pay(number, "500.00", "ENCVIR", pays(number, "700.00", "WPA"), BQC="BNP")
    assert stands(firm, number) == "partly_received"
    assert followed(firm, number)
    assert "Encaissée en partie" in run(firm, "invoice", "list").out

    rest = firm.pay(number, "700.00", "ENCVIR", BQC="BNP")
    assert stands(firm, number) == "212"
    assert firm.act(Cancel(int(rest), "erreur")).result
    assert stands(firm, number) == "partly_received"


def test_what_a_discount_closed_is_received_whole(firm: Carried) -> None:
    number = firm.carry(services("F-1"))
    firm.pay(number, "1180.00", "PORESP", pays(number, "20.00", "WE"))
    assert stands(firm, number) == "212"


def test_a_refused_invoice_stays_refused_whatever_comes_back(firm: Carried) -> None:
    number = firm.carry(services("F-1"))
    paid = firm.pay(number, TOTAL, "ENCVIR", BQC="BNP")
    assert stands(firm, number) == "212"
    assert firm.say(number, "220", by_number="F-2").result
    assert stands(firm, number) == "220"
    assert firm.act(Cancel(int(paid), "erreur")).result
    assert stands(firm, number) == "220"


def test_what_is_missing_to_decide_is_told_once_and_stops_nothing(tmp_path: Path) -> None:
    """Two payments of an invoice wait for the same word: the size of the company."""
    firm = Carried(tmp_path, declarant={"vat_regime": "real_monthly"})
    number, other = firm.carry(services("F-1")), firm.carry(services("F-2"))
    firm.pay(number, "500.00", "ENCVIR", pays(number, "700.00", "WPA"), BQC="BNP")
    firm.pay(number, "700.00", "ENCVIR", BQC="BNP")
    firm.live(minutes=10)

    assert firm.said(number) == firm.said(other) == []
    (kept_back,) = declare_all(firm.store, firm.dossier, RULES, firm.clock.now())["kept_back"]
    assert (kept_back["number"], [one["code"] for one in kept_back["reasons"]]) == (number, ["report_size"])
    assert {one.code for one in firm.alerts} == {"payment_not_declared"}


def test_a_clock_ahead_of_ours_puts_nothing_out_of_order(firm: Carried) -> None:
    """A platform that dates days ahead: its word before our receipt stays before it, and both moments are shown."""
    number = firm.carry(services("F-1"))
    ahead = firm.clock.now() + timedelta(days=9)
    heard = [Event(firm.documents[number], "history", code, ahead + timedelta(minutes=n), f"CDV-{n}")
             for n, code in enumerate(("204", "205"))]  # fmt: skip
    at = firm.clock.now()
    firm.store.write(firm.dossier, lambda books: books.tell(APPROVED, heard, at))
    firm.live(days=1)
    firm.pay(number, TOTAL, "ENCVIR", BQC="BNP")

    assert stands(firm, number) == "212", "the latest thing that happened"
    told = [one for one in firm.story(number) if one.kind in ("status", "said")]
    assert [one.code for one in told] == ["204", "205", "212"]
    assert [(one.at, one.heard) for one in told[:2]] == [(heard[0].at, at), (heard[1].at, at)]
    assert told[2].heard is None
    assert "appris le" in run(firm, "lifecycle", "history", number).out
