"""How texts and figures look on French paper: amounts, dates, IBANs, and only characters that the fonts have."""

import re
from datetime import date
from decimal import Decimal
from functools import cache
from unicodedata import normalize

import typst

from lettrage.money import Currency, Figure, decimal_text

LONGEST_WORD = 20  # characters after which a word without a place to break is given one
BREAK = "\u200b"  # a place to break that nobody sees
# What the templates' fonts can write: Latin, Greek, Cyrillic, the punctuation of French, common signs.
_UNWRITABLE = re.compile(
    r"[^\u0020-\u007e\u00a0-\u024f\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff"
    r"\u0400-\u0482\u048a-\u04ff\u1e00-\u1eff\u2010-\u2026\u202f\u2030\u2032\u2033\u2039\u203a\u2044\u2070\u2074-\u2079"
    r"\u2080-\u2089\u20ac\u2116\u2122\u2153\u2154\u2190-\u2193\u2206\u2212\u221e\u2248\u2260\u2264\u2265\u25cf\u2713]"
)
_THIN = re.compile("[\u2000-\u200a\u205f\u3000]")  # spaces of widths that the fonts do not have
_SIGNS = str.maketrans({",": "\u202f", ".": ",", "-": "\u2212"})
_LONG = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")


@cache
def fonts() -> typst.Fonts:
    """Typst's own fonts and no other, so that a paper looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False)


def figures(minor: int, of: Currency) -> str:
    """An amount in French figures: `1 234,56`, with narrow no-break spaces."""
    return _french(decimal_text(minor, of.decimals))


def french(minor: int, of: Currency) -> str:
    """The same with the currency: `1 234,56 €`, `1 234,567 TND`."""
    return f"{figures(minor, of)}\u00a0{'€' if of.code == 'EUR' else of.code}"


def number(figure: Figure, least: int = 0) -> str:
    """A quantity, a price, a percentage: without idle zeros, but with `least` decimals at least."""
    whole, _, part = figure.canonical.partition(".")
    part = part.ljust(least, "0")
    return _french(f"{whole}.{part}" if part else whole)


def day(of: date | None) -> str:
    """`31/12/2025`, "" where there is none."""
    return "" if of is None else f"{of:%d/%m/%Y}"


def _french(text: str) -> str:
    return f"{Decimal(text):,f}".translate(_SIGNS)


def in_fours(iban: str) -> str:
    """An IBAN as it is printed: in groups of four."""
    plain = "".join(writable(iban).split())
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def writable(text: str) -> str:
    """A text in the characters that the templates' fonts have; a question mark for any other."""
    return _UNWRITABLE.sub("?", _THIN.sub("\u202f", normalize("NFC", text)))


def flowing(text: str) -> str:
    """A text of several lines, as it may be written into a column: tabs are spaces, and long words can be broken."""
    lines = text.replace("\t", " ").splitlines()
    return "\n".join(_LONG.sub(rf"\g<0>{BREAK}", writable(line)) for line in lines).strip()
