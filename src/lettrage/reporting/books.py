"""What payment reports ask of the books: the port; the store implements it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from lettrage.reporting.circumstances import Sold
from lettrage.reporting.received import Payment


class Moved(msgspec.Struct, frozen=True):
    """Sales, by their number in the books; those that no platform carried first. `more`: there may be others."""

    sales: tuple[int, ...]
    more: bool


class SalesBook(Protocol):
    """Payments of sales, and what decides about them."""

    def payments_since(self, day: date) -> Sequence[Payment]:
        """Every payment whose receipt counted on this day or after it, by sale, in the order of the days that count."""

    def payments_of(self, sales: Collection[int]) -> Sequence[Payment]:
        """Every payment of these sales, in the same order."""

    def sales_moved(self, first: date, last: date, most: int, posted: datetime | None = None) -> Moved:
        """The sales of which something was received, or came back, from a day to a day; so many at the most.

        `posted`: only by what was posted after that moment.
        """

    def sold(self, invoices: Collection[int], environment: str) -> Mapping[int, Sold]:
        """What decides about the payments of these sales, by their number in the books.

        `environment`: of the doors, as one is on. Purchases, and numbers that are none, are left out.
        """
