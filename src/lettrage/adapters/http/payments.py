"""Our own API: payment files, what waits for one, what is due; their execution, and the bank's answers."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response

from lettrage.acts.answers import AnswerPayments
from lettrage.acts.payments import CancelPaymentFile, ExecutePaymentFile, MakePaymentFile
from lettrage.acts.proposing import ProposePayments
from lettrage.acts.proposing import shape as proposed
from lettrage.adapters.http import shapes
from lettrage.adapters.http.calls import Call, Cursor, Limit, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.fields import Code, DayAsked
from lettrage.adapters.http.payment_shapes import (
    CancelPaymentForm,
    ExecutedForm,
    KindDue,
    PaymentAnswer,
    PaymentFile,
    PaymentFileExecuted,
    PaymentFileWithLines,
    PaymentForm,
    PaymentsDue,
    PaymentsDueForm,
    PaymentWaiting,
)
from lettrage.adapters.http.problems import API, Problem
from lettrage.adapters.http.reads import NumberThere
from lettrage.bank.payments import answers
from lettrage.bank.payments.file import EURO, Filed, Wanted
from lettrage.bank.payments.propose import Choice
from lettrage.bank.payments.shapes import shape, shape_with_lines, waiting_shapes
from lettrage.dates import PARIS
from lettrage.limits import PAGE
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.fields import whole_number

router = APIRouter(prefix=API)

Reader = Annotated[Call, allowed("read_books")]
XML, TEXT_XML = "application/xml", "text/xml"


# ---------------------------------------------------------------- looking


@router.get("/payments", **operation("payments", "Payment files", shapes.PageOf[PaymentFile], 422))
@router.get("/payment", include_in_schema=False)
def payments(call: Reader, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """Files made for banks, the newest first."""
    after = call.after(cursor)
    with call.books() as books:
        more = limit + 1
        found = books.payment_files(int(after[0]), more) if after else books.payment_files(limit=more)
    last = (found[limit - 1].number,) if len(found) > limit else None
    return call.page([shape(file) for file in found[:limit]], last)


@router.get(
    "/payments/waiting",
    **operation("payments_waiting", "What waits for a payment file", shapes.PageOf[PaymentWaiting], 422),
)
def waiting(call: Reader, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """What waits for a file: one line for each kind and bank."""
    after = call.after(cursor)
    with call.books() as books:
        found = waiting_shapes(books.payment_facts().candidates)
    return _part(call, found, after, limit)


def _part(call: Call, lines: list[Any], after: tuple[int | str, ...], limit: int) -> Response:
    """A page of a list that is short by nature, by how many lines came before."""
    start = after[0] if after and isinstance(after[0], int) else 0
    return call.page(lines[start : start + limit], (start + limit,) if len(lines) > start + limit else None)


@router.get("/payments/due", **operation("payments_due", "What is due to be paid", PaymentsDue, 422))
def due(
    call: Reader,
    bank: Annotated[Code | None, Query(description="That would pay or collect; absent: the first in euros")] = None,
    until: Annotated[DayAsked | None, Query(description="What is due up to this day; absent: today")] = None,
    kind: Annotated[KindDue, Query(description="transfers to suppliers, direct debits of customers")] = "transfers",
) -> Response:
    """What is due to be paid to suppliers, or collected from customers; nothing is written."""
    with call.books() as books:
        first = next((code for code, held in books.company.banks.items() if held.currency == EURO), "")
        act = ProposePayments(Choice(bank or first, kind, until or call.house.clock.today()), call.caller)
        found, reasons = act.planned(books, call.house.clock.now().astimezone(PARIS))
    return shown(proposed(found, reasons))


@router.get("/payments/{number}", **operation("payment", "A payment file", PaymentFileWithLines, 404, 422))
@router.get("/payment/{number}", include_in_schema=False)
def payment(call: Reader, number: NumberThere) -> Response:
    """One file, line by line, and what became of each."""
    with call.books() as books:
        return shown(shape_with_lines(_there(books.payment_file(whole_number(number)), number)))


@router.get("/payments/{number}/file", **operation("payment_content", "The file itself", None, 404, 422, file=XML))
def payment_content(call: Annotated[Call, allowed("pay")], number: NumberThere) -> Response:
    """The bytes that go to the bank, the same each time: XML, or of bills CFONB's text."""
    with call.books() as books:
        found = _there(books.payment_file(whole_number(number)), number)
        content = books.payment_content(found.number)
    kind, ending = ("text/plain; charset=us-ascii", "txt") if found.kind == "bills" else (XML, "xml")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{found.message}.{ending}', safe='')}"}
    return Response(content, headers=headers, media_type=kind)


def _there(found: Filed | None, number: str) -> Filed:
    if found is None:
        raise Problem(404, Refusal("unknown_payment_file", "number", quoted(number)))
    return found


# ---------------------------------------------------------------- acting


@router.post(
    "/payments",
    **operation("make_payment", "Make a payment file", PaymentFileWithLines, *CONTENT, 422, form=PaymentForm),
)
@router.post("/payment", include_in_schema=False)
def make_payment(call: Annotated[Call, allowed("pay", JSON)]) -> Response:
    """Make a file of what waits for a bank: nothing is ever in two files."""
    form = call.form(PaymentForm)
    wanted = Wanted(form.bank, form.kind, _day(form.date), tuple(form.transactions), form.scheme or "", form.urgent)
    return call.perform(MakePaymentFile(wanted, call.caller.name))


@router.post(
    "/payments/due",
    **operation("pay_due", "Pay what is due", PaymentFileWithLines, *CONTENT, 422, form=PaymentsDueForm),
)
def pay_due(call: Annotated[Call, allowed("pay", JSON)]) -> Response:
    """Order the payments that are due and make their file, in one commit."""
    form = call.form(PaymentsDueForm)
    choice = Choice(
        form.bank,
        form.kind,
        date.fromisoformat(form.until),
        _day(form.date),
        tuple(form.third_parties),
        tuple(whole_number(item) for item in form.items),
    )
    return call.perform(ProposePayments(choice, call.caller))


@router.post(
    "/payments/answers",
    **operation("payment_answer", "Read a bank's answer", PaymentAnswer, *CONTENT, 422),
)
def payment_answer(call: Annotated[Call, allowed("pay", XML, TEXT_XML)]) -> Response:
    """A pain.002: what the bank rejected is owed again. The same file again changes nothing."""
    with call.house.working(call.content):
        read = answers.read(call.content)
    return call.perform(AnswerPayments(read, "answer.xml", call.caller.name))


@router.post(
    "/payments/{number}/cancel",
    **operation(
        "cancel_payment", "A file is not sent", PaymentFileWithLines, *CONTENT, 404, 422, form=CancelPaymentForm
    ),
)
def cancel_payment(call: Annotated[Call, allowed("pay", JSON)], number: NumberThere) -> Response:
    """Say that a file is not sent: its instruments are free for another."""
    form = call.form(CancelPaymentForm)
    return call.perform(CancelPaymentFile(number, form.reason), absent="unknown_payment_file")


@router.post(
    "/payments/{number}/executed",
    **operation(
        "payment_executed", "The bank has executed a file", PaymentFileExecuted, *CONTENT, 404, 422, form=ExecutedForm
    ),
)
def payment_executed(call: Annotated[Call, allowed("pay", JSON)], number: NumberThere) -> Response:
    """Move on what the bank has executed, as one deposit; what it rejected stays out."""
    form = call.form(ExecutedForm)
    act = ExecutePaymentFile(number, call.caller, _day(form.date))
    return call.perform(act, absent="unknown_payment_file")


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
