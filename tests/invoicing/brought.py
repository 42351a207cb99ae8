"""A firm that invoices public and private buyers, and invoices as its clerks write them."""

import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from lettrage.acts import Performed, perform
from lettrage.acts.invoice import ImportInvoices
from lettrage.caller import Caller
from lettrage.commands.rendering import rendered
from lettrage.invoicing.billing.compose import Files
from lettrage.invoicing.billing.intake import opened
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.sending.outbox import Outcome, Packet, Parcel, Said
from lettrage.invoicing.sending.parcels import ready
from tests.journeys.helpers import Firm, Line, company, lines_of

ADDRESS = {"street": "1 rue des Copeaux", "zip": "69001", "city": "Lyon", "country": "FR"}
SELLER = {
    "code": "1",
    "name": "Atelier",
    "siret": "12345678200010",
    "vat_number": "FR32123456782",
    "ape": "4332A",
    "rcs": "Lyon 123 456 782",
    "capital": "10 000 EUR",
    "address": ADDRESS,
    "phone": "0400000000",
    "mail": "compta@durand.example",
    "bank": "BNP",
}
BANKS: list[dict[str, Any]] = [
    {"code": "BNP", "account": "512100", "iban": "FR76 3000 6000 0112 3456 7890 189", "bic": "AGRIFRPP"},
    {"code": "CIC", "account": "512200", "iban": "FR7610011000200123456789088"},
    {"code": "DEP", "account": "512300", "reconcilable": False},
]
TOWN = {
    "code": "C1",
    "kind": "customer",
    "name": "Mairie de Test",
    "siret": "12345678200028",
    "address": ADDRESS | {"city": "Paris"},
    "chorus": {"service": "ACHATS", "service_required": True},
}
SHOP = {"code": "C2", "kind": "customer", "name": "Boutique", "vat_number": "DE123456789", "siret": "98765432100017"}
LINE = {"name": "Porte", "quantity": "2", "price": "100.00", "vat_rate": "20"}


def firm_of(folder: Path, **more: Any) -> Firm:
    """A joiner with two customers and a supplier."""
    supplier = {"code": "F1", "kind": "supplier", "name": "Bois SA"}
    parts: dict[str, Any] = {"establishments": [SELLER], "banks": BANKS, "third_parties": [TOWN, SHOP, supplier]}
    return Firm(folder, company(**(parts | more)))


def form(number: str = "F1", **more: Any) -> dict[str, Any]:
    """An invoice of 240.00 to the town; None takes a field away."""
    whole = {"number": number, "date": "2024-10-14", "due_date": "2024-11-13", "buyer": "C1", "lines": [LINE]} | more
    return {name: value for name, value in whole.items() if value is not None}


def performed(firm: Firm, content: bytes, files: Files | None = None, key: str = "") -> Performed:
    """What became of a file."""
    act = ImportInvoices(opened(content), files or {}, "clerk", "file")
    return perform(act, Caller("clerk", "test", firm.dossier, key), firm.store, firm.clock)


def bring(firm: Firm, *forms: dict[str, Any], files: Files | None = None) -> list[dict[str, Any]]:
    """What became of each invoice."""
    return result(performed(firm, json.dumps(list(forms)).encode(), files))


def result(done: Performed) -> list[dict[str, Any]]:
    """The invoices of an answer."""
    assert done.result is not None, done.reasons
    found: list[dict[str, Any]] = done.result["invoices"]
    return found


def outcomes(lines: list[dict[str, Any]]) -> list[str]:
    """What became of each."""
    return [line["outcome"] for line in lines]


def reasons(line: dict[str, Any]) -> list[tuple[str, str]]:
    """Why an invoice was refused: codes with their places, without that of the invoice itself."""
    return [(reason["code"], reason["path"].removeprefix(f"{line['path']}.")) for reason in line["reasons"]]


def sales_entry(firm: Firm, number: str) -> list[Line]:
    """The lines of an entry by its number, sorted."""
    with firm.store.books(firm.dossier, writing=False) as books:
        (found,) = [entry for entry in books.entries(books.company.currency) if entry["number"] == number]
    return lines_of(found)


def document(firm: Firm, number: str) -> Invoice:
    """The newest document of a number."""
    with firm.store.books(firm.dossier, writing=False) as books:
        return books.document_content(books.documents_of(number)[0].id)


def send_away(firm: Firm) -> None:
    """The first document is on its way, as the outbox keeps it."""
    parcel = Parcel(1, "F1", "12345678200010", "12345678200028", "f.xml", "IN_DP_E1_UBL_INVOICE", b"<Invoice/>")
    with firm.store.books(firm.dossier, writing=True) as books:
        books.intend(
            [Packet("f.xml", parcel.syntax, parcel.file, (parcel,))], "qualification", "test", firm.clock.now()
        )


def send_as(firm: Firm, dossier: str, outcomes: dict[str, Outcome], said: str = "") -> None:
    """These documents were sent to the qualification platform, with these outcomes; what it said against them."""
    errors = (Said(said),) if said else ()
    with firm.store.books(dossier, writing=True) as books:
        for number, outcome in outcomes.items():
            (document,) = books.documents_of(number)
            ((parcel,),) = ready(books, [document], "qualification", rendered, "ubl", "chorus").parcels.values()
            packet = Packet(parcel.name, parcel.syntax, parcel.file, (parcel,))
            books.intend([packet], "qualification", "till", firm.clock.now())
            (deposit,) = books.deposits_of(document.id, "qualification")
            books.set_deposits([replace(deposit, outcome=outcome, errors=errors)])
