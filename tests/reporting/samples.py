"""Payments and invoices for the tests of payment reports, made by hand."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from lettrage.books.vat_due import Cause, Due, Followed, Receipt, Sale, Taken
from lettrage.money import Currency
from lettrage.reporting.received import Payment, Received
from lettrage.reporting.report import Told
from lettrage.settlement.document import Vat

EUR, TND = Currency("EUR", 2), Currency("TND", 3)
ISSUED = date(2026, 9, 15)


def sale(lines: Sequence[tuple[str, int, int]], dues: Sequence[tuple[date, int]] = (), number: str = "F1") -> Sale:
    """An invoice in euros: rate, base and VAT of each line; due dates with their amounts, one if none is given."""
    amount = sum(base + vat for _, base, vat in lines)
    given = dues or [(date(2026, 12, 31), amount)]
    items = {at: Due(at, day, part, part) for at, (day, part) in enumerate(given, 1)}
    vat = tuple(Vat(Fraction(rate), base, vat) for rate, base, vat in lines)
    return Sale(7, "customer", "C1", number, ISSUED, EUR, amount, amount, vat, items, 0)


def taken(header: int, part: int, *, item: int = 1, discount: int = 0, difference: int = 0) -> Taken:
    """What a header took of a due item in euros."""
    return Taken(header, 1, item, part, part, discount, discount, difference, difference)


def cause(number: int, day: date, back: date | None = None) -> Cause:
    """A transaction, and the day on which it was cancelled."""
    return Cause(number, day, number, None if back is None else (back, number + 500))


def receipt(header: int, day: date, means: str = "C", back: date | None = None, **more: tuple[Cause, ...]) -> Receipt:
    """A header on a day; `credited`, `returned`: what moved it on, and back."""
    return Receipt(cause(header, day, back), 1, False, means, False, **more)


def followed(of: Sale, receipts: Sequence[Receipt], all_taken: Sequence[Taken]) -> Followed:
    """An invoice with its receipts."""
    return Followed(of, {one.key: one for one in receipts}, all_taken)


def payment(
    day: date, *rates: tuple[str, int], number: str = "F1", issued: date | None = ISSUED, key: str = ""
) -> Payment:
    """A payment in euros."""
    received = tuple(Received(rate, amount, amount) for rate, amount in rates)
    name = key or f"7/{number}/{day}/{received}"
    return Payment(name, 7, number, "C1", issued, day, day, "received", 1, 1, 1, EUR, EUR, received)


def by_invoice(*payments: Payment) -> list[Told]:
    """Payments of customers abroad."""
    return [Told(one, "by_invoice") for one in payments]


def by_day(*payments: Payment) -> list[Told]:
    """Payments of consumers."""
    return [Told(one, "by_day") for one in payments]
