"""What the search asks of the books."""

from datetime import date
from typing import Protocol

from lettrage.books.found import Hit


class SearchLooks(Protocol):
    """What is found, each in one statement."""

    def found_exactly(self, text: str) -> list[Hit]: ...  # noqa: D102
    def found_by_number(self, number: int) -> list[Hit]: ...  # noqa: D102
    def found_entry(self, year: str, number: int) -> list[Hit]: ...  # noqa: D102
    def found_beginning(self, text: str) -> list[Hit]: ...  # noqa: D102
    def found_open(self, least: int, most: int, third_party: str = "") -> list[Hit]: ...  # noqa: D102
    def found_between(self, first: date, last: date) -> list[Hit]: ...  # noqa: D102
