"""A document made ready to be sent: its file, in the syntax and under the names that its door knows."""

from collections.abc import Mapping, Sequence

import msgspec

from lettrage.invoicing.document import CREDIT_NOTES, Party, Platform, Syntax
from lettrage.invoicing.doors import Door
from lettrage.invoicing.flow_service import FlowSyntax
from lettrage.invoicing.routing.route import Route
from lettrage.invoicing.sending.addressed import addressed, dialect, routes
from lettrage.invoicing.sending.format import Render, Shelf, usual_syntax
from lettrage.invoicing.sending.outbox import Parcel
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.refusal import Refusal, quoted

SYNTAXES: dict[str, tuple[str, str]] = {  # how Chorus Pro calls what we render, and how the file's name ends
    "ubl": ("IN_DP_E1_UBL_INVOICE", "xml"),
    "cii": ("IN_DP_E1_CII_16B", "xml"),
    "facturx": ("IN_DP_E2_CII_FACTURX", "pdf"),
}
_APPROVED: dict[str, FlowSyntax] = {"ubl": "UBL", "cii": "CII", "facturx": "Factur-X"}  # how an approved platform does


def parcel_of(shelf: Shelf, found: Shelved, syntax: Syntax | None, render: Render, route: Route) -> Parcel:
    """A document as a file of its syntax (None: what the settings say), with what the platform must show of it."""
    content = addressed(shelf.document_content(found.id), route)
    form = syntax or usual_syntax(content, shelf.chorus_choices())
    chorus_syntax, ending = SYNTAXES[form]
    named = chorus_syntax if route.door == "chorus" else _APPROVED[form]
    return Parcel(
        found.id,
        found.number,
        identifier_of(content.seller),
        identifier_of(content.buyer),
        f"{form}_{found.number.replace('/', '-')}.{ending}",
        named,
        render(content, form, dialect(route)),
        tuple(preceding.number for preceding in content.preceding),
        found.type in CREDIT_NOTES,
    )


class Ready(msgspec.Struct, frozen=True):
    """Documents made ready, by the platform that they go to; those that no door takes, with the reason."""

    parcels: Mapping[str, Sequence[Parcel]]
    refused: Mapping[int, Refusal]


def ready(
    shelf: Shelf,
    documents: Sequence[Shelved],
    environment: Platform,
    render: Render,
    syntax: Syntax | None = None,
    door: Door | None = None,
) -> Ready:
    """Documents as they leave in an environment, each by its route. `door`: the one that is asked for."""
    found = routes(shelf, documents, environment, door)
    parcels: dict[str, list[Parcel]] = {}
    refused: dict[int, Refusal] = {}
    for document in documents:
        route = found[document.id]
        if route.door is None or (door is not None and route.door != door):
            facts = {"why": route.fr, "why_en": route.en}
            refused[document.id] = Refusal("no_door", document.number, quoted(document.number), "", facts)
        else:
            parcel = parcel_of(shelf, document, syntax, render, route)
            parcels.setdefault(route.platform(environment), []).append(parcel)
    return Ready(parcels, refused)


def identifier_of(party: Party) -> str:
    """How Chorus Pro knows a party: by its SIRET, else by what it has instead."""
    others = (one.id for one in (*party.ids, *([party.legal_id] if party.legal_id else [])))
    return party.siret or next(others, party.vat_number)
