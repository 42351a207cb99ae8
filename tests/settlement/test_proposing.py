"""What a payment probably settles: the only exact choice, else the oldest first."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from lettrage.settlement.proposing import exactly, oldest_first, proposed

OPEN = st.lists(st.integers(-500, 500).filter(bool), max_size=9)


def every_choice(open_: list[int], amount: int) -> list[frozenset[int]]:
    """The slow way: each choice of items that adds up."""
    places = range(len(open_))
    choices = (choice for size in range(1, len(open_) + 1) for choice in combinations(places, size))
    return [frozenset(choice) for choice in choices if sum(open_[place] for place in choice) == amount]


@given(OPEN, st.integers(1, 1500))
def test_only_the_one_choice_that_adds_up_is_found(open_: list[int], amount: int) -> None:
    choices = every_choice(open_, amount)
    assert exactly(open_, amount) == (choices[0] if len(choices) == 1 else None)


@given(OPEN.filter(len), st.data())
def test_what_was_chosen_is_found_again_or_is_not_the_only_choice(open_: list[int], data: st.DataObject) -> None:
    choice = data.draw(st.sets(st.sampled_from(range(len(open_))), min_size=1))
    amount = sum(open_[place] for place in choice)
    if amount > 0:
        assert exactly(open_, amount) in (frozenset(choice), None)
        assert frozenset(choice) in every_choice(open_, amount)


@given(OPEN, st.integers(0, 3000))
def test_the_oldest_take_no_more_than_the_amount_and_no_more_than_is_open(open_: list[int], amount: int) -> None:
    parts = oldest_first(open_, amount)
    assert sum(parts) == min(amount, sum(value for value in open_ if value > 0))
    assert all(0 <= part <= max(value, 0) for part, value in zip(parts, open_, strict=True))
    partly = [place for place, part in enumerate(parts) if 0 < part < open_[place]]
    assert len(partly) <= 1
    assert all(parts[place] == 0 for at in partly for place in range(at + 1, len(open_)))


def test_a_credit_note_counts_where_it_makes_the_amount() -> None:
    assert proposed([240_000, 360_000, -24_000], 336_000).parts == (0, 360_000, -24_000)
    assert proposed([240_000, 360_000, -24_000], 599_500).parts == (240_000, 359_500, 0)


def test_two_items_of_one_amount_are_no_answer() -> None:
    assert exactly([100, 100], 100) is None
    assert proposed([100, 100], 100).parts == (100, 0)
    assert not proposed([100, 100], 100).exact


def test_a_search_that_is_too_long_is_given_up() -> None:
    open_ = [2**place + 1 for place in range(60)]
    assert exactly(open_, sum(open_[::2])) is None
    assert sum(proposed(open_, 10**6).parts) == 10**6
