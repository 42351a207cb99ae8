"""What waits for a person, as the navigation says it: the same figures as the lines of the home page."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lettrage.books.today import Kind

if TYPE_CHECKING:
    from lettrage.adapters.http.pages.page import Page

# Which entry of the navigation says how many there are of a kind.
_ENTRIES: Mapping[Kind, str] = {
    "rejected": "invoices",
    "refused": "settlements",
    "cheques": "portfolio",
}


def counts(page: "Page") -> dict[str, tuple[int, str]]:
    """For each entry of the navigation that has work: how much, and the sentence that says so."""
    with page.books() as books:
        waiting = books.to_do(books.platform_on(), page.today)
    found: dict[str, tuple[int, str]] = {}
    for kind, entry in _ENTRIES.items():
        count = sum(line.count for line in waiting if line.kind == kind)
        if count:
            found[entry] = (count, page.t(f"home.todo_{kind}", count))
    return found
