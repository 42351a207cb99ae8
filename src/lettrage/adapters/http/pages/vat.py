"""VAT on receipts: what payments made due in a period, its proof, what waits; the same as a file."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sheet import Cell
from lettrage.adapters.http.vat import period
from lettrage.books.vat_due import Row
from lettrage.limits import ROWS_PRINTED
from lettrage.money import Amount, Currency

router = APIRouter()
HEADS = (
    "date", "booked", "invoice", "third_party", "direction", "rate", "base", "vat", "received", "currency",
    "received_currency", "means", "event", "transaction", "order", "by", "reversed_by",
)  # fmt: skip


@router.get("/tva")
def vat(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """The report of a period; a page where the figures differ from the ledger gives none of them."""
    first, last = period(page.query.day("du"), page.query.day("au"), page.today)
    last = max(first, last)
    with page.books() as books:
        report, home = books.vat_report(first, last), books.company.currency
        names = books.names({row.third_party for row in report.rows[:ROWS_PRINTED]})
    refused = report.refusals
    if page.query.one("format", ("csv",), "csv" if page.query.flag("csv") else "") and not refused:
        heads = [page.t(f"vat.{name}") for name in HEADS]
        return page.csv("tva", heads, [_row(page, row, home) for row in report.rows])
    return page.show(
        "vat/vat.html",
        409 if refused else 200,
        title=page.t("vat.title"),
        report=report,
        refused=[refusal.say(page.language) for refusal in refused],
        rows=report.rows[:ROWS_PRINTED],
        more=max(0, len(report.rows) - ROWS_PRINTED),
        names=names,
        home=home,
    )


def _row(page: Page, row: Row, home: Currency) -> Sequence[Cell]:
    return [
        row.date, row.booked, row.invoice, row.third_party, page.t(f"vat.{row.ledger}"), row.rate.replace(".", ","),
        Amount(row.base, home), Amount(row.vat, home), Amount(row.received, home), row.currency.code,
        Amount(row.received_currency, row.currency), page.t(f"vat.means_{row.means}"), page.t(f"vat.event_{row.event}"),
        row.transaction, row.order, row.by, row.reversed_by,
    ]  # fmt: skip
