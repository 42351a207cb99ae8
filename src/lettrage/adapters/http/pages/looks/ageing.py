"""What the pages ask of the books about money expected, by age."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from lettrage.books.ageing import Ageing, PartyAgeing, Receivables
from lettrage.settlement.document import Ledger


class AgeingLooks(Protocol):
    """What is open by age, and what the accounts say."""

    def ageing(self, today: date, ledger: Ledger = "customer") -> Ageing: ...  # noqa: D102
    def ageing_by_party(self, today: date, ledger: Ledger = "customer") -> Sequence[PartyAgeing]: ...  # noqa: D102
    def receivables(self, today: date) -> Receivables: ...  # noqa: D102
    def balance_of(self, account: str) -> int: ...  # noqa: D102
