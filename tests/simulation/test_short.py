"""A few short lives; the same life in two processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.lives import live
from tests.simulation.world import World

ROOT = Path(__file__).parents[2]
SHORT = 100  # steps


@pytest.mark.parametrize("seed", range(6))
def test_a_life_breaks_no_law(seed: int) -> None:
    assert live(seed, SHORT).broke == ""


def test_a_life_that_is_looked_at_more_closely_is_the_same() -> None:
    assert World(7, audited=10).live(50) == World(7).live(50)


def test_the_same_seed_is_the_same_life_in_another_process() -> None:
    code = f"from tests.simulation.world import World; print(World(11).live({SHORT}))"
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Kiritimati"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    assert told == World(11).live(SHORT)
