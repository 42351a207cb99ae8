"""One invoice with everything that the books keep of it on a platform: the documents, what was sent, heard and paid.

Values for looking at; the store fills them.
"""

from collections.abc import Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)

import msgspec

from lettrage.books.chain import shown
from lettrage.company.customer import Customer
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.sending.outbox import Deposit
from lettrage.invoicing.sending.shelf import NOT_SENT, Sent, Shelved, state_of
from lettrage.money import Currency


class Kept(msgspec.Struct, frozen=True):
    """A document, those of the same number, and those that it replaces or that replace it; the newest first.

    `amount`, `open` and `due` are of the invoice in the books, whichever of its documents is meant: None where it has
    none; `piece` and `home` are what its list is sorted by. `platform` is the one that it was deposited on last, else
    Chorus Pro's of the environment that is on.
    """

    document: Shelved
    kin: tuple[Shelved, ...]
    customer: Customer
    platform: str
    invoice: int | None = None
    posting: int | None = None
    piece: str = ""
    home: int = 0
    amount: int | None = None
    open: int | None = None
    due: Day | None = None

    @property
    def newest(self) -> Shelved:
        """The newest document of the number."""
        return next(one for one in self.kin if one.number == self.document.number)

    @property
    def before(self) -> Shelved | None:
        """The document that this one takes the place of."""
        return next((one for one in self.kin if one.id == self.document.corrects), None)

    @property
    def after(self) -> Shelved | None:
        """The document that takes the place of this one."""
        return next((one for one in self.kin if one.corrects == self.document.id), None)


class Placed(msgspec.Struct, frozen=True):
    """A deposit with its flow. `by`: who asked for it."""

    deposit: Deposit
    sent: Sent
    by: str


class Papers(msgspec.Struct, frozen=True):
    """The content of a document, and the file of it that was sent; b"" where none was."""

    content: Invoice
    file: bytes = b""


class Took(msgspec.Struct, frozen=True):
    """What one transaction took of a due item."""

    transaction: int
    date: Day
    operation: str
    amount: int
    cancelled: bool


class DueItem(msgspec.Struct, frozen=True):
    """A due item of an invoice, with what settled it."""

    id: int
    kind: str
    due: Day
    currency: Currency
    amount: int
    open: int
    disputed: bool
    took: tuple[Took, ...] = ()


class EntryLine(msgspec.Struct, frozen=True):
    """A line of the sales entry, in the company's currency."""

    account: str
    label: str  # the third party, where it is a third party's account
    debit: int
    credit: int


class SalesEntry(msgspec.Struct, frozen=True):
    """The entry that the invoice made."""

    posting: int
    year: str
    number: int
    date: Day
    journal: str
    label: str
    lines: tuple[EntryLine, ...]

    @property
    def shown(self) -> str:
        """Its number as people write it."""
        return shown(self.year, self.number)


def state_now(kept: Kept, placed: Sequence[Placed]) -> str:
    """Where a document stands by its own latest deposit."""
    own = [one.sent for one in placed if one.deposit.document == kept.document.id]
    return state_of(own[0]) if own else NOT_SENT
