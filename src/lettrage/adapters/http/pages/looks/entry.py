"""What the entry of a settlement by hand asks of the books."""

from collections.abc import Collection
from datetime import date
from typing import Protocol

from lettrage.books.owed import Owed, Party, Received


class EntryLooks(Protocol):
    """Third parties, what is open of one, and the refused settlement that is taken over."""

    def parties_like(self, text: str, limit: int) -> list[Party]: ...  # noqa: D102
    def party(self, code: str) -> Party | None: ...  # noqa: D102
    def owed(  # noqa: D102
        self, third_party: str, currency: str, search: str, chosen: Collection[int], limit: int
    ) -> Owed: ...
    def alike(self, third_party: str, state: str, amount: int, currency: str, day: date) -> int | None: ...  # noqa: D102
    def received(self, document: int, position: int) -> Received | None: ...  # noqa: D102
