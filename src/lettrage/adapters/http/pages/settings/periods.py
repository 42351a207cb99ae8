"""Periods and years: months locked and unlocked, years closed for good once nothing stands in the way."""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import Act, rehearse
from lettrage.acts.periods import CloseYear, LockPeriod, UnlockPeriod
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.tabs import ADDRESSES, shown
from lettrage.adapters.http.pages.states import Kind
from lettrage.adapters.http.problems import Problem
from lettrage.books.periods import month_shape, state, year_shape
from lettrage.refusal import Refusal, quoted

router = APIRouter()

HERE = ADDRESSES["periods"]
KINDS: dict[str, Kind] = {"open": "good", "locked": "warn", "closed": "quiet"}
EVENTS: dict[str, Kind] = {"lock": "warn", "unlock": "run", "close": "quiet"}

Closer = Annotated[Page, posted_by("close")]


@router.get(HERE)
def periods(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """Years, months, and everything that was locked, unlocked and closed."""
    return _page(page)


def _page(page: Page, errors: Sequence[tuple[str, str]] = ()) -> Response:
    with page.books() as books:
        company = books.company
        years = [(line, state(company, line.year.end)) for line in books.year_lines()]
        months, events = books.months(), books.period_events()
    if page.query.flag("csv"):
        names = ("month", "year", "state", "entries", "drafts")
        rows = [_cells(page, month_shape(line, company)) for line in months]
        return page.csv(page.t("periods.file"), [page.t(f"periods.{name}") for name in names], rows)
    return shown(
        page,
        "periods",
        "periods",
        company,
        errors=errors,
        years=years,
        months=[(line, state(company, line.last)) for line in reversed(months)],
        events=events,
        kinds=KINDS,
        event_kinds=EVENTS,
        today=page.today,
        key=secrets.token_urlsafe(16),
    )


def _cells(page: Page, shape: dict[str, Any]) -> list[Any]:
    word = page.t(f"periods.state_{shape['state']}")
    return [shape["month"], shape["year"] or "", word, shape["entries"], shape["drafts"]]


@router.post(f"{HERE}/verrouiller")
def lock(page: Closer) -> Response:
    """Lock the books up to the end of a month."""
    month = page.form.text("mois")
    return _done(page, LockPeriod(month, page.hand, page.form.text("motif")), page.t("periods.locked_now", month=month))


@router.post(f"{HERE}/deverrouiller")
def unlock(page: Closer) -> Response:
    """Open a locked month again, and those after it."""
    month = page.form.text("mois")
    act = UnlockPeriod(month, page.form.text("motif"), page.hand)
    return _done(page, act, page.t("periods.unlocked_now", month=month))


def _done(page: Page, act: Act, said: str) -> Response:
    done = page.perform(act, page.form.text("cle"))
    if done.result is None:
        return _page(page, [("", one[page.language]) for one in done.reasons])
    return page.go(HERE, said)


# ---------------------------------------------------------------- closing


@router.get(f"{HERE}/cloture/{{year}}")
def ask(page: Annotated[Page, seen_by("close")], year: str) -> Response:
    """What closing the year would keep, or everything that stands in the way."""
    return _closing(page, year)


@router.post(f"{HERE}/cloture/{{year}}")
def close(page: Closer, year: str) -> Response:
    """Close it, once it was said that this is for good."""
    if not page.form.flag("pour_toujours"):
        return _closing(page, year, [("pour_toujours", page.t("periods.say_for_good"))])
    done = page.perform(CloseYear(year, page.hand), page.form.text("cle"))
    if done.result is None:
        return _closing(page, year)
    return page.go(HERE, page.t("periods.closed_now", year=year, head=done.result["head"]))


def _closing(page: Page, name: str, errors: Sequence[tuple[str, str]] = ()) -> Response:
    with page.books() as books:
        company = books.company
        line = next((line for line in books.year_lines() if line.year.name == name), None)
    if line is None:
        raise Problem(404, Refusal("unknown_year", "year", quoted(name)))
    rehearsed = rehearse(CloseYear(name, page.hand), page.caller(), page.house.base, page.clock).performed
    return shown(
        page,
        "periods",
        "closing",
        company,
        title=page.t("periods.close_year", year=name),
        errors=errors,
        year=year_shape(line, company, company.currency),
        line=line,
        would=rehearsed.result,
        against=[(reason[page.language], _fix(page, reason)) for reason in rehearsed.reasons],
        key=secrets.token_urlsafe(16),
    )


def _fix(page: Page, reason: dict[str, str]) -> str:
    return reason["fix" if page.language == "fr" else "fix_en"]
