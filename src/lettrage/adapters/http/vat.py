"""VAT on receipts over our own API."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.documented import operation
from lettrage.adapters.http.fields import Day, DayAsked, Ledger, Money, Shape
from lettrage.adapters.http.problems import API, Problem
from lettrage.refusal import Refusal

router = APIRouter(prefix=API)


class VatRow(Shape):
    """VAT that became due on a day at one rate, or that was taken back (below zero); `base`, `vat` at home."""

    date: Day
    booked: Day
    invoice: str
    third_party: str
    direction: Ledger
    rate: str
    base: Money
    vat: Money
    received: Money
    currency: str
    received_currency: Money
    means: str
    event: Literal["received", "credited", "due", "represented", "unpaid", "cancelled"]
    transaction: str
    order: str
    by: str
    reversed_by: str | None


class VatTotal(Shape):
    """A month, a direction and a rate together."""

    month: str
    direction: Ledger
    rate: str
    base: Money
    vat: Money
    received: Money


class VatParked(Shape):
    """VAT of an invoice that waits for its receipt, at the period's end."""

    invoice: str
    third_party: str
    direction: Ledger
    date: Day
    vat: Money


class VatProof(Shape):
    """Figures of the payments beside those of the ledger: `collected_posted` is `booked` + `discounts`."""

    collected_account: str
    parked_account: str
    booked: Money
    discounts: Money
    collected_posted: Money
    waiting_before: Money
    waiting_after: Money
    due: Money
    parked: Money
    parked_posted: Money


class VatReport(Shape):
    """VAT on receipts from a day to a day, proved against the ledger."""

    from_: Day
    to: Day
    currency: str
    rows: list[VatRow]
    totals: list[VatTotal]
    parked: list[VatParked]
    proof: VatProof

    model_config = Shape.model_config | {"alias_generator": lambda name: name.rstrip("_")}


@router.get("/vat", **operation("vat", "VAT on receipts", VatReport, 409, 422))
def vat(
    call: Annotated[Call, allowed("read_books")],
    first: Annotated[DayAsked | None, Query(alias="from", description="The first day; default: of this month")] = None,
    to: Annotated[DayAsked | None, Query(description="The last day; default: today")] = None,
) -> Response:
    """What payments made due by rate and date, and what waits. One that differs from the ledger is refused (409)."""
    begin, end = period(first, to, call.house.clock.today())
    if end < begin:
        raise Problem(422, Refusal("malformed_option", "to", end.isoformat(), f">= {begin}"))
    with call.books() as books:
        report = books.vat_report(begin, end)
    if report.refusals:
        raise Problem(409, *report.refusals)
    return shown(report.shape)


def period(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The period that is asked for: this month up to today unless said otherwise."""
    begin = first or (last or today).replace(day=1)
    return begin, last or max(today, begin)
