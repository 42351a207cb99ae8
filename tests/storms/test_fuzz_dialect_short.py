"""The short form of the storm over the reader; the long form is `python tests/storms/fuzz_dialect.py`."""

import pytest

from tests.storms.fuzz_dialect import PLANTS, BrokenPromiseError, main, planted, storm


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


def test_the_command_prints_its_seed_and_the_repro(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mutations", "50", "--seed", "3"]) == 0
    assert "seed 3, 50 mutations" in capsys.readouterr().out
    assert main(["--mutations", "20000", "--seed", "11", "--planted", "surrogate"]) == 1
    shown = capsys.readouterr().out
    assert "FAILED seed 11, mutation" in shown
    assert "b'" in shown or 'b"' in shown
