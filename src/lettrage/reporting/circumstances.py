"""The circumstances of a sale's payments, from its document, its customer and the door that carried it.

What is not known is not guessed: every value that it may have is tried. Where all of them lead to the same outcome it
does not matter; where they do not, it is missing and said.
"""

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import get_args

import msgspec

from lettrage.company.customer import Customer
from lettrage.company.declarant import SIZES, Declarant
from lettrage.company.late import is_public
from lettrage.company.siren import siren_in
from lettrage.refusal import Refusal, quoted
from lettrage.reporting import concerned
from lettrage.reporting.concerned import (
    TABLE,
    Carrier,
    Charge,
    Circumstances,
    Decision,
    Operation,
    VatDue,
    collected,
    decide,
    operation,
)

_KINDS: tuple[concerned.Customer, ...] = get_args(concerned.Customer)
_CHARGES: tuple[Charge, ...] = get_args(Charge)
_RANK = {rule.name: at for at, rule in enumerate(TABLE.rule)}
_MISSING = {"charge": "report_charge", "customer": "report_customer", "size": "report_size"}
_FRANCHISE = "VATEX-FR-FRANCHISE"
# VAT categories of UNCL 5305 that bear VAT; the others bear none, and say why.
_TAXED = frozenset("SZLM")
# Where a French taxable person may be established: one who has a French number is one, wherever it lives.
_FRENCH = frozenset(("FR", "MC", "GP", "MQ", "RE", "GF", "YT", "BL", "MF", "PM"))


class Written(msgspec.Struct, frozen=True):
    """What the invoice's own document says.

    `frame`: BT-23. `categories`: of VAT, each with its exemption code (BT-118, BT-121). `siren`, `vat_number`,
    `country`: of the buyer.
    """

    frame: str = ""
    categories: tuple[tuple[str, str], ...] = ()
    siren: str = ""
    vat_number: str = ""
    country: str = ""


class Sold(msgspec.Struct, frozen=True):
    """A sale as far as it decides about its payments.

    `taxed`: whether the books have VAT of it. `written`: None for a sale that stands in the books alone.
    """

    customer: Customer
    carrier: Carrier
    vat_due: VatDue = "receipts"
    taxed: bool = True
    written: Written | None = None


class Decided(msgspec.Struct, frozen=True):
    """What becomes of a payment; None where that hangs on what is `missing`."""

    decision: Decision | None
    missing: tuple[Refusal, ...] = ()


def decided(sold: Sold, since: date, declarant: Declarant) -> Decided:
    """Whether and how a payment of this sale is reported. `since`: the day of its receipt (`Payment.since`)."""
    of, owing, customers = operation_of(sold), charges(sold, declarant), kinds(sold)
    sizes = (declarant.size,) if declarant.size else SIZES
    before = collected(sold.written.frame if sold.written else "")
    found = [
        decide(Circumstances(of, sold.vat_due, charge, kind, sold.carrier, since, size, before), declarant.outcomes)
        for charge, kind, size in product(owing, customers, sizes)
    ]
    if len({one.outcome for one in found}) > 1:
        open_facts = {"charge": owing, "customer": customers, "size": sizes}
        return Decided(None, tuple(_missing(sold, [name for name, among in open_facts.items() if len(among) > 1])))
    return Decided(max(found, key=lambda one: _RANK[one.rule]))


def _missing(sold: Sold, unknown: list[str]) -> Iterator[Refusal]:
    party = quoted(sold.customer.name or sold.customer.code)
    for name in unknown:
        yield Refusal(_MISSING[name], name, quoted(sold.customer.code), facts={"party": party})


def operation_of(sold: Sold) -> Operation:
    """What was sold, by the frame of its document, else by when its VAT falls due."""
    return operation(sold.written.frame if sold.written else "", sold.vat_due)


# ---------------------------------------------------------------- what the customer is


def kinds(sold: Sold) -> tuple[concerned.Customer, ...]:
    """What the customer may be: one where it is known.

    Its record's own word goes first, then its French numbers, a VAT number of elsewhere, Chorus Pro.
    """
    customer, written = sold.customer, sold.written or Written()
    said = next((kind for kind in _KINDS if kind == customer.buyer), None)
    if said is not None:
        return (said,)
    siren = siren_in(customer.siret) or siren_in(written.siren)
    if is_public(siren, on_chorus=customer.chorus is not None, said=customer.buyer):
        return ("public",)
    vat_number = (customer.vat_number or written.vat_number).strip().upper()
    if siren or vat_number[:2] == "FR":
        return ("business",)
    if vat_number[:2].isalpha() and len(vat_number) > 2:
        return ("foreign",)
    country = (customer.address.country or written.country).strip().upper()
    if country and country not in _FRENCH:
        return ("foreign", "consumer")
    return tuple(kind for kind in _KINDS if kind != "public" or not customer.buyer)


# ---------------------------------------------------------------- who owes VAT


def charges(sold: Sold, declarant: Declarant) -> tuple[Charge, ...]:
    """Who may owe the sale's VAT: one where it is known. A sale with VAT at any rate is taxed."""
    small = declarant.vat_regime == "franchise"
    if sold.taxed:
        return ("taxed",)
    if sold.written is not None and sold.written.categories:
        found = {_charge(*one, small=small) for one in sold.written.categories}
        return ("taxed",) if "taxed" in found else tuple(one for one in _CHARGES if one in found)
    if small:
        return ("franchise",)
    return ("exempt", "reverse_charge") if declarant.vat_regime else ("franchise", "exempt", "reverse_charge")


def _charge(category: str, exemption: str, *, small: bool) -> Charge:
    if category in _TAXED:
        return "taxed"
    if category == "AE":
        return "reverse_charge"
    if exemption == _FRANCHISE or (small and not exemption):
        return "franchise"
    return "exempt"
