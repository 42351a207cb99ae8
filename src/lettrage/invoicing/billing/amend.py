"""A field of an invoice mended by hand: what a rejection asks for most often, without another file.

The document that was sent stays as it is; what comes out of here is the next one, for the same customer.
"""

from collections.abc import Callable, Mapping
from datetime import date as Day  # noqa: N812  (as in document.py)

import msgspec

from lettrage.invoicing.billing.compose import content_of
from lettrage.invoicing.billing.intake import File, Whom
from lettrage.invoicing.document import (
    Delivery,
    Invoice,
    PaymentMeans,
    PostalAddress,
    Preceding,
    Supporting,
)
from lettrage.invoicing.formats.read import Read

replace = msgspec.structs.replace
CREDIT_NOTE = "381"


class Mending(msgspec.Struct, frozen=True):
    """How one field is mended: what it says now, the invoice with another text there, how long that may be."""

    said: Callable[[Invoice], str]
    mended: Callable[[Invoice, str], Invoice]
    characters: int


def _preceding(invoice: Invoice, number: str) -> Invoice:
    """The invoice that this one credits, under another number; its date is no longer known then."""
    return replace(invoice, preceding=(Preceding(number), *invoice.preceding[1:]) if number else ())


def _billed_in(invoice: Invoice, country: str) -> Invoice:
    return replace(invoice, buyer=replace(invoice.buyer, address=_in(invoice.buyer.address, country)))


def _delivered_in(invoice: Invoice, country: str) -> Invoice:
    delivery = invoice.delivery or Delivery()
    return replace(invoice, delivery=replace(delivery, address=_in(delivery.address, country)))


def _in(address: PostalAddress | None, country: str) -> PostalAddress:
    return replace(address or PostalAddress(), country=country.upper())


def _paid_by(invoice: Invoice, code: str) -> Invoice:
    return replace(invoice, means=replace(invoice.means or PaymentMeans(), code=code))


# By our own name of the field. What is money is not here: another amount is another sale.
MENDINGS: Mapping[str, Mending] = {
    "service": Mending(lambda i: i.service, lambda i, text: replace(i, service=text), 100),
    "engagement": Mending(lambda i: i.engagement, lambda i, text: replace(i, engagement=text), 50),
    "contract": Mending(lambda i: i.contract, lambda i, text: replace(i, contract=text), 50),
    "frame": Mending(lambda i: i.frame, lambda i, text: replace(i, frame=text), 3),
    "means.code": Mending(lambda i: i.means.code if i.means else "", _paid_by, 3),
    "preceding[0].number": Mending(lambda i: i.preceding[0].number if i.preceding else "", _preceding, 20),
    "buyer.address.country": Mending(lambda i: i.buyer.address.country, _billed_in, 2),
    "delivery.address.country": Mending(
        lambda i: i.delivery.address.country if i.delivery and i.delivery.address else "", _delivered_in, 2
    ),
    "number": Mending(lambda i: i.number, lambda i, text: replace(i, number=text), 20),
}


def amended(invoice: Invoice, changes: Mapping[str, str]) -> Invoice:
    """The invoice with these fields as they are said here, by our own names."""
    for field, text in changes.items():
        invoice = MENDINGS[field].mended(invoice, text)
    return invoice


def with_documents(invoice: Invoice, added: tuple[Supporting, ...]) -> Invoice:
    """The invoice with more files beside it; one of a name that is there takes its place."""
    names = {one.id for one in added}
    return replace(invoice, documents=(*(one for one in invoice.documents if one.id not in names), *added))


def credit_of(invoice: Invoice, number: str, day: Day) -> Invoice:
    """The credit note of this day that takes the whole of an invoice back."""
    credited = (Preceding(invoice.number, invoice.date),)
    return replace(
        invoice, number=number, type=CREDIT_NOTE, date=day, due_date=day, preceding=credited, documents=(), means=None,
        other_means=(),
    )  # fmt: skip


def file_of(invoice: Invoice, whom: Whom) -> File:
    """An invoice of ours as a file that is brought in: it is known whose it is."""
    return File("json", content_of(invoice).encode(), document=Read(invoice, None, b"", ()), whom=whom)
