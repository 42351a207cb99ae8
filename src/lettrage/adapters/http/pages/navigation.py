"""The frame of a page: the platform that is on, the company, its entries, what waits beside them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from lettrage.adapters.http.pages.simulated import simulator_here

if TYPE_CHECKING:
    from lettrage.adapters.http.pages.page import Page

Counts = Callable[["Page"], dict[str, tuple[int, str]]]

# heading -> (key of its word, address, what one must be allowed), in the order that money travels
ENTRIES: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("", (("home", "/", "read_books"),)),
    ("bill", (("invoices", "/factures", "read_books"), ("customers", "/clients", "read_books"))),
    (
        "collect",
        (
            ("due_items", "/echeances", "read_books"),
            ("settlements", "/reglements", "read_books"),
            ("portfolio", "/portefeuille", "read_books"),
            ("payments", "/paiements", "read_books"),
            ("bank", "/banque", "read_books"),
        ),
    ),
    (
        "accounts",
        (
            ("entries", "/ecritures", "read_books"),
            ("reports", "/etats", "read_books"),
            ("declarations", "/declarations", "read_books"),
            ("control", "/controle", "verify"),
        ),
    ),
    ("", (("simulator", "/simulateur", "chorus"), ("settings", "/parametres", "read_books"))),
)


class Entry(msgspec.Struct, frozen=True):
    """An entry of the navigation. `waiting`: how much waits for a person; `said`: the same as a sentence."""

    key: str
    href: str
    here: bool
    waiting: int
    said: str


class Frame(msgspec.Struct, frozen=True):
    """What stands around every page."""

    company: str
    platform: str  # qualification, production
    simulated: bool
    groups: list[tuple[str, list[Entry]]]


def frame_of(page: "Page", counts: Counts) -> Frame:
    """The frame as this reader sees it. Entries that the role may not use are absent."""
    company, platform, simulated = "", "qualification", False
    waiting: dict[str, tuple[int, str]] = {}
    if page.dossier:
        with page.books() as books:
            company, platform, simulated = books.company.name, books.platform_on(), simulator_here(books)
        waiting = counts(page)
    path = page.request.url.path
    groups = []
    for heading, entries in ENTRIES:
        shown = [
            Entry(key, href, _inside(path, href), *waiting.get(key, (0, "")))
            for key, href, action in entries
            if page.may(action) and (key != "simulator" or simulated)
        ]
        if shown:
            groups.append((heading, shown))
    return Frame(company, platform, simulated, groups)


# What lies under an entry beside its own address.
_UNDER = {
    "/": ("/", "/mise-en-route"),
    "/etats": ("/etats", "/tva"),
    "/reglements": ("/reglements", "/transactions"),
    "/ecritures": ("/ecritures", "/lettrage", "/fec"),
    "/portefeuille": ("/portefeuille", "/bordereaux"),
}


def _inside(path: str, href: str) -> bool:
    """Whether a page belongs to this entry."""
    homes = _UNDER.get(href, (href,))
    return path in homes or any(path.startswith(f"{home}/") for home in homes if home != "/")
