"""The short form of the storm of malformed answers; the long form is `python -m tests.storms.malformed_answers`."""

import json
from unittest import mock

import pytest

from lettrage.adapters.chorus import portal
from lettrage.adapters.chorus.answers import Answer, Numeral
from lettrage.invoicing.portal import FlowReport
from tests.storms.malformed_answers import BrokenPromiseError, main, storm


def test_hundreds_of_malformed_answers_give_a_trouble_or_what_was_said() -> None:
    outcomes = storm(rounds=200, seed=20_261_122)

    assert sum(outcomes.values()) == 200
    assert {"html: garbled", "html: unknown", "cut: garbled", "twisted: read"} <= set(outcomes)


def test_the_storm_catches_a_reader_that_crashes() -> None:
    def careless(data: bytes) -> Answer:
        return Answer(json.loads(data, parse_int=Numeral, parse_float=Numeral))

    with (
        mock.patch("lettrage.adapters.chorus.calls.read", careless),
        pytest.raises(BrokenPromiseError, match="seed 3, round"),
    ):
        storm(rounds=200, seed=3)


def test_the_storm_catches_a_state_that_is_guessed_at() -> None:
    guessed = mock.Mock(return_value=FlowReport("IN_INTEGRE"))

    with mock.patch.object(portal, "_report", guessed), pytest.raises(BrokenPromiseError, match="was not said"):
        storm(rounds=200, seed=4)


def test_the_storm_catches_a_write_that_is_not_held_in_doubt() -> None:
    def forgetful(path: str, read: object, *, write: bool = False) -> object:
        del write
        return sound(path, read)  # type: ignore[arg-type]

    sound = portal._reading
    with mock.patch.object(portal, "_reading", forgetful):
        assert any(name.endswith("garbled") for name in storm(rounds=100, seed=5))


def test_the_command_prints_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rounds", "20", "--seed", "3"]) == 0
    assert "seed 3, 20 rounds" in capsys.readouterr().out
