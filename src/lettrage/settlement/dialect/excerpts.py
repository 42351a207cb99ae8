"""Where in the text a repair or an error is, and the piece of the text that may be shown of it."""

import re
from collections.abc import Iterable, Iterator

from lettrage.refusal import Refusal, Unreadable, quoted
from lettrage.settlement.dialect.tree import Repair

EXCERPT_CHARACTERS = 24  # how much of the text an error or a repair shows
# Errors and repairs are shown and logged; the caller's token must be in neither.
_SECRET = re.compile(r"access_token[^,{}\[\]]*\Z", re.IGNORECASE)
_SECRET_NAME_END = re.compile("(?<=access_token)", re.IGNORECASE)
_SECRET_CHARACTERS = 200  # how far before a text its name is looked for

Found = tuple[int, str, str]
"""A repair before its line is known: where it is, its code, what is shown."""


def excerpt(text: str, start: int, stop: int, string: int) -> str:
    """A piece of the text in one line; `string` is where the string or the word around it starts."""
    if _SECRET.search(text, max(0, string - _SECRET_CHARACTERS), string):
        return "***"
    return quoted(_SECRET_NAME_END.split(text[start:stop], maxsplit=1)[0])


def found(text: str, code: str, at: int, string: int) -> Found:
    """A repair at this place, in the string that starts at `string`."""
    start = max(string, at - EXCERPT_CHARACTERS // 2)
    return at, code, excerpt(text, start, at + EXCERPT_CHARACTERS // 2, string)


def fault(text: str, at: int, seen: str, expected: str, code: str = "syntax") -> Unreadable:
    """The error at this place."""
    line, column = next(_places(text, [at]))
    return Unreadable(Refusal(code, "", seen, expected, {"line": str(line), "column": str(column)}))


def repairs(text: str, all_found: list[Found]) -> tuple[Repair, ...]:
    """These repairs with their lines, in the order of the text."""
    ordered = sorted(all_found)
    places = _places(text, [at for at, _, _ in ordered])
    return tuple(
        Repair(code, line, column, seen) for (line, column), (_, code, seen) in zip(places, ordered, strict=True)
    )


def _places(text: str, ascending: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The line and column, both from 1, of each of these positions, in one pass over the text."""
    line, line_start, done = 1, 0, 0
    for at in ascending:
        line += text.count("\n", done, at)
        line_start = max(line_start, text.rfind("\n", done, at) + 1)
        done = at
        yield line, at - line_start + 1
