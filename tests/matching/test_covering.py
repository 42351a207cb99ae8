"""The search of choices: all of them where it says so, never a wrong one, never longer than bound."""

import time
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lettrage.bank.matching.covering import CHOICES_MOST, SMALL, WHOLE, Pool

AMOUNTS = st.lists(st.integers(-40, 60).filter(bool), min_size=1, max_size=9)


def every(amounts: list[int], total: int) -> set[tuple[int, ...]]:
    places = range(len(amounts))
    return {
        choice
        for size in range(1, len(amounts) + 1)
        for choice in combinations(places, size)
        if sum(amounts[at] for at in choice) == total
    }


@settings(deadline=None)
@given(AMOUNTS, st.integers(-60, 150))
def test_it_finds_what_there_is(amounts: list[int], total: int) -> None:
    found = Pool(amounts).adding_up_to(total)
    truth = every(amounts, total)
    assert set(found.choices) <= truth
    assert found.complete == (len(truth) <= CHOICES_MOST)
    assert not found.complete or set(found.choices) == truth
    assert found.only == (len(truth) == 1)


@settings(deadline=None)
@given(st.lists(st.integers(-90_000, 900_000).filter(bool), min_size=1, max_size=18), st.data())
def test_a_choice_that_was_made_is_found_or_there_are_many(amounts: list[int], data: st.DataObject) -> None:
    choice = data.draw(st.lists(st.sampled_from(range(len(amounts))), min_size=1, unique=True))
    found = Pool(amounts).adding_up_to(sum(amounts[at] for at in choice))
    assert tuple(sorted(choice)) in found.choices or not found.complete


def test_beyond_its_bound_it_says_that_it_has_not_seen_everything() -> None:
    pool = Pool([1_000 + 7 * n for n in range(WHOLE + 1)])
    found = pool.adding_up_to(1_007)
    assert (found.choices, found.complete) == (((1,),), False)
    three = Pool([2**n for n in range(WHOLE + 1)]).adding_up_to(2**3 + 2**9 + 2**20)
    assert three.choices == ((3, 9, 20),)


@pytest.mark.parametrize("count", [WHOLE, SMALL, 5_000])
def test_the_worst_case_is_bounded(count: int) -> None:
    pool = Pool([1_000 + n * n % 7_919 for n in range(count)])
    start = time.process_time()
    for total in range(7_000, 7_040):
        pool.adding_up_to(total)
    assert time.process_time() - start < 40 * 0.1
