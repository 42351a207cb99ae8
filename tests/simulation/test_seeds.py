"""Lives that once stopped or showed something: each stays a test, by the name of what happens in it.

What fails in a long run is added here with its seed and the fewest steps that show it; and with what must happen in it,
since a seed means another life as soon as the die is rolled once more.
"""

import pytest

from tests.simulation.lives import live

# name -> seed, steps, what is seen in it
LIVES = {
    "the power fails while a killed service starts again": (4, 100, {"power_cut", "stopped_after"}),
    "two workers, one of whom sleeps with a flow in hand": (18, 100, {"worker_sleeps"}),
    "the queue waits for the portal when all else has come to rest": (10, 100, {"portal_closed"}),
    "a request arrives again while it is being served": (2, 100, {"doubled", "meanwhile"}),
    "a slip is taken back and made again": (129, 200, {"slip taken back", "slip"}),
}


@pytest.mark.parametrize(("seed", "steps", "happening"), LIVES.values(), ids=LIVES.keys())
def test_a_life_to_remember(seed: int, steps: int, happening: set[str]) -> None:
    lived = live(seed, steps)
    assert lived.broke == ""
    assert happening <= {**lived.faults, **lived.asked}.keys()
