"""The short form; the long form is `python -m tests.storms.drain --count 200`."""

import pytest

from tests.databases import sqlite_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.drain import run

pytestmark = sqlite_only
SEED = 20_261_122


def test_what_is_accepted_is_answered_when_the_service_is_asked_to_stop() -> None:
    assert "0 lost answers" in run(2, SEED)


def test_a_service_that_leaves_its_calls_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(10, SEED, "killed_at_exit")
