"""Invoices with VAT on receipts, and their report."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from lettrage.books.vat_report import VatReport
from tests.journeys.helpers import Firm, invoice

ALWAYS = (date(2024, 1, 1), date(2030, 12, 31))


def service(number: str, *amounts: str, vat: Iterable[tuple[str, str, str]], **more: Any) -> dict[str, Any]:
    """An invoice for services: its VAT waits for the receipt."""
    lines = [{"rate": rate, "base": base, "amount": amount} for rate, base, amount in vat]
    return invoice(number, *amounts, vat_due="receipts", vat=lines, **more)


def report(firm: Firm, first: date = ALWAYS[0], last: date = ALWAYS[1]) -> VatReport:
    """The report of a period; it agrees with the ledger."""
    with firm.store.books(firm.dossier, writing=False) as books:
        found = books.vat_report(first, last)
    assert found.refusals == []
    return found


def shown(firm: Firm, first: date = ALWAYS[0], last: date = ALWAYS[1]) -> list[tuple[str, ...]]:
    """Date, invoice, rate, base, VAT, received, event of each row."""
    names = ("date", "invoice", "rate", "base", "vat", "received", "event")
    return [tuple(row[name] for name in names) for row in report(firm, first, last).shape["rows"]]


def sums(found: VatReport) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """By invoice and rate: base, VAT, received, received in the invoice's currency."""
    added: dict[tuple[str, str], list[int]] = {}
    for row in found.rows:
        known = added.setdefault((row.invoice, row.rate), [0] * 4)
        for at, figure in enumerate((row.base, row.vat, row.received, row.received_currency)):
            known[at] += figure
    return {key: (value[0], value[1], value[2], value[3]) for key, value in added.items()}


def percent(text: str) -> Fraction:
    return Fraction(text)
