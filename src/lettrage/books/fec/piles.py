"""What the checks ask to have sorted: more rows than memory should hold are put on a pile and come back in order."""

from collections.abc import Callable, Iterator
from typing import Protocol

Row = tuple[str | int, ...]


class Pile(Protocol):
    """Rows put down in any order, taken up in theirs."""

    def put(self, row: Row) -> None:
        """Put a row down."""

    def __iter__(self) -> Iterator[Row]: ...


NewPile = Callable[[], Pile]
