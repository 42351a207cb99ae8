"""An invoice and its credit note, as values, for tests about papers and explanations."""

from datetime import date
from typing import Any

from lettrage.invoicing.document import (
    Account,
    Contact,
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
from lettrage.money import Figure, currency

EUR = currency("EUR")
assert EUR is not None
SELLER = Party(
    "Universelle de Bureautique",
    ids=(Identifier("45021910000010", "0009"),),
    legal_id=Identifier("450219100", "0002"),
    vat_number="FR18450219100",
    legal_form="SAS au capital de 150 000 € · RCS Evry B 450 219 100 · APE 5829C",
    address=PostalAddress("2 rue Jean Rostand", city="ORSAY", zip="91400", country="FR"),
    contact=Contact("Service facturation", "01 69 00 00 00", "facturation@example.org"),
)
BUYER = Party(
    "Centre hospitalier",
    ids=(Identifier("26590671900010", "0009"),),
    legal_id=Identifier("265906719", "0002"),
    address=PostalAddress("2 avenue Oscar Lambret", city="LILLE", zip="59000", country="FR"),
)


def figure(text: str) -> Figure:
    whole, _, part = text.partition(".")
    return Figure(int(whole + part), len(part))


def line(at: int, name: str = "Ramette de papier A4 80 g") -> Line:
    """12 units at 1010.5025, 20 % VAT."""
    return Line(str(at), figure("12"), "C62", 1_212_603, Price(figure("1010.5025")), "S", figure("20.00"), Item(name))


def invoice(**changes: Any) -> Invoice:
    """One line to a public buyer, a part of it paid before."""
    fields: dict[str, Any] = {
        "number": "FA-2025-000187",
        "type": "380",
        "date": date(2025, 3, 20),
        "currency": EUR,
        "seller": SELLER,
        "buyer": BUYER,
        "lines": (line(1),),
        "vat": (VatBreakdown("S", figure("20.00"), 1_212_603, 242_521),),
        "totals": Totals(1_212_603, 1_212_603, 1_455_124, 1_405_124, vat=242_521, prepaid=50_000),
        "vat_due": "debits",
        "due_date": date(2025, 4, 19),
        "service": "SERVICE_DEST_SERV_OBL",
        "engagement": "EJ-2025-0012345",
        "contract": "MAPA-2024-77",
        "frame": "A1",
        "terms": "Paiement à 30 jours date de facture",
        "notes": (Note("Livraison conforme au bon de commande."),),
        "means": PaymentMeans("30", accounts=(Account("FR7630004000031234567890143", SELLER.name, "BNPAFRPP"),)),
    }
    return Invoice(**(fields | changes))


def credit_note(**changes: Any) -> Invoice:
    """The whole invoice credited."""
    fields: dict[str, Any] = {
        "number": "AV-2025-3",
        "type": "381",
        "preceding": (Preceding("FA-2025-000187", date(2025, 3, 20)),),
        "totals": Totals(1_212_603, 1_212_603, 1_455_124, 1_455_124, vat=242_521),
        "means": None,
        "due_date": None,
        "terms": "",
    }
    return invoice(**(fields | changes))
