"""Our own API: bank statements, what their lines may be, accepting and undoing, the account reconciled."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from lettrage.acts import Refused
from lettrage.acts.bank import UndoLine
from lettrage.acts.matching import Choice, accepting, matched, settle_certain
from lettrage.acts.statements import ImportStatement
from lettrage.adapters.http import bank_shapes as forms
from lettrage.adapters.http.calls import Call, Cursor, Limit, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.fields import SEGMENT, Code, DayAsked, Flag
from lettrage.adapters.http.problems import API, Problem, refused
from lettrage.adapters.http.reads import NumberThere, Reader
from lettrage.adapters.http.shapes import PageOf
from lettrage.bank.lines import line_shape, listed_shape
from lettrage.bank.reconciliation import shape
from lettrage.limits import PAGE, PATH_CHARACTERS
from lettrage.money import Figure, figure
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.answer import reason_shape
from lettrage.settlement.fields import whole_number

router = APIRouter(prefix=API)

TEXT, XML, TEXT_XML, BYTES = "text/plain", "application/xml", "text/xml", "application/octet-stream"
Matcher = Annotated[Call, allowed("bank", JSON)]
OfBank = Annotated[Code | None, Query(description="Only this bank")]


@router.get("/bank/statements", **operation("bank_statements", "Statements", PageOf[forms.BankStatement], 422))
def bank_statements(call: Reader, bank: OfBank = None, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """Statements of account, the latest first."""
    after = call.after(cursor, bank)
    start = after[0] if after and isinstance(after[0], int) else 0
    with call.books() as books:
        found = [listed_shape(statement) for statement in books.bank_statements(bank or "")]
    following = (start + limit,) if len(found) > start + limit else None
    return call.page(found[start : start + limit], following, bank)


@router.get(
    "/bank/statements/{number}", **operation("bank_statement", "A statement", forms.BankStatementWithLines, 404, 422)
)
def bank_statement(call: Reader, number: NumberThere) -> Response:
    """One statement with its lines."""
    with call.books() as books:
        wanted = whole_number(number) or 0
        found = books.bank_statements(statement=wanted) if wanted else []
        if not found:
            raise Problem(404, Refusal("unknown_statement", "number", quoted(number)))
        return shown(listed_shape(found[0]) | {"content": [line_shape(kept) for kept in books.bank_lines(wanted)]})


@router.post("/bank/statements", **operation("bank_import", "Import a statement", forms.ImportedFile, *CONTENT, 422))
def bank_import(
    call: Annotated[Call, allowed("bank", TEXT, XML, TEXT_XML, BYTES)],
    name: Annotated[str, Field(max_length=PATH_CHARACTERS), Query(description="The file's name")] = "statement",
) -> Response:
    """A file of CFONB 120, camt.053 or camt.054: each movement once, whatever files tell it.

    Where the dossier says so, lines that can mean one thing only settle themselves.
    """
    with call.house.working(call.content):
        act = ImportStatement.of(name, call.content, call.caller.name)
    answer = call.perform(act)
    settle_certain(call.caller, call.house.store, call.house.clock)
    return answer


@router.get("/bank/lines", **operation("bank_lines", "Lines and proposals", PageOf[forms.MatchedLine], 422))
def bank_lines(
    call: Reader,
    bank: OfBank = None,
    open_only: Annotated[Flag, Query(alias="open", description="Only what nobody has matched")] = False,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """Every line of every statement, with what it may be or what it was taken for."""
    after = call.after(cursor, bank, open_only)
    start = after[0] if after and isinstance(after[0], int) else 0
    with call.books() as books:
        found = matched(books, bank or "", open_only=open_only)
    following = (start + limit,) if len(found) > start + limit else None
    return call.page(found[start : start + limit], following, bank, open_only)


@router.post(
    "/bank/lines/{number}/accept",
    **operation("bank_accept", "Accept a line", forms.Accepted, *CONTENT, 404, 422, form=forms.AcceptForm),
)
def bank_accept(call: Matcher, number: NumberThere) -> Response:
    """Take a line for what a proposal says, or post it to an account; once, in one commit."""
    form = call.form(forms.AcceptForm)
    day = None if form.date is None else date.fromisoformat(form.date)
    choice = Choice(whole_number(number) or 0, int(form.proposal), form.account or "", day, _figure(form.vat))
    try:
        with call.books() as books:
            act = accepting(choice, books, call.caller.name)
    except Refused as reasons:
        raise refused([reason_shape(reason) for reason in reasons.reasons], "") from None
    return call.perform(act, absent="unknown_bank_line")


@router.post(
    "/bank/lines/{number}/undo",
    **operation("bank_undo", "Undo an acceptance", forms.Undone, *CONTENT, 404, 422, form=forms.UndoLineForm),
)
def bank_undo(call: Matcher, number: NumberThere) -> Response:
    """Take back what a line was accepted for: what was booked is cancelled, the line is free."""
    form = call.form(forms.UndoLineForm)
    day = None if form.date is None else date.fromisoformat(form.date)
    act = UndoLine(whole_number(number) or 0, form.reason, call.caller.name, day)
    return call.perform(act, absent="unknown_bank_line")


@router.get(
    "/bank/accounts/{code}/reconciliation",
    **operation("bank_reconciliation", "An account reconciled", forms.Reconciliation, 404, 422),
)
def bank_reconciliation(
    call: Reader,
    code: Annotated[Code, Path(description="A bank's code"), SEGMENT],
    day: Annotated[DayAsked | None, Query(alias="date", description="Default: today")] = None,
) -> Response:
    """What keeps the ledger and the bank's statement apart on a day, proven by the sum."""
    with call.books() as books:
        if code not in books.company.banks:
            raise Problem(404, Refusal("unknown_bank", "code", quoted(code), ", ".join(books.company.banks) or "-"))
        return shown(shape(books.reconciliation(code, day or call.house.clock.today())))


def _figure(text: str | None) -> Figure | None:
    return None if text is None else figure(text)
