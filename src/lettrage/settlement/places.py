"""Where a path leads in the caller's own text: to the very characters that a refusal is about.

    Sent(text).at("data.EnteteReglementtb[0].EnteteReglement.MTDEV") -> [Found(start, end, exact=True)]

The dialect's own reader takes the text apart, so that what is found is what was read: strict JSON, the dialect, and the
business form written as a string inside `param`. Our own form is named by JSON pointers.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec

from lettrage.limits import DOCUMENT
from lettrage.refusal import Unreadable
from lettrage.settlement import dialect
from lettrage.settlement.dialect import tokens

_STEPS = re.compile(r"\[(\d{1,9})\]|([^.\[\]]+)", re.ASCII)
_QUOTES = frozenset("'\"")


Kind = Literal["{", "[", ""]


class Spot(msgspec.Struct, frozen=True):
    """A part of a text: its first character, the one after its last (quotes aside), and the named parts in it."""

    kind: Kind
    start: int
    end: int
    parts: tuple[tuple[str, "Spot"], ...] = ()


class Found(msgspec.Struct, frozen=True):
    """Characters of a text. Not `exact`: what the path names is not written there, and this holds its place."""

    start: int
    end: int
    exact: bool


class _Tracing(tokens._Reader):
    """The dialect's reader, which notes beside the tree where each part of it stands."""

    def __init__(self, text: str) -> None:
        super().__init__(text, DOCUMENT.depth)
        self.began = 0
        self.trail: list[tuple[int, list[tuple[str, Spot]]]] = [(0, [])]

    def spot(self) -> Spot:
        """The whole text."""
        self.read()
        return self.trail[0][1][0][1]

    def plain_parts(self, top: tokens._Open) -> None:
        """No short cut: every part is met one by one."""

    def value(self, name: str) -> None:
        self.peek()
        self.began = self.at
        super().value(name)

    def push(self, closer: str, name: str) -> None:
        super().push(closer, name)
        self.trail.append((self.at, []))

    def add(self, name: str, node: dialect.Node) -> None:
        kind: Kind = ""
        began, end = self.began, self.at
        parts: list[tuple[str, Spot]] = []
        if len(self.trail) > len(self.open):  # a container, which has just ended
            kind = "[" if isinstance(node, list) and not isinstance(node, dialect.Pairs) else "{"
            began, parts = self.trail.pop()
        elif self.text[began] in _QUOTES and end - began > 2:
            began, end = began + 1, end - 1
        super().add(name, node)
        self.trail[-1][1].append((name, Spot(kind, began, end, tuple(parts))))


class Sent:
    """A text as it was sent, taken apart; one that cannot be read leads nowhere."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        try:
            self._whole = _Tracing(text).spot()
        except Unreadable:  # read otherwise by the program of that day
            self._whole = Spot("", 0, len(text))
        self._inner = self._inside_param()

    def line(self, at: int) -> int:
        """The line of a character, from 1."""
        return bisect_right(self._lines, at)

    def begins(self, line: int) -> int:
        """The first character of a line."""
        return self._lines[line - 1]

    def ends(self, line: int) -> int:
        """The character after a line's last, its end mark aside."""
        end = self._lines[line] - 1 if line < len(self._lines) else len(self.text)
        return end - 1 if self.text[end - 1 : end] == "\r" else end

    def spots(self, path: str) -> list[Spot]:
        """Every part that this path names: none, one, or several where a name stands there twice."""
        return [spot for spot, whole in self._walked(path) if whole]

    def at(self, path: str) -> list[Found]:
        """The characters that this path is about; where it ends in a name that is not written, what should hold it."""
        reached = self._walked(path)
        exact = [spot for spot, whole in reached if whole]
        if exact:
            return [self._found(spot, exact=True) for spot in exact]
        return [self._found(spot, exact=False) for spot, _ in reached[-1:]]

    def _found(self, spot: Spot, *, exact: bool) -> Found:
        if spot.kind:  # of a container its opening mark: the rest may be long
            return Found(spot.start, spot.start + 1, exact)
        return Found(spot.start, spot.end, exact)

    def _walked(self, path: str) -> list[tuple[Spot, bool]]:
        """How far each way goes, and whether it is the whole way."""
        if not path:
            return []
        steps = _steps(path)
        ways: list[tuple[Spot, bool]] = []
        for root in (self._inner, self._whole):
            if root is not None:
                ways = [*(way for way in ways if way[1]), *_follow(root, steps)]
            if any(whole for _, whole in ways):
                break
        return [way for way in ways if way[0] not in (self._whole, self._inner)]

    def _inside_param(self) -> Spot | None:
        """What stands inside `param`: an object, or a text that holds one."""
        for name, spot in self._whole.parts if self._whole.kind == "{" else ():
            if name.strip().lower() == "param":
                return spot if spot.kind else self._in_string(spot)
        return None

    def _in_string(self, spot: Spot) -> Spot | None:
        inner, places = _unescaped(self.text[spot.start : spot.end])
        try:
            read = _Tracing(inner).spot()
        except Unreadable:
            return None
        return _moved(read, lambda at: spot.start + places[at])


def _steps(path: str) -> list[str | int]:
    if path.startswith("/"):  # a JSON pointer
        return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    return [int(index) if index else name for index, name in _STEPS.findall(path)]


def _follow(spot: Spot, steps: Sequence[str | int]) -> Iterator[tuple[Spot, bool]]:
    if not steps:
        yield spot, True
        return
    following = list(_next(spot, steps[0]))
    if not following:
        yield spot, False
    for part in following:
        yield from _follow(part, steps[1:])


def _next(spot: Spot, step: str | int) -> Iterator[Spot]:
    """The parts that one step leads to. A table may be one object alone."""
    if isinstance(step, int) or (spot.kind == "[" and step.isdecimal()):
        index = int(step)
        if spot.kind == "[" and index < len(spot.parts):
            yield spot.parts[index][1]
        elif spot.kind == "{" and index == 0:
            yield spot
        return
    same = [part for name, part in spot.parts if name == step]
    yield from same or [part for name, part in spot.parts if name.strip().lower() == step.strip().lower()]


def _unescaped(raw: str) -> tuple[str, list[int]]:
    """A text without its escapes, and where each of its characters, and its end, stood."""
    text: list[str] = []
    places: list[int] = []
    at = 0
    for escape in dialect.ESCAPE.finditer(raw):
        text.append(raw[at : escape.start()])
        places += range(at, escape.start())
        text.append(dialect.character(escape))
        places.append(escape.start())
        at = escape.end()
    return "".join([*text, raw[at:]]), [*places, *range(at, len(raw) + 1)]


def _moved(spot: Spot, place: Callable[[int], int]) -> Spot:
    parts = tuple((name, _moved(part, place)) for name, part in spot.parts)
    return Spot(spot.kind, place(spot.start), place(spot.end), parts)
