"""Where an invoice stands, whatever order its statuses were heard in and however often."""

import random
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lettrage.invoicing.formats.cdar import render
from lettrage.invoicing.formats.cdar_read import read
from lettrage.invoicing.lifecycle.sent import received, to_buyer
from lettrage.invoicing.lifecycle.standing import Heard, Received, heard, stands
from lettrage.invoicing.lifecycle.statuses import statuses
from lettrage.money import Figure
from tests.invoicing import samples
from tests.lifecycle.made import EXAMPLES, concerned, euros, paris, part

DAY = paris(2026, 10, 1, 12)


def at(hours: int, code: str, *parts: Received, message: str = "") -> Heard:
    return Heard(code, DAY + timedelta(hours=hours), message or f"{code}-{hours}", received=parts)


def test_the_latest_moment_holds_and_no_status_assumes_another() -> None:
    assert stands([]).current is None
    assert stands([at(5, "211"), at(1, "208")]).current == at(5, "211")
    assert stands([at(1, "212", part(20, 100))]).current == at(1, "212", part(20, 100))


@pytest.mark.parametrize("ending", ["210", "213", "220"])
def test_what_has_ended_stays_ended(ending: str) -> None:
    now = stands([at(9, "203"), at(2, ending), at(1, "202")])

    assert now.current == at(2, ending)
    assert now.ended
    assert [one.code for one in now.history] == ["202", ending, "203"]


def test_what_is_about_something_else_says_nothing_of_the_invoice() -> None:
    others = [code for code, known in statuses().items() if known.about != "invoice"]

    assert stands([at(1, "204"), *(at(9, code) for code in others)]).current == at(1, "204")
    assert not stands([at(1, "204")]).ended


def test_a_code_that_nobody_knows_is_kept_and_shown() -> None:
    assert stands([at(1, "204"), at(2, "299")]).current == at(2, "299")


def test_a_status_without_a_moment_comes_before_all_others() -> None:
    assert stands([Heard("205", None), at(1, "202")]).current == at(1, "202")


def test_a_rate_written_in_two_ways_is_told_the_same_whatever_came_first() -> None:
    told = [at(1, "212", Received(Figure(20, 0), euros(5))), at(1, "212", Received(Figure(2000, 2), euros(5)))]

    assert stands(told) == stands(reversed(told))
    assert [one.amount for one in stands(told).received] == [euros(10)]


_PARTS = st.builds(Received, st.sampled_from([Figure(20, 0), Figure(2000, 2), Figure(55, 1)]),
                   st.integers(-(10**6), 10**6).map(euros))  # fmt: skip
_HEARD = st.builds(
    at, st.integers(0, 3), st.sampled_from([*statuses(), "299"]), _PARTS, message=st.sampled_from(["a", "b", "c"])
)


@settings(max_examples=300)
@given(st.lists(_HEARD, max_size=8), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(told: list[Heard], chance: random.Random) -> None:
    shuffled = [*told, *told[:3]]
    chance.shuffle(shuffled)
    now = stands(told)

    assert stands(shuffled) == now
    assert len(now.history) == len(set(now.history))
    about = {one for one in told if one.code == "299" or statuses()[one.code].about == "invoice"}
    assert set(now.history) == about


@given(st.dictionaries(st.sampled_from([20, 10, 0]), st.integers(1, 10**9), min_size=1))
def test_a_full_reversal_leaves_nothing_received(rates: dict[int, int]) -> None:
    came = at(1, "212", *(part(rate, cents) for rate, cents in rates.items()))
    went = at(2, "212", *(part(rate, -cents) for rate, cents in rates.items()))

    assert {one.rate.fraction: one.amount.minor for one in stands([came]).received} == {
        Fraction(rate): cents for rate, cents in rates.items()
    }
    assert {one.amount.minor for one in stands([went, came, came]).received} == {0}


def test_two_receipts_of_one_amount_are_two_and_one_message_heard_twice_is_one() -> None:
    first, second = at(1, "212", part(20, 100), message="a"), at(1, "212", part(20, 100), message="b")

    assert [one.amount for one in stands([first, second, first]).received] == [euros(200)]


def test_what_a_message_says_of_an_invoice() -> None:
    message = read(render(to_buyer(concerned(), received(DAY, [part(20, 1200)]), "M1", DAY))).message
    assert message is not None

    assert heard(message, "F202500003") == [Heard("212", DAY, "M1", received=(part(20, 1200),))]
    assert heard(message, "F202500004") == []


@samples.needed
@pytest.mark.parametrize(
    ("number", "code", "reason"),
    [("F202500003", "212", ()), ("F202500004", "213", ("DOUBLON",)), ("F202500005", "210", ("TX_TVA_ERR",))],
)
def test_the_official_use_cases_end_where_they_say(number: str, code: str, reason: tuple[str, ...]) -> None:
    files = [file for file in EXAMPLES if number in file.stem and "PPF" not in file.stem]
    messages = [found for file in reversed(files) if (found := read(file.read_bytes()).message)]
    now = stands([one for message in messages for one in heard(message, number)])

    assert now.current is not None
    assert (now.current.code, now.current.reasons) == (code, reason)
    assert now.ended == (code != "212")
    assert [one.code for one in now.history] == [file.stem.split("CDV-")[1][:3] for file in files]
    assert [one.amount for one in now.received] == ([euros(1_200_000)] if code == "212" else [])
