"""The words and the characters of the dialect."""

import re

from lettrage.settlement.dialect.tree import WORDS

BLANK = r"[ \t\r\n]*+"
BARE = r"[^ \t\r\n,:{}\[\]'\"]"
# A quote followed by this is a quote that closes.
CLOSED = rf"{BLANK}(?:[,:}}\]]|\Z)"
BLANKS = re.compile(BLANK)
STRAY = re.compile(r"[}\]]")
TAIL = re.compile(r"[ \t\r\n}\]]*+")

HIGH, LOW = "u[dD][89abAB][0-9a-fA-F]{2}", "u[dD][c-fC-F][0-9a-fA-F]{2}"
ESCAPE = re.compile(rf"\\(?:({HIGH}\\{LOW})|(u[0-9a-fA-F]{{4}})|([\"'\\/bfnrt]))")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_NUMBER = re.compile(r"[+-]?+[0-9]++(?:\.[0-9]++|)?+(?:[eE][+-]?+[0-9]++|)?+")


def leaf_of(word: str) -> str | None:
    """The text of an unquoted value: a number as it is written, or a constant in any case; else None."""
    return word if _NUMBER.fullmatch(word) else WORDS.get(word.lower())


def character(escape: re.Match[str]) -> str:
    """The character that an escape (see ESCAPE) stands for."""
    pair, unit, letter = escape.groups()
    if letter:
        return _ESCAPED.get(letter, letter)
    if pair:
        return chr(0x10000 + (int(pair[1:5], 16) - 0xD800) * 0x400 + int(pair[7:], 16) - 0xDC00)
    return chr(int(unit[1:], 16))


def half(escape: re.Match[str]) -> bool:
    """Whether this escape stands for half a character, which no store or answer could write."""
    return bool(escape[2]) and 0xD800 <= int(escape[2][1:], 16) <= 0xDFFF
