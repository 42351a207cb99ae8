"""Lettering by hand: lines that name no due item, and that settle one another; and taking such a lettering away.

What settlements letter is not made here, and cannot be undone here: it follows from what is settled.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused, told
from lettrage.books.lettered import Candidate, LineName, shape
from lettrage.books.lettering import by_hand
from lettrage.limits import LETTERED_LINES
from lettrage.money import Amount, Currency
from lettrage.refusal import Refusal, quoted

_LINE = re.compile(r"([0-9]{4}[a-z]?)-([0-9]{1,15})/([1-9][0-9]{0,8})", re.ASCII)
_HAND = re.compile(r"M([1-9][0-9]{0,14})", re.ASCII | re.IGNORECASE)


def line_name(text: str) -> LineName | None:
    """The line that a text names, `2024-000012/3`; None for what is no such name."""
    found = _LINE.fullmatch(text.strip())
    return LineName(found[1], int(found[2]), int(found[3])) if found else None


def hand_number(text: str) -> int:
    """The number of the lettering that a text names, `M1`; 0 for what is no such name."""
    found = _HAND.fullmatch(text.strip())
    return int(found[1]) if found else 0


class MakeLettering(msgspec.Struct, frozen=True):
    """Letter lines with one another. Satisfies the port `Act`. `by`: who asks; `lines` as people name them."""

    account: str
    third_party: str
    lines: tuple[str, ...]
    by: str
    why: str = ""

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "lettering"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {
            "account": self.account, "third_party": self.third_party, "lines": list(self.lines), "reason": self.why,
        }  # fmt: skip

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The group that they make."""
        why, faults = told(self.why)
        found, unnamed = self._found(books)
        faults += unnamed
        if not faults:
            faults += _against(found, self.account, self.third_party, books.company.currency)
        if faults:
            raise Refused(*faults)
        number = books.make_lettering(found, moment.at.isoformat(), self.by, why)
        made = books.lettered_by_hand(number)
        assert made is not None
        return shape(made, books.company.currency)

    def _found(self, books: ActBooks) -> tuple[list[Candidate], list[Refusal]]:
        """The lines that are meant, and what speaks against how they are named."""
        if not 2 <= len(self.lines) <= LETTERED_LINES:
            return [], [Refusal("lettering_count", "lines", str(len(self.lines)), f"2-{LETTERED_LINES}")]
        names = [line_name(text) for text in self.lines]
        known = books.lines_named([name for name in names if name is not None])
        found, faults, met = [], [], set[LineName]()
        for place, (text, name) in enumerate(zip(self.lines, names, strict=True)):
            path = f"lines[{place}]"
            if name is None:
                faults.append(Refusal("malformed_line", path, quoted(text), "2024-000012/3"))
            elif name in met:
                faults.append(Refusal("line_twice", path, quoted(text)))
            elif name not in known:
                faults.append(Refusal("unknown_line", path, quoted(text)))
            else:
                found.append(known[name])
                met.add(name)
        return found, faults


def _against(lines: Sequence[Candidate], account: str, third_party: str, home: Currency) -> Iterator[Refusal]:
    """What speaks against lettering these lines with one another."""
    for place, line in enumerate(lines):
        path = f"lines[{place}]"
        if line.account != account:
            yield Refusal("line_of_account", path, line.account, account, {"line": line.name})
        if line.third_party != third_party:
            yield Refusal("line_of_party", path, line.third_party or "-", third_party or "-", {"line": line.name})
        if line.item is not None:
            yield Refusal("line_of_item", path, line.name)
        if line.lettered is not None:
            yield Refusal("line_lettered", path, line.name, by_hand(line.lettered))
    left = sum(line.home for line in lines)
    if left:
        yield Refusal("lettering_differs", "lines", Amount(left, home).text, "0", {"currency": home.code})
        return
    currencies = {line.currency for line in lines}
    rest = sum(line.amount for line in lines)
    if len(currencies) == 1 and rest:
        (held,) = currencies
        yield Refusal("lettering_differs", "lines", Amount(rest, held).text, "0", {"currency": held.code})


class UndoLettering(msgspec.Struct, frozen=True):
    """Take a lettering by hand away; it stays to be read. Satisfies the port `Act`. `name`: `M1`."""

    name: str
    why: str
    by: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "unlettering"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"lettering": self.name, "reason": self.why}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The group as it stands then."""
        why, faults = told(self.why)
        if not why.strip():
            faults.append(Refusal("missing_reason", "reason"))
        number = hand_number(self.name)
        group = books.lettered_by_hand(number) if number else None
        if group is None:
            code = "unknown_lettering" if number or not _is_letters(self.name) else "lettered_by_settlement"
            faults.append(Refusal(code, "lettering", quoted(self.name)))
        elif group.standing == "open":
            faults.append(Refusal("already_unlettered", "lettering", group.code))
        if faults:
            raise Refused(*faults)
        books.undo_lettering(number, moment.at.isoformat(), self.by, why)
        undone = books.lettered_by_hand(number)
        assert undone is not None
        return shape(undone, books.company.currency)


def _is_letters(name: str) -> bool:
    """Whether a name may be the letters of a due item."""
    return name.isascii() and name.isalpha()
