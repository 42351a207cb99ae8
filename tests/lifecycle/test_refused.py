"""A receipt that the platform, or the tax office, refuses: it stands where people look, until it is told again."""

from pathlib import Path

import pytest

from lettrage.acts.telling import TellAgain
from lettrage.invoicing.document import Note
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.formats import cdar
from lettrage.invoicing.lifecycle.message import (
    BETWEEN_PLATFORMS,
    PPF,
    Acknowledgement,
    Detail,
    Message,
    Reference,
)
from lettrage.invoicing.lifecycle.sent import invoice_in
from lettrage.invoicing.sending.refused import REJECTED, UNASSIGNED
from tests.invoicing import samples
from tests.journeys.helpers import pays
from tests.lifecycle.carried import Carried, dated

pytestmark = samples.needed
CASE = samples.FOLDER / "fr-ctc" / "xp-z12-014" / "UC1"


def test_a_refused_receipt_waits_for_a_person_and_is_told_again(tmp_path: Path) -> None:
    firm = Carried(tmp_path)
    number = firm.carry(dated(next(CASE.glob("*_CII.xml")).read_bytes()))
    firm.service.refuses = ["InvoiceLCAmountError"]
    firm.pay(number, "12000.00")
    firm.live(minutes=10)

    (said,) = firm.said(number)
    assert (said.outcome, said.stands) == ("rejected", True)
    (point,) = (one for one in firm.story(number) if one.kind == "said")
    assert [one.code for one in point.reasons] == ["ack_status_amount"]
    assert f"lettrage lifecycle again {said.id}" in point.reasons[0].shape["fix_fr"]
    with firm.store.books(firm.dossier, writing=False) as books:
        waits = {one.kind: one for one in books.to_do("qualification", firm.clock.today())}
    assert waits["messages"].facts["code"] == "InvoiceLCAmountError"
    firm.live(hours=2)
    assert len(firm.said(number)) == 1, "nothing is told again by itself"

    assert firm.act(TellAgain(said.id, APPROVED)).result is not None
    firm.live(minutes=10)

    assert [(one.outcome, one.stands) for one in firm.said(number)] == [("rejected", False), ("accepted", True)]
    assert firm.status(number) == "212"
    assert len(firm.told(number)) == 2


# ---------------------------------------------------------------- refused by the tax office, after it was taken


@pytest.fixture
def paid(tmp_path: Path) -> tuple[Carried, str]:
    """A firm whose receipt the platform took."""
    firm = Carried(tmp_path)
    number = firm.carry(dated(next(CASE.glob("*_CII.xml")).read_bytes()))
    firm.pay(number, "2000.00", "PORCHQ", pays(number, "10000.00", "WPA"))
    firm.live(minutes=10)
    assert [one.outcome for one in firm.said(number)] == ["accepted"]
    return firm, number


def own_number(firm: Carried, which: int = -1) -> str:
    """The number of a message of ours, as its file has it."""
    return firm.service.statuses()[which].id


def refusal(about: str, code: str = "601", reason: str = "REJ_ENCAISSEMENT", id_: str = "PPF-1") -> bytes:
    """The tax office refuses what we said."""
    detail = Detail(reason, "Contrôle des encaissements", sequence=1, notes=(Note("[G7.45] taux"),))
    reference = Reference(about, code, "305", details=(detail,))
    return cdar.render(Message(BETWEEN_PLATFORMS, id_, (Acknowledgement("305", (reference,)),), issuer=PPF))


def waiting(firm: Carried) -> dict[str, dict[str, str]]:
    """What the home page has to be done, with its facts."""
    with firm.store.books(firm.dossier, writing=False) as books:
        return {one.kind: dict(one.facts) for one in books.to_do("qualification", firm.clock.today())}


def became(firm: Carried) -> list[str]:
    return [row[0] for row in firm.ask("SELECT became FROM arrival WHERE type = 'CustomerInvoiceLC' ORDER BY number")]


