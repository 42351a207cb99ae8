"""A document made ready to be sent: its file, in the syntax and under the names that Chorus Pro knows."""

from lettrage.invoicing.document import Party, Syntax
from lettrage.invoicing.sending.format import Render, Shelf, usual_syntax
from lettrage.invoicing.sending.outbox import Parcel
from lettrage.invoicing.sending.shelf import Shelved

SYNTAXES: dict[str, tuple[str, str]] = {  # how Chorus Pro calls what we render, and how the file's name ends
    "ubl": ("IN_DP_E1_UBL_INVOICE", "xml"),
    "cii": ("IN_DP_E1_CII_16B", "xml"),
    "facturx": ("IN_DP_E2_CII_FACTURX", "pdf"),
}


def parcel_of(shelf: Shelf, found: Shelved, syntax: Syntax | None, render: Render) -> Parcel:
    """A document as a file of its syntax (None: what the settings say), with what Chorus must show of it."""
    content = shelf.document_content(found.id)
    form = syntax or usual_syntax(content, shelf.chorus_choices())
    chorus_syntax, ending = SYNTAXES[form]
    return Parcel(
        found.id,
        found.number,
        identifier_of(content.seller),
        identifier_of(content.buyer),
        f"{form}_{found.number.replace('/', '-')}.{ending}",
        chorus_syntax,
        render(content, form, "chorus"),
        tuple(preceding.number for preceding in content.preceding),
    )


def identifier_of(party: Party) -> str:
    """How Chorus Pro knows a party: by its SIRET, else by what it has instead."""
    others = (one.id for one in (*party.ids, *([party.legal_id] if party.legal_id else [])))
    return party.siret or next(others, party.vat_number)
