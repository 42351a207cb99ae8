"""Bugs put into the program on purpose, each shown by a life that is sound without it (all of them: the long form)."""

import pytest

from tests.simulation.lives import live

STEPS = 100
# bug -> a seed that shows it soon
SHOWN = {"key_never_looked_at": 1, "synchronous_off": 4, "stale_open_amounts": 3}


@pytest.mark.parametrize(("bug", "seed"), SHOWN.items(), ids=SHOWN.keys())
def test_a_planted_bug_is_found(bug: str, seed: int) -> None:
    assert live(seed, STEPS, bug).broke
    assert not live(seed, STEPS).broke
