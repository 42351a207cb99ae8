"""Reports of payments: periods with their deadlines, what is in each, what is missing; declared, saved, handed in."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import perform
from lettrage.acts.declaring import Asked, RefuseByHand, look, prepared
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.adapters.http.pages.states import Kind
from lettrage.adapters.http.problems import Problem
from lettrage.invoicing import declaring
from lettrage.invoicing.doors import environment_of
from lettrage.invoicing.formats.flux10 import EUR
from lettrage.limits import ROWS_PRINTED
from lettrage.money import Amount
from lettrage.refusal import Refusal, quoted
from lettrage.reporting.declarations import Declarations, Fate, Line, Standing
from lettrage.reporting.periods import REGIMES, Period
from lettrage.reporting.report import OfDay, OfInvoice, totals
from lettrage.settlement.fields import whole_number

router = APIRouter()
HERE = "/declarations"
STANDINGS: Mapping[Standing, Kind] = {
    "running": "quiet",
    "nothing": "quiet",
    "to_do": "warn",
    "today": "bad",
    "late": "bad",
    "to_correct": "warn",
    "missing": "warn",
    "waits": "run",
    "done": "good",
}
FATES: Mapping[Fate, Kind] = {"waits": "run", "accepted": "good", "rejected": "bad", "by_hand": "good"}

Seen = Annotated[Page, seen_by("read_books")]
Declarer = Annotated[Page, posted_by("declare")]


@router.get(HERE)
def declarations(page: Seen) -> Response:
    """Every period."""
    found, _ = _look(page)
    if page.query.flag("csv"):
        heads = [page.t(f"declarations.{name}") for name in ("period", "standing", "due", "rate", "received")]
        return page.csv("declarations", heads, _summary(page, found))
    regime = page.company().declarant.vat_regime
    return page.show(
        "declarations/list.html",
        title=page.t("declarations.title"),
        lines=[(line, said(page, line.period), totals(line.contents)) for line in found.lines],
        unset=[refusal.say(page.language) for refusal in found.unset],
        regime=(REGIMES[regime].fr if page.language == "fr" else REGIMES[regime].en) if regime else "",
        standings=STANDINGS,
        euro=EUR,
    )


def _look(page: Page) -> tuple[Declarations, declaring.Header]:
    with page.books() as books:
        environment = environment_of(books.platform_on())
        head = declaring.header(books.company, books.chorus_rows(), environment)
        return look(books, environment, page.today), head


def _summary(page: Page, found: Declarations) -> Iterator[Sequence[Cell]]:
    for line in found.lines:
        for one in totals(line.contents):
            standing = page.t(f"declarations.is_{line.standing}")
            yield [line.name, standing, line.period.due, one.rate.replace(".", ","), Amount(one.amount, EUR)]


def said(page: Page, period: Period) -> str:
    """A period in words: `octobre 2026`, `septembre à octobre 2026`."""
    months = [page.t(f"home.month_{day.month}") for day in (period.first, period.last)]
    if months[0] == months[1]:
        return f"{months[0]} {period.last.year}"
    return page.t("declarations.months", first=months[0], last=months[1], year=period.last.year)


# ---------------------------------------------------------------- one period


@router.get(HERE + "/{period}")
def declaration(page: Seen, period: str) -> Response:
    """A period: what its report says, what is missing, what goes elsewhere."""
    return _shown(page, period)


def _shown(page: Page, name: str, errors: Sequence[tuple[str, str]] = ()) -> Response:
    found, head = _look(page)
    line = found.named(name)
    if line is None:
        known = ", ".join(one.name for one in found.lines[:3])
        raise Problem(404, *(found.unset or (Refusal("no_such_period", "", quoted(name), known),)))
    rows = list(_rows(line))
    if page.query.flag("csv"):
        heads = [page.t(f"declarations.{name}") for name in ("date", "invoice", "issued", "rate", "received")]
        return page.csv(f"encaissements-{line.name}", heads, (_cells(*row) for row in rows))
    with page.books() as books:
        names = books.names({one.payment.third_party for one in line.missing})
    return page.show(
        "declarations/period.html",
        422 if errors else 200,
        title=said(page, line.period),
        line=line,
        days_left=line.days_left(page.today),
        rows=rows[:ROWS_PRINTED],
        more=max(0, len(rows) - ROWS_PRINTED),
        totals=totals(line.contents),
        missing=line.missing[:ROWS_PRINTED],
        names=names,
        head=head,
        against=[refusal.say(page.language) for refusal in head.faults],
        standings=STANDINGS,
        fates=FATES,
        errors=list(errors),
        key=secrets.token_urlsafe(16),
        euro=EUR,
    )


Row = tuple[date, str, date | None, str, int]  # day, invoice ("" for consumers), its date, rate, cents


def _rows(line: Line) -> Iterator[Row]:
    said: list[OfInvoice | OfDay] = [*line.contents.invoices, *line.contents.days]
    for paid in said:
        of = (paid.invoice, paid.issued) if isinstance(paid, OfInvoice) else ("", None)
        for one in paid.rates:
            yield (paid.day, *of, one.rate, one.amount)


def _cells(day: date, invoice: str, issued: date | None, rate: str, cents: int) -> Sequence[Cell]:
    return [day, invoice, issued or "", rate.replace(".", ","), Amount(cents, EUR)]


# ---------------------------------------------------------------- declared


def _asked(page: Page, period: str, *, by_hand: bool) -> Asked:
    given = page.form if page.request.method == "POST" else page.query
    with page.books() as books:
        environment = environment_of(books.platform_on())
    return Asked(period, environment, given.flag("sans_manquants"), given.flag("en_cours"), by_hand)


@router.get(HERE + "/{period}/fichier")
def file(page: Annotated[Page, seen_by("declare")], period: str) -> Response:
    """The report that would be declared now, as it would be sent."""
    asked = _asked(page, period, by_hand=True)
    act, made = prepared(
        asked, page.who.identity.name, page.caller(), page.house.store, page.clock, page.house.invoicing.report_judged
    )
    if made is None:
        return _shown(page, period, [("", refusal.say(page.language)) for refusal in act.against])
    return page.file(made.saying.file, made.saying.name, "application/xml")


@router.post(HERE + "/{period}")
def declare(page: Declarer, period: str) -> Response:
    """Let the report go, or say that its file was handed in."""
    asked = _asked(page, period, by_hand=page.form.flag("a_la_main"))
    act, _ = prepared(
        asked, page.who.identity.name, page.caller(), page.house.store, page.clock, page.house.invoicing.report_judged
    )
    done = perform(act, page.caller(page.form.text("cle")), page.house.store, page.clock)
    if done.result is None:
        return _shown(page, period, [("", _told(page, reason)) for reason in done.reasons])
    word = "handed_in" if asked.by_hand else "on_its_way"
    return page.go(f"{HERE}/{period}", page.t(f"declarations.{word}"))


@router.post(HERE + "/{period}/rejetee")
def refused(page: Declarer, period: str) -> Response:
    """Say that the platform refused what was handed in."""
    with page.books() as books:
        environment = environment_of(books.platform_on())
    act = RefuseByHand(whole_number(page.form.text("declaration")), environment, page.form.text("motif"))
    done = page.perform(act, page.form.text("cle"))
    if done.result is None:
        return _shown(page, period, [("motif", _told(page, reason)) for reason in done.reasons])
    return page.go(f"{HERE}/{period}", page.t("declarations.refused_now"))


def _told(page: Page, reason: Mapping[str, str]) -> str:
    """A reason and how to mend it."""
    fix = reason["fix" if page.language == "fr" else "fix_en"]
    return f"{reason[page.language]} {fix}"
