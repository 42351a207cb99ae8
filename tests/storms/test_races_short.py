"""The short form of the races; the long form is `python -m tests.storms.races --barrier 20000 --widened 2000`."""

import pytest

from tests.databases import postgresql_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.races import PAUSE_SECONDS, Race, books_for, crowd, run, seconds_beside

SEED = 20_241_021


@pytest.mark.parametrize("race", [Race(200, SEED), Race(50, SEED, PAUSE_SECONDS)], ids=["barrier", "widened"])
def test_two_workers_never_settle_one_due_item_twice(race: Race) -> None:
    with books_for(race.rounds) as address:
        tally = run(address, race)

    assert tally.rounds == race.rounds
    assert set(tally.won) == {"worker 1", "worker 2"}, "one was always first: that is no race"


def test_a_writer_without_a_lock_is_caught() -> None:
    with books_for(50) as address, pytest.raises(BrokenPromiseError, match=f"seed {SEED}, round"):
        run(address, Race(50, SEED, PAUSE_SECONDS, planted=True))


def test_the_same_document_fifty_times_at_once_is_one_effect_and_fifty_equal_answers() -> None:
    with books_for(1) as address:
        crowd(address, 50, threads=10)


@postgresql_only
def test_two_dossiers_never_wait_for_each_other() -> None:
    pause_seconds = 0.3
    with books_for(1, ("998", "999")) as address:
        apart = seconds_beside(address, ("998", "999"), pause_seconds)
        together = seconds_beside(address, ("998", "998"), pause_seconds)

    assert apart < 1.7 * pause_seconds
    assert together >= 2 * pause_seconds
