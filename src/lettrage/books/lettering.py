"""Letters: which lines of an account settle one another.

A line that names a due item or an advance is lettered with the invoice (or the advance) which that belongs to: its
group is the lines on one account that name the first due item or one to which a WPA passed its rest on. Nothing of
it is stored: it follows from the lines, and comes undone when a payment comes back. Lines that name none are lettered
by hand (acts/lettering.py), and those groups are stored.

A debt that moves to another account (a doubtful customer's) leaves the first account's lines balanced, and lettered;
on the other account it begins a group of its own, with the same letters.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Literal, Protocol

import msgspec

from lettrage.books.entry import Entry

_LETTERS = 26

Standing = Literal["open", "part", "whole"]  # of a group: nothing settled, settled in part, balanced
Place = tuple[int, int]  # of a line: its entry's posting, and its number there


class Letter(msgspec.Struct, frozen=True, gc=False):
    """The letter of one line. In small letters while its group is settled in part; then `date` is None.

    `date` is the date of the latest line of the group.
    """

    code: str
    date: Day | None = None

    @property
    def whole(self) -> bool:
        """Whether debits and credits of its group balance."""
        return self.date is not None


class GroupLine(msgspec.Struct, frozen=True, gc=False):
    """A line of a group. `group` is the first due item of its chain; amounts are signed, debit above zero."""

    group: int
    account: str
    posting: int
    line: int
    date: Day
    home: int
    amount: int

    @property
    def place(self) -> Place:
        """Where it stands in the books."""
        return self.posting, self.line


def code(number: int) -> str:
    """The letters of the group with this number, from 1: AA, AB, ... ZZ, AAA; never the same for two numbers."""
    letters, rest = "", number + _LETTERS
    while rest:
        rest, last = divmod(rest - 1, _LETTERS)
        letters = chr(ord("A") + last) + letters
    return letters


def by_hand(number: int) -> str:
    """The letters of a group that was lettered by hand. No due item has them: these have a figure."""
    return f"M{number}"


class Moving(Protocol):
    """A line as far as it moves a sum: amounts signed, debit above zero."""

    @property
    def home(self) -> int: ...  # noqa: D102
    @property
    def amount(self) -> int: ...  # noqa: D102


def standings(lines: Iterable[Moving]) -> Iterator[Standing]:
    """How a group stood after each of its lines, in the order in which they were posted.

    Nothing of it is settled while it stands as far from zero as it ever did: a payment that came back leaves what was
    there before.
    """
    home = amount = farthest = 0
    for line in lines:
        home += line.home
        amount += line.amount
        farthest = max(farthest, abs(amount))
        if home == amount == 0:
            yield "whole"
        else:
            yield "part" if abs(amount) < farthest else "open"


def letters(lines: Iterable[GroupLine]) -> dict[Place, Letter]:
    """The letter of each line of these whole groups that has one; lines come in the order in which they were posted."""
    groups: dict[tuple[int, str], list[GroupLine]] = defaultdict(list)
    for line in lines:
        groups[line.group, line.account].append(line)
    found: dict[Place, Letter] = {}
    for (number, _), own in groups.items():
        letter = _letter(number, own)
        if letter is not None:
            found |= dict.fromkeys([line.place for line in own], letter)
    return found


def foretold(
    entries: Sequence[Entry], made: Mapping[int, int | None], firsts: Mapping[int, int], lines: Sequence[GroupLine]
) -> dict[Place, Letter]:
    """The letters that lines of entries would have once they are posted, by the entry's place among them and the line.

    `made`: items that they make, each with the one it continues. `firsts` and `lines`: the chains that are there.
    """
    first = dict(firsts)
    for item in sorted(made):
        before = made[item]
        first[item] = item if before is None else first.get(before, before)
    after = 1 + max((line.posting for line in lines), default=0)
    coming = [
        GroupLine(first[line.item], line.account, after + at, number, entry.date, line.home, line.amount)
        for at, entry in enumerate(entries)
        for number, line in enumerate(entry.lines, 1)
        if line.item is not None
    ]
    found = letters([*lines, *coming])
    return {(posting - after, line): letter for (posting, line), letter in found.items() if posting >= after}


def _letter(number: int, lines: Sequence[GroupLine]) -> Letter | None:
    *_, standing = standings(lines)
    if standing == "whole":
        return Letter(code(number), max(line.date for line in lines))
    return Letter(code(number).lower()) if standing == "part" else None
