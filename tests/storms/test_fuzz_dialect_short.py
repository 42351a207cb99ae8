"""The short form of the storm over the reader; the long form is `python -m tests.storms.fuzz_dialect`."""

import pytest

from tests.reliability.long_form import BrokenPromiseError
from tests.storms.fuzz_dialect import PLANTS, planted, storm


def test_thousands_of_damaged_documents_give_a_tree_or_a_refusal() -> None:
    outcome = storm(mutations=3_000, seed=20_241_020)
    assert sum(outcome.counts.values()) == 3_000
    assert {"text", "text with param", "syntax"} <= set(outcome.counts)


def test_the_same_seed_is_the_same_storm() -> None:
    assert storm(mutations=200, seed=5).counts == storm(mutations=200, seed=5).counts


@pytest.mark.parametrize("name", PLANTS)
def test_the_storm_catches_a_guard_that_was_taken_away(name: str) -> None:
    with planted(name), pytest.raises(BrokenPromiseError, match="seed 11, mutation"):
        storm(mutations=20_000, seed=11)
