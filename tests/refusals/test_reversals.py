"""The refusals of cancel and unpaid, and of what is presented again: each shown by the acts that lead to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts.cancel import Cancel
from lettrage.acts.slips import MakeSlip
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.bank.slip import Wanted
from lettrage.money import figure
from lettrage.refusal import Refusal
from tests.databases import edit
from tests.refusals.cases import COMPANY
from tests.refusals.test_slips import done, refused
from tests.world import World

LOADED_CHEQUE = 500


def books(folder: Path) -> World:
    world = World(folder / "books.sqlite")
    assert not world.load(COMPANY).faults
    return world


def settled(world: World, change: str, *details: dict[str, str], **header: str) -> dict[str, Any]:
    """What is answered to a document of one header."""
    record = {"REGLTTYP": "1", "CHGETAT": change, **header, "DetailReglementtb": list(details)}
    reply = world.settle(json.dumps({"EnteteReglementtb": [record]}).encode())
    (answer,) = json.loads(json.loads(reply.text)["result"])["result"]["response"]
    return dict(answer)


def received(world: World, change: str = "PORCHQ") -> int:
    """Piece 86 of C1 paid: the transaction."""
    answer = settled(world, change, {"TIERS": "C1", "PIECE": "86", "AMOUNT": "2400"}, TIERS="C1", DEV="EUR",
                     AMOUNT="2400")  # fmt: skip
    return int(answer["transactionId"])


def deposited(world: World, change: str, *transactions: int) -> int:
    details = [{"TRANSAC": str(number)} for number in transactions]
    return int(settled(world, change, *details, BQC="BNP")["transactionId"])


def returned(world: World, number: int) -> str:
    return str(done(world, ReportUnpaid(number))["transaction"])


def presented(world: World, *transactions: str) -> Refusal:
    """The reason against presenting these again, as it went out."""
    (reason,) = settled(world, "REPCHQ", *({"TRANSAC": number} for number in transactions))["reasons"]
    facts = {"transaction": transactions[0]}
    return Refusal(reason["code"], reason["path"], reason["seen"], reason["expected"], facts)


def _not_returnable(world: World) -> Refusal:
    return refused(world, ReportUnpaid(received(world, "PORESP")))


def disbursed(world: World) -> int:
    """A cheque to F1 ahead of its invoice: the transaction."""
    ahead = {"TIERS": "F1", "OPERATION": "WAR", "AMOUNT": "100"}
    answer = settled(world, "DECCHQ", ahead, TIERS="F1", DEV="EUR", AMOUNT="100", REGLTTYP="2")
    return int(answer["transactionId"])


def _direction_not_returnable(world: World) -> Refusal:
    return refused(world, ReportUnpaid(disbursed(world)))


def _nothing_doubtful(world: World) -> Refusal:
    advance = {"TIERS": "C1", "OPERATION": "WAR", "AMOUNT": "100"}
    answer = settled(world, "PORCHQ", advance, TIERS="C1", DEV="EUR", AMOUNT="100")
    return refused(world, ReportUnpaid(int(answer["transactionId"]), to="416"))


def _negative_fees(world: World) -> Refusal:
    return refused(world, ReportUnpaid(received(world), fees=figure("-5"), bank="BNP"))


def _vat_without_fees(world: World) -> Refusal:
    return refused(world, ReportUnpaid(received(world), fees_vat=figure("3"), bank="BNP"))


def _fees_without_bank(world: World) -> Refusal:
    return refused(world, ReportUnpaid(received(world), fees=figure("15")))


def _missing_reason(world: World) -> Refusal:
    return refused(world, Cancel(received(world), ""))


def _several_returnable(world: World) -> Refusal:
    return refused(world, ReportUnpaid(deposited(world, "REMCDI", 501, 502)))


def _already_returned(world: World) -> Refusal:
    number = received(world)
    returned(world, number)
    return refused(world, ReportUnpaid(number))


def _awaits_slip(world: World) -> Refusal:
    return refused(world, ReportUnpaid(deposited(world, "REMCHQ", LOADED_CHEQUE)))


def _advance_used(world: World) -> Refusal:
    ahead = settled(world, "PORCHQ", {"TIERS": "C1", "OPERATION": "WAR", "AMOUNT": "100"}, TIERS="C1", DEV="EUR",
                    AMOUNT="100")["transactionId"]  # fmt: skip
    used = {"TIERS": "C1", "OPERATION": "WAR", "AMOUNT": "-60", "TRANSAC": ahead}
    paid = {"TIERS": "C1", "PIECE": "86", "AMOUNT": "2400"}
    assert settled(world, "PORCHQ", paid, used, TIERS="C1", DEV="EUR", AMOUNT="2340")["resultcode"] == "0"
    return refused(world, ReportUnpaid(int(ahead)))


def _already_cancelled(world: World) -> Refusal:
    number = received(world)
    done(world, Cancel(number, "erreur"))
    return refused(world, Cancel(number, "erreur"))


def _loaded_transaction(world: World) -> Refusal:
    return refused(world, Cancel(LOADED_CHEQUE, "erreur"))


def _on_slip(world: World) -> Refusal:
    number = deposited(world, "REMCHQ", LOADED_CHEQUE)
    done(world, MakeSlip(Wanted("BNP")))
    return refused(world, Cancel(number, "erreur"))


def _moved_on(world: World) -> Refusal:
    number = received(world)
    deposited(world, "REMCDI", number)
    return refused(world, Cancel(number, "erreur"))


def _built_on(world: World) -> Refusal:
    number = int(returned(world, received(world)))
    received(world, "PORESP")
    return refused(world, Cancel(number, "erreur"))


def _one_detail_only(world: World) -> Refusal:
    return presented(world, "500", "501")


def _no_longer_open(world: World) -> Refusal:
    number = returned(world, received(world))
    received(world, "PORESP")
    return presented(world, number)


def _posted_before(world: World) -> Refusal:
    """R1 has VAT on receipts; a header without a count of its lines is one that an older version posted."""
    paid = {"TIERS": "C3", "PIECE": "R1", "AMOUNT": "1200"}
    answer = settled(world, "PORCHQ", paid, TIERS="C3", DEV="EUR", AMOUNT="1200")
    number = int(answer["transactionId"])
    edit(world.address, f'UPDATE header SET lines = 0 WHERE "transaction" = {number}')
    assert refused(world, Cancel(number, "erreur")).code == "posted_before"
    return refused(world, ReportUnpaid(number))


SHOWN_OF_REVERSALS: dict[str, Callable[[World], Refusal]] = {
    "not_returnable": _not_returnable,
    "direction_not_returnable": _direction_not_returnable,
    "nothing_doubtful": _nothing_doubtful,
    "negative_fees": _negative_fees,
    "vat_without_fees": _vat_without_fees,
    "fees_without_bank": _fees_without_bank,
    "missing_reason": _missing_reason,
    "several_returnable": _several_returnable,
    "already_returned": _already_returned,
    "awaits_slip": _awaits_slip,
    "advance_used": _advance_used,
    "already_cancelled": _already_cancelled,
    "loaded_transaction": _loaded_transaction,
    "on_slip": _on_slip,
    "posted_before": _posted_before,
    "moved_on": _moved_on,
    "built_on": _built_on,
    "one_detail_only": _one_detail_only,
    "no_longer_open": _no_longer_open,
}


@pytest.mark.parametrize("code", list(SHOWN_OF_REVERSALS))
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    from tests.refusals.test_refusals import faulty_texts

    refusal = SHOWN_OF_REVERSALS[code](books(tmp_path))

    assert refusal.code == code
    assert faulty_texts(refusal) == []
    assert refusal.seen in refusal.fr
    assert refusal.seen in refusal.en
