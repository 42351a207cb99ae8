"""The refusals of sending, each from books in which it is true."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from lettrage.acts import Performed, perform
from lettrage.acts.sending import ReleaseInvoice, SendInvoices
from lettrage.caller import Caller
from lettrage.catalogue import CATALOGUE
from lettrage.commands.rendering import rendered
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.portal import Found
from lettrage.invoicing.sending.parcels import ready
from lettrage.refusal import Refusal
from tests.invoicing.approved import ApprovedSender
from tests.invoicing.brought import bring, firm_of, form
from tests.invoicing.sending import BUYER, DAY, QUALIFICATION, Sender
from tests.invoicing.test_approved_arrivals import status

HOUR = timedelta(hours=1)


def asked(sender: Sender, act: SendInvoices | ReleaseInvoice) -> Performed:
    return perform(act, Caller("anna", "command line", "998"), sender.store, sender.clock)


def sent(sender: Sender) -> list[str]:
    act = SendInvoices((sender.parcel("F1"),), QUALIFICATION, "anna")
    result = asked(sender, act).result
    assert result is not None
    return [reason["code"] for one in result["refused"] for reason in one["reasons"]]


def release(sender: Sender, *, received: bool = False, flow: str = "") -> list[str]:
    act = ReleaseInvoice(sender.numbers["F1"], "F1", QUALIFICATION, "anna", received, flow)
    return [reason["code"] for reason in asked(sender, act).reasons]


def _on_its_way(sender: Sender) -> list[str]:
    sender.dispatch("F1")
    return sent(sender)


def _still_in_doubt(sender: Sender) -> list[str]:
    sender.twin.faults = ["before"]
    sender.dispatch("F1")
    return sent(sender)


def _chorus_has_it(sender: Sender) -> list[str]:
    sender.dispatch("F1")
    sender.live(until=HOUR)
    return sent(sender)


def _chorus_has_another(sender: Sender) -> list[str]:
    sender.twin.faults = ["before"]
    sender.dispatch("F1")
    sender.twin.strangers = [Found("9", "F1", "DEPOSEE", None, "", DAY, "", BUYER, "", "1.00", "EUR", "FACTURE")]
    sender.live(until=HOUR)
    return sent(sender)


def _not_in_doubt(sender: Sender) -> list[str]:
    sender.dispatch("F1")
    return release(sender)


def _being_worked_on(sender: Sender) -> list[str]:
    sender.twin.faults = ["before"]
    sender.dispatch("F1")
    sender.clock.forward(minutes=5)
    seen: list[str] = []

    def at(point: str) -> None:
        if point == "called":
            seen.extend(release(sender))

    sender.worker("two", at=at).work("998")
    return seen


def _approved(sender: Sender) -> ApprovedSender:
    """The same firm's sister, whose invoices leave through an approved platform."""
    folder = sender.folder / "approved"
    folder.mkdir()
    return ApprovedSender(folder)


def _sent_through(sender: ApprovedSender, platform: str) -> list[str]:
    result = asked(sender, SendInvoices((sender.parcel("F1"),), platform, "anna")).result
    assert result is not None
    return [reason["code"] for one in result["refused"] for reason in one["reasons"]]


def _approved_has_it(sender: Sender) -> list[str]:
    approved = _approved(sender)
    approved.dispatch("F1")
    approved.live(until=HOUR)
    return _sent_through(approved, APPROVED)


def _approved_has_another(sender: Sender) -> list[str]:
    approved = _approved(sender)
    approved.intend(approved.parcel("F1"))
    approved.service.foreign = {hashlib.sha256(approved.parcel("F1").file).hexdigest()}
    approved.live(until=HOUR)
    return _sent_through(approved, APPROVED)


def _through_the_other_door(sender: Sender) -> list[str]:
    approved = _approved(sender)
    approved.dispatch("F1")
    return _sent_through(approved, QUALIFICATION)


