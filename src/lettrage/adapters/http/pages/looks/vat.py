"""What the page of VAT on receipts asks of the books."""

from datetime import date
from typing import Protocol

from lettrage.books.vat_report import VatReport


class VatLooks(Protocol):
    """VAT on receipts."""

    def vat_report(self, first: date, last: date) -> VatReport: ...  # noqa: D102
