"""Letters over random lives of several companies: what is whole balances, what is settled is whole, and so back.

The lives are those of the money laws (`tests/laws/test_machine.py`). The long form (`LETTRAGE_LONG=1`, marker `long`)
takes a fresh seed and prints it; `LETTRAGE_SEED` repeats one.
"""

import os
import sys
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.laws.generators import Drawn, Model
from tests.laws.test_machine import LONG_FORM, SEED, SHORT_FORM, Money, Rows, long

Letters = dict[tuple[int, int], str]

_LINES = """
SELECT l.posting, l.line, l.account, l.third_party, l.item, l.debit - l.credit, l.amount, l.currency FROM entry_line l
WHERE l.dossier = ? ORDER BY l.posting, l.line
"""
_ITEMS = "SELECT id, previous, amount, open FROM due_item WHERE dossier = ?"
# What was settled in part before a load has two lines from the beginning.
_TOUCHED = """
SELECT item FROM allocation WHERE dossier = ?1 UNION SELECT id FROM due_item WHERE dossier = ?1 AND settled_before <> 0
"""


class Lettered(Money):
    """The same life, whose letters are looked at after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[tuple[str, int], Letters] = {}  # by company and the number of the transaction that came next

    def _checked(self, code: str, before: Rows) -> None:
        super()._checked(code, before)
        self.known[code, self.books.next_transaction(code)] = self._letters_that_hold(code)

    def _cancel(self, choice: Drawn, code: str, model: Model) -> None:
        """What is cancelled leaves the letters of before."""
        number = self.latest[code][-1][0]
        super()._cancel(choice, code, model)
        self._as_before(code, number)

    def _unpaid(self, choice: Drawn, code: str, model: Model) -> None:
        """What comes back gives the lines of before the letters that they would have without it."""
        count = len(self.latest[code])
        super()._unpaid(choice, code, model)
        if len(self.latest[code]) > count and count and self.latest[code][-1][0] == self.latest[code][-2][0] + 1:
            returned = self.latest[code][-2][0]
            (undone,) = self.books.eyes.execute(
                'SELECT undone_transaction FROM unpaid WHERE dossier = ? AND "transaction" = ?', (code, returned + 1)
            ).fetchone()
            headers = self.books.eyes.execute(
                'SELECT count(*) FROM header WHERE dossier = ? AND "transaction" = ?', (code, returned)
            ).fetchone()
            if undone == returned and headers == (1,):
                self._as_before(code, returned)

    def _as_before(self, code: str, number: int) -> None:
        before = self.known.get((code, number))
        if before is None:
            return  # one of several transactions of one document
        (last,) = self.books.eyes.execute(
            'SELECT min(posting) FROM entry WHERE dossier = ? AND "transaction" >= ?', (code, number)
        ).fetchone()
        now = self._letters(code)
        if last is not None:
            now = {place: letter for place, letter in now.items() if place[0] < last}
            before = {place: letter for place, letter in before.items() if place[0] < last}
        assert now == before, f"letters: {set(now.items()) ^ set(before.items())}"

    def _letters(self, code: str) -> Letters:
        with self.books.store.books(code, writing=False) as shown:
            found = shown.letters(range(1, shown.counters["postings"] + 1))
        return {place: letter.code for place, letter in found.items()}

    def _letters_that_hold(self, code: str) -> Letters:
        """The letters of a company, after they were checked against its lines and due items."""
        letters, eyes = self._letters(code), self.books.eyes
        items = {row[0]: row[1:] for row in eyes.execute(_ITEMS, (code,)).fetchall()}
        touched = {row[0] for row in eyes.execute(_TOUCHED, (code,)).fetchall()}
        groups: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
        lines: dict[int, list[str]] = defaultdict(list)
        for posting, line, account, party, item, home, amount, currency in eyes.execute(_LINES, (code,)).fetchall():
            letter = letters.get((posting, line), "")
            if letter.isupper():
                sums = groups[account, party, letter, currency]
                sums[0] += home
                sums[1] += amount
            if item is not None:
                lines[_first(items, item)].append(letter)
        unbalanced = {key: sums for key, sums in groups.items() if any(sums)}
        assert not unbalanced, f"whole groups that do not balance: {unbalanced}"
        for first, shown in lines.items():
            chain = [own for own in items if _first(items, own) == first]
            left = sum(abs(items[own][2]) for own in chain)
            if not left:
                assert all(letter.isupper() for letter in shown), f"settled, yet not whole: {first} {shown}"
            elif not touched & set(chain):
                assert not any(shown), f"untouched, yet lettered: {first} {shown}"
        return letters


def _first(items: dict[int, tuple[Any, ...]], item: int) -> int:
    while (previous := items[item][0]) is not None:
        item = previous
    return item


def test_letters_hold_over_random_lives() -> None:
    run_state_machine_as_test(Lettered, settings=settings(SHORT_FORM, max_examples=15))


@long
@pytest.mark.long
def test_letters_hold_over_thousands_of_lives() -> None:
    runs = int(os.environ.get("LETTRAGE_RUNS", "2000"))
    sys.stderr.write(f"\nseed {SEED}, {runs} runs x 30 steps\n")
    run_state_machine_as_test(seed(SEED)(Lettered), settings=settings(LONG_FORM, max_examples=runs))