def _internal_credit_note(sender: Sender) -> list[str]:
    """The buyer has refused F1; F2 cancels it. Of what was not refused a credit note goes."""
    approved = _approved(sender)
    approved.add("F2")
    approved.dispatch("F1")
    approved.live(until=HOUR)
    cancels = msgspec.structs.replace(approved.parcel("F2"), preceding=("F1",), credit=True)
    assert approved.deposits("F1")[0].status == ""
    approved.service.brings(status("210", approved.clock.at, reason="DOUBLON"))
    approved.live(until=2 * HOUR)
    result = asked(approved, SendInvoices((cancels,), APPROVED, "anna")).result
    assert result is not None
    corrects = msgspec.structs.replace(cancels, credit=False)
    other = asked(approved, SendInvoices((corrects,), APPROVED, "anna")).result
    assert other is not None
    assert other["refused"] == []
    return [reason["code"] for one in result["refused"] for reason in one["reasons"]]


def _no_door(sender: Sender) -> list[str]:
    """A business whose directory was never read."""
    folder = sender.folder / "shop"
    folder.mkdir()
    firm = firm_of(folder)
    bring(firm, form(buyer="C2"))
    with firm.store.books("998", writing=False) as books:
        made = ready(books, books.documents_of("F1"), "qualification", rendered)
    return [one.code for one in made.refused.values() if faulty(one) == []]


def faulty(refusal: Refusal) -> list[str]:
    from tests.refusals.test_refusals import faulty_texts

    return faulty_texts(refusal)


SHOWN_OF_SENDING: dict[str, Callable[[Sender], list[str]]] = {
    "on_its_way": _on_its_way,
    "still_in_doubt": _still_in_doubt,
    "chorus_has_it": _chorus_has_it,
    "chorus_has_another": _chorus_has_another,
    "approved_has_it": _approved_has_it,
    "approved_has_another": _approved_has_another,
    "through_the_other_door": _through_the_other_door,
    "internal_credit_note": _internal_credit_note,
    "no_door": _no_door,
    "not_in_doubt": _not_in_doubt,
    "being_worked_on": _being_worked_on,
}


@pytest.mark.parametrize("code", list(SHOWN_OF_SENDING))
def test_the_refusal_is_given_and_told_in_both_languages(code: str, tmp_path: Path) -> None:
    why = {"why": "Une raison.", "why_en": "A reason."} if code == "no_door" else {}
    assert SHOWN_OF_SENDING[code](Sender(tmp_path)) == [code]
    assert CATALOGUE[code].family == "sending"
    assert faulty(Refusal(code, "NUMBER", "F1", QUALIFICATION, why)) == []


# ---------------------------------------------------------------- what a person may say


def test_one_that_chorus_has_not_is_sent_again_at_once_with_the_same_bytes(tmp_path: Path) -> None:
    sender = Sender(tmp_path)
    sender.twin.faults = ["before"]
    sender.dispatch("F1")

    assert release(sender) == []
    sender.work()
    assert sender.outcome("F1") == ""
    assert len(sender.deposits("F1")) == 2
    sender.live(until=HOUR)
    assert sender.outcome("F1") == "integrated"
    assert sender.twin.times_deposited() == {"F1": 1}
    assert ("look_up", "1") not in sender.jobs()


def test_one_that_chorus_has_is_never_sent_again_by_itself(tmp_path: Path) -> None:
    sender = Sender(tmp_path)
    sender.twin.faults = ["before"]
    sender.dispatch("F1")

    assert release(sender, received=True) == []
    sender.live(until=timedelta(hours=50), step=HOUR)
    assert not sender.twin.flows
    assert sender.outcome("F1") == "in_doubt"


def test_one_that_chorus_has_under_a_known_flow_is_followed(tmp_path: Path) -> None:
    sender = Sender(tmp_path)
    sender.twin.faults = ["after"]
    sender.dispatch("F1")

    assert release(sender, received=True, flow=next(iter(sender.twin.flows))) == []
    assert sender.flow("F1")["state"] == "sent"
    sender.live(until=HOUR)
    assert sender.outcome("F1") == "integrated"
