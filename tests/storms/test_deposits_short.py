"""The short form of the storm; the long form is `python -m tests.storms.deposits --lost 2000 --kills 500`."""

import pytest

from tests.reliability.long_form import BrokenPromiseError
from tests.storms.deposits import Storm, run

SEED = 20_261_122


def test_deposits_with_lost_answers_arrive_once() -> None:
    battery = run(Storm(40, SEED))

    assert battery.doubts > 0, "no answer was lost: that is no storm"


def test_killed_workers_lose_and_double_nothing() -> None:
    battery = run(Storm(32, SEED, kills=8, lossy=False))

    assert battery.killed.total() == 8


@pytest.mark.parametrize("planted", ["sent_again_blindly", "doubt_not_looked_up", "doubt_forgotten"])
def test_a_careless_retry_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(Storm(24, SEED, planted=planted))


def test_a_worker_who_takes_over_without_a_doubt_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match="sent twice"):
        run(Storm(60, SEED, kills=12, lossy=False, planted="interrupted_is_forgotten"))
