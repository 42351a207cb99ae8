"""The short form; the long form is `python -m tests.storms.callers --count 1000`."""

import pytest

from tests.reliability.long_form import BrokenPromiseError
from tests.storms.callers import from_time, run

SEED = 20_261_122


def test_who_comes_after_a_killed_caller_settles_nothing_twice() -> None:
    assert run(25, SEED).startswith("25 callers killed")


def test_a_key_made_from_the_time_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match=r"settlement [0-9]+|settlements, each once"):
        run(8, SEED, from_time)
