"""A4: amounts read = amounts written, for currencies of 0, 2 and 3 decimals; nothing else is read at all.

The reader here is another one than the engine's: it walks over the characters. Half of the strings are hostile.
"""

import random
import string

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lettrage import money
from lettrage.limits import DOCUMENT
from lettrage.money import Currency
from lettrage.settlement.read import read

EUR, TND, JPY = Currency("EUR", 2), Currency("TND", 3), Currency("JPY", 0)
CURRENCIES = (EUR, TND, JPY)

# What a person or a program could write, and no cheque would carry.
HOSTILE = (
    "", " ", "+", "-", ".", ",", "1.", ".5", "1_000", "1__0", "_1", "1 000", "1\u00a0000", "1\u202f000", "1'000",
    "1,000.00", "1.000,00",
    "１０", "1０", "٣", "٣.٥", "१", "𝟙", "²", "½", "Ⅷ", "１.００", "1．0", "1，0", "1٫5",
    "1e3", "1E3", "1e-2", "1e999999", "0x10", "0b1",
    "NaN", "nan", "sNaN", "Infinity", "-inf", "++1", "--1", "+-1", "-+1", "1-", "1+", "(1)", "−1", "﹣1", "＋1",
    "1\n", "\n1", "1\r", "1\t",
    "1\x00", "1\u2028", "1\x1c", "1\u200b", "\ufeff1", "1234567890123456", "0000000000000001",
    "1.23456", "1.00000", "1,00000",
    "1.2.3", "1,2,3", "1.,2", "€1", "1€", "1 EUR", "EUR1", "1%", "True", "None", "null", "0.1e1", "1.0e0", "1d",
    "1f", "1L", "0o7",
)  # fmt: skip
_SOUP = "0123456789" * 3 + "+-.,  \n\teE_xX" + "０１٣१𝟗²½−٫．\u00a0\u200b"


def plain(text: str) -> tuple[int, int] | None:
    """Digits and decimals of an amount, read character by character; None where it is none."""
    sign, rest = 1, text
    if rest[:1] in ("+", "-"):
        sign, rest = (-1 if rest[0] == "-" else 1), rest[1:]
    marks = [at for at, c in enumerate(rest) if c in ".,"]
    if len(marks) > 1:
        return None
    whole, part = (rest[: marks[0]], rest[marks[0] + 1 :]) if marks else (rest, "")
    if not 1 <= len(whole) <= 15 or len(part) > 4 or (marks and not part):
        return None
    if any(c not in string.digits for c in whole + part):
        return None
    number = 0
    for c in whole + part:
        number = number * 10 + string.digits.index(c)
    return sign * number, len(part)


def reads_as_written(text: str) -> None:
    """Read exactly where the plain reader does, with the same value; and the same in a document, but for blanks."""
    expected, found = plain(text), money.figure(text)
    seen = None if found is None else (found.digits, found.decimals)
    assert seen == expected, f"A4 {text!r} read as {seen}, written {expected}"
    if found is None or expected is None:
        return
    for held in CURRENCIES:
        minor = found.minor(held)
        spare = held.decimals - expected[1]
        assert minor == (None if spare < 0 else expected[0] * 10**spare), f"A4 {text!r} is {minor} of {held.code}"


def round_trip(minor: int, held: Currency, style: int) -> None:
    """Minor units -> text, in one of the ways that people write -> the same minor units."""
    written = money.Amount(minor, held).text
    spelled = (
        written,
        written.replace(".", ","),
        "+" + written.removeprefix("-") if minor >= 0 else written,
        "00" + written if minor >= 0 and len(written.split(".")[0]) < 14 else written,
        written.rstrip("0").rstrip(".") if "." in written else written,
    )[style]
    found = money.figure(spelled)
    assert found is not None, f"A4 {spelled!r} is not read"
    assert found.minor(held) == minor, f"A4 {minor} of {held.code}, written {spelled!r}, read as {found.minor(held)}"
    back = money.figure(found.canonical)
    assert back is not None, f"A4 {found.canonical!r} is not read"
    assert back.digits * 10**found.decimals == found.digits * 10**back.decimals, "A4 canonical"


def hostile(die: random.Random) -> str:
    """A hostile string: one of the list, a sound amount damaged, or soup."""
    kind = die.randrange(3)
    if kind == 0:
        return die.choice(HOSTILE)
    if kind == 1:
        text, at = sound(die), die.randrange(20)
        return text[:at] + die.choice(_SOUP) + text[at:]
    return "".join(die.choice(_SOUP) for _ in range(die.randrange(1, 22)))


def sound(die: random.Random) -> str:
    """An amount as it is allowed."""
    whole = "".join(die.choice(string.digits) for _ in range(die.randint(1, 15)))
    part = "".join(die.choice(string.digits) for _ in range(die.randint(0, 4)))
    return die.choice(("", "+", "-")) + whole + (die.choice(".,") + part if part else "")


def try_strings(die: random.Random, count: int) -> None:
    """So many strings, half of them hostile."""
    for at in range(count):
        reads_as_written(hostile(die) if at % 2 else sound(die))
        held = die.choice(CURRENCIES)
        whole = die.randint(1, 15)
        round_trip(die.choice((1, -1)) * die.randrange(10 ** (whole + held.decimals)), held, die.randrange(5))


SHORT = settings(max_examples=300, deadline=None, derandomize=True, database=None, phases=[Phase.generate])


@pytest.mark.parametrize("text", HOSTILE)
def test_what_no_cheque_would_carry_is_not_an_amount(text: str) -> None:
    assert money.figure(text) is None, f"A4 {text!r} is read"
    reads_as_written(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_document_refuses_it_too_but_for_blanks_around_it(text: str) -> None:
    data = '{"EnteteReglementtb": [{"REGLTTYP": "1", "CHGETAT": "PORCHQ", "TIERS": "C", "DEV": "EUR", "MTDEV": %s}]}'
    quoted = '"' + "".join(f"\\u{ord(c):04x}" if ord(c) < 32 else c for c in text) + '"'
    (settlement,) = read(data % quoted, DOCUMENT).settlements
    trimmed = plain(text.strip())
    assert (settlement.amount is None) == (trimmed is None), f"A4 {text!r} read as {settlement.amount}"
    codes = {fault.code for fault in settlement.faults}
    assert ("malformed_amount" in codes) == (trimmed is None and bool(text.strip()))


@SHORT
@given(st.text(max_size=24) | st.text(alphabet=_SOUP, max_size=24) | st.floats().map(str) | st.decimals().map(str))
def test_any_text_is_read_as_written_or_not_at_all(text: str) -> None:
    reads_as_written(text)


@SHORT
@given(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(CURRENCIES), st.integers(0, 4))
def test_amounts_come_back_as_they_were_written(minor: int, held: Currency, style: int) -> None:
    round_trip(minor, held, style)


def test_thousands_of_strings_are_read_as_written_or_not_at_all() -> None:
    try_strings(random.Random(20_241_020), 20_000)


def test_a_long_amount_is_refused_at_once() -> None:
    for text in ("1" * 1_000_000, "1e999999", "0." + "0" * 1_000_000):
        assert money.figure(text) is None
