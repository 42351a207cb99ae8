"""A table of invoices: which line belongs to which invoice, and how long many of them take."""

import time
from itertools import product

import pytest

from lettrage.invoicing.billing.intake import opened
from lettrage.invoicing.billing.table import records_of
from lettrage.limits import INVOICE_TABLE
from lettrage.opening.table import rows_of
from lettrage.refusal import Unreadable

LINES = 20_000
SECONDS = 10  # far above what it takes; looking through all that was read before takes minutes


def test_a_line_goes_to_the_latest_invoice_that_nothing_in_it_speaks_against() -> None:
    said = "F1,S,,1\nF1,T,A,2\nF1,,B,3\nF1,S,A,4\nF1,,,5\n,,B,6\nF1,U,B,7\n"
    read = records_of("number,seller,buyer,description\n" + said)
    together = [[line["description"] for line in one["lines"]] for one in read]
    assert together == [["1", "3"], ["2"], ["4", "5"], ["6"], ["7"]]


def test_every_pair_of_seller_and_buyer_is_found_again() -> None:
    pairs = [f"F1,{seller},{buyer},x" for seller, buyer in product("ABC", "XYZ")]
    read = records_of("\n".join(["number,seller,buyer,description", *pairs, *reversed(pairs)]))
    assert [(one["seller"], one["buyer"], len(one["lines"])) for one in read] == [
        (seller, buyer, 2) for seller, buyer in product("ABC", "XYZ")
    ]


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("number,buyer,description", "F1,B{},x"),
        ("number,buyer,attachment", "F1,B,a{}.pdf"),
        ("number,buyer,due_date,due_amount", "F1,B,2026-01-01,{}"),
        ("number,seller,buyer,description", "F1,S{},,x\nF1,,B{},x"),
    ],
)
def test_many_lines_are_read_in_seconds(head: str, line: str) -> None:
    text = "\n".join([head, *(line.replace("{}", str(at % INVOICE_TABLE.headers)) for at in range(LINES))])
    begun = time.perf_counter()
    records_of(text)
    assert time.perf_counter() - begun < SECONDS


def test_one_invoice_too_many_is_refused_before_the_others_are_made() -> None:
    lines = [f"F{at},B,x" for at in range(INVOICE_TABLE.headers + 1)]
    with pytest.raises(Unreadable) as caught:
        records_of("\n".join(["number,buyer,description", *lines]))
    assert caught.value.refusal.code == "too_many_invoices"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["F1,B,x"] * INVOICE_TABLE.details, "too_many_invoices"),
        (["F1,B," + "x" * INVOICE_TABLE.document_bytes], "too_large"),
    ],
)
def test_a_table_beyond_a_limit_is_refused_before_it_is_read(lines: list[str], code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        opened("\n".join(["number,buyer,description", *lines, ""]).encode())
    assert caught.value.refusal.code == code


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_may_end_as_any_system_ends_it_and_a_cell_hold_several(end: str) -> None:
    text = end.join(["number;buyer;description", 'F1;B;"x', 'y"', "", "F2;B;z"])
    assert rows_of(text) == [
        {"number": "F1", "buyer": "B", "description": f"x{end}y"},
        {"number": "F2", "buyer": "B", "description": "z"},
    ]
