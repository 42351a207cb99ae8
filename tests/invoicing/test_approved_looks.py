"""The list of sales and the home page know what left through an approved platform, and what became of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from lettrage.books.today import Waiting
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.sending.listing import Wanted
from tests.databases import edit
from tests.invoicing.approved import ApprovedSender, saying
from tests.invoicing.sending import QUALIFICATION
from tests.invoicing.test_approved_arrivals import status
from tests.journeys.helpers import company, invoice

HOUR = timedelta(hours=1)


@pytest.fixture
def sender(tmp_path: Path) -> ApprovedSender:
    """Sales F1 to F4 in the books, of a customer who is no public body."""
    sender = ApprovedSender(tmp_path, 4)
    sender.load(company("998", invoices=[invoice(number, "120.00") for number in sender.numbers]))
    edit(
        sender.address,
        "UPDATE sales_document SET invoice = (SELECT v.id FROM invoice v"
        " WHERE v.dossier = sales_document.dossier AND v.number = sales_document.number)",
    )
    return sender


def views(sender: ApprovedSender) -> dict[str, tuple[str, str]]:
    """Each sale's state and view; that each view's own list has just these."""
    with sender.store.books("998", writing=False) as books:
        lines, _ = books.invoices_listed(QUALIFICATION, Wanted("toutes"), (), 50)
        for view in {line.view for line in lines}:
            listed, _ = books.invoices_listed(QUALIFICATION, Wanted(view), (), 50)
            assert {one.number for one in listed} == {line.number for line in lines if line.view == view}
            assert books.invoice_counts(QUALIFICATION)[view].count == len(listed)
    return {line.number: (line.state, line.view) for line in lines}


def to_do(sender: ApprovedSender) -> list[Waiting]:
    with sender.store.books("998", writing=False) as books:
        found = books.to_do(QUALIFICATION, sender.clock.today())
    return [one for one in found if one.kind in ("rejected", "messages", "suspended", "doubtful")]


def test_what_left_through_an_approved_platform_is_listed_where_it_stands(sender: ApprovedSender) -> None:
    assert {*views(sender).values()} == {("not_sent", "sans_plateforme")}

    sender.dispatch(*sender.numbers)
    sender.live(until=HOUR)
    for number, code in {"F1": "205", "F2": "208", "F3": "210", "F4": "211"}.items():
        sender.service.brings(status(code, sender.clock.at, number))
    sender.live(until=2 * HOUR)

    assert views(sender) == {
        "F1": ("205", "chez_le_client"),
        "F2": ("208", "suspendues"),
        "F3": ("210", "a_corriger"),
        "F4": ("211", "mises_en_paiement"),
    }
    assert [(one.kind, one.count) for one in to_do(sender)] == [("rejected", 1), ("suspended", 1)]
    assert to_do(sender)[0].facts == {"by_chorus": "0", "by_customer": "1"}
    with sender.store.books("998", writing=False) as books:
        assert [one.number for one in books.announced(QUALIFICATION)] == ["F4"]
        running = books.running(QUALIFICATION, sender.clock.today())
    assert running.fetch_next
    assert running.followed == 4


def test_the_door_that_an_invoice_left_by_last_says_where_it_stands(sender: ApprovedSender) -> None:
    sender.intend(sender.parcel("F1", refused="InvalidSchema"))
    sender.work()
    sender.live(until=HOUR)
    assert views(sender)["F1"] == ("rejected", "a_corriger")
    assert [one.kind for one in to_do(sender)] == ["rejected"]

    sender.intend(sender.parcel("F1"), platform=QUALIFICATION)
    assert views(sender)["F1"] == ("intended", "en_cours")
    assert to_do(sender) == []


def test_what_the_platform_did_not_take_waits_for_a_person(sender: ApprovedSender) -> None:
    sender.say(saying("one", refused="InvoiceLCAmountError"), saying("two"))
    sender.work()
    sender.live(until=HOUR)

    (waits,) = to_do(sender)
    assert (waits.kind, waits.count) == ("messages", 1)
    assert waits.facts == {"document": "1", "code": "InvoiceLCAmountError", "text": "file: refused"}
    sender.store.write("998", lambda books: books.free(1, "status", APPROVED))
    assert to_do(sender) == []


def test_the_list_of_documents_knows_both_doors(sender: ApprovedSender) -> None:
    sender.dispatch("F1", "F2")
    sender.live(until=HOUR)
    sender.service.brings(status("205", sender.clock.at, "F1"))
    sender.live(until=2 * HOUR)
    sender.intend(sender.parcel("F3"), platform=QUALIFICATION)

    with sender.store.books("998", writing=False) as books:
        lines, _ = books.documents_page("qualification", "", "", (), 10)
        approved, _ = books.documents_page("qualification", "205", "", (), 10)

    told = {line["number"]: (line["platform"], line["state"]) for line in lines}
    assert told["F1"] == (APPROVED, "205")
    assert told["F2"] == (APPROVED, "integrated")
    assert told["F3"] == ("qualification", "intended")
    assert told["F4"] == ("qualification", "not_sent")
    assert [line["number"] for line in approved] == ["F1"]
