"""An invoice as a file of any syntax: what is sent, shown, printed."""

from msgspec.structs import replace

from lettrage.invoicing.document import EN16931, Invoice, Route
from lettrage.invoicing.formats import cii, ubl


def rendered(invoice: Invoice, syntax: str, route: Route) -> bytes:
    """The file: UBL, CII, or the Factur-X PDF with the CII inside."""
    if syntax == "ubl":
        return ubl.render(invoice, route)
    if syntax == "cii":
        return cii.render(invoice, route)
    from lettrage.adapters.pdf import facturx  # noqa: PLC0415  (only a print needs Typst)

    known = invoice if invoice.profile in facturx.PROFILES else replace(invoice, profile=EN16931)
    return facturx.render(known, cii.render(known, route))
