"""What the pages ask of the books about due items."""

from datetime import date
from typing import Protocol

from lettrage.books.due import OpenItem, Search, Sum

Position = tuple[int | str, ...]


class DueItemLooks(Protocol):
    """What is due, item by item."""

    def due_items(  # noqa: D102
        self, search: Search, today: date, after: Position, limit: int
    ) -> tuple[list[OpenItem], Position | None]: ...
    def due_sum(self, search: Search, today: date) -> Sum: ...  # noqa: D102
    def due_of_party(self, code: str, as_of: date | None = None) -> list[OpenItem]: ...  # noqa: D102
