"""The account reconciled: what keeps the ledger and the statement apart, proven by the sum."""

import random
from datetime import date
from pathlib import Path

import pytest

from lettrage.bank.matching.proposal import Proposal
from lettrage.bank.reconciliation import Balance, reconciled
from lettrage.money import currency
from tests.bank.company import DOSSIER, accept, books, brought, findings, part, settles, undo
from tests.bank.files import Move

EUR = currency("EUR")
DAY = date(2026, 11, 30)


def test_what_is_missing_on_either_side(tmp_path: Path) -> None:
    world = books(tmp_path)
    brought(world, [Move(12_000), Move(-1_200), Move(5, day="20261129")], opening=1_000)
    accept(world, 1, settles(part("C2", "90", 12_000)))

    with world.store.books(DOSSIER, writing=False) as opened:
        state = opened.reconciliation("BNP", date(2026, 11, 20))
        later = opened.reconciliation("BNP", DAY)
        other = opened.reconciliation("CIC", DAY)

    assert (state.statement, later.statement) == (11_800, 11_805)
    assert [own.id for own in state.statement_only] == [2]
    assert [own.id for own in later.statement_only] == [2, 3]
    assert (state.start, state.before) == (1_000, 40_000)  # the cheque at the bank was booked before it all
    assert state.proven
    assert later.proven
    assert (other.statement, other.proven) == (None, False)


def test_a_pair_that_takes_itself_back_is_not_listed(tmp_path: Path) -> None:
    world = books(tmp_path)
    brought(world, [Move(12_000)])
    accept(world, 1, settles(part("C2", "90", 12_000)))
    undo(world, 1)
    with world.store.books(DOSSIER, writing=False) as opened:
        state = opened.reconciliation("BNP", DAY)
    assert state.ledger_only == ()
    assert state.proven


def test_statements_of_one_day_follow_by_their_balances() -> None:
    assert EUR is not None
    day = date(2026, 11, 5)
    told = [Balance(day, day, 60, 90), Balance(day, day, 0, 100), Balance(day, day, 100, 60)]
    state = reconciled("BNP", DAY, EUR, 0, told, 90, [], [])
    assert (state.start, state.gaps, state.statement) == (0, (), 90)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_accepted_and_undone_the_account_is_proven(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    world = books(tmp_path)
    for month in range(3):
        opening = month * 10  # a gap now and then
        moves = [Move(chance.choice([12_000, -500, 700, 360_000]), day=f"2026{9 + month:02}15") for _ in range(5)]
        brought(world, moves, opening=opening, start=f"2026{9 + month:02}01", end=f"2026{9 + month:02}28")
    for _ in range(15):
        line = chance.randint(1, 15)
        with world.store.books(DOSSIER, writing=False) as opened:
            kept = opened.bank_line(line)
        assert kept is not None
        if kept.match is not None:
            undo(world, line)
        else:
            account = chance.choice(["471000", "580000", "627800"])
            accept(world, line, Proposal(1, 0, "fee" if account[0] == "6" else "unknown", account=account))
        with world.store.books(DOSSIER, writing=False) as opened:
            for day in (date(2026, 9, 20), date(2026, 10, 31), DAY):
                assert opened.reconciliation("BNP", day).proven
    assert findings(world) == []
