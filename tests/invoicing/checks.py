"""A sound invoice and sound circumstances, for the tests of the pre-check: each test spoils one thing."""

from datetime import date
from typing import Any

import msgspec

from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.document import (
    EN16931,
    Account,
    Identifier,
    Invoice,
    Item,
    Line,
    Note,
    Party,
    PaymentMeans,
    PostalAddress,
    Preceding,
    Price,
    Totals,
    VatBreakdown,
)
from lettrage.invoicing.portal import Service, Structure
from lettrage.money import Figure, currency, figure

_EUR = currency("EUR")
assert _EUR is not None
EUR = _EUR
SUPPLIER, BUYER = "45021910000010", "26590671900017"
IBAN = "FR7630006000011234567890189"
ORSAY = PostalAddress("2 rue Jean Rostand", city="Orsay", zip="91400", country="FR")
LILLE = PostalAddress("2 avenue Oscar Lambret", city="Lille", zip="59000", country="FR")
SELLER = Party(
    "Universelle de Bureautique",
    ids=(Identifier(SUPPLIER, "0009"),),
    legal_id=Identifier(SUPPLIER[:9], "0002"),
    vat_number="FR18450219100",
    address=ORSAY,
    endpoint=Identifier(SUPPLIER[:9], "0225"),
)
HOSPITAL = Party(
    "Centre hospitalier",
    ids=(Identifier(BUYER, "0009"),),
    legal_id=Identifier(BUYER[:9], "0002"),
    address=LILLE,
    endpoint=Identifier(BUYER[:9], "0225"),
)
NOTES = (
    Note("Indemnité forfaitaire pour frais de recouvrement : 40 €.", "PMT"),
    Note("Pénalités de retard : trois fois le taux d'intérêt légal.", "PMD"),
    Note("Pas d'escompte pour paiement anticipé.", "AAB"),
    Note("B2G", "ADN"),
)
SERVICE = Service("FACTURES", "Facturation", engagement_required=False, id="7")
CLOSED = Service("ANCIEN", "Fermé", active=False, engagement_required=False, id="8")
DEMANDING = Service("TRAVAUX", "Travaux", engagement_required=True, id="9")
BOOKS = Structure("1", BUYER, "Centre hospitalier", services=(SERVICE, CLOSED, DEMANDING))


def number(text: str) -> Figure:
    found = figure(text)
    assert found is not None, text
    return found


def line(at: int = 1, **changes: Any) -> Line:
    """Two units at 50.00, 20 % VAT."""
    plain = Line(
        str(at), number("2"), "C62", 100_00, Price(number("50.00")), "S", number("20.00"), Item("Ramette de papier")
    )
    return msgspec.structs.replace(plain, **changes)


def totals(net: int, vat: int, **more: int) -> Totals:
    return Totals(net, net, net + vat, net + vat - more.get("prepaid", 0), vat=vat, **more)


def sound(count: int = 1, **changes: Any) -> Invoice:
    """An invoice that nothing speaks against."""
    net, vat = count * 100_00, count * 20_00
    plain = Invoice(
        "FA-2026-0187",
        "380",
        date(2026, 11, 20),
        EUR,
        SELLER,
        HOSPITAL,
        tuple(line(n + 1) for n in range(count)),
        (VatBreakdown("S", number("20.00"), net, vat),),
        totals(net, vat),
        due_date=date(2026, 12, 20),
        service="FACTURES",
        frame="A1",
        profile=EN16931,
        notes=NOTES,
        means=PaymentMeans("30", accounts=(Account(IBAN, bic="AGRIFRPP"),)),
    )
    return msgspec.structs.replace(plain, **changes)


def credit_note(**changes: Any) -> Invoice:
    """A credit note that nothing speaks against."""
    return sound(
        **{"type": "381", "means": None, "preceding": (Preceding("FA-2026-0100", date(2026, 10, 1)),)} | changes
    )


def circumstances(**changes: Any) -> Circumstances:
    """Everything is known, and nothing speaks against the invoice."""
    supplier = Structure("2", SUPPLIER, "Universelle de Bureautique")
    plain = Circumstances(date(2026, 11, 22), siret=SUPPLIER, iban=IBAN, buyer=BOOKS, supplier=supplier, uses=())
    return msgspec.structs.replace(plain, **changes)
