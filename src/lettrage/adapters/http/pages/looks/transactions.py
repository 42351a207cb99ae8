"""What the page of a transaction asks of the books."""

from typing import Protocol

from lettrage.books.lineage import Deed


class TransactionLooks(Protocol):
    """Transactions with what they did."""

    def deed_seen(self, number: int) -> Deed | None: ...  # noqa: D102
