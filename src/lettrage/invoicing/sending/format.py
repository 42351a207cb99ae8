"""Which file an invoice is: the one that was really sent, or the one that would be."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from lettrage.company.customer import Customer
from lettrage.invoicing.document import Invoice, Route, Syntax
from lettrage.invoicing.formats.inside_pdf import is_pdf, xml_inside
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.invoicing.settings import SETTINGS
from lettrage.refusal import Refusal, Stop, quoted
from lettrage.settlement.document import Ledger

Render = Callable[[Invoice, str, Route], bytes]  # ubl, cii, or facturx, which is a PDF


class Shelf(Protocol):
    """The documents of a dossier."""

    def document_content(self, id_: int) -> Invoice: ...  # noqa: D102
    def latest_file(self, documents: Sequence[Shelved], platform: str) -> bytes | None: ...  # noqa: D102
    def chorus_choices(self) -> Mapping[tuple[str, str], str]: ...  # noqa: D102
    def third_party_records(self, codes: Collection[str] | None) -> Mapping[str, tuple[Ledger, Customer]]: ...  # noqa: D102


def usual_syntax(invoice: Invoice, choices: Mapping[tuple[str, str], str]) -> Syntax:
    """What the settings say invoices, or credit notes, are sent as."""
    name = "credit_note_format" if invoice.is_credit_note else "invoice_format"
    chosen = choices.get(("", name)) or SETTINGS[name].default
    return "cii" if chosen == "cii" else "facturx" if chosen == "facturx" else "ubl"


def route_of(customer: Customer) -> Route:
    """Public buyers are reached through Chorus Pro, others through an approved platform."""
    return "chorus" if customer.chorus is not None else "platform"


def file_of(shelf: Shelf, found: Shelved, syntax: str, render: Render) -> bytes:
    """A document as it would be sent, in this syntax; "" for the XML that the settings ask for."""
    invoice = shelf.document_content(found.id)
    usual = usual_syntax(invoice, shelf.chorus_choices())
    _, customer = shelf.third_party_records([found.third_party])[found.third_party]
    return render(invoice, syntax or ("ubl" if usual == "ubl" else "cii"), route_of(customer))


def xml_of(shelf: Shelf, found: Shelved, platform: str, syntax: str, render: Render, *, sent: bool) -> bytes:
    """The XML that was sent on a platform, else the one that would be; `syntax` asks for that one in any case.

    `sent`: nothing but what was really sent. Raises Stop where nothing was.
    """
    was = None if syntax and not sent else shelf.latest_file([found], platform)
    if was is None and sent:
        raise Stop(Refusal("not_sent", "number", quoted(found.number)))
    if was is None:
        return file_of(shelf, found, syntax, render)
    return xml_inside(was) if is_pdf(was) else was
