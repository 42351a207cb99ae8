"""The refusals of deposit slips: acts, not documents, so each has a test; sentences in both languages are looked at."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lettrage.acts import Act, Moment, Refused
from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.bank.slip import Wanted
from lettrage.commands.shared import write_file
from lettrage.refusal import Refusal, Stop
from tests.refusals.cases import COMPANY, DOSSIER
from tests.world import World

FIRST = "BNP-2026-000001"


def books(folder: Path) -> World:
    """A company's books where transaction 900 awaits a slip at BNP, 901 one for bills, and 902 waits for none."""
    world = World(folder / "books.sqlite")
    assert not world.load(COMPANY).faults
    held = {"third_party": "C1", "currency": "EUR", "amount": "10.00", "date": "2026-10-02", "bank": "BNP"}
    portfolio = [
        held | {"transaction": "900", "state": "C50", "awaiting_slip": True},
        held | {"transaction": "901", "state": "L50", "awaiting_slip": True},
        held | {"transaction": "902", "state": "C30"},
    ]
    away = [{"code": "AILLEURS", "direction": "encashment", "from": ["C50"], "to": "C30", "bank": True}]
    load = {"dossiers": [{"code": DOSSIER, "portfolio": portfolio, "state_changes": away}]}
    assert not world.load(json.dumps(load).encode()).faults
    return world


def done(world: World, act: Act) -> dict[str, Any]:
    """What came of an act."""
    with world.store.books(DOSSIER, writing=True) as opened:
        return act.perform(opened, Moment(world.clock.now(), world.clock.today()))


def refused(world: World, act: Act) -> Refusal:
    """The only reason against an act."""
    before = world.books()
    with pytest.raises(Refused) as caught:
        done(world, act)
    (reason,) = caught.value.reasons
    assert world.books() == before, "a refused act left a trace"
    return reason


def make(*transactions: str, bank: str = "BNP", change: str = "") -> MakeSlip:
    return MakeSlip(Wanted(bank, change=change, transactions=transactions))


def _nothing_waits(world: World) -> Refusal:
    return refused(world, make(bank="CIC"))


def _kinds_differ(world: World) -> Refusal:
    return refused(world, make())


def _not_waiting(world: World) -> Refusal:
    return refused(world, make("900", "902"))


def _other_kind(world: World) -> Refusal:
    return refused(world, make("900", "901", change="REMCHQ"))


def _unknown_slip(world: World) -> Refusal:
    return refused(world, CancelSlip("BNP-2026-000099"))


def _cancelled(world: World) -> Refusal:
    done(world, make("900"))
    done(world, CancelSlip(FIRST))
    return refused(world, CancelSlip(FIRST))


def _instrument_moved(world: World) -> Refusal:
    done(world, make("900"))
    header = {"REGLTTYP": "1", "CHGETAT": "AILLEURS", "BQC": "BNP"}
    form = {"EnteteReglementtb": [header | {"DetailReglementtb": [{"TRANSAC": "900"}]}]}
    assert world.settle(json.dumps(form).encode()).done == 1
    return refused(world, CancelSlip(FIRST))


def _file_not_written(world: World) -> Refusal:
    with pytest.raises(Stop) as caught:
        write_file(b"", str(world.file.parent / "nowhere" / "slip.pdf"))
    return caught.value.refusal


SHOWN_OF_SLIPS: dict[str, Callable[[World], Refusal]] = {
    "slip_nothing_waits": _nothing_waits,
    "slip_kinds_differ": _kinds_differ,
    "slip_not_waiting": _not_waiting,
    "slip_other_kind": _other_kind,
    "slip_cancelled": _cancelled,
    "slip_instrument_moved": _instrument_moved,
    "unknown_slip": _unknown_slip,
    "file_not_written": _file_not_written,
}


@pytest.mark.parametrize("code", list(SHOWN_OF_SLIPS))
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str, tmp_path: Path) -> None:
    from tests.refusals.test_refusals import faulty_texts

    refusal = SHOWN_OF_SLIPS[code](books(tmp_path))

    assert refusal.code == code
    assert faulty_texts(refusal) == []
    assert refusal.seen in refusal.fr
    assert refusal.seen in refusal.en
