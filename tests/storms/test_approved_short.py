"""The short form of the storm; the long form is `python -m tests.storms.approved --lost 2000 --kills 100`."""

import pytest

from tests.reliability.long_form import BrokenPromiseError
from tests.storms.approved import Storm, run

SEED = 20_261_123


def test_what_an_approved_platform_is_given_through_lost_answers_arrives_once() -> None:
    battery = run(Storm(8, SEED, lost=16))

    assert battery.lost.total() >= 16


def test_killed_workers_lose_and_double_nothing() -> None:
    battery = run(Storm(10, SEED, kills=6))

    assert battery.killed.total() == 6


@pytest.mark.parametrize("planted", ["sent_again_blindly", "doubt_forgotten", "statuses_doubled"])
def test_a_careless_worker_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError):
        run(Storm(12, SEED, lost=1, planted=planted))
