"""What payment reports ask of the books: the port; the store implements it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from lettrage.reporting.circumstances import Sold
from lettrage.reporting.received import Payment


class SalesBook(Protocol):
    """Payments of sales, and what decides about them."""

    def payments_since(self, day: date) -> Sequence[Payment]:
        """Every payment whose receipt counted on this day or after it, by sale, in the order of the days that count."""

    def sold(self, invoices: Collection[int], environment: str) -> Mapping[int, Sold]:
        """What decides about the payments of these sales, by their number in the books.

        `environment`: of the doors, as one is on. Purchases, and numbers that are none, are left out.
        """
