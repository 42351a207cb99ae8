"""A receipt that the platform refuses: it stands where people look, explained, until it is told again."""

from pathlib import Path

from lettrage.acts.telling import TellAgain
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from tests.invoicing import samples
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
