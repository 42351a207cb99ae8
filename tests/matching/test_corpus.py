"""The labelled lines, and lines made at random: nothing settles itself wrongly, and what is right stands first."""

import msgspec
import pytest

from tests.laws.test_machine import long
from tests.matching.measure import Judged, figures, judged
from tests.matching.random_lines import trial
from tests.matching.scenario import scenarios

SHORT, LONG = 20, 1_500


@pytest.fixture(scope="module")
def every() -> list[Judged]:
    return list(judged(scenarios()))


def test_there_are_enough_and_each_is_known_by_its_file(every: list[Judged]) -> None:
    assert len(every) >= 300
    assert sum(bool(one.label.trap or one.label.automatic == "never") for one in every) >= 100


def test_nothing_settles_itself_wrongly(every: list[Judged]) -> None:
    assert [one.told for one in every if one.wrong] == []


def test_no_free_text_settles_itself_where_no_other_line_is_its_rival() -> None:
    own = next(one for one in scenarios() if one.name == "24_free_text")
    apart = [
        msgspec.structs.replace(own, movements=(movement,), labels=(label,))
        for movement, label in zip(own.movements, own.labels, strict=True)
    ]
    every = list(judged(apart))
    assert [one.told for one in every if one.wrong or one.missed] == []


def test_what_names_itself_settles_itself(every: list[Judged]) -> None:
    assert [one.told for one in every if one.missed] == []


def test_what_it_really_is_stands_first(every: list[Judged]) -> None:
    found = figures(every)
    assert found.first >= 0.95 * found.known, found.text
    assert found.three >= 0.97 * found.known, found.text


def _trials(seeds: range) -> None:
    own = [one for seed in seeds for one in trial(seed)]
    assert [one.told for one in own if one.wrong] == []
    found = figures(own)
    assert found.first >= 0.95 * found.known, found.text


def test_lines_at_random() -> None:
    _trials(range(1, SHORT + 1))


@long
@pytest.mark.long
def test_many_lines_at_random() -> None:
    _trials(range(1_000, 1_000 + LONG))
