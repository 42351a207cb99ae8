"""What banks' own words say about a line: the patterns of `patterns.toml`, and any that a caller gives instead."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import msgspec

from lettrage.bank.matching.text import folded
from lettrage.company.states import Direction

_SIGNS = re.compile(r"[^A-Z0-9]+")


class Pattern(msgspec.Struct, frozen=True):
    """One kind of line, as the file has it."""

    any: tuple[str, ...]
    unless: tuple[str, ...] = ()
    direction: Direction | None = None
    account: str = ""


class Patterns:
    """The kinds that a text is of."""

    def __init__(self, table: Mapping[str, Pattern]) -> None:
        self.table = dict(table)
        self._any = {kind: _compiled(pattern.any) for kind, pattern in table.items()}
        self._unless = {kind: _compiled(pattern.unless) for kind, pattern in table.items() if pattern.unless}

    def of(self, text: str, direction: Direction) -> Mapping[str, str]:
        """The kinds that a text is of, each with the words that say so."""
        plain = _SIGNS.sub(" ", folded(text)).strip()
        found = {}
        for kind, searched in self._any.items():
            if self.table[kind].direction not in (None, direction):
                continue
            seen = searched.search(plain)
            if seen and not (kind in self._unless and self._unless[kind].search(plain)):
                found[kind] = seen.group()
        return found


def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all of them, the longest first."""
    written = sorted(patterns, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(_expression(p) for p in written) + r")\b")


def _expression(pattern: str) -> str:
    return r" ".join(re.escape(word).replace(r"\*", r"[A-Z0-9]*") for word in pattern.split())


def read(text: str) -> Patterns:
    """Patterns from a file's text."""
    return Patterns(msgspec.convert(tomllib.loads(text), dict[str, Pattern]))


@lru_cache(maxsize=1)
def standard() -> Patterns:
    """The patterns that come with the program."""
    return read(files("lettrage.bank.matching").joinpath("patterns.toml").read_text("utf-8"))
