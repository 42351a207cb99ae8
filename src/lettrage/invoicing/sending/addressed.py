"""An invoice as its door takes it: Chorus Pro as it is kept, an approved platform with its electronic addresses.

What the document says already stays as it is: whether it agrees with the directory is the check's to say.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from lettrage.company.customer import PLATFORM_FRAMES
from lettrage.company.siren import siren_in
from lettrage.invoicing import document
from lettrage.invoicing.document import SIREN, Identifier, Invoice, Note, Party, Platform
from lettrage.invoicing.doors import Door
from lettrage.invoicing.routing.deciding import Known, RouteBooks, known
from lettrage.invoicing.routing.route import SCHEME, Route
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.reporting.concerned import VatDue, operation

# The note that says which rules hold: of a public buyer (CPRO), of any other (BR-FR-20).
_PUBLIC, _BUSINESS = Note("B2G", "ADN"), Note("B2B", "BAR")
_DIALECTS: dict[Door, document.Route] = {"chorus": "chorus", "approved": "platform"}
_LETTERS = {"goods": "B", "services": "S", "mixed": "M"}


class Shelf(RouteBooks, Protocol):
    """The documents of a dossier, and what decides where they go."""

    def document_content(self, id_: int) -> Invoice: ...  # noqa: D102


def routes(
    books: Shelf,
    documents: Sequence[Shelved],
    environment: Platform,
    door: Door | None = None,
    contents: Mapping[int, Invoice] | None = None,
) -> dict[int, Route]:
    """The route of each document, by what is kept of the directory. `door`: one that is asked for, for now.

    `contents`: those that are known already.
    """
    contents = contents or {one.id: books.document_content(one.id) for one in documents}
    found = known(books, _customers(documents), environment, services(documents, contents))
    return routes_known(found, documents, contents, door)


def routes_known(
    found: Mapping[str, Known], documents: Sequence[Shelved], contents: Mapping[int, Invoice], door: Door | None = None
) -> dict[int, Route]:
    """The same by what is known of the customers."""
    return {
        one.id: found[one.third_party].route(contents[one.id].frame, contents[one.id].service, door)
        for one in documents
    }


def _customers(documents: Sequence[Shelved]) -> Collection[str]:
    return list(dict.fromkeys(one.third_party for one in documents))


def services(documents: Sequence[Shelved], contents: Mapping[int, Invoice]) -> list[tuple[str, str]]:
    """The services that documents name, each with its customer."""
    named = ((one.third_party, contents[one.id].service) for one in documents)
    return list(dict.fromkeys((customer, service) for customer, service in named if service))


def dialect(route: Route) -> document.Route:
    """How files are written and judged for this route: what no door takes is a file of an approved platform."""
    return _DIALECTS[route.door or ("chorus" if route.public else "approved")]


def addressed(invoice: Invoice, route: Route) -> Invoice:
    """The invoice as it goes through the door of its route."""
    if dialect(route) == "chorus":
        return invoice
    addressee, notes = _PUBLIC if route.public else _BUSINESS, invoice.notes
    if all(note.subject != addressee.subject for note in notes):
        notes = (*notes, addressee)
    buyer = _known(invoice.buyer)
    if buyer.endpoint is None and route.address:
        buyer = replace(buyer, endpoint=Identifier(route.address, SCHEME))
    seller = _known(invoice.seller)
    if seller.endpoint is None and seller.legal_id is not None:
        seller = replace(seller, endpoint=Identifier(seller.legal_id.id, SCHEME))
    return replace(invoice, frame=frame_of(invoice), notes=notes, buyer=buyer, seller=seller)


def _known(party: Party) -> Party:
    """A party with its SIREN (BT-30, BT-47), where its SIRET or its French VAT number says it."""
    if party.legal_id is not None:
        return party
    siren = siren_in(party.siret) or siren_in(party.vat_number)
    return replace(party, legal_id=Identifier(siren, SIREN)) if siren else party


def frame_of(invoice: Invoice) -> str:
    """BT-23 as approved platforms have it: by what is sold (when its VAT falls due says that), whether it is paid."""
    if invoice.frame in PLATFORM_FRAMES:
        return invoice.frame
    due: VatDue = invoice.vat_due or "debits"
    paid = invoice.frame == "A2" or (invoice.totals.gross > 0 and invoice.totals.payable == 0)
    return f"{_LETTERS[operation(invoice.frame, due)]}{2 if paid else 1}"
