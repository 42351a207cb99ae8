"""From one invoice on to the next through the list one came from: the same filter, the same order.

The list is asked only when somebody goes on, or for the place in it once the page is there.
"""

from typing import Annotated
from urllib.parse import quote, urlsplit

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.invoice_case import came_from
from lettrage.adapters.http.pages.invoices import asked_of
from lettrage.adapters.http.pages.page import Page
from lettrage.invoicing.sending.case import Kept
from lettrage.invoicing.sending.listing import Listed, Order, Wanted
from lettrage.refusal import Refusal, Stop

router = APIRouter()
_FAR = 100  # lines on either side that are counted; further away nobody says where in the list one is
_NUMBERS = 2**62


@router.get("/factures/{id_:int}/suivante")
def following(page: Annotated[Page, seen_by("read_books")], id_: int) -> Response:
    """The next invoice of the list; at its end the list."""
    return _on(page, id_, ahead=True)


@router.get("/factures/{id_:int}/precedente")
def previous(page: Annotated[Page, seen_by("read_books")], id_: int) -> Response:
    """The invoice before; at the beginning the list."""
    return _on(page, id_, ahead=False)


@router.get("/factures/{id_:int}/rang")
def place(page: Annotated[Page, seen_by("read_books")], id_: int) -> Response:
    """Where in its list an invoice stands: a part of its page."""
    with page.books() as books:
        kept, wanted = _there(page, books, id_)
        before = _beside(books, kept, wanted, ahead=False)
        after = _beside(books, kept, wanted, ahead=True)
    near = len(before) < _FAR and len(after) < _FAR
    return page.part("invoice/_place.html", position=len(before) + 1, total=len(before) + 1 + len(after), near=near)


def _on(page: Page, id_: int, *, ahead: bool) -> Response:
    back = came_from(page.query.text("de", 1_000)) or "/factures"
    with page.books() as books:
        kept, wanted = _there(page, books, id_)
        lines = _beside(books, kept, wanted, ahead=ahead)
    document = next((line.document for line in lines if line.document is not None), None)
    address = back if document is None else f"/factures/{document}?de={quote(back, safe='')}"
    return RedirectResponse(address, 303)


def _there(page: Page, books: Readings, id_: int) -> tuple[Kept, Wanted]:
    """The invoice, and what its list was asked for. Raises Stop (404)."""
    kept = books.invoice_kept(id_) if 0 < id_ < _NUMBERS else None
    if kept is None:
        raise Stop(Refusal("no_such_invoice", "N", str(id_)))
    query = urlsplit(came_from(page.query.text("de", 1_000))).query
    request = Request({**page.request.scope, "query_string": query.encode()})
    return kept, asked_of(msgspec.structs.replace(page, request=request), books.company).wanted


def _beside(books: Readings, kept: Kept, wanted: Wanted, *, ahead: bool) -> list[Listed]:
    """The lines behind an invoice, or before it with the nearest first."""
    if kept.invoice is None:
        return []
    places: dict[Order, str | int] = {
        "date": kept.document.date.isoformat(), "number": kept.piece, "home": kept.home
    }  # fmt: skip
    way = wanted if ahead else msgspec.structs.replace(wanted, ascending=not wanted.ascending)
    lines, _ = books.invoices_listed(kept.platform, way, (places[wanted.order], kept.invoice), _FAR)
    return list(lines)
