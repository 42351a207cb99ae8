"""An invoice as a file of any syntax: what is sent, shown, printed."""

from collections.abc import Mapping

from msgspec.structs import replace

from lettrage.company.customer import Customer
from lettrage.invoicing import cii, ubl
from lettrage.invoicing.document import EN16931, Invoice, Route, Syntax
from lettrage.invoicing.settings import SETTINGS


def rendered(invoice: Invoice, syntax: str, route: Route) -> bytes:
    """The file: UBL, CII, or the Factur-X PDF with the CII inside."""
    if syntax == "ubl":
        return ubl.render(invoice, route)
    if syntax == "cii":
        return cii.render(invoice, route)
    from lettrage.adapters.pdf import facturx  # noqa: PLC0415  (only a print needs Typst)

    known = invoice if invoice.profile in facturx.PROFILES else replace(invoice, profile=EN16931)
    return facturx.render(known, cii.render(known, route))


def usual_syntax(invoice: Invoice, choices: Mapping[tuple[str, str], str]) -> Syntax:
    """What the settings say invoices, or credit notes, are sent as."""
    name = "credit_note_format" if invoice.is_credit_note else "invoice_format"
    chosen = choices.get(("", name)) or SETTINGS[name].default
    return "cii" if chosen == "cii" else "facturx" if chosen == "facturx" else "ubl"


def route_of(customer: Customer) -> Route:
    """Public buyers are reached through Chorus Pro, others through an approved platform."""
    return "chorus" if customer.chorus is not None else "platform"
