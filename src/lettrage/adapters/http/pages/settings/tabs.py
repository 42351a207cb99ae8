"""The tabs of the settings, as the source has them, around what each shows."""

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from lettrage.adapters.http.pages.page import Page
from lettrage.company.dossier import Company

Errors = Sequence[tuple[str, str]]  # the id of a field, and what is wrong there

HOME = "/parametres"
# key of its word, address, what one must be allowed
TABS = (
    ("company", HOME, "read_books"),
    ("establishments", f"{HOME}/etablissements", "read_books"),
    ("banks", f"{HOME}/banques", "read_books"),
    ("chorus", f"{HOME}/chorus", "read_books"),
    ("credentials", f"{HOME}/authentifications", "read_books"),
    ("approved", f"{HOME}/plateforme-agreee", "read_books"),
    ("tolerances", f"{HOME}/tolerances", "read_books"),
    ("states", f"{HOME}/etats", "read_books"),
    ("accounts", f"{HOME}/comptes", "read_books"),
    ("periods", f"{HOME}/periodes", "read_books"),
    ("users", f"{HOME}/utilisateurs", "users"),
    ("audit", f"{HOME}/journal", "users"),
)
ADDRESSES = {key: href for key, href, _ in TABS}


class Tab(msgspec.Struct, frozen=True):
    """A tab; `count`: how many there are of what it shows."""

    key: str
    href: str
    here: bool
    count: int | None


def shown(
    page: Page, tab: str, template: str, company: Company, *, title: str = "", errors: Errors = (), **values: Any
) -> Response:
    """A page of the settings under its tab. `title`: of one thing on the tab."""
    counts = {"establishments": len(company.establishments), "banks": len(company.banks)}
    tabs = [Tab(key, href, key == tab, counts.get(key)) for key, href, action in TABS if page.may(action)]
    word = page.t(f"settings.tab_{tab}")
    crumbs = [(HOME, page.t("frame.settings"))] + ([(ADDRESSES[tab], word)] if title else [])
    return page.show(
        f"settings/{template}.html",
        422 if errors else 200,
        title=title or word,
        tab=tab,
        tabs=tabs,
        crumbs=crumbs,
        errors=list(errors),
        faults=dict(reversed(errors)),
        company=company,
        **values,
    )
