"""The search: straight to the thing that has this very identifier, else everything that may be meant, by kind."""

import re
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.asking import asked
from lettrage.adapters.http.pages.page import Page
from lettrage.books.found import Asked, Hit, Kind
from lettrage.limits import MINOR_UNITS, NUMBER_DIGITS

router = APIRouter()

SHOWN = 8  # of a kind
_ENTRY = re.compile(r"(\d{4}[a-z]?)-0*(\d{1,9})", re.ASCII)
_NAMED = re.compile(r"(t|transaction|document)\s*+(?:(?:n°|no\.?)\s*+)?(\d+)", re.IGNORECASE)
_SIRET = re.compile(r"\d{3} ?\d{3} ?\d{3} ?\d{5}", re.ASCII)
# Where each kind of thing has its page; what is open of a piece is on its third party's.
_ADDRESSES: dict[Kind, str] = {
    "invoice": "/factures/{}",
    "item": "/clients/{}",
    "party": "/clients/{}",
    "transaction": "/transactions/{}",
    "slip": "/bordereaux/{}",
    "entry": "/ecritures/{}",
    "document": "/reglements/documents/{}",
}


class Group(msgspec.Struct, frozen=True):
    """Hits of one kind. `more`: whether there are others."""

    kind: Kind
    hits: list[Hit]
    more: bool


@router.get("/recherche")
def search(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """What was looked for. `tout`: the list, also where one thing alone has this identifier."""
    text = page.query.text("q")
    with page.books() as books:
        wanted = asked(text, books.company.currency, page.today)
        exact = _exact(books, wanted) if text else []
        if len(exact) == 1 and not page.query.flag("tout"):
            return RedirectResponse(address_of(exact[0]), 303)
        found = [*exact, *(_others(books, wanted) if text else [])]
        currency = books.company.currency
    return page.show(
        "search/page.html",
        title=page.t("search.title"),
        text=text,
        wanted=wanted,
        groups=grouped(found),
        address_of=address_of,
        currency=currency,
    )


def address_of(hit: Hit) -> str:
    """The page of what was found."""
    return _ADDRESSES[hit.kind].format(quote(hit.key, safe=""))


def _exact(books: Readings, wanted: Asked) -> list[Hit]:
    """What has this very identifier; a piece that is there as a document counts once."""
    text = wanted.text
    if not text or wanted.client:
        return []
    found = books.found_exactly("".join(text.split()) if _SIRET.fullmatch(text) else text)
    named, entry = _NAMED.fullmatch(text), _ENTRY.fullmatch(text)
    number = named[2] if named else text
    if number.isascii() and number.isdecimal() and len(number) <= NUMBER_DIGITS:
        meant = {"document": ("document",), "": ("transaction", "document")}.get(
            named[1].lower() if named else "", ("transaction",)
        )
        found += [hit for hit in books.found_by_number(int(number)) if hit.kind in meant]
    if entry:
        found += books.found_entry(entry[1], int(entry[2]))
    documents = {(hit.title, hit.code) for hit in found if hit.kind == "invoice"}
    return [hit for hit in _once(found) if hit.kind != "item" or (hit.title, hit.code) not in documents]


def _others(books: Readings, wanted: Asked) -> list[Hit]:
    """What may be meant beside: names, beginnings, amounts, days."""
    found: list[Hit] = []
    if wanted.client:
        parties = books.found_beginning(wanted.client)
        found += [hit for hit in parties if hit.kind == "party"]
    if wanted.by_amount:
        codes = [hit.key for hit in found] if wanted.client else [""]
        least = -MINOR_UNITS if wanted.least is None else wanted.least
        most = MINOR_UNITS if wanted.most is None else wanted.most
        for code in codes[:SHOWN]:
            found += books.found_open(least, most, code)
    elif wanted.client:
        found += _owed(books, found)
    if wanted.first and wanted.last:
        found += books.found_between(wanted.first, wanted.last)
    elif wanted.text and not wanted.client:
        named = books.found_beginning("".join(wanted.text.split()) if _SIRET.fullmatch(wanted.text) else wanted.text)
        found += [*named, *_owed(books, [hit for hit in named if hit.kind == "party"])]
    return found


def _owed(books: Readings, parties: list[Hit]) -> list[Hit]:
    """What a third party has open, where one alone is meant."""
    return books.found_open(-MINOR_UNITS, MINOR_UNITS, parties[0].key) if len(parties) == 1 else []


def _once(found: list[Hit]) -> list[Hit]:
    """Each thing once: an instalment's piece is the same piece."""
    return list({(hit.kind, hit.key, hit.title): hit for hit in reversed(found)}.values())[::-1]


def grouped(found: list[Hit]) -> list[Group]:
    """Hits by kind, in the order that money travels."""
    distinct = list({(hit.kind, hit.key, hit.title, hit.date, hit.amount): hit for hit in found}.values())
    groups = []
    for kind in _ADDRESSES:
        hits = [hit for hit in distinct if hit.kind == kind]
        if hits:
            groups.append(Group(kind, hits[:SHOWN], len(hits) > SHOWN))
    return groups
