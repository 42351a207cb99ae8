"""What the pages of settlements ask of the books."""

from collections.abc import Collection, Iterable
from typing import Protocol

from lettrage.books.logbook import Search
from lettrage.books.received import Came, Counts, Received, Waiting


class SettlementLooks(Protocol):
    """Documents received, and the refusals in them."""

    def received_counts(self, most: int) -> Counts: ...  # noqa: D102
    def refused_not_handled(self) -> Waiting: ...  # noqa: D102
    def logbook_total(self, search: Search, most: int) -> tuple[int, int | None]: ...  # noqa: D102
    def came(self, documents: Iterable[int]) -> dict[int, Came]: ...  # noqa: D102
    def document_received(self, number: int) -> Received | None: ...  # noqa: D102
    def names(self, codes: Collection[str]) -> dict[str, str]: ...  # noqa: D102
