"""Each law is shown red: with its planted bug in the engine, the same machine or property must fail, and by that law.

The bug is put in by a context manager of `planted`; then the machine (or property) runs in a bounded, fixed form
without shrinking, and must raise the assertion that names the law. Without the bug the same form passes: that is what
`test_machine` and `test_reading_amounts` show.
"""

import random

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.laws import planted
from tests.laws.planted import Plant
from tests.laws.test_machine import SHORT_FORM, Money, answers_elsewhere, run_any_order, run_covering
from tests.laws.test_reading_amounts import try_strings

MACHINE = settings(SHORT_FORM, max_examples=150, stateful_step_count=25, print_blob=False)


@pytest.mark.parametrize(
    ("plant", "law"),
    [
        (planted.difference_line_forgotten, "unbalanced entry"),
        (planted.difference_line_lost_on_the_way, "A1 debits = credits"),
        (planted.difference_counted_twice, "A2 settled = payments"),
        (planted.remainder_without_its_difference, "A2 |model: header"),
        (planted.refused_group_leaves_its_changes, "model: header|A2 "),
        (planted.done_twice, "replay: "),
        (planted.item_changed_without_its_dossier, "another company than"),
        (planted.dry_run_tells_half_an_entry, "dry run: entries differ"),
        (planted.relief_on_the_payer, "the account of a third party"),
        (planted.instrument_lost_from_its_account, "portfolio"),
        (planted.refused_settlement_uses_up_numbers, "transactions are numbered without a gap"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_machine_turns_red(plant: Plant, law: str) -> None:
    with plant(), pytest.raises(AssertionError, match=law):
        run_state_machine_as_test(Money, settings=MACHINE)


def test_a3_turns_red_where_one_minor_unit_is_tolerated() -> None:
    with planted.off_by_one_tolerated(), pytest.raises(AssertionError, match="A3 off by"):
        run_covering(settings(SHORT_FORM, max_examples=300, print_blob=False))


@pytest.mark.parametrize(
    "plant", [planted.amounts_read_by_decimal, planted.amounts_read_by_dollar, planted.amounts_read_by_float]
)
def test_a4_turns_red_with_a_loose_reader(plant: Plant) -> None:
    with plant(), pytest.raises(AssertionError, match="A4"):
        try_strings(random.Random(1), 20_000)


def test_a5_turns_red_where_a_set_is_iterated() -> None:
    first, second = answers_elsewhere(1, 15, "log_written_in_the_order_of_hashes")
    assert first != second


@pytest.mark.parametrize("plant", [planted.refused_group_leaves_its_changes, planted.global_counter_as_a_key])
def test_a6_turns_red_where_one_settlement_leaves_something_to_the_next(plant: Plant) -> None:
    with plant(), pytest.raises(AssertionError, match="A6 other books"):
        run_any_order(settings(SHORT_FORM, max_examples=200, print_blob=False))
