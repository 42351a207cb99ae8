"""The frozen values of a load. Amounts are minor units of the record's own currency, `_home` ones of the dossier's."""

from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Any, Literal

import msgspec

from lettrage.books.entry import Entry
from lettrage.company.dossier import Company
from lettrage.company.states import Direction
from lettrage.money import Currency
from lettrage.settlement.document import Instrument, Item, Ledger, Vat


class LoadedParty(msgspec.Struct, frozen=True):
    """A third party, as master data."""

    code: str
    ledger: Ledger
    means: str
    record: dict[str, Any]


class LoadedRate(msgspec.Struct, frozen=True):
    """A rate of the table; its text is kept as written."""

    currency: str
    date: Day
    rate: str


class LoadedDueItem(msgspec.Struct, frozen=True):
    """A due item of an invoice; `open` is what is not settled yet."""

    due_date: Day
    amount: int
    open: int
    disputed: bool


class LoadedInvoice(msgspec.Struct, frozen=True):
    """An invoice or a credit note. `rate` is as written, "" for the table's."""

    path: str
    third_party: str
    prefix: str
    number: str
    date: Day
    currency: Currency
    rate: str
    vat_due: Literal["debits", "receipts"]
    vat: tuple[Vat, ...]
    due_items: tuple[LoadedDueItem, ...]
    digest: str

    @property
    def amount(self) -> int:
        """The total including VAT."""
        return sum(item.amount for item in self.due_items)


class LoadedInstrument(msgspec.Struct, frozen=True):
    """An instrument of the portfolio (`state`), or an advance ("")."""

    path: str
    transaction: int
    order: int
    third_party: str
    state: str
    direction: Direction | None
    currency: Currency
    amount: int
    home: int
    date: Day
    bank: str
    awaiting_slip: bool
    digest: str


class Load(msgspec.Struct, frozen=True):
    """One dossier of a load file, read."""

    code: str
    path: str
    record: dict[str, Any]
    company: Company
    third_parties: tuple[LoadedParty, ...]
    rates: tuple[LoadedRate, ...]
    invoices: tuple[LoadedInvoice, ...]
    portfolio: tuple[LoadedInstrument, ...]
    advances: tuple[LoadedInstrument, ...]


class Present(msgspec.Struct, frozen=True):
    """What the dossier holds already of what the load names. Digests tell equal records from different ones."""

    company: Company | None  # as it stands; None for a new dossier
    posted: frozenset[str]  # the financial years that hold entries, or are closed
    third_parties: dict[str, Ledger]
    rates: tuple[LoadedRate, ...]
    invoices: dict[tuple[str, str, str], str]
    instruments: dict[tuple[int, int, str], str]  # transaction, order, "" or the advance's third party -> digest
    first_transaction: int
    next_transaction: int
    next_item: int
    next_instrument: int
    next_invoice: int


class OpeningInvoice(msgspec.Struct, frozen=True):
    """An invoice to store; `entry` is the place of its sales entry among the entries of the load."""

    id: int
    ledger: Ledger
    invoice: LoadedInvoice
    home: int
    entry: int


class OpeningTransaction(msgspec.Struct, frozen=True):
    """A loaded transaction with its orders."""

    number: int
    direction: Direction
    date: Day
    awaiting_slip: bool
    orders: tuple[tuple[int, LoadedInstrument], ...]


class Opening(msgspec.Struct, frozen=True):
    """Everything that a load writes."""

    third_parties: tuple[LoadedParty, ...]
    rates: tuple[LoadedRate, ...]
    invoices: tuple[OpeningInvoice, ...]
    items: tuple[tuple[Item, int, str], ...]  # with what was settled before, and an advance's digest
    instruments: tuple[tuple[Instrument, str], ...]
    transactions: tuple[OpeningTransaction, ...]
    entries: tuple[tuple[str, Entry], ...]  # with the name of the financial year
    first_transaction: int
    next_transaction: int
    next_item: int
    next_instrument: int
