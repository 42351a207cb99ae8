"""A transaction as people look at it: what it did, what led to it, what came of it."""

from collections.abc import Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)

import msgspec

from lettrage.books.chain import shown
from lettrage.money import Currency


class Order(msgspec.Struct, frozen=True):
    """One order of a transaction. `home` in the dossier's currency."""

    order: int
    change: str
    third_party: str
    name: str
    currency: Currency
    amount: int
    home: int
    bank: str
    label: str
    number: str


class Posting(msgspec.Struct, frozen=True):
    """A line of one of its entries. `reverses`: the entry takes another back."""

    year: str
    number: int
    date: Day
    journal: str
    label: str
    reverses: bool
    account: str
    third_party: str
    name: str
    piece: str
    debit: int
    credit: int
    letter: str

    @property
    def shown(self) -> str:
        """The number of its entry as printed."""
        return shown(self.year, self.number)


class Carried(msgspec.Struct, frozen=True):
    """An instrument that it made (or ended, where `ended`)."""

    id: int
    order: int
    state: str
    currency: Currency
    amount: int
    third_party: str
    bank: str
    active: bool
    ended: bool


class Settled(msgspec.Struct, frozen=True):
    """What it did to a due item or an advance."""

    order: int
    operation: str
    third_party: str
    prefix: str
    piece: str
    due_date: Day
    currency: Currency
    amount: int
    open: int


class Kin(msgspec.Struct, frozen=True):
    """A transaction along the same payment's life. `by`: who sent it; `document`: what was sent."""

    number: int
    kind: str
    date: Day
    status: str
    slip: str
    document: int | None


class Deed(msgspec.Struct, frozen=True):
    """A transaction with everything that it did."""

    number: int
    kind: str
    direction: str
    date: Day
    establishment: str
    label: str
    status: str
    slip: str
    document: int | None
    caller: str
    received_at: str
    orders: Sequence[Order]
    postings: Sequence[Posting]
    instruments: Sequence[Carried]
    settled: Sequence[Settled]
    lineage: Sequence[Kin]

    @property
    def entries(self) -> list[list[Posting]]:
        """The lines of each of its entries."""
        found: dict[str, list[Posting]] = {}
        for line in self.postings:
            found.setdefault(line.shown, []).append(line)
        return list(found.values())
