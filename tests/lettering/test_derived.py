"""Letters follow from what is settled, and are taken away by what gives it back."""

from datetime import date
from typing import Any

import pytest

from tests.journeys.helpers import NOON, Firm, OpenFirm, advance, deposit, header, invoice, pays
from tests.journeys.reversing import again, cancel, unpaid
from tests.journeys.test_reversals import RECEIPTS
from tests.lettering.reading import by_place, lettered


def cheque(piece: str, amount: str, rest: str = "", **more: Any) -> dict[str, Any]:
    details = [pays(piece, amount), *([pays(piece, rest, "WPA")] if rest else [])]
    return header("PORCHQ", amount, *details, **more)


def test_an_invoice_is_lettered_with_what_paid_it_and_each_has_its_own_letters(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("87", "3600.00"), invoice("86", "2400.00"), invoice("85", "10.00")])
    firm.done(header("PORCHQ", "5995", pays("87", "3595"), pays("86", "2400"), pays("87", "5", "WDR")))

    assert lettered(firm) == [
        ("3600.00", "AA"), ("2400.00", "AB"), ("10.00", ""), ("-3600.00", "AA"), ("-2400.00", "AB"),
    ]  # fmt: skip


def test_small_letters_until_the_last_part_is_paid(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "900.00")])
    firm.done(cheque("1", "300", "600"))
    assert lettered(firm) == [("900.00", "aa"), ("-300.00", "aa")]

    firm.done(cheque("1", "200", "400"))
    last = firm.done(cheque("1", "400"))
    assert lettered(firm) == [("900.00", "AA"), ("-300.00", "AA"), ("-200.00", "AA"), ("-400.00", "AA")]

    unpaid(firm, last)
    assert {letter for _, letter in lettered(firm)} == {"aa"}


def test_one_of_two_payments_comes_back_and_is_presented_again(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "900.00")])
    first = firm.done(cheque("1", "300", "600"))
    firm.done(cheque("1", "600"))

    back = unpaid(firm, first)["transaction"]
    assert {letter for _, letter in lettered(firm)} == {"aa"}

    firm.done(again(back))
    assert {letter for _, letter in lettered(firm)} == {"AA"}


def test_both_payments_come_back_and_nothing_is_lettered(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "900.00")])
    for number in (firm.done(cheque("1", "300", "600")), firm.done(cheque("1", "600"))):
        unpaid(firm, number)

    assert {letter for _, letter in lettered(firm)} == {""}


def test_a_doubtful_customers_invoice_leaves_411_lettered_and_begins_again_on_416(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "900.00")])
    unpaid(firm, firm.done(cheque("1", "900")), to="416")
    assert lettered(firm) == [("900.00", "AA"), ("-900.00", "AA")]
    assert lettered(firm, "416000") == [("900.00", "")]

    firm.done(cheque("1", "400", "500"))
    assert lettered(firm, "416000") == [("900.00", "aa"), ("-400.00", "aa")]
    firm.done(cheque("1", "500"))
    assert {letter for _, letter in lettered(firm, "416000")} == {"AA"}


def test_a_part_that_came_back_to_416_is_lettered_there_apart(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "900.00")])
    first = firm.done(cheque("1", "300", "600"))
    unpaid(firm, first, to="416")
    assert lettered(firm) == [("900.00", "aa"), ("-300.00", "aa")]
    assert lettered(firm, "416000") == [("300.00", "")]

    firm.done(header("PORCHQ", "600", pays("1", "600")))
    assert {letter for _, letter in lettered(firm)} == {"AA"}


def test_an_advance_is_lettered_with_what_consumes_it(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "600.00"), invoice("2", "100.00")])
    received = firm.done(header("PORCHQ", "500", advance("500")))
    assert lettered(firm, "419100") == [("-500.00", "")]

    firm.done(header("PORCHQ", "200", pays("1", "600"), advance("-400", TRANSAC=received)))
    assert lettered(firm, "419100") == [("-500.00", "ac"), ("400.00", "ac")]
    firm.done(header("PORCHQ", "0", pays("2", "100"), advance("-100", TRANSAC=received)))
    assert {letter for _, letter in lettered(firm, "419100")} == {"AC"}
    assert {letter for _, letter in lettered(firm)} == {"AA", "AB"}


