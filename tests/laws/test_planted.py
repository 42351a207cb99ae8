"""Each law is shown red: with its planted bug in the engine, the same machine or property must fail, and by that law.

The bug is put in by a context manager of `planted`; then the machine (or property) runs in a bounded, fixed form
without shrinking, and must raise the assertion that names the law. Without the bug the same form passes: that is what
`test_machine` and `test_reading_amounts` show.
"""

import json
import random
from contextlib import closing
from typing import Any

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.exc import IntegrityError

from lettrage.acts.unpaid import ReportUnpaid
from tests.laws import planted, reversals
from tests.laws.generators import CALLER, Books
from tests.laws.planted import Plant
from tests.laws.test_machine import SHORT_FORM, Money, answers_elsewhere, check_laws, run_any_order, run_covering
from tests.laws.test_reading_amounts import try_strings

MACHINE = settings(SHORT_FORM, stateful_step_count=25, print_blob=False, derandomize=False)


@pytest.mark.parametrize(
    ("plant", "law", "number"),
    [
        (planted.difference_line_forgotten, "unbalanced entry", 2),
        (planted.difference_line_lost_on_the_way, "A1 debits = credits", 2),
        (planted.difference_counted_twice, "A2 settled = payments", 2),
        (planted.remainder_without_its_difference, "A2 |model: header", 2),
        (planted.refused_group_leaves_its_changes, "model: header|A2 ", 5),
        (planted.done_twice, "replay: ", 1),
        (planted.item_changed_without_its_dossier, "another company than", 1),
        (planted.dry_run_tells_half_an_entry, "dry run: entries differ", 1),
        (planted.relief_on_the_payer, "the account of a third party", 2),
        (planted.instrument_lost_from_its_account, "portfolio", 1),
        (planted.refused_settlement_uses_up_numbers, "transactions are numbered without a gap", 1),
        (planted.unpaid_leaves_the_advance, "A2 |the account of a third party", 9),
        (planted.cancel_leaves_the_successor, "the account of a third party", 3),
        (planted.cancel_leaves_the_payment, "portfolio", 3),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_machine_turns_red(plant: Plant, law: str, number: int) -> None:
    """`number`: a seed with which the bug shows in the first lives; with any other it shows too, after more."""

    class Seeded(Money):
        pass

    def first_few_lives_then_many() -> None:
        for lives in (14, 400):
            run_state_machine_as_test(seed(number)(Seeded), settings=settings(MACHINE, max_examples=lives))

    with plant(), pytest.raises(AssertionError, match=law):
        first_few_lives_then_many()


def a_return_and_a_presentation() -> None:
    """A cheque 5.00 short comes back; its invoice is paid in cash; then the cheque cannot be presented again."""
    with closing(Books()) as books:
        due = {"due_date": "2026-12-01", "amount": "3600.00"}
        record = {"third_party": "C1", "number": "87", "date": "2026-11-01", "currency": "EUR", "due_items": [due]}
        assert not books.load(json.dumps({"dossiers": [{"code": "A", "invoices": [record]}]}).encode()).faults

        def sent(change: str, amount: str, *details: dict[str, str]) -> dict[str, Any]:
            row = {"REGLTTYP": "1", "CHGETAT": change, "TIERS": "C1", "DEV": "EUR", "MTDEV": amount}
            form = {"action": {"parameters": {"dos": "A"}}, "data": {"EnteteReglementtb": [
                row | {"DetailReglementtb": [{"TIERS": "C1", **detail} for detail in details]}]}}  # fmt: skip
            answer = json.loads(books.settle(json.dumps(form).encode(), CALLER).text)
            check_laws(books)
            return dict(json.loads(answer["result"])["result"]["response"][0])

        paid, short = {"PIECE": "87", "MTDEVFIN": "3595"}, {"PIECE": "87", "MTDEVFIN": "5", "OPERATION": "WDR"}
        received = sent("PORCHQ", "3595", paid, short)["transactionId"]
        back = reversals.ask(books, "A", ReportUnpaid(int(received))).result
        assert back is not None
        check_laws(books)
        sent("PORESP", "3600", {"PIECE": "87", "MTDEVFIN": "3600"})
        again = sent("REPCHQ", "3595", {"TRANSAC": back["transaction"]})
        assert again["resultcode"] == "3", f"represent: {again}"


def test_a_return_and_a_presentation_keep_the_laws() -> None:
    a_return_and_a_presentation()


@pytest.mark.parametrize(
    ("plant", "law"),
    [
        (planted.unpaid_forgets_the_difference, "the account of a third party"),
        (planted.represent_without_a_look, "constraint failed"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_return_turns_red(plant: Plant, law: str) -> None:
    with plant(), pytest.raises((AssertionError, IntegrityError), match=law):
        a_return_and_a_presentation()


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
