"""The short form; the long form is `python -m tests.storms.clock_jumps --count 1000`."""

import pytest

from tests.databases import sqlite_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.clock_jumps import PLANTED, run

pytestmark = sqlite_only
SEED = 20_261_122


def test_a_clock_that_jumps_changes_nothing() -> None:
    assert "same figures, same order, same ends" in run(60, SEED)


@pytest.mark.parametrize("planted", [bug for bug in PLANTED if bug])
def test_a_stored_time_that_is_misread_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(120, SEED, planted)
