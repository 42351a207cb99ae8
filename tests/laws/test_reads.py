"""A7, the short form: what is read agrees with the naive model; `python -m tests.laws.run reads` asks at length."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.laws import reads

SEED = 20_261_122


def test_what_is_read_agrees_with_the_model() -> None:
    assert reads.ask(SEED, 150) == 150


@pytest.mark.parametrize("plant", [reads.currency_ignored, reads.caller_ignored])
def test_a_predicate_that_is_ignored_is_caught(plant: Callable[[], AbstractContextManager[object]]) -> None:
    with plant(), pytest.raises(AssertionError, match=r"A7 (due_items|Search|logbook)"):
        reads.ask(SEED, 150)
