"""What is asked for, and what a report may ask of the books."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Protocol

import msgspec

from lettrage.books.due import OpenItem
from lettrage.books.entry import Entry
from lettrage.books.late import Claimed
from lettrage.books.lettering import Letter, Place
from lettrage.books.opening import Carried
from lettrage.company.dossier import Company
from lettrage.company.file import File
from lettrage.money import Currency
from lettrage.settlement.document import Ledger


class Asked(msgspec.Struct, frozen=True):
    """What a report is to say. A blank code means all; a day left out means the natural one (`drawing.py`)."""

    name: str
    today: Day
    ledger: Ledger = "customer"
    as_of: Day | None = None
    known_on: Day | None = None
    first: Day | None = None
    last: Day | None = None
    journal: str = ""
    account: str = ""
    third_party: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """Which lines are read. Nothing given means all."""

    first: Day
    last: Day
    upto: int
    accounts: Collection[str] = ()
    journal: str = ""
    third_party: str = ""


class Mark(msgspec.Struct, frozen=True):
    """Up to which entry a report knows the books, and that entry's hash. `until`: up to which moment, "" for now."""

    posting: int
    head: str
    until: str = ""


class OpenSum(msgspec.Struct, frozen=True, array_like=True):
    """What the lines that name a third party's items of one due date add up to on one account: debit above zero."""

    account: str
    third_party: str
    advance: bool
    due_date: Day
    home: int


class AccountSum(msgspec.Struct, frozen=True, array_like=True):
    """What all lines of one third party add up to on one account: debit above zero."""

    account: str
    third_party: str
    home: int


class Posted(msgspec.Struct, frozen=True, array_like=True):
    """A line of an entry with what its entry says."""

    posting: int
    line: int
    year: str
    number: int
    date: Day
    journal: str
    piece: str
    label: str
    account: str
    third_party: str
    debit: int
    credit: int


class Movement(msgspec.Struct, frozen=True, array_like=True):
    """What an account was debited and credited with."""

    account: str
    debit: int
    credit: int


class HeldThen(msgspec.Struct, frozen=True):
    """An instrument that was in hand on a day. `home`: above zero in the sense of its direction.

    `account`: the one that carries it. `waiting`: it has left the drawer and awaits its slip.
    """

    transaction: int
    order: int
    state: str
    direction: str
    third_party: str
    date: Day
    bank: str
    waiting: bool
    currency: Currency
    amount: int
    home: int
    account: str


class Paid(msgspec.Struct, frozen=True):
    """A part of an invoice, at home, and the day on which it was paid; None for what is still open."""

    third_party: str
    piece: str
    due_date: Day
    home: int
    on: Day | None = None


class LateBooks(Protocol):
    """What late-payment interest asks of the books."""

    @property
    def company(self) -> Company: ...  # noqa: D102
    def paid_late(self, last: Day, third_party: str) -> Sequence[Paid]: ...  # noqa: D102
    def public_buyers(self, codes: Collection[str]) -> Collection[str]: ...  # noqa: D102
    def late_claims(self, third_party: str) -> Sequence[Claimed]: ...  # noqa: D102


class ReportBooks(LateBooks, Protocol):
    """What the reports ask of the books. `upto`: the last entry that is known."""

    def file(self, code: str) -> File | None: ...  # noqa: D102
    def due_of_party(self, code: str, as_of: Day | None = None) -> Sequence[OpenItem]: ...  # noqa: D102
    def mark(self, known_on: Day | None) -> Mark: ...  # noqa: D102
    def names_of(self, codes: Sequence[str]) -> dict[str, str]: ...  # noqa: D102
    def open_sums(self, ledger: Ledger, as_of: Day, upto: int) -> Sequence[OpenSum]: ...  # noqa: D102
    def account_sums(self, accounts: Collection[str], as_of: Day, upto: int) -> Sequence[AccountSum]: ...  # noqa: D102
    def carried_now(self, ledger: Ledger) -> Sequence[AccountSum]: ...  # noqa: D102
    def last_day(self) -> Day | None: ...  # noqa: D102
    def ledger_of(self, codes: Collection[str]) -> Mapping[str, Ledger]: ...  # noqa: D102
    def posted(self, wanted: Wanted) -> Sequence[Posted]: ...  # noqa: D102
    def letters(self, postings: Collection[int], until: Day | None = None) -> dict[Place, Letter]: ...  # noqa: D102
    def balances_before(self, day: Day) -> Sequence[Carried]: ...  # noqa: D102
    def opening_entry(self, name: str) -> Entry | None: ...  # noqa: D102
    def movements(self, first: Day, last: Day) -> Sequence[Movement]: ...  # noqa: D102
    def held_then(self, as_of: Day, mark: Mark) -> Sequence[HeldThen]: ...  # noqa: D102
