"""Money: whole minor units and a currency, read through one strict door.

No binary float comes near an amount. Text becomes a `Figure` (digits and decimals, no currency yet),
a `Figure` becomes minor units once its currency is known. Rates are exact fractions. Computed amounts
round half away from zero; a sum split over lines never loses a minor unit.
"""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache

import msgspec
from iso4217 import Currency as _IsoCurrency

_FIGURE = re.compile(r"([+-]?)([0-9]{1,15})(?:[.,]([0-9]{1,6}))?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})", re.ASCII)
_RATE = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,12}))?", re.ASCII)


class Currency(msgspec.Struct, frozen=True, gc=False):
    """An ISO 4217 currency: its code and how many decimals its minor unit has (EUR 2, TND 3, JPY 0)."""

    code: str
    decimals: int


@cache
def _currencies() -> dict[str, Currency]:
    """The ISO list; funds and metals that have no minor unit are not money that settles an invoice."""
    return {c.code: Currency(c.code, c.exponent) for c in _IsoCurrency if c.exponent is not None}


def currency(code: str) -> Currency | None:
    """The currency of this ISO code in capitals, or None when there is none."""
    return _currencies().get(code)


class Amount(msgspec.Struct, frozen=True, gc=False):
    """`minor` minor units of a currency. Adding two currencies is a programming error."""

    minor: int
    currency: Currency

    def __add__(self, other: "Amount") -> "Amount":
        assert self.currency == other.currency, f"{self} + {other}"
        return Amount(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Amount") -> "Amount":
        assert self.currency == other.currency, f"{self} - {other}"
        return Amount(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Amount":
        return Amount(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{decimal_text(self.minor, self.currency.decimals)} {self.currency.code}"

    @property
    def text(self) -> str:
        """The figure alone, with a point and exactly the currency's decimals: `-3600.00`."""
        return decimal_text(self.minor, self.currency.decimals)


class Figure(msgspec.Struct, frozen=True, gc=False):
    """A decimal number as somebody wrote it: `digits` / 10 ** `decimals`, its currency not yet known."""

    digits: int
    decimals: int

    def minor(self, of: Currency) -> int | None:
        """In minor units of this currency; None when it has more decimals than the currency allows.

        `100.000` is not one hundred euros: it may be a thousands separator. So zeros count too.
        """
        spare = of.decimals - self.decimals
        return None if spare < 0 else self.digits * _POWERS[spare]

    def exact(self, of: Currency) -> int | None:
        """In minor units where the text can mean nothing else (`xs:decimal`): zeros beyond the currency's decimals
        are no more than zeros. None when another digit stands there.
        """
        spare = of.decimals - self.decimals
        unit: int = 10 ** abs(spare)
        if spare >= 0:
            return self.digits * unit
        whole, rest = divmod(abs(self.digits), unit)
        return None if rest else whole if self.digits >= 0 else -whole

    @property
    def fraction(self) -> Fraction:
        """The figure as an exact fraction."""
        return Fraction(self.digits, 10**self.decimals)

    @property
    def text(self) -> str:
        """The figure as written, with a point."""
        return decimal_text(self.digits, self.decimals)

    @property
    def canonical(self) -> str:
        """One spelling for equal figures: `3595`, `3595.00` and `+3595,0` all give `3595`."""
        text = decimal_text(self.digits, self.decimals)
        return text.rstrip("0").rstrip(".") if self.decimals else text


_POWERS = [10**n for n in range(20)]


def figure(text: str, decimals: int = 4) -> Figure | None:
    """The one door from text to money: `[+-]?[0-9]{1,15}([.,][0-9]{1,4})?` in ASCII, else None.

    Deliberately narrower than `Decimal`, which also reads `1_000`, `１０`, `NaN` and `1e999999`. Prices of single units
    may have more `decimals`, up to 6.
    """
    found = _FIGURE.fullmatch(text)
    if found is None:
        return None
    sign, whole, part = found.groups()
    if part is None:
        return Figure(int(sign + whole), 0)
    return Figure(int(sign + whole + part), len(part)) if len(part) <= decimals else None


def decimal(text: str) -> Figure | None:
    """The door from `xs:decimal`, the figures of XML invoices: `1000.0`, `-5`, `+1`, `.5`; never an exponent.

    None for everything else, and beyond 18 digits.
    """
    if _DECIMAL.fullmatch(text) is None:
        return None
    whole, _, part = text.partition(".")
    digits = int(whole + part)
    return Figure(digits, len(part)) if abs(digits) < 10**18 else None


def rate(text: str) -> Fraction | None:
    """An exchange rate or a percentage as an exact fraction; None when it is not a plain positive decimal."""
    found = _RATE.fullmatch(text)
    if found is None:
        return None
    whole, part = found.groups()
    return Fraction(int(whole + (part or "")), 10 ** len(part or ""))


def decimal_text(minor: int, decimals: int) -> str:
    """Minor units as decimal text: (-360000, 2) is `-3600.00`, (500, 0) is `500`."""
    if decimals == 0:
        return str(minor)
    sign = "-" if minor < 0 else ""
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def percent_text(share: Fraction) -> str:
    """A share as a percentage: 1/20 is `5 %`."""
    scaled = rounded(share * 10_000)
    return Figure(scaled, 2).canonical + " %"


def rounded(value: Fraction) -> int:
    """Half away from zero, the rule of French and European accounting."""
    return ratio(value.numerator, value.denominator)


def ratio(numerator: int, denominator: int) -> int:
    """numerator / denominator rounded half away from zero, on whole numbers only. Denominator above 0."""
    doubled = 2 * abs(numerator) + denominator
    quotient = doubled // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights`, to the last minor unit.

    Each share is floored; the missing units go to the largest remainders, ties to the first line.
    Weights are of one sign (or zero) and do not add up to zero.
    """
    whole = sum(weights)
    return _floored([Fraction(total * weight, whole) for weight in weights], total)


def converted(parts: Iterable[int], by: Fraction, scale: Fraction) -> list[int]:
    """Convert each part at a rate so that the results add up to the converted sum, rounded once.

    `by` is a rate between whole units, `scale` turns minor units of one currency into those of the other.
    """
    exact = [part * by * scale for part in parts]
    return _floored(exact, rounded(sum(exact, Fraction(0))))


def _floored(exact: list[Fraction], total: int) -> list[int]:
    floors = [value.numerator // value.denominator for value in exact]
    missing = total - sum(floors)
    assert 0 <= missing <= len(exact), (total, exact)
    largest = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for i in largest[:missing]:
        floors[i] += 1
    return floors
