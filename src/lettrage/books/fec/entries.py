"""What only whole entries show: their balance, their one date and journal, their order, and letters that balance."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from lettrage.books.fec.fields import decimal_comma
from lettrage.books.fec.finding import Findings
from lettrage.books.fec.lines import Line, is_partial
from lettrage.books.fec.numbers import Numbers
from lettrage.books.fec.piles import NewPile


class _Run(NamedTuple):
    """Lines of one entry that stand together, as they lie on the pile."""

    entry: str
    journal: str
    line: int  # the first
    date: str
    valid: str
    balance: int
    readable: int


class _Lettered(NamedTuple):
    account: str
    party: str
    letter: str
    line: int
    balance: int
    readable: int


class Entries:
    """Takes the lines in the order of the file, and judges their entries at its end."""

    def __init__(self, found: Findings, pile: NewPile) -> None:
        self.found = found
        self.count = self.lines = 0
        self.debit = self.credit = 0
        self._readable = True
        self._runs, self._letters = pile(), pile()
        self._numbers = Numbers(found, pile)
        self._first: Line | None = None  # of the entry under way
        self._balance = 0
        self._sound = True
        self._valid = ""

    def take(self, line: Line) -> None:
        """One more line."""
        self.lines += 1
        self.debit += line.debit
        self.credit += line.credit
        self._readable = self._readable and line.readable
        if line.letter and not is_partial(line.letter):
            group = line.account, line.party, line.letter
            self._letters.put((*group, line.number, line.balance, int(line.readable)))
        first = self._first
        if first is None or first.entry != line.entry or first.journal != line.journal:
            self._end_run()
            self._first, self._balance, self._sound = line, 0, True
        else:
            self._alike(first, line)
        self._balance += line.balance
        self._sound = self._sound and line.readable
        self._order(line)

    def lose(self) -> None:
        """A line that could not be read: the totals say nothing, nor does its entry's balance."""
        self._readable = self._sound = False

    def _alike(self, first: Line, line: Line) -> None:
        """An entry has one date and one date of validation."""
        if line.date and first.date and line.date != first.date:
            self.found.add("entry_dates", line.number, "EcritureDate", line.date, first.date)
        if line.valid and first.valid and line.valid != first.valid:
            self.found.add("entry_valid_dates", line.number, "ValidDate", line.valid, first.valid)

    def _order(self, line: Line) -> None:
        if line.valid:
            if line.valid < self._valid:
                self.found.add("validation_order", line.number, "ValidDate", line.valid, self._valid)
            self._valid = line.valid

    def _end_run(self) -> None:
        first = self._first
        if first is not None and first.entry:
            row = first.entry, first.journal, first.number, first.date, first.valid, self._balance, int(self._sound)
            self._runs.put(row)

    # ------------------------------------------------------------ at the end

    def judge(self, *, part: bool) -> None:
        """What the whole file shows. `part`: of a file that was split, whose sum says nothing."""
        self._end_run()
        for _, runs in groupby(map(_run, self._runs), key=_entry):
            self._entry(list(runs))
        self._numbers.judge()
        if self._readable and not part and self.debit != self.credit:
            self.found.add("total_unbalanced", 0, "", decimal_comma(self.debit), decimal_comma(self.credit))
        for _, lines in groupby(map(_lettered, self._letters), key=_group):
            self._group(lines)

    def _entry(self, runs: list[_Run]) -> None:
        """All lines of one number: one entry, or one in each journal where journals have numbers of their own."""
        journals: dict[str, list[_Run]] = {}
        for run in runs:
            journals.setdefault(run.journal, []).append(run)
        apart = [own for own in journals.values() if _balance(own)]
        if len(journals) > 1 and apart and not _balance(runs):
            first = min(runs, key=_line)
            other = next(run for run in sorted(runs, key=_line) if run.journal != first.journal)
            self.found.add("entry_journals", other.line, "JournalCode", other.journal, first.journal)
            self._one(runs)
            return
        for own in journals.values():
            self._one(own)

    def _one(self, runs: list[_Run]) -> None:
        """One entry, wherever its lines stand."""
        self.count += 1
        runs = sorted(runs, key=_line)
        first, balance = runs[0], _balance(runs)
        self._numbers.take(first.entry, first.journal, first.line)
        if balance:
            self.found.add("entry_unbalanced", first.line, "", first.entry, decimal_comma(balance))
        for run in runs[1:]:
            if run.date and first.date and run.date != first.date:
                self.found.add("entry_dates", run.line, "EcritureDate", run.date, first.date)
            if run.valid and first.valid and run.valid != first.valid:
                self.found.add("entry_valid_dates", run.line, "ValidDate", run.valid, first.valid)

    def _group(self, lines: Iterator[_Lettered]) -> None:
        first = next(lines)
        balance, readable = first.balance, first.readable
        for line in lines:
            balance += line.balance
            readable &= line.readable
        if balance and readable:
            where = " ".join(filter(None, (first.account, first.party, first.letter)))
            self.found.add("letter_unbalanced", first.line, "EcritureLet", where, decimal_comma(balance))


def _run(row: tuple[str | int, ...]) -> _Run:
    return _Run(*row)  # type: ignore[arg-type]


def _lettered(row: tuple[str | int, ...]) -> _Lettered:
    return _Lettered(*row)  # type: ignore[arg-type]


def _entry(run: _Run) -> str:
    return run.entry


def _line(run: _Run) -> int:
    return run.line


def _group(line: _Lettered) -> tuple[str, str, str]:
    return line.account, line.party, line.letter


def _balance(runs: list[_Run]) -> int:
    """What these lines come to; nothing where one of them could not be read."""
    return sum(run.balance for run in runs) if all(run.readable for run in runs) else 0
