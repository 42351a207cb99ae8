"""What a law has to say, in words."""

from collections.abc import Iterator

import msgspec

from lettrage.money import Currency, decimal_text


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it must be: a stable code, what is wrong in French, and where."""

    code: str
    message: str
    where: str = ""


def same(code: str, place: str, what: str, seen: object, expected: object) -> Iterator[Finding]:
    """What is stored is what it should be."""
    if seen != expected:
        yield Finding(code, f"{what} : {seen} trouvé, {expected} attendu.", place)


def equal(code: str, place: str, what: str, seen: int, expected: int, of: Currency) -> Iterator[Finding]:
    """The same of an amount."""
    if seen != expected:
        figures = f"{text(seen, of)} trouvé, {text(expected, of)} attendu ({of.code})"
        yield Finding(code, f"{what} : {figures}.", place)


def text(minor: int, of: Currency) -> str:
    """An amount as findings show it."""
    return decimal_text(minor, of.decimals)
