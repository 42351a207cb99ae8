"""The XML that was sent as lines of a page: real numbers, its syntax in colours, what is at fault lit.

Everything is text here; the template escapes it. A line of an attachment may be millions of characters long: of such a
piece only the beginning is shown, with how long it is.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

AROUND = 12  # lines shown before and behind one at fault: 25 with it
MOST_LINES = 5_000  # of a whole file on a page
MOST_CHARACTERS = 400  # of one piece of a line

_TOKEN = re.compile(
    r"""
      (?P<comment><!--.*?(?:-->|\Z))
    | (?P<plain><!\[CDATA\[.*?(?:\]\]>|\Z))
    | (?P<tag><(?:[^"'<>]|"[^"]*"|'[^']*'|)*+>)
    | (?P<text>[^<]+ | <)
    """,
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])(?P<name>[\w:.-]++)(?P<is>\s*+=\s*+)(?P<value>"[^"]*"|'[^']*')""")


class Spot(msgspec.Struct, frozen=True):
    """What a fault is about: a stretch of the file in characters, the fault's number, and words that name it."""

    start: int
    end: int
    number: int
    tag: str
    mild: bool = False  # worth a look, but nothing that stopped


class Piece(msgspec.Struct, frozen=True):
    """A part of a line: `tag`, `attribute`, `value`, `comment`, `text`; `lit` where it is at fault.

    `left` is how many characters more it has than are shown.
    """

    kind: str
    text: str
    lit: bool = False
    left: int = 0


class CodeLine(msgspec.Struct, frozen=True):
    """A line of the file; `spots` are the faults that begin on it. A number of 0 is a gap between lines shown."""

    number: int
    pieces: tuple[Piece, ...] = ()
    spots: tuple[Spot, ...] = ()


class Code(msgspec.Struct, frozen=True):
    """The lines that are shown of a file of so many lines."""

    lines: tuple[CodeLine, ...]
    total: int
    whole: bool

    @property
    def lit(self) -> list[int]:
        """The numbers of the lines at fault."""
        return [line.number for line in self.lines if line.spots]


def code(text: str, spots: Sequence[Spot], *, whole: bool = False) -> Code:
    """A file's lines: those around its faults, or all of them where it is short or is asked for as a whole."""
    ends = [found.start() for found in re.finditer("\n", text)]
    total = len(ends) + (not text.endswith("\n"))
    wanted = _wanted([bisect_right(ends, spot.start - 1) + 1 for spot in spots], total, whole=whole)
    lines: list[CodeLine] = []
    for number, pieces in _lines(text, spots):
        if number in wanted:
            if lines and lines[-1].number != number - 1:
                lines.append(CodeLine(0))
            begun = tuple(s for s in spots if bisect_right(ends, s.start - 1) + 1 == number)
            lines.append(CodeLine(number, tuple(map(_short, pieces)), begun))
    return Code(tuple(lines), total, whole=len(wanted) == total)


def _wanted(lit: Iterable[int], total: int, *, whole: bool) -> set[int]:
    """The numbers of the lines to show; without a fault, or with very few lines, all of them."""
    if whole or total <= 2 * AROUND + 1:
        return set(range(1, min(total, MOST_LINES) + 1))
    around = lit or [AROUND + 1]
    wanted: set[int] = set()
    for line in around:
        first = min(max(line - AROUND, 1), max(total - 2 * AROUND, 1))
        wanted |= set(range(first, min(first + 2 * AROUND, total) + 1))
    return wanted


def _lines(text: str, spots: Sequence[Spot]) -> Iterator[tuple[int, list[Piece]]]:
    """Each line with its pieces."""
    number, pieces = 1, list[Piece]()
    for at, kind, part in _coloured(text):
        for begun, piece in _split(at, kind, part, spots):
            if begun:
                yield number, pieces
                number, pieces = number + 1, []
            if piece.text:
                pieces.append(piece)
    if pieces:
        yield number, pieces


def _coloured(text: str) -> Iterator[tuple[int, str, str]]:
    """Stretches of one colour, with where each begins."""
    for found in _TOKEN.finditer(text):
        if found.lastgroup == "tag":
            yield from _tag(found.start(), found[0])
        else:
            kind = "comment" if found.lastgroup == "comment" else "text"
            yield found.start(), kind, found[0]


def _tag(start: int, text: str) -> Iterator[tuple[int, str, str]]:
    last = 0
    for found in _ATTRIBUTE.finditer(text):
        yield start + last, "tag", text[last : found.start()]
        yield start + found.start(), "attribute", found["name"]
        yield start + found.start("is"), "tag", found["is"]
        yield start + found.start("value"), "value", found["value"]
        last = found.end()
    yield start + last, "tag", text[last:]


def _split(at: int, kind: str, part: str, spots: Sequence[Spot]) -> Iterator[tuple[bool, Piece]]:
    """A stretch cut at the ends of lines and of what is lit; each with whether a new line begins with it."""
    cuts = {at, at + len(part)} | {e for s in spots for e in (s.start, s.end) if at < e < at + len(part)}
    ordered = sorted(cuts)
    for start, end in pairwise(ordered):
        lit = any(spot.start <= start and end <= spot.end for spot in spots)
        for row, line in enumerate(part[start - at : end - at].split("\n")):
            yield row > 0, Piece(kind, line, lit=lit)


def _short(piece: Piece) -> Piece:
    left = len(piece.text) - MOST_CHARACTERS
    return piece if left <= 0 else msgspec.structs.replace(piece, text=piece.text[:MOST_CHARACTERS], left=left)
