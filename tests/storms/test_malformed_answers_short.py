"""The short form of the storm of malformed answers; the long form is `python -m tests.storms.malformed_answers`."""

from unittest import mock

import pytest

from lettrage.adapters.chorus import portal
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.malformed_answers import PLANTED, storm


def test_hundreds_of_malformed_answers_give_a_trouble_or_what_was_said() -> None:
    outcomes = storm(rounds=200, seed=20_261_122)

    assert sum(outcomes.values()) == 200
    assert {"html: garbled", "html: unknown", "cut: garbled", "twisted: read"} <= set(outcomes)


@pytest.mark.parametrize("planted", [bug for bug in PLANTED if bug])
def test_a_careless_reader_is_caught(planted: str) -> None:
    with PLANTED[planted](), pytest.raises(BrokenPromiseError, match="seed 4, round"):
        storm(rounds=200, seed=4)


def test_the_storm_catches_a_write_that_is_not_held_in_doubt() -> None:
    def forgetful(path: str, read: object, *, write: bool = False) -> object:
        del write
        return sound(path, read)  # type: ignore[arg-type]

    sound = portal._reading
    with mock.patch.object(portal, "_reading", forgetful):
        assert any(name.endswith("garbled") for name in storm(rounds=100, seed=5))
