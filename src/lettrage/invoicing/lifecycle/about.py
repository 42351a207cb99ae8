"""Which invoice a status is about, and who is concerned, as its messages have them: from the document that was sent.

A message names both companies by their SIREN and reaches the buyer at its electronic address (scheme 0225). An address
that the invoice does not give is the SIREN itself, which every company of the directory has.
"""

from datetime import datetime

from lettrage.invoicing.document import SIREN, SIRET, Identifier, Invoice, Party
from lettrage.invoicing.lifecycle.sent import Concerned
from lettrage.refusal import Refusal, quoted

ELECTRONIC_ADDRESS = "0225"
_SIREN_DIGITS, _SIRET_DIGITS = 9, 14


def concerned(invoice: Invoice, received_at: datetime | None) -> Concerned | Refusal:
    """The facts of an invoice that the platform took at `received_at`; what is missing of them."""
    seller, buyer = siren_of(invoice.seller), siren_of(invoice.buyer)
    endpoint = invoice.buyer.endpoint or (Identifier(buyer, ELECTRONIC_ADDRESS) if buyer else None)
    if not seller or not buyer or endpoint is None:
        party = invoice.buyer if seller else invoice.seller
        return Refusal("status_without_siren", "number", quoted(invoice.number), quoted(party.name))
    return Concerned(
        invoice.number,
        invoice.type,
        invoice.date,
        Identifier(seller, SIREN),
        invoice.seller.name,
        Identifier(buyer, SIREN),
        invoice.buyer.name,
        endpoint,
        received_at=received_at,
    )


def siren_of(party: Party) -> str:
    """The SIREN of a party, by whatever of its identifiers has it; "" where none does."""
    known = [one for one in (party.legal_id, *party.ids) if one is not None]
    for scheme, digits in ((SIREN, _SIREN_DIGITS), (SIRET, _SIRET_DIGITS)):
        for one in known:
            if one.scheme == scheme and len(one.id) == digits and one.id.isascii() and one.id.isdecimal():
                return one.id[:_SIREN_DIGITS]
    return ""
