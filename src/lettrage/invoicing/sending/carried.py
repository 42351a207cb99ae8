"""Invoices that an approved platform has, with all that decides what is still to be told of them; what asks for them.

Values for the acts that say statuses; the store fills them.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Protocol

import msgspec

from lettrage.books.vat_due import Followed
from lettrage.company.dossier import Company
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.sending.outbox import Event, Message
from lettrage.invoicing.sending.statuses import ENDS, RECEIVED, Receipts, current
from lettrage.reporting.circumstances import Sold
from lettrage.reporting.received import Payment

BY_ITSELF = "encaissements"  # who says what follows from the books
_told = msgspec.json.Decoder(Payment).decode


def taken(messages: Iterable[Message]) -> list[Payment]:
    """The payments that the platform took of an invoice, the earliest first; a message that was let go is none."""
    ours = (one for one in messages if one.code == RECEIVED and one.stands and one.outcome == "accepted")
    return [_told(one.content) for one in ours]


def receipts(messages: Iterable[Message]) -> Receipts:
    """What those payments come to."""
    told = taken(messages)
    if not told:
        return "untold"
    if sum(one.amount for one in told) == 0:
        return "back"
    remaining = [one.remaining for one in told if one.remaining is not None]
    return "part" if remaining and remaining[-1] else "whole"


class Carried(msgspec.Struct, frozen=True):
    """An invoice that a platform has. `followed`: None where the books have no VAT on receipts of it; `sold`: what
    decides about its payments, None where the books do not have the sale.

    `messages`: the statuses that were said of it on this platform; `events`: what was heard of it there.
    """

    document: int
    number: str
    content: Invoice
    sold: Sold | None
    followed: Followed | None
    messages: tuple[Message, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def told(self) -> tuple[Payment, ...]:
        """The payments that were told, but for those whose message a person let go."""
        return tuple(_told(one.content) for one in self.messages if one.code == RECEIVED and one.stands)

    @property
    def ended_by(self) -> str:
        """The status that ended it; "" where none did."""
        now = current(self.events)
        said = [one.code for one in self.messages if one.code in ENDS and one.outcome not in ("rejected", "given_up")]
        return now.code if now is not None and now.code in ENDS else next(iter(said), "")


class Looked(msgspec.Struct, frozen=True):
    """What was looked at: the books up to a rank, days up to one, what was heard up to a moment.

    `whole`: every invoice is being looked at, one stretch after the other, whatever was. `after`: the document up to
    which that, or the present stretch, has come. `rules`: what decided then, as one text.
    """

    whole: bool = True
    posting: int = 0
    day: date = date(1970, 1, 1)
    heard: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    after: int = 0
    rules: str = ""


class Found(msgspec.Struct, frozen=True):
    """Invoices of which something may have changed; from where to go on; whether more waits there now."""

    carried: Sequence[Carried]
    looked: Looked
    more: bool


class DeclaringBook(Protocol):
    """What the books are asked."""

    @property
    def company(self) -> Company:
        """The company file."""

    def platform_on(self) -> str:
        """The environment that is on."""

    def carried(self, platform: str, documents: Collection[int]) -> Iterable[Carried]:
        """Those of these documents that a platform has."""

    def look_again(self, platform: str, now: datetime) -> None:
        """Have every invoice on a platform looked at anew, soon."""

    def carried_since(self, platform: str, looked: Looked, now: datetime, most: int) -> Found:
        """The invoices on a platform of which something may have changed since, and what has been looked at then."""
