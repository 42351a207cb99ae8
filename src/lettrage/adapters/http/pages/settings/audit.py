"""The audit log: who changed what of the settings, the users, the platform, and who signed in."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.people import of_all
from lettrage.adapters.http.pages.settings.records import place_named
from lettrage.adapters.http.pages.settings.tabs import ADDRESSES, shown
from lettrage.adapters.http.pages.words import known
from lettrage.guard.audited import KINDS, Audited
from lettrage.limits import ROWS_PRINTED

router = APIRouter()


@router.get(ADDRESSES["audit"])
def audit(page: Annotated[Page, seen_by("users")]) -> Response:
    """What was changed, the newest first."""
    kind, by = page.query.one("genre", KINDS, ""), page.query.text("par")
    everything = page.query.flag("csv")
    after = () if everything else page.after(kind, by)
    with page.books() as books:
        company = books.company
        events, last = books.audit_page(
            kind, by, after, ROWS_PRINTED if everything else page.rows, everywhere=of_all(page)
        )
    if everything:
        heads = [page.t(f"settings.e_{name}") for name in ("at", "by", "source", "kind", "what", "before", "after")]
        rows = ((e.at, e.by, e.source, page.t(f"settings.kind_{e.kind}"), e.subject, e.before, e.after) for e in events)
        return page.csv("journal", heads, rows)
    return shown(
        page,
        "audit",
        "audit",
        company,
        lines=[(event, _what(page, event)) for event in events],
        kinds=[("", page.t("settings.every_kind")), *((one, page.t(f"settings.kind_{one}")) for one in KINDS)],
        kind=kind,
        by=by,
        pager=page.pager(len(events), last, kind, by),
    )


def _what(page: Page, event: Audited) -> str:
    """What was changed, in words."""
    if event.kind == "company":
        return place_named(page, event.subject) if event.subject else page.t("settings.company_made")
    if event.kind == "period":
        return page.t(f"settings.{event.subject}")
    if event.kind in ("chorus", "platform"):
        *place, name = event.subject.split(" ")
        word = f"settings.s_{'rib' if name == 'establishment_rib' else name}"
        where = " · ".join(page.t(f"settings.{one}") if known(f"settings.{one}") else one for one in place)
        return (page.t(word) if known(word) else name) + (f" ({where})" if where else "")
    return event.subject
