"""Reports over our own API: as JSON, as a file for spreadsheets, as a PDF."""

from typing import Annotated, Literal, get_args
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from lettrage.acts.claiming import ClaimInterest
from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.drafting_shapes import Drafts
from lettrage.adapters.http.fields import Code, DayAsked, Ledger
from lettrage.adapters.http.pages import sheet
from lettrage.adapters.http.problems import API, language_of
from lettrage.adapters.http.report_shapes import Nothing
from lettrage.adapters.http.report_shapes import Report as ReportShape
from lettrage.books.reports import NAMES, Asked, Report, draw, shape
from lettrage.books.reports.said import table
from lettrage.books.reports.statement import open_account
from lettrage.refusal import Language

router = APIRouter(prefix=API)
Name = Literal["aged", "third-parties", "journal", "ledger", "balance", "portfolio", "statement", "interest"]
Format = Literal["json", "csv", "pdf"]
assert get_args(Name) == NAMES

CSV, PDF = "text/csv; charset=utf-8", "application/pdf"
Day = DayAsked | None


@router.get("/reports/{report}", **operation("report", "A report", ReportShape, 404, 409, 422))
def report(
    call: Annotated[Call, allowed("read_books")],
    report: Annotated[Name, Path(description="Which report")],
    ledger: Annotated[Ledger, Query(description="Of customers or of suppliers")] = "customer",
    as_of: Annotated[Day, Query(description="Lines dated up to this day")] = None,
    known_on: Annotated[Day, Query(description="Only entries posted up to the end of this day")] = None,
    first: Annotated[Day, Query(alias="from", description="The first day of the period")] = None,
    to: Annotated[Day, Query(description="The last day of the period")] = None,
    journal: Annotated[Code | None, Query(description="Only this journal")] = None,
    account: Annotated[Code | None, Query(description="Only this account")] = None,
    third_party: Annotated[Code | None, Query(description="Only this third party")] = None,
    form: Annotated[Format, Query(alias="format", description="json, csv, pdf")] = "json",
) -> Response:
    """A report, proved against the ledger: one that differs from it is refused with both figures (409)."""
    today = call.house.clock.today()
    asked = Asked(report, today, ledger, as_of, known_on, first, to, journal or "", account or "", third_party or "")
    with call.books() as books:
        drawn, company = draw(books, asked), books.company
        sent = open_account(books, asked) if report == "statement" else None
    language = language_of(call.request.headers.get("accept-language", ""))
    if form == "json":
        return shown(shape(drawn))
    if form == "pdf":
        with call.house.verifying.one():  # it takes much memory
            if sent is not None:
                return _file(call.house.statement_pdf(sent, company, language), drawn, PDF, "pdf")
            return _file(call.house.report_pdf(drawn, company, call.house.clock.now(), language), drawn, PDF, "pdf")
    return _file(as_sheet(drawn, language), drawn, CSV, "csv")


@router.post(
    "/reports/interest/drafts",
    **operation("claim_interest", "Drafts that claim late-payment interest", Drafts, *CONTENT, 409, 422, form=Nothing),
)
def claim_interest(
    call: Annotated[Call, allowed("draft", JSON)],
    as_of: Annotated[Day, Query(description="Interest up to this day")] = None,
    first: Annotated[Day, Query(alias="from", description="Of what was paid from this day on, or is open")] = None,
    third_party: Annotated[Code | None, Query(description="Only this third party")] = None,
) -> Response:
    """Keep the entries that would claim what the report proposes as drafts, one for each third party."""
    call.form(Nothing)
    return call.perform(ClaimInterest(call.caller.name, as_of, first, third_party or ""))


def as_sheet(drawn: Report, language: Language) -> bytes:
    """A report as one table for spreadsheets."""
    return sheet.written(*table(drawn, language), language)


def _file(content: bytes, drawn: Report, kind: str, ending: str) -> Response:
    name = quote(f"{drawn.name}.{ending}", safe="")
    return Response(content, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}, media_type=kind)
