"""What acts about the bank ask of the books."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from lettrage.bank.lines import Kept, LedgerLine, Mark
from lettrage.bank.statements.keeping import KeptStatement, Verdict
from lettrage.books.entry import Entry
from lettrage.settlement.document import Instrument


class BankBook(Protocol):
    """One dossier's statements, their lines, and what these were matched with."""

    def bank_file(self, sha256: str) -> int | None:
        """The number of the file with these bytes; None where it was never kept."""

    def kept_statements(self, banks: Sequence[str], start: date, end: date) -> list[KeptStatement]:
        """The statements of these banks; with their lines where they touch this time."""

    def record_statements(
        self, file: int | None, name: str, format_: str, sha256: str, content: bytes, at: datetime, by: str,
        verdicts: Sequence[Verdict],
    ) -> dict[int, int]:  # fmt: skip
        """Write the new ones; the number of each by its position in the file."""

    def bank_line(self, line: int) -> Kept | None:
        """A line of a statement, and what became of it."""

    def named_instruments(self, ids: Sequence[int]) -> list[Instrument]:
        """Instruments by their numbers."""

    def ledger_lines(self, account: str, transactions: Sequence[int], postings: Sequence[int]) -> list[LedgerLine]:
        """The lines on an account of these transactions' own entries, and of these entries."""

    def ledger_left(self, lines: Sequence[tuple[int, int]], account: str) -> dict[tuple[int, int], int]:
        """What of these lines on a bank's account no statement's line accounts for; those that are there."""

    def posted_entry(self, posting: int) -> Entry:
        """An entry as it was posted."""

    def record_match(self, mark: Mark, at: datetime) -> int:
        """Write what a line was taken for; its number."""

    def end_match(self, match: int, at: datetime, by: str, why: str) -> None:
        """Write that a match stands no more."""

    def reconciled(self, transaction: int) -> list[int]:
        """The lines of statements that account for what a transaction (or its slip) posted at the bank."""

    def reconciled_entry(self, posting: int) -> list[int]:
        """The lines of statements that account for lines of an entry."""
