"""What the pages ask of the books about bank statements."""

from datetime import date
from typing import Protocol

from lettrage.acts.matching import MatchBooks
from lettrage.bank.lines import Listed
from lettrage.bank.reconciliation import Reconciliation


class BankLooks(MatchBooks, Protocol):
    """Statements, their lines and what these may be, and the account reconciled."""

    def bank_statements(self, bank: str = "", statement: int = 0) -> list[Listed]:
        """The statements, the latest first; of one bank, or one alone, where that is asked."""

    def reconciliation(self, bank: str, day: date) -> Reconciliation:
        """A bank account reconciled on a day."""
