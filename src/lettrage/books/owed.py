"""What one third party has open, as it is looked at before somebody settles some of it."""

import msgspec

from lettrage.settlement.document import Item, Ledger


class Party(msgspec.Struct, frozen=True):
    """A third party by name."""

    code: str
    ledger: Ledger
    name: str = ""

    @property
    def shown(self) -> str:
        """As a field for a third party shows it."""
        return f"{self.code} · {self.name}" if self.name else self.code


class Owed(msgspec.Struct, frozen=True):
    """Open due items and advances by age, in one currency. `others`: how many are open in each other currency."""

    items: tuple[Item, ...] = ()
    count: int = 0  # all that are open, listed or not
    balance: int = 0
    others: dict[str, int] = {}


class Received(msgspec.Struct, frozen=True):
    """A settlement of a document that was received, with the document's text. `handled`: dealt with."""

    raw: bytes
    refused: bool
    handled: bool
