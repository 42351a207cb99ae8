"""What payment files ask of the books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from lettrage.bank.payments.file import Facts, File, Filed, Use
    from lettrage.company.payee import Payee
    from lettrage.settlement.document import Item


class PaymentBooks(Protocol):
    """The payment files of one dossier."""

    def payment_facts(self, named: Sequence[int] = ()) -> Facts:
        """What waits for a file, or what the transactions named hold."""

    def due_to_pay(self, ledger: str, until: date) -> list[tuple[Item, Payee]]:
        """What is open in euros and due until a day, with all open credit notes, and whom it concerns."""

    def uses_of_mandates(self, mandates: Iterable[str]) -> dict[str, Use]:
        """What these mandates were used for."""

    def payment_files(self, before: int = ..., limit: int = ...) -> list[Filed]:
        """Files, the newest first, without their lines: those numbered before this one, so many; all of them."""

    def payment_file(self, number: int) -> Filed | None:
        """A file with every line and what became of it."""

    def payment_content(self, number: int) -> bytes:
        """A file's bytes, as they were rendered once."""

    def payment_file_called(self, message: str) -> int | None:
        """The file with this identification inside."""

    def payment_line_called(self, end_to_end: str) -> tuple[int, int] | None:
        """The file, and the position in it, of the line with this end-to-end identification."""

    def record_payment_file(self, file: File, at: str, by: str) -> None:
        """Write a file with its lines."""

    def record_payment_cancelled(self, number: int, why: str) -> None:
        """Write that a file is not sent: its instruments are free for another."""

    def record_rejections(self, number: int, rejected: Iterable[tuple[int, str]], answer: int | None) -> None:
        """Write that the bank rejected these lines of a file, and why."""

    def bank_file_there(self, sha256: str) -> int | None:
        """The bank's file of this content, if it was read before."""

    def record_answer(self, name: str, sha256: str, content: bytes, at: str, by: str) -> int:
        """Keep a bank's answer; its number."""
