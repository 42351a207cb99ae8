"""Whether the numbers of entries go on without a gap: over the whole file, or in each journal.

A number is taken apart into what stands around its last digits, and those: `VE2025/0007` is the seventh of `VE2025/`.
Which of the two readings holds is not written anywhere in a file. Journals count for themselves where two have a
number in common, or where each has a range of its own, far from the next; else the numbers go over the whole file.
"""

import re
from collections.abc import Iterable
from itertools import groupby, pairwise
from typing import NamedTuple

from lettrage.books.fec.finding import SHOWN, Finding, Findings
from lettrage.books.fec.piles import NewPile, Row

_NUMBER = re.compile(r"(.*?)([0-9]{1,18}+)([^0-9]*+)", re.ASCII | re.DOTALL)


class _Numbered(NamedTuple):
    """An entry's number as it lies on the pile: `sequence` (and journal, where these count apart), then the count."""

    sequence: str
    journal: str
    at: int
    line: int
    entry: str


class Numbers:
    """Takes the number of each entry, and looks for gaps at the end."""

    def __init__(self, found: Findings, pile: NewPile) -> None:
        self.found = found
        self._over_all, self._by_journal = pile(), pile()

    def take(self, entry: str, journal: str, line: int) -> None:
        """The number of one more entry."""
        parts = _NUMBER.fullmatch(entry)
        if parts is None:
            self.found.add("number_without_digits", line, "EcritureNum", entry)
            return
        sequence, count = f"{parts[1]}#{parts[3]}", int(parts[2])
        self._over_all.put((sequence, "", count, line, entry))
        self._by_journal.put((sequence, journal, count, line, entry))

    def judge(self) -> None:
        """Note the gaps of the reading that holds."""
        over_all, by_journal = _Gaps(self._over_all), _Gaps(self._by_journal)
        apart = over_all.far_apart and not by_journal.count
        held = by_journal if over_all.shared or apart else over_all
        self.found.add_all("number_gap", held.first, held.count)


class _Gaps:
    """The gaps under one reading: how many, the first of them, the narrowest; how many numbers follow on."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.count = self.followed = self.narrowest = 0
        self.first: list[Finding] = []
        self.shared = False
        for _, sequence in groupby(map(_numbered, rows), key=_sequence):
            for before, after in pairwise(sequence):
                self._look(before, after)

    @property
    def far_apart(self) -> bool:
        """Whether every gap is wider than there are numbers, though some follow on: ranges rather than gaps."""
        return bool(self.followed) and self.narrowest > self.followed + self.count + 1

    def _look(self, before: _Numbered, after: _Numbered) -> None:
        self.shared = self.shared or after.at == before.at
        self.followed += after.at == before.at + 1
        if after.at > before.at + 1:
            self.count += 1
            gap = after.at - before.at
            self.narrowest = min(self.narrowest, gap) if self.narrowest else gap
            if len(self.first) < SHOWN:
                self.first.append(Finding("number_gap", after.line, "EcritureNum", after.entry, before.entry))


def _numbered(row: Row) -> _Numbered:
    return _Numbered(*row)  # type: ignore[arg-type]


def _sequence(number: _Numbered) -> tuple[str, str]:
    return number.sequence, number.journal
