"""Due items of one piece and one date: DUEDATE cannot tell them apart, their amounts can. Nothing is ever guessed."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.databases import tidy
from tests.journeys.helpers import Firm, company, header, invoice, pays

DAY = "2026-11-20"


def firm(folder: Path, *amounts: str) -> Firm:
    dues = [{"due_date": DAY, "amount": amount} for amount in amounts]
    return Firm(folder, company(invoices=[invoice("90", *amounts) | {"due_items": dues}]))


def still_open(of: Firm) -> list[int]:
    return [row[0] for row in of.ask("SELECT open FROM due_item WHERE piece = '90' ORDER BY id")]


def settle(of: Firm, *details: dict[str, Any]) -> Any:
    money = sum(round(float(one["AMOUNT"]) * 100) for one in details if not one["OPERATION"])
    return of.send(header("PORCHQ", f"{money / 100:.2f}", *details))


@pytest.mark.parametrize("due", [{}, {"DUEDATE": "20261120"}])
def test_one_header_pays_them_all_with_a_detail_for_each(tmp_path: Path, due: dict[str, str]) -> None:
    of = firm(tmp_path, "1000.00", "500.00", "500.00")
    answer = settle(of, pays("90", "500.00", **due), pays("90", "1000.00", **due), pays("90", "500.00", **due))

    assert set(answer.codes) == {"0"}, answer.settlements
    assert still_open(of) == [0, 0, 0]
    taken = of.ask("SELECT item, sum(amount) FROM allocation GROUP BY item ORDER BY item")
    assert [amount for _, amount in taken] == [100_000, 50_000, 50_000]


def test_a_remainder_belongs_to_the_details_that_it_stands_with(tmp_path: Path) -> None:
    of = firm(tmp_path, "1000.00", "500.00")
    answer = settle(of, pays("90", "500.00"), pays("90", "700.00"), pays("90", "300.00", "WPA"))

    assert set(answer.codes) == {"0"}, answer.settlements
    assert sorted(still_open(of)) == [0, 0, 30_000]


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        (["1500.00"], "sum_of_all"),  # which part is whose is not said
        (["700.00", "800.00"], "sum_of_all"),
        (["1000.00", "499.99"], "no_due_item_fits"),
        (["1000.00", "500.00", "1.00"], "no_due_item_fits"),
    ],
)
def test_what_is_not_said_is_not_guessed(tmp_path: Path, amounts: list[str], code: str) -> None:
    of = firm(tmp_path, "1000.00", "500.00")
    answer = settle(of, *(pays("90", amount, DUEDATE="20261120") for amount in amounts))

    ((reason,),) = ([one["code"] for one in settlement["reasons"]] for settlement in answer.settlements)
    assert reason == code
    assert still_open(of) == [100_000, 50_000]


def test_due_items_of_several_dates_are_told_apart_by_their_dates_alone(tmp_path: Path) -> None:
    dues = [{"due_date": DAY, "amount": "1000.00"}, {"due_date": "2026-12-20", "amount": "500.00"}]
    of = Firm(tmp_path, company(invoices=[invoice("90", "1500.00") | {"due_items": dues}]))
    answer = settle(of, pays("90", "1000.00"), pays("90", "500.00"))

    assert set(answer.codes) == {"3"}
    assert still_open(of) == [100_000, 50_000]


@given(st.lists(st.integers(1, 6), min_size=2, max_size=4), st.lists(st.integers(1, 12), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_whatever_is_asked_each_due_item_is_paid_exactly_or_not_at_all(items: list[int], asked: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name, tidy():
        of = firm(Path(name), *(f"{one}00.00" for one in items))
        answer = settle(of, *(pays("90", f"{one}00.00", DUEDATE="20261120") for one in asked))

        left = still_open(of)
        assert all(after in (0, 10_000 * before) for before, after in zip(items, left, strict=True))
        paid = sum(before for before, after in zip(items, left, strict=True) if not after)
        assert paid == (sum(asked) if set(answer.codes) == {"0"} else 0)
        of.store.close()
