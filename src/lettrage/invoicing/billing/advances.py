"""A final invoice after advance invoices: what these charged is in the books already, and is not charged again.

Such an invoice (frame B4, S4, M4) is of the whole sale; it names its advance invoices (BG-3), and what they asked for
as paid beforehand (BT-113). The books take what it adds to them.
"""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from msgspec.structs import replace

from lettrage.invoicing.billing.sale import Due, Sale
from lettrage.settlement.document import Vat

Charged = tuple[str, int, Sequence[Vat]]  # of an invoice in the books: its currency, its total, its VAT


def named(sale: Sale) -> list[tuple[str, str]]:
    """The customer and the numbers of the advance invoices that a final invoice names."""
    invoice = sale.invoice
    if not invoice.is_final or invoice.is_credit_note:
        return []
    return list(dict.fromkeys((sale.third_party, before.number) for before in invoice.preceding))


def without(sale: Sale, charged: Sequence[Charged]) -> Sale | None:
    """What a final invoice adds to the books that have these advance invoices.

    None where that cannot be told: they are not what was paid beforehand, or nothing remains of some rate but a VAT.
    """
    invoice, paid = sale.invoice, sale.invoice.totals.prepaid or 0
    if any(code != invoice.currency.code for code, _, _ in charged) or sum(total for _, total, _ in charged) != paid:
        return None
    advance = _by_rate(line for _, _, vat in charged for line in vat)
    if sum(line.base + line.amount for line in advance) != paid:
        return None  # a load said nothing of their VAT
    own = _by_rate(Vat(row.rate.fraction if row.rate else Fraction(0), row.base, row.amount) for row in invoice.vat)
    left = _by_rate([*own, *(Vat(line.rate, -line.base, -line.amount) for line in advance)])
    dues = _dues(sale, paid)
    if not dues or any(line.base < 0 or line.amount < 0 or (line.amount and not line.base) for line in left):
        return None
    return replace(sale, dues=dues, adds=tuple(line for line in left if line.base or line.amount))


def _by_rate(lines: Iterable[Vat]) -> list[Vat]:
    sums: dict[Fraction, Vat] = {}
    for line in lines:
        known = sums.get(line.rate, Vat(line.rate, 0, 0))
        sums[line.rate] = Vat(line.rate, known.base + line.base, known.amount + line.amount)
    return list(sums.values())


def _dues(sale: Sale, paid: int) -> tuple[Due, ...]:
    """What falls due beside what was paid beforehand, which was due at once."""
    found = (replace(due, amount=due.amount - (paid if due.date == sale.invoice.date else 0)) for due in sale.dues)
    dues = tuple(due for due in found if due.amount)
    return () if any(due.amount < 0 for due in dues) else dues


def considered(sale: Sale, charged: Callable[[tuple[str, str]], Charged | None]) -> tuple[Sale, list[str]]:
    """A sale as the books take it, and the advance invoices that they have but cannot take off, by their numbers."""
    known = [(number, found) for party, number in named(sale) if (found := charged((party, number))) is not None]
    if not known:
        return sale, []
    less = without(sale, [found for _, found in known])
    return (sale, [number for number, _ in known]) if less is None else (less, [])
