"""An accounting entry: balanced lines, made once, never changed."""

from datetime import date

import msgspec

from lettrage.money import Currency


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line. `home` is signed in home minor units: debit above zero, credit below; never zero.

    `amount` is the same in minor units of `currency`, with the same sign (zero where the line exists in the home
    currency alone, such as an exchange difference). `item` is the due item or advance that the line settles.
    """

    account: str
    home: int
    currency: Currency
    amount: int
    third_party: str = ""
    item: int | None = None


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An entry before it has a number. `transaction` is None for what a load posted, `piece` is what it proves."""

    date: date
    journal: str
    label: str
    piece: str
    lines: tuple[Line, ...]
    transaction: int | None = None
    slip: str | None = None
    reversal_of: int | None = None


def entry(
    day: date,
    journal: str,
    label: str,
    piece: str,
    lines: list[Line],
    transaction: int | None = None,
    slip: str | None = None,
) -> Entry:
    """Make an entry; one that does not balance is our own mistake and stops everything."""
    kept = tuple([line for line in lines if line.home])
    assert sum([line.home for line in kept]) == 0, f"unbalanced entry {piece}: {kept}"
    return Entry(day, journal, label, piece, kept, transaction, slip)


def reversal(of: Entry, posting: int, day: date, label: str) -> Entry:
    """The entry that takes back the one posted as `posting`: the same lines with the opposite sign."""
    lines = tuple([msgspec.structs.replace(line, home=-line.home, amount=-line.amount) for line in of.lines])
    return msgspec.structs.replace(of, date=day, label=label, lines=lines, reversal_of=posting)
