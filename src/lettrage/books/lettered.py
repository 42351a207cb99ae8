"""Groups of lines that settle one another, as people look at them: their lines, how they stand, what made them so.

The log of a group is read from its lines: each entry settled something of it, or gave something back. What was
lettered by hand keeps who did it, when and why.
"""

from collections.abc import Iterator, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from itertools import groupby
from typing import Any, Literal, Protocol

import msgspec

from lettrage.books.lettering import Place, Standing, by_hand, code, standings
from lettrage.money import Currency, decimal_text
from lettrage.settlement.document import Item

What = Literal["lettered", "lettered_in_part", "undone"]


class LineName(msgspec.Struct, frozen=True):
    """A line as people name it: its entry's number and its place there, `2024-000012/3`."""

    year: str
    number: int
    line: int


class Candidate(msgspec.Struct, frozen=True):
    """A line that somebody may want to letter by hand."""

    posting: int
    entry: str  # the number of its entry as printed
    line: int
    date: Day
    label: str
    account: str
    third_party: str
    home: int
    currency: Currency
    amount: int
    item: int | None = None
    lettered: int | None = None  # the number of the group by hand that it is in

    @property
    def place(self) -> Place:
        """Where it stands in the books."""
        return self.posting, self.line

    @property
    def name(self) -> str:
        """How people name it."""
        return f"{self.entry}/{self.line}"


class LogLine(msgspec.Struct, frozen=True):
    """A line of a group. `act`: what posted it: settlement, unpaid, represented, cancel, loaded, entry."""

    posting: int
    entry: str
    line: int
    date: Day
    label: str
    home: int
    currency: Currency
    amount: int
    transaction: int | None
    act: str


class Event(msgspec.Struct, frozen=True):
    """What lettered a group, or undid it. By hand: who, and why; else the entry and the transaction."""

    what: What
    date: Day
    act: str
    entry: str = ""
    transaction: int | None = None
    by: str = ""
    why: str = ""


class Group(msgspec.Struct, frozen=True):
    """A group with its log. `number`: of the first due item of its chain, or of the lettering by hand."""

    number: int
    account: str
    third_party: str
    piece: str
    lines: Sequence[LogLine]
    events: Sequence[Event]
    hand: bool = False

    @property
    def code(self) -> str:
        """Its letters, lettered or not."""
        return by_hand(self.number) if self.hand else code(self.number)

    @property
    def standing(self) -> Standing:
        """How it stands now."""
        if self.hand:
            return "whole" if self.events[-1].what == "lettered" else "open"
        *_, standing = standings(self.lines)
        return standing

    @property
    def letter(self) -> str:
        """What its lines show: capitals, small letters, or nothing."""
        shown: dict[Standing, str] = {"whole": self.code, "part": self.code.lower(), "open": ""}
        return shown[self.standing]

    @property
    def balance(self) -> int:
        """Debit less credit of its lines."""
        return sum(line.home for line in self.lines)


class Letterings(Protocol):
    """What lettering by hand asks of the books, and tells them."""

    def lines_named(self, names: Sequence[LineName]) -> dict[LineName, Candidate]:
        """These lines, those that are there."""

    def make_lettering(self, lines: Sequence[Candidate], at: str, by: str, why: str) -> int:
        """Letter these lines with one another; the group's number."""

    def undo_lettering(self, number: int, at: str, by: str, why: str) -> None:
        """Take a lettering by hand away."""

    def lettered_by_hand(self, number: int) -> Group | None:
        """A group by hand, undone or not; None where there is none of this number."""

    def open_items_of(self, third_party: str) -> list[Item]:
        """What is open of a third party, advances too, by due date."""


def events_of(lines: Sequence[LogLine]) -> Iterator[Event]:
    """What each entry did to a group. The one that opened it did nothing yet."""
    before: Standing = "open"
    left = 0
    after = dict(zip(map(_place, lines), standings(lines), strict=True))
    for _, made in groupby(lines, lambda line: line.posting):
        own = tuple(made)
        last, standing = own[-1], after[_place(own[-1])]
        left, smaller = left + sum(line.amount for line in own), abs(left)
        what = _what(before, standing, closer=abs(left) < smaller)
        if what is not None:
            yield Event(what, last.date, last.act, last.entry, last.transaction)
        before = standing


def _place(line: LogLine) -> Place:
    return line.posting, line.line


def _what(before: Standing, after: Standing, *, closer: bool) -> What | None:
    if after == "whole":
        return "lettered"
    if before == "open":
        return "lettered_in_part" if after == "part" else None
    return "lettered_in_part" if closer else "undone"


# ---------------------------------------------------------------- shapes


def shape(group: Group, home: Currency) -> dict[str, Any]:
    """A group in the shape of the interface."""
    last = group.events[-1] if group.events else None
    return {
        "letter": group.letter,
        "group": group.code,
        "state": group.standing,
        "by_hand": group.hand,
        "account": group.account,
        "third_party": group.third_party,
        "piece": group.piece,
        "since": last.date.isoformat() if last else None,
        "transaction": str(last.transaction) if last and last.transaction is not None else None,
        "balance": decimal_text(group.balance, home.decimals),
        "lines": [_line_shape(line, home) for line in group.lines],
        "history": [_event_shape(event) for event in group.events],
    }


def candidate_shape(line: Candidate, home: Currency) -> dict[str, Any]:
    """A line that may be lettered by hand. `name`: how it is named when it is."""
    return {
        "name": line.name,
        "entry": line.entry,
        "line": str(line.line),
        "date": line.date.isoformat(),
        "label": line.label,
        "account": line.account,
        "third_party": line.third_party,
        "debit": decimal_text(max(line.home, 0), home.decimals),
        "credit": decimal_text(max(-line.home, 0), home.decimals),
        "currency": line.currency.code,
        "currency_amount": decimal_text(line.amount, line.currency.decimals),
    }


def _line_shape(line: LogLine, home: Currency) -> dict[str, Any]:
    return {
        "entry": line.entry,
        "line": str(line.line),
        "date": line.date.isoformat(),
        "label": line.label,
        "transaction": None if line.transaction is None else str(line.transaction),
        "debit": decimal_text(max(line.home, 0), home.decimals),
        "credit": decimal_text(max(-line.home, 0), home.decimals),
        "currency": line.currency.code,
        "currency_amount": decimal_text(line.amount, line.currency.decimals),
    }


def _event_shape(event: Event) -> dict[str, Any]:
    return {
        "what": event.what,
        "date": event.date.isoformat(),
        "act": event.act,
        "entry": event.entry or None,
        "transaction": None if event.transaction is None else str(event.transaction),
        "by": event.by or None,
        "reason": event.why or None,
    }