@pytest.mark.parametrize("named", ["the message", "its flow", "its invoice"])
def test_a_status_that_the_tax_office_refuses_waits_for_a_person(paid: tuple[Carried, str], named: str) -> None:
    firm, number = paid
    flow = list(firm.service.taken)[-1]
    firm.hears(refusal({"the message": own_number(firm), "its flow": flow, "its invoice": number}[named]))

    (said,) = firm.said(number)
    assert (said.outcome, said.stands, said.errors[0].code) == ("rejected", True, "REJ_ENCAISSEMENT")
    assert said.errors[0].text == "Contrôle des encaissements [G7.45] taux"
    assert became(firm) == ["read"]
    assert [(one.code, one.facts["code"]) for one in firm.alerts] == [(REJECTED, "212")]
    assert waiting(firm)["messages"] == {
        "document": str(said.document), "code": "REJ_ENCAISSEMENT", "text": said.errors[0].text
    }  # fmt: skip
    points = firm.story(number)
    (own,) = (one for one in points if one.kind == "said")
    assert (own.outcome, [one.code for one in own.reasons]) == ("rejected", ["ack_status_amount"])
    assert f"lettrage lifecycle again {said.id}" in own.reasons[0].shape["fix_fr"]
    (heard,) = (one for one in points if one.code == "601")
    assert (heard.kind, heard.by, [one.code for one in heard.reasons]) == (
        "status", "PPF DFH", ["REJ_ENCAISSEMENT"]
    )  # fmt: skip
    assert firm.status(number) == "212", "what is refused of a message is no status of the invoice"


def test_what_the_tax_office_refused_is_told_again_once_somebody_says_so(paid: tuple[Carried, str]) -> None:
    firm, number = paid
    firm.hears(refusal(own_number(firm)))
    firm.live(hours=2)
    (said,) = firm.said(number)

    assert firm.act(TellAgain(said.id, APPROVED)).result is not None
    firm.live(minutes=10)
    assert [(one.outcome, one.stands) for one in firm.said(number)] == [("rejected", False), ("accepted", True)]
    assert "messages" not in waiting(firm)

    firm.hears(refusal(own_number(firm, 0)))
    assert [one.outcome for one in firm.said(number)] == ["rejected", "accepted"], "heard again, it changes nothing"
    firm.hears(refusal(own_number(firm, -1), id_="PPF-2"))
    assert [one.outcome for one in firm.said(number)] == ["rejected", "rejected"]


def test_a_refusal_that_names_the_invoice_alone_is_guessed_at_no_message(paid: tuple[Carried, str]) -> None:
    firm, number = paid
    firm.pay(number, "1000.00", "PORCHQ", pays(number, "9000.00", "WPA"))
    firm.live(minutes=10)
    firm.hears(refusal(number))

    assert [one.outcome for one in firm.said(number)] == ["accepted", "accepted"]
    assert [one.code for one in firm.story(number) if one.code == "601"] == ["601"]
    assert [one.code for one in firm.alerts] == [UNASSIGNED]
    assert became(firm) == ["read"]


def test_a_refusal_of_nothing_of_ours_is_told(paid: tuple[Carried, str]) -> None:
    firm, number = paid
    firm.hears(refusal("F-UNKNOWN_212_20270701120000#380_20270701"))

    assert (became(firm), [one.code for one in firm.alerts]) == (["nobody's"], [UNASSIGNED])
    assert [one.outcome for one in firm.said(number)] == ["accepted"]


def test_a_flow_that_is_inadmissible_is_a_message_refused(paid: tuple[Carried, str]) -> None:
    firm, number = paid
    firm.hears(refusal(own_number(firm), "501", "IRR_SYNTAX"))

    assert [(one.outcome, one.errors[0].code) for one in firm.said(number)] == [("rejected", "IRR_SYNTAX")]


def test_a_refusal_holds_whoever_hears_later_that_it_was_taken(paid: tuple[Carried, str]) -> None:
    firm, number = paid
    (taken,) = firm.said(number)
    firm.hears(refusal(own_number(firm)))
    firm.store.write(firm.dossier, lambda books: books.set_messages([taken]))

    assert [one.outcome for one in firm.said(number)] == ["rejected"]


def test_the_invoice_stands_in_the_number_of_its_messages(paid: tuple[Carried, str]) -> None:
    firm, number = paid

    assert invoice_in(own_number(firm)) == number
    assert [invoice_in(other) for other in ("", "F-1", "#", "a_b#c", "F_1_212_20260101000000#380_x")] == [
        "", "", "", "", "F_1"
    ]  # fmt: skip
