"""What is found in an FEC: a code, a level, a place; the texts stand in `findings.toml`.

Levels are those of the tax office's own tool: `error` (the file does not conform), `missing` (data is missing: neither
does it), `alert` (to be looked at). Of each code the first findings are kept and the others counted, so that a file of
faults alone takes no more memory than a sound one.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from lettrage.refusal import Language, quoted

Level = Literal["error", "missing", "alert"]
LEVELS: tuple[Level, ...] = ("error", "missing", "alert")
SHOWN = 50  # findings of one code that are listed


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the table says of a code. `official`: the tax office's tool finds it too."""

    level: Level
    fr: str
    en: str
    fix_fr: str
    fix_en: str
    official: bool = False


@cache
def texts() -> dict[str, Text]:
    """Every code with its texts."""
    tree: dict[str, Any] = tomllib.loads(files("lettrage.books.fec").joinpath("findings.toml").read_text("utf-8"))
    return {code: msgspec.convert(told, Text) for code, told in tree.items()}


class Finding(msgspec.Struct, frozen=True):
    """One thing found. `line` counts from 1, the heading's own line; 0: it is about the whole file.

    `more`: it stands for so many others of its code that are not listed.
    """

    code: str
    line: int = 0
    column: str = ""
    seen: str = ""
    expected: str = ""
    more: int = 0

    @property
    def text(self) -> Text:
        """The texts of its code."""
        return texts()[self.code]

    def say(self, language: Language) -> str:
        """What is wrong, in one sentence."""
        if self.more:
            told = {"fr": "Et {} autre(s) constat(s) de ce genre.", "en": "And {} more of this kind."}
            return told[language].format(self.more)
        said = self.text.fr if language == "fr" else self.text.en
        return said.format(seen=quoted(self.seen), expected=self.expected, column=self.column)

    def place(self, language: Language) -> str:
        """Where it is: the line and the column."""
        line = {"fr": "ligne", "en": "line"}[language]
        column = {"fr": "colonne", "en": "column"}[language]
        told = [f"{line} {self.line}"] if self.line else []
        return ", ".join(told + ([f"{column} {self.column}"] if self.column else []))

    @property
    def shape(self) -> dict[str, Any]:
        """As commands and the API give it."""
        text = self.text
        return {
            "code": self.code,
            "message": self.say("fr"),
            "where": self.place("fr"),
            "level": text.level,
            "line": self.line or None,
            "column": self.column or None,
            "seen": quoted(self.seen),
            "expected": self.expected,
            "more": self.more,
            "official": text.official,
            "message_en": self.say("en"),
            "fix_fr": text.fix_fr,
            "fix_en": text.fix_en,
        }


class Findings:
    """What was found so far: the first of each code, and how many there are."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: Counter[str] = Counter()

    def add(self, code: str, line: int = 0, column: str = "", seen: str = "", expected: str = "") -> None:
        """Note a finding."""
        self.counts[code] += 1
        if self.counts[code] <= SHOWN:
            self.kept.append(Finding(code, line, column, seen, expected))

    def add_all(self, code: str, first: Iterable[Finding], count: int) -> None:
        """Note so many findings of one code, of which the first are given."""
        if count:
            self.counts[code] += count
            self.kept += first

    def all(self) -> list[Finding]:
        """The findings, the gravest first and in the order of the file, each code's rest counted at its end."""
        rest = [Finding(code, more=count - SHOWN) for code, count in self.counts.items() if count > SHOWN]
        return sorted((*self.kept, *rest), key=lambda one: (LEVELS.index(one.text.level), one.more > 0, one.line))

    def conform(self) -> bool:
        """Whether nothing was found but alerts."""
        return all(texts()[code].level == "alert" for code in self.counts)


def by_level(counts: Iterable[tuple[str, int]]) -> dict[Level, int]:
    """How many findings of each level there are."""
    found: dict[Level, int] = dict.fromkeys(LEVELS, 0)
    for code, count in counts:
        found[texts()[code].level] += count
    return found
