"""Figures, dates and files as readers of each language set them, exact to the last digit."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from lettrage.adapters.http.pages import sheet, typeset
from lettrage.adapters.http.pages.asked import Query, day_of
from lettrage.adapters.http.pages.words import words
from lettrage.limits import MINOR_UNITS
from lettrage.money import Amount, Currency, currency

EUR, TND, JPY = (found for code in ("EUR", "TND", "JPY") if (found := currency(code)))


@pytest.mark.parametrize(
    ("minor", "of", "french", "english"),
    [
        (123456789012, EUR, "1 234 567 890,12 €", "€1,234,567,890.12"),
        (-123456789012, EUR, "−1 234 567 890,12 €", "−€1,234,567,890.12"),
        (0, EUR, "0,00 €", "€0.00"),
        (5, TND, "0,005 TND", "0.005 TND"),
        (1500, JPY, "1 500 JPY", "JP¥1,500"),
    ],
)
def test_money(minor: int, of: Currency, french: str, english: str) -> None:
    assert typeset.money(minor, of, "fr").replace("\u00a0", " ") == french
    assert typeset.money(minor, of, "en").replace("\u00a0", " ") == english


@pytest.mark.parametrize(
    ("fact", "french", "english"),
    [
        ("1240.00", "1 240,00", "1,240.00"),
        ("-0.050", "−0,050", "−0.050"),
        ("2026-11-22", "22/11/2026", "22 Nov 2026"),
        ("2026-99-99", "2026-99-99", "2026-99-99"),
        ("FA-2026-0477", "FA-2026-0477", "FA-2026-0477"),
        ("", "", ""),
    ],
)
def test_facts_of_a_sentence(fact: str, french: str, english: str) -> None:
    assert typeset.fact(fact, "fr").replace("\u00a0", " ") == french
    assert typeset.fact(fact, "en") == english


@given(st.integers(-MINOR_UNITS * 1_000, MINOR_UNITS * 1_000), st.sampled_from([EUR, TND, JPY]))
def test_no_digit_is_lost(minor: int, of: Currency) -> None:
    said = typeset.figure(minor, of, "fr")
    assert int(said.replace("\u00a0", "").replace(",", "").replace("−", "-")) == minor
    assert " " not in said


def test_a_moment_is_that_of_paris_and_so_is_its_day() -> None:
    late = datetime(2026, 11, 22, 23, 27, tzinfo=UTC)
    for of in (late, late.isoformat()):
        assert typeset.day(of, "fr") == "23/11/2026"
        assert typeset.hour(of) == "00:27"
        assert typeset.moment(of, "fr") == "23/11/2026 00:27 (Paris)"
        assert typeset.moment(of, "en") == "23 Nov 2026 00:27 (Paris)"
    assert typeset.day("2026-11-22", "en") == "22 Nov 2026"
    assert typeset.day("", "fr") == typeset.moment("", "fr") == typeset.hour("") == ""
    assert typeset.long_day(date(2026, 11, 20), "fr") == "Vendredi 20 novembre 2026"


def test_a_sheet_runs_nothing_and_keeps_its_numbers() -> None:
    row: list[sheet.Cell] = [
        "=1+1",
        "+33 1",
        "-x",
        "@SUM",
        "\tx",
        "a;b",
        'say "x"',
        Amount(-500, EUR),
        date(2026, 11, 20),
        7,
        None,
    ]
    french = sheet.written(["a"], [row], "fr").decode("utf-8-sig").splitlines()[1]
    assert french == """'=1+1;'+33 1;'-x;'@SUM;'\tx;"a;b";"say ""x\""";-5,00;20/11/2026;7;"""
    for lead in "＝＋－＠":
        assert sheet.written([], [[f"{lead}1"]], "fr").decode().splitlines()[1] == f"'{lead}1"
    assert sheet.written(["é"], [], "en").startswith(b"\xef\xbb\xbf")
    english = sheet.written(["a"], [[Amount(123456, EUR), date(2026, 11, 20)]], "en").decode("utf-8-sig")
    assert english == "a\r\n1234.56,2026-11-20\r\n"


def test_counted_words() -> None:
    assert [words("fr", "frame.other_lines", n) for n in (0, 1, 2)] == [
        "et 0 autre ligne",
        "et 1 autre ligne",
        "et 2 autres lignes",
    ]
    assert [words("en", "frame.other_lines", n) for n in (0, 1)] == ["and 0 more lines", "and 1 more line"]


@pytest.mark.parametrize("nonsense", ["", "x", "-1", "9" * 30, "1e3", "\u0663", "31/02/2026", "2026-13-01", "\x00"])
def test_nonsense_in_an_address_is_as_if_it_were_not_there(nonsense: str) -> None:
    query = Query(QueryParams({"n": nonsense, "d": nonsense, "v": nonsense}))
    assert query.number("n", 3) == 3
    assert query.day("d") is None
    assert query.one("v", ("a", "b"), "a") == "a"
    assert "\x00" not in query.text("n")


def test_days_of_an_address() -> None:
    assert day_of("20/11/2026") == day_of("2026-11-20") == date(2026, 11, 20)