def test_a_cancelled_advance_is_lettered_with_what_takes_it_back(open_firm: OpenFirm) -> None:
    firm = open_firm()
    cancel(firm, firm.done(header("PORCHQ", "500", advance("500"))))

    assert lettered(firm, "419100") == [("-500.00", "AA"), ("500.00", "AA")]


def test_a_credit_note_and_the_invoice_that_it_offsets_are_each_lettered(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "600.00"), invoice("2", "-150.00")])
    firm.done(header("PORCHQ", "450", pays("1", "600"), pays("2", "-150")))

    assert lettered(firm) == [("600.00", "AA"), ("-150.00", "AB"), ("-600.00", "AA"), ("150.00", "AB")]


def test_in_a_foreign_currency_both_sums_are_zero(open_firm: OpenFirm) -> None:
    dinars = {"currency": "TND", "rate": "0.3011"}
    firm = open_firm(invoices=[invoice("1", "1000.000", **dinars)])
    for paid, home, rest in (("333.333", "100", "666.667"), ("333.333", "101", "333.334"), ("333.334", "99.5", "")):
        firm.done(
            header(
                "PORCHQ", paid, pays("1", paid, MTDEVREGLE=paid, MTREGLE=home),
                *([pays("1", rest, "WPA")] if rest else []), CURRENCY="TND", MT=home,
            )
        )  # fmt: skip

    assert lettered(firm) == [("301.10", "AA"), ("-100.37", "AA"), ("-100.37", "AA"), ("-100.36", "AA")]


@pytest.mark.parametrize("name", RECEIPTS)
@pytest.mark.parametrize("way", ["cancel", "unpaid"])
def test_what_is_taken_back_leaves_the_letters_of_before(open_firm: OpenFirm, name: str, way: str) -> None:
    more, first, cheque_of = RECEIPTS[name]
    firm = open_firm(**more)
    for one in first:
        firm.done(one)
    before = by_place(firm)
    posted = _postings(firm)
    received = firm.done(cheque_of)
    lettered_then = by_place(firm)
    assert lettered_then != before or name == "an advance"

    if way == "cancel":
        cancel(firm, received)
        assert _up_to(firm, posted) == before
        return
    back = unpaid(firm, received)["transaction"]
    assert _up_to(firm, posted) == before
    firm.done(again(back))
    assert {place: code for place, (code, _) in _up_to(firm, posted).items()} == {
        place: code for place, (code, _) in lettered_then.items() if place[0] <= posted
    }


def _postings(firm: Firm) -> int:
    return int(firm.ask("SELECT max(posting) FROM entry")[0][0] or 0)


def _up_to(firm: Firm, posting: int) -> dict[tuple[int, int], tuple[str, str]]:
    return {place: letter for place, letter in by_place(firm).items() if place[0] <= posting}


def test_the_letters_of_a_year_are_those_of_its_own_lines(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "900.00"), invoice("2", "50.00")])
    firm.done(cheque("1", "300", "600"), cheque("2", "50"))
    firm.clock.at = NOON.replace(month=12, day=15)
    number = firm.done(cheque("1", "600", DATE="20241215"))
    firm.done(deposit("REMCDI", {"TRANSAC": number}, DATE="20241215"))

    october = by_place(firm, date(2024, 10, 31))
    assert october == {
        (1, 1): ("aa", ""),
        (2, 1): ("AB", "2024-10-21"),
        (3, 2): ("aa", ""),
        (4, 2): ("AB", "2024-10-21"),
    }
    assert by_place(firm)[1, 1] == ("AA", "2024-12-15")
    assert by_place(firm, date(2024, 9, 30)) == {}


def test_what_is_told_item_by_item_has_the_letters_of_its_lines(open_firm: OpenFirm) -> None:
    firm = open_firm(invoices=[invoice("1", "900.00"), invoice("2", "50.00")])
    unpaid(firm, firm.done(cheque("1", "300", "600")), to="416")

    with firm.store.books(firm.dossier, writing=False) as books:
        letters = books.letters_of_items([1, 2, 3])

    assert {key: letter.code for key, letter in letters.items()} == {(1, "411000"): "aa"}
