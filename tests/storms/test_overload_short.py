"""The short form; the long form is `python -m tests.storms.overload --seconds 60`.

How fast the others are served beside a crowd is for the long form on a machine that does nothing else.
"""

import pytest

from tests.databases import sqlite_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.overload import run

pytestmark = sqlite_only
SEED = 20_261_122
BURST = 0.4  # seconds: a crowd is known sooner


def test_a_crowd_is_told_to_come_back_and_nothing_is_lost() -> None:
    assert "told 503 with Retry-After; 0 lost" in run(1.5, SEED, slower=1_000, burst=BURST)


def test_a_queue_without_end_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match=" 0 told 503"):
        run(1.5, SEED, "unbounded_queue", burst=BURST)
