"""Reading what the platform answers: JSON from outside, trusted in nothing.

Numbers stay the text that was sent, so that an amount is exact. A value that is absent or null is blank; one of another
kind than the service's own makes the whole answer garbled, so that nothing is concluded from it.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn

from lettrage.dates import PARIS
from lettrage.limits import NUMBER_DIGITS, PLATFORM_ANSWER_MARKS, PLATFORM_TEXT_CHARACTERS

_MARKS = (b"{", b"[", b",")
_FLAGS = {"true": True, "oui": True, "1": True, "false": False, "non": False, "0": False, "": False}
_MOST_EXPONENT = 30
_WHOLE = re.compile(rf"-?[0-9]{{1,{NUMBER_DIGITS}}}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?[0-9]{1,31}(?:\.[0-9]{1,30})?", re.ASCII)  # narrower than Decimal
_NUMBER = re.compile(rf"{_DECIMAL.pattern}(?:[eE][+-]?[0-9]{{1,2}})?", re.ASCII)  # of JSON, not quoted


class Garbled(Exception):
    """An answer that the service cannot have meant; `args` say where, never what stood there."""


class Numeral(str):
    """A number of JSON, as its text."""

    __slots__ = ()


class Answer:
    """An object of an answer, each member read as what the service says it is. Every method raises Garbled.

    `mask` hides our secrets in every text, wherever an answer repeats them. `size`: the whole answer's, in bytes.
    """

    def __init__(self, members: dict[str, Any], mask: Callable[[str], str] = str, size: int = 0) -> None:
        self._members = members
        self._mask = mask
        self.size = size

    def __contains__(self, name: str) -> bool:
        return self._members.get(name) is not None

    def text(self, name: str) -> str:
        """A text, or a number as its text; "" where there is none. Never longer than a text of the service's."""
        value = self._members.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Garbled(name)
        return _clean(value if isinstance(value, Numeral) else self._mask(value))

    def needed(self, name: str) -> str:
        """A text without which the answer says nothing."""
        text = self.text(name).strip()
        if not text:
            raise Garbled(name)
        return text

    def whole(self, name: str) -> int | None:
        """A whole number; None where there is none."""
        text = self._figure(name, _WHOLE)
        return int(text) if text else None

    def count(self, name: str) -> int | None:
        """A whole number that is not below zero; None where there is none."""
        number = self.whole(name)
        if number is not None and number < 0:
            raise Garbled(name)
        return number

    def amount(self, name: str) -> str:
        """A decimal number as plain text, exactly as much as was sent; "" where there is none."""
        text = self._figure(name, _NUMBER if isinstance(self._members.get(name), Numeral) else _DECIMAL)
        value = Decimal(text or 0)
        if abs(value.adjusted()) > _MOST_EXPONENT:
            raise Garbled(name)
        return f"{value:f}" if text else ""

    def _figure(self, name: str, shape: re.Pattern[str]) -> str:
        """A figure as it was sent: what is made legible first may be another one."""
        value = self._members.get(name)
        if value is None or (isinstance(value, str) and not value.strip(" ")):
            return ""
        if not isinstance(value, str) or not shape.fullmatch(value.strip(" ")):
            raise Garbled(name)
        return value.strip(" ")

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Yes or no."""
        value = self._members.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if not isinstance(value, str) or value.strip().lower() not in _FLAGS:
            raise Garbled(name)
        return _FLAGS[value.strip().lower()]

    def moment(self, name: str) -> datetime | None:
        """A moment in UTC; None where there is none, or none that can be read. Without an offset it is Paris's."""
        return moment(self.text(name))

    def day(self, name: str) -> date | None:
        """A day; None where there is none, or none that can be read."""
        try:
            return date.fromisoformat(self.text(name).strip()[:10])
        except ValueError:
            return None

    def flag_or_none(self, name: str) -> bool | None:
        """Yes or no; None where the answer does not say."""
        return self.flag(name) if name in self else None

    def inner(self, name: str) -> "Answer":
        """An object inside; an empty one where there is none."""
        value = self._members.get(name)
        if not isinstance(value, dict | None):
            raise Garbled(name)
        return Answer(value or {}, self._mask)

    def texts(self, name: str) -> list[str]:
        """A list of texts; an empty one where there is none."""
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Garbled(name)
        return [_clean(self._mask(one)) for one in value]

    def rows(self, name: str) -> "list[Answer]":
        """A list of objects; an empty one where there is none."""
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise Garbled(name)
        return [Answer(row, self._mask) for row in value]


def read(data: bytes, mask: Callable[[str], str] = str) -> Answer:
    """An answer's text as an object. Raises Garbled for anything else.

    HTML, cut JSON, bottomless nesting, NaN, a member that is there twice: readers differ in which counts. Marks are
    counted before anything is built: eight megabytes of empty objects would be seven hundred in memory.
    """
    if sum(data.count(mark) for mark in _MARKS) > PLATFORM_ANSWER_MARKS:
        raise Garbled("too many")
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            parse_float=Numeral,
            parse_int=Numeral,
            parse_constant=_no_number,
            object_pairs_hook=_members,
        )
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Garbled("JSON")
    return Answer(value, mask, len(data))


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def moment(text: str) -> datetime | None:
    """A moment in UTC from any of the platform's three forms: a day, a day and an hour, ISO 8601 with its offset."""
    try:
        found = datetime.fromisoformat(text.strip())
        local = found if found.tzinfo is not None else found.replace(tzinfo=PARIS)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _clean(text: str) -> str:
    """A text that any store keeps and any terminal shows: no control character, no half of a character."""
    cut = text[:PLATFORM_TEXT_CHARACTERS]
    return cut if cut.isprintable() else "".join(c if c.isprintable() else " " for c in cut)
