"""Which file an invoice is: the one that was really sent, or the one that would be."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from lettrage.invoicing.document import Invoice, Platform, Route, Syntax
from lettrage.invoicing.doors import environment_of
from lettrage.invoicing.formats.inside_pdf import is_pdf, xml_inside
from lettrage.invoicing.sending.addressed import Shelf as Routed
from lettrage.invoicing.sending.addressed import addressed, dialect, routes
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.invoicing.settings import SETTINGS
from lettrage.refusal import Refusal, Stop, quoted

Render = Callable[[Invoice, str, Route], bytes]  # ubl, cii, or facturx, which is a PDF


class Shelf(Routed, Protocol):
    """The documents of a dossier."""

    def latest_file(self, documents: Sequence[Shelved], platform: str) -> bytes | None: ...  # noqa: D102


def usual_syntax(invoice: Invoice, choices: Mapping[tuple[str, str], str]) -> Syntax:
    """What the settings say invoices, or credit notes, are sent as."""
    name = "credit_note_format" if invoice.is_credit_note else "invoice_format"
    chosen = choices.get(("", name)) or SETTINGS[name].default
    return "cii" if chosen == "cii" else "facturx" if chosen == "facturx" else "ubl"


def file_of(shelf: Shelf, found: Shelved, syntax: str, render: Render, environment: Platform | None = None) -> bytes:
    """A document as it would be sent, in this syntax; "" for the XML that the settings ask for.

    `environment`: where it would go; None: the one that is on.
    """
    invoice, choices = shelf.document_content(found.id), shelf.chorus_choices()
    usual = usual_syntax(invoice, choices)
    where = environment or environment_of(choices.get(("", "platform"), ""))
    route = routes(shelf, [found], where, contents={found.id: invoice})[found.id]
    return render(addressed(invoice, route), syntax or ("ubl" if usual == "ubl" else "cii"), dialect(route))


def xml_of(shelf: Shelf, found: Shelved, platform: str, syntax: str, render: Render, *, sent: bool) -> bytes:
    """The XML that was sent on a platform, else the one that would be; `syntax` asks for that one in any case.

    `sent`: nothing but what was really sent. Raises Stop where nothing was.
    """
    was = None if syntax and not sent else shelf.latest_file([found], platform)
    if was is None and sent:
        raise Stop(Refusal("not_sent", "number", quoted(found.number)))
    if was is None:
        return file_of(shelf, found, syntax, render, environment_of(platform))
    return xml_inside(was) if is_pdf(was) else was
