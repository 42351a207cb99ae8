"""Entries as a person looks at them: the list, the lines of one account, one entry with where it comes from."""

from collections.abc import Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)

import msgspec

from lettrage.books.chain import shown
from lettrage.books.lettering import Letter
from lettrage.money import Currency


class Search(msgspec.Struct, frozen=True):
    """Which entries are listed, the latest first."""

    first: Day | None = None
    last: Day | None = None
    journal: str = ""
    account: str = ""

    @property
    def account_alone(self) -> bool:
        """Whether all lines of one account are listed, so that a running total says something."""
        return bool(self.account) and not (self.journal or self.first or self.last)


class Head(msgspec.Struct, frozen=True):
    """An entry without its lines. `document`: the invoice's, where the entry is its sale and one is kept."""

    posting: int
    year: str
    number: int
    date: Day
    journal: str
    label: str
    piece: str
    transaction: int | None
    slip: str | None
    reversal_of: str  # the number of the entry that it takes back, "" for none
    document: int | None
    total: int = 0

    @property
    def shown(self) -> str:
        """Its number as printed."""
        return shown(self.year, self.number)


class AccountLine(msgspec.Struct, frozen=True):
    """A line of an account. `after`: what the account stood at once it was posted."""

    head: Head
    line: int
    third_party: str
    debit: int
    credit: int
    currency: Currency
    amount: int
    letter: Letter | None
    after: int = 0


class EntryLine(msgspec.Struct, frozen=True):
    """A line of an entry."""

    account: str
    third_party: str
    name: str
    debit: int
    credit: int
    currency: Currency
    amount: int
    letter: Letter | None
    piece: str


class Whole(msgspec.Struct, frozen=True):
    """An entry with everything that is kept of it."""

    head: Head
    valid_date: Day
    posted_at: str
    hash: str
    before: str  # the hash of the entry before it
    reversed_by: str  # the number of the entry that takes it back, "" for none
    lines: Sequence[EntryLine]
