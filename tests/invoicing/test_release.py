"""What a person says of a document in trouble: Chorus has it, or has it not; whatever the trouble came from."""

from datetime import timedelta
from pathlib import Path

import pytest

from lettrage.acts import Performed, perform
from lettrage.acts.sending import ReleaseInvoice
from lettrage.caller import Caller
from lettrage.invoicing.portal import Found
from tests.invoicing.sending import BUYER, DAY, QUALIFICATION, Sender
from tests.invoicing.twin import DOUBLED

HOUR = timedelta(hours=1)


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def release(sender: Sender, *, received: bool = True, flow: str = "") -> Performed:
    act = ReleaseInvoice(sender.numbers["F1"], "F1", QUALIFICATION, "anna", received, flow)
    return perform(act, Caller("anna", "command line", "998"), sender.store, sender.clock)


def of_chorus(amount: str, number: str = "F1", id_: str = "9") -> Found:
    """An invoice of this number that Chorus has."""
    return Found(id_, number, "DEPOSEE", None, "", DAY, "", BUYER, "", amount, "EUR", "FACTURE")


@pytest.fixture
def doubled(sender: Sender) -> Sender:
    """Taken by the portal, which then says that it has the number: nothing of this flow was ever in doubt."""
    sender.twin.strangers = [of_chorus("1.00")]
    sender.intend(sender.parcel("F1", refused=DOUBLED))
    sender.live(until=3 * HOUR)
    assert sender.outcome("F1") == "numbering_error"
    assert sender.ask("SELECT doubt_since FROM flow") == [("",)]
    return sender


def test_a_numbering_error_that_chorus_still_has_stays_one(doubled: Sender) -> None:
    assert release(doubled).result is not None
    assert doubled.outcome("F1") == "in_doubt"
    doubled.live(until=HOUR)

    assert doubled.outcome("F1") == "numbering_error"
    assert len(doubled.twin.flows) == 1, "what a person says was received is never sent again"
    assert doubled.jobs() == []


def test_a_numbering_error_whose_amount_chorus_mends_is_ours_after_all(doubled: Sender) -> None:
    doubled.twin.strangers = [of_chorus("120.00")]
    assert release(doubled).result is not None
    doubled.live(until=HOUR)

    assert (doubled.outcome("F1"), doubled.deposits("F1")[0].chorus_id) == ("integrated", "9")
    assert len(doubled.twin.flows) == 1


def test_a_numbering_error_that_is_nowhere_any_more_is_looked_for_and_never_sent_again(doubled: Sender) -> None:
    doubled.twin.strangers = []
    assert release(doubled).result is not None
    doubled.live(until=timedelta(days=3))

    assert doubled.outcome("F1") == "in_doubt"
    assert len(doubled.twin.flows) == 1


def test_a_numbering_error_that_a_person_sends_again_goes_once_more(doubled: Sender) -> None:
    doubled.twin.strangers = []
    assert release(doubled, received=False).result is not None
    doubled.live(until=HOUR)

    assert len(doubled.twin.flows) == 2
    assert [one.outcome for one in doubled.deposits("F1")][1:] == ["given_up"]
    assert [kind for kind, _ in doubled.jobs()] == ["follow_flow"]


@pytest.mark.parametrize("received", [True, False])
def test_one_of_a_lot_is_released_and_the_others_stay_as_they_are(tmp_path: Path, received: bool) -> None:
    sender = Sender(tmp_path, documents=2)
    sender.twin.strangers = [of_chorus("1.00")]
    sender.intend(sender.parcel("F1", refused=DOUBLED), sender.parcel("F2"), lots=True)
    sender.live(until=3 * HOUR)
    assert sender.outcomes() == {"F1": "numbering_error", "F2": "integrated"}

    assert release(sender, received=received).result is not None
    sender.live(until=HOUR)
    assert sender.outcomes() == {"F1": "numbering_error" if received else "", "F2": "integrated"}
    assert sender.flow("F2")["state"] == "sent"
