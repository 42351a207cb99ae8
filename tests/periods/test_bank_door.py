"""A bank's line dated in a closed year is accepted at no price, whatever it would be booked as."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lettrage.acts.bank import AcceptLine
from lettrage.bank.matching import Proposal
from tests.bank.company import books, brought, done, part, refused, settles
from tests.bank.files import Move
from tests.periods.hands import close, lock

SETTLING = settles(part("C1", "87", 359_500, difference=500), part("C1", "86", 240_000))
CHARGE = Proposal(1, 100, "fee", account="627800")


@pytest.mark.parametrize(("line", "proposal"), [(1, SETTLING), (2, CHARGE)], ids=["due items", "a charge"])
def test_what_a_closed_year_holds_no_bank_changes(line: int, proposal: Proposal, tmp_path: Path) -> None:
    world = books(tmp_path)
    brought(world, [Move(599_500), Move(-1_000)])
    done(world, lock("2026-11"))
    assert [reason.code for reason in refused(world, AcceptLine(line, proposal, "anna"))] == ["period_locked"]
    world.clock.at = datetime(2027, 1, 15, 10, tzinfo=UTC)
    done(world, close("2026"))
    assert [reason.code for reason in refused(world, AcceptLine(line, proposal, "anna"))] == ["period_closed"]
