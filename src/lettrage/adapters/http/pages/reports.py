"""Reports: which there are, and each one with what it is narrowed down by; the same as a file and on paper."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts.claiming import ClaimInterest
from lettrage.adapters.http.pages import typeset
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.asked import day_of
from lettrage.adapters.http.pages.due_items import side
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.problems import Problem, status_of
from lettrage.books.reports import Asked, Cell, Report, Row, draw
from lettrage.books.reports.report import percentage
from lettrage.books.reports.said import HEAD_SHOWN, cells, criteria, heads, notes, proof, table, title, word
from lettrage.limits import ROWS_PRINTED
from lettrage.money import Amount
from lettrage.refusal import Refusal, Stop, quoted

router = APIRouter()

# address -> the report, and what it may be narrowed down by
REPORTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "balance-agee": ("aged", ("cote", "au", "connu")),
    "grand-livre-tiers": ("third-parties", ("cote", "du", "fin", "tiers", "compte")),
    "grand-livre": ("ledger", ("du", "fin", "compte")),
    "balance": ("balance", ("du", "fin")),
    "journal": ("journal", ("du", "fin", "journal")),
    "portefeuille": ("portfolio", ("au", "connu")),
    "releve": ("statement", ("tiers", "au")),
    "interets": ("interest", ("du", "au", "tiers")),
}
_DAYS = ("au", "connu", "du", "fin")
_DERIVED = "-000000"  # the opening of a year has no page: it is no entry of the books
_WHERE = {"third_party": "/clients/", "number": "/ecritures/", "transaction": "/transactions/"}


class Shown(msgspec.Struct, frozen=True):
    """A cell as a page shows it. `href`: where more of it is said; "" for nowhere."""

    text: str
    href: str = ""
    below: bool = False  # zero


class Line(msgspec.Struct, frozen=True):
    """A row as a page shows it."""

    style: str
    cells: Sequence[Shown]


class Part(msgspec.Struct, frozen=True):
    """A section as a page shows it."""

    head: str
    lines: Sequence[Line]


@router.get("/etats")
def reports(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """Which reports there are."""
    with page.books() as books:
        journals = books.journals()
    return page.show("reports/list.html", title=page.t("reports.title"), reports=REPORTS, journals=journals)


@router.get("/etats/{report}")
def report(page: Annotated[Page, seen_by("read_books")], report: str) -> Response:
    """One report, on the page, as a file or as a PDF. One that differs from the ledger is refused with both figures."""
    if report not in REPORTS:
        raise Problem(404, Refusal("no_such_address", "", quoted(page.request.url.path)))
    name, narrowed = REPORTS[report]
    asked = asked_of(page, name)
    drawn: Report | None = None
    refused: Refusal | None = None
    with page.books() as books:
        company, journals = books.company, books.journals()
        try:
            drawn = draw(books, asked) if asked.third_party or name != "statement" else None
        except Stop as stop:
            refused = stop.refusal
    form = page.query.one("format", ("csv", "pdf"), "")
    if drawn is not None and form == "csv":
        return page.csv(report, *table(drawn, page.language))
    if drawn is not None and form == "pdf":
        with page.house.verifying.one():  # it takes much memory
            printed = page.house.report_pdf(drawn, company, page.clock.now(), page.language)
        return page.file(printed, f"{report}-{page.today:%Y%m%d}.pdf", "application/pdf", inline=True)
    return page.show(
        "reports/report.html",
        200 if refused is None else status_of(refused.code),
        title=page.t(f"reports.{report}"),
        slug=report,
        key=secrets.token_urlsafe(18),
        narrowed=narrowed,
        journals=journals,
        values=_values(page, narrowed),
        refused=refused.say(page.language) if refused else "",
        **_as_shown(page, drawn, company.late_payment if drawn else None),
    )


@router.post("/etats/interets")
def claim(page: Annotated[Page, posted_by("draft")]) -> Response:
    """Keep the entries that would claim what the report proposes as drafts, one for each third party."""
    form = page.form
    days = {name: day_of(form.text(name)) for name in ("du", "au")}
    act = ClaimInterest(page.who.identity.name, days["au"], days["du"], form.text("tiers"))
    done = page.perform(act, form.text("cle"))
    if done.result is None:
        return page.go("/etats/interets", done.reasons[0][page.language])
    if not (drafts := done.result["drafts"]):
        return page.go("/etats/interets", page.t("reports.nothing_to_claim"))
    return page.go("/ecritures/brouillons", page.t("reports.claimed", len(drafts)))


def asked_of(page: Page, name: str) -> Asked:
    """What is asked for in the address."""
    query = page.query
    return Asked(
        name,
        page.today,
        side(page)[1],
        query.day("au"),
        query.day("connu"),
        query.day("du"),
        query.day("fin"),
        query.text("journal", 20),
        query.text("compte", 40),
        query.text("tiers"),
    )


def _values(page: Page, narrowed: Sequence[str]) -> dict[str, str]:
    """What stands in the fields of the form."""
    days = {name: typeset.day(page.query.day(name) or "", page.language) for name in narrowed if name in _DAYS}
    return {name: page.query.text(name) for name in narrowed} | days | {"cote": side(page)[0]}


def _as_shown(page: Page, drawn: Report | None, terms: Any) -> dict[str, Any]:
    """A report as the template takes it; nothing of it where it is refused."""
    if drawn is None or terms is None:
        return {"report": None, "parts": (), "totals": (), "too_many": 0}
    rows = sum(len(section.rows) for section in drawn.sections)
    figure = partial(_figure, page)
    return {
        "report": drawn,
        "of": criteria(drawn, page.language, lambda day: typeset.day(day, page.language)),
        "named": title(drawn, page.language),
        "heads": heads(drawn, page.language),
        "right": [column.kind in ("money", "count", "percent") for column in drawn.columns],
        "parts": list(_parts(page, drawn)) if rows <= ROWS_PRINTED else [],
        "totals": [_line(page, drawn, row, whole=True) for row in drawn.totals],
        "too_many": rows if rows > ROWS_PRINTED else 0,
        "proof": proof(drawn, page.language, figure),
        "notes": notes(drawn, terms, page.language),
        "nothing": word(page.language, "said", "nothing"),
        "head": drawn.head[:HEAD_SHOWN],
    }


def _parts(page: Page, drawn: Report) -> Iterator[Part]:
    for section in drawn.sections:
        if section.rows:
            head = " · ".join(filter(None, (section.code, section.name)))
            yield Part(head, [_line(page, drawn, row) for row in section.rows])


def _line(page: Page, drawn: Report, row: Row, *, whole: bool = False) -> Line:
    told = zip(drawn.columns, row.cells, cells(drawn, row, page.language, whole=whole), strict=True)
    return Line(row.style, [_cell(page, column.key, raw, cell, row.style) for column, raw, cell in told])


def _cell(page: Page, key: str, raw: Cell, cell: Cell, style: str) -> Shown:
    if isinstance(cell, Amount):
        blank = style == "line" and not cell.minor
        return Shown("–" if blank else _figure(page, cell), below=cell.minor < 0)
    if isinstance(cell, date):
        return Shown(typeset.day(cell, page.language))
    if isinstance(cell, Fraction):
        said = percentage(cell)
        return Shown(f"{said.replace('.', ',')}\u00a0%" if page.language == "fr" else f"{said}%")
    return Shown("" if cell is None else str(cell), _href(key, raw) if style == "line" else "")


def _href(key: str, raw: Cell) -> str:
    """Where more is said of a third party, an entry, a transaction (of which an order may stand behind it)."""
    if key not in _WHERE or not isinstance(raw, str) or not raw or raw.endswith(_DERIVED):
        return ""
    return _WHERE[key] + quote(raw.partition("/")[0] if key == "transaction" else raw, safe="")


def _figure(page: Page, amount: Amount) -> str:
    return typeset.figure(amount.minor, amount.currency, page.language)
