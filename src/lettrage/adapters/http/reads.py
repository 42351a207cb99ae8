"""Our own API, looking: due items, entries, transactions, the portfolio, slips, tasks, the logbook, the checks."""

from contextlib import nullcontext
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from lettrage.adapters.http import shapes
from lettrage.adapters.http.calls import Call, Cursor, Limit, allowed, shown
from lettrage.adapters.http.documented import operation
from lettrage.adapters.http.fields import PLAIN, SEGMENT, Code, DayAsked, Flag, State
from lettrage.adapters.http.problems import API, Problem
from lettrage.bank.slip import Made, shape, shape_with_instruments, waiting_shapes
from lettrage.books.logbook import Search
from lettrage.limits import NUMBER_DIGITS, PAGE
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.fields import whole_number

router = APIRouter(prefix=API)

Reader = Annotated[Call, allowed("read_books")]
LogbookReader = Annotated[Call, allowed("read_logbook")]
NumberThere = Annotated[str, Path(max_length=NUMBER_DIGITS, description="A number")]
SlipThere = Annotated[
    str, Path(max_length=200, pattern=PLAIN, description="A slip's number, for instance BNP-2024-000001"), SEGMENT
]
From = Annotated[DayAsked | None, Query(alias="from", description="From this day on")]
To = Annotated[DayAsked | None, Query(description="Up to this day")]


@router.get("/items", **operation("items", "Due items and open advances", shapes.PageOf[shapes.Item], 422))
def items(
    call: Reader,
    third_party: Annotated[Code | None, Query(description="Only this one")] = None,
    everything: Annotated[Flag, Query(alias="all", description="With the settled ones")] = False,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """Due items and open advances, by due date then piece."""
    after = call.after(cursor, third_party, everything)
    with call.books() as books:
        today = call.house.clock.today()
        lines, last = books.items_page(today, third_party or "", after, limit, everything=everything)
    return call.page(lines, last, third_party, everything)


@router.get("/entries", **operation("entries", "Accounting entries", shapes.PageOf[shapes.Entry], 422))
def entries(call: Reader, first: From = None, to: To = None, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """Accounting entries, by year and number."""
    after = call.after(cursor, first, to)
    begin, end = ("" if day is None else day.isoformat() for day in (first, to))
    with call.books() as books:
        lines, last = books.entries_page(books.company.currency, begin, end, after, limit)
    return call.page(lines, last, first, to)


@router.get(
    "/transactions/{number}",
    **operation("transaction", "A transaction with its lineage", shapes.Transaction, 404, 422),
)
@router.get("/transaction/{number}", include_in_schema=False)
def transaction(call: Reader, number: NumberThere) -> Response:
    """One transaction with its orders, instruments, entries, and the transactions before and after it."""
    with call.books() as books:
        found = books.transaction(whole_number(number), books.company.currency)
    if found is None:
        raise Problem(404, Refusal("no_such_number", "number", quoted(number)))
    return shown(found)


@router.get("/portfolio", **operation("portfolio", "Active instruments", shapes.PageOf[shapes.PortfolioLine], 422))
def portfolio(
    call: Reader,
    state: Annotated[State | None, Query(description="Only this state, for instance C30")] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """Active instruments, by transaction and order."""
    after = call.after(cursor, state)
    with call.books() as books:
        lines, last = books.portfolio_page(books.company.currency, state or "", after, limit)
    return call.page(lines, last, state)


@router.get("/tasks", **operation("tasks", "Credit notes to issue or to receive", shapes.PageOf[shapes.Task], 422))
def tasks(call: Reader, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """What a person still has to do: a discount with its VAT asks for a credit note."""
    after = call.after(cursor)
    with call.books() as books:
        lines, last = books.tasks_page(books.company.currency, after, limit)
    return call.page(lines, last)


@router.get(
    "/third-parties",
    **operation("third_parties", "What third parties owe or are owed", shapes.PageOf[shapes.ThirdParty], 422),
)
def third_parties(
    call: Reader,
    everything: Annotated[Flag, Query(alias="all", description="With those who have nothing open")] = False,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """What each third party has open, by code, one line for each currency."""
    after = call.after(cursor, everything)
    today = call.house.clock.today()
    with call.books() as books:
        lines, last = books.third_parties_page(today, books.company.currency, after, limit, everything=everything)
    return call.page(lines, last, everything)


@router.get(
    "/third-parties/{code}/statement",
    **operation("statement", "A third party's statement", shapes.Statement, 404, 422),
)
@router.get("/statement/{code}", include_in_schema=False)
def statement(
    call: Reader,
    code: Annotated[Code, Path(description="A third party"), SEGMENT],
    as_of: Annotated[DayAsked | None, Query(description="What was open at the end of this day")] = None,
) -> Response:
    """What is open of one third party, with the totals of each currency."""
    with call.books() as books:
        found = books.statement(code, call.house.clock.today(), books.company.currency, as_of)
    if found is None:
        raise Problem(404, Refusal("unknown_third_party", "code", quoted(code)))
    return shown(found)


# ---------------------------------------------------------------- slips


@router.get("/slips", **operation("slips", "Deposit slips", shapes.PageOf[shapes.Slip], 422))
@router.get("/slip", include_in_schema=False)
def slips(call: Reader, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """Slips made, by year, bank and number."""
    after = call.after(cursor)
    with call.books() as books:
        made = [shape(slip) for slip in books.slips()]
    return _part(call, made, after, limit)


@router.get("/slips/waiting", **operation("waiting", "What waits for a slip", shapes.PageOf[shapes.Slip], 422))
@router.get("/slip/waiting", include_in_schema=False)
def waiting(call: Reader, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """What waits for a slip: one line for each slip that could be made."""
    after = call.after(cursor)
    with call.books() as books:
        found = waiting_shapes(books.waiting_for_slip())
    return _part(call, found, after, limit)


def _part(call: Call, lines: list[Any], after: tuple[int | str, ...], limit: int) -> Response:
    """A page of a list that is short by nature, by how many lines came before."""
    start = after[0] if after and isinstance(after[0], int) else 0
    return call.page(lines[start : start + limit], (start + limit,) if len(lines) > start + limit else None)


@router.get("/slips/{number}", **operation("slip", "A slip", shapes.SlipWithInstruments, 404, 422))
@router.get("/slip/{number}", include_in_schema=False)
def slip(call: Reader, number: SlipThere) -> Response:
    """One slip with every instrument on it."""
    with call.books() as books:
        return shown(shape_with_instruments(_there(books.slip(number), number)))


@router.get("/slips/{number}/pdf", **operation("slip_pdf", "A slip on paper", None, 404, 422))
@router.get("/slip/{number}/pdf", include_in_schema=False)
def slip_pdf(call: Reader, number: SlipThere) -> Response:
    """The slip as a PDF that a bank takes."""
    with call.books() as books:
        found, company = _there(books.slip(number), number), books.company
    name = quote(f"bordereau-{number}.pdf", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(call.house.slip_pdf(found, company), headers=headers, media_type="application/pdf")


def _there(found: Made | None, number: str) -> Made:
    if found is None:
        raise Problem(404, Refusal("unknown_slip", "number", quoted(number)))
    return found


# ---------------------------------------------------------------- the logbook, the checks


@router.get("/logbook", **operation("logbook", "Documents and acts", shapes.PageOf[shapes.Logged], 422))
def logbook(
    call: LogbookReader,
    search: Annotated[Code | None, Query(description="This text, in what was sent or in a message")] = None,
    number: Annotated[
        str | None, Query(pattern=f"^[0-9]{{1,{NUMBER_DIGITS}}}$", description="This REGLEMENTNUM")
    ] = None,
    transaction: Annotated[str | None, Query(pattern=f"^[1-9][0-9]{{0,{NUMBER_DIGITS - 1}}}$")] = None,
    caller: Annotated[Code | None, Query(description="From this caller")] = None,
    kind: Annotated[Code | None, Query(description="settlement, cancel, unpaid, slip, ...")] = None,
    first: From = None,
    to: To = None,
    refused: Annotated[Flag, Query(description="Only with refusals")] = False,
    warned: Annotated[Flag, Query(description="Only with warnings")] = False,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """Documents and acts, newest first. A search for a text may give short pages that still go on."""
    wanted = Search(
        search or "",
        number or "",
        whole_number(transaction or ""),
        caller or "",
        kind or "",
        first,
        to,
        refused,
        warned,
    )
    after = call.after(cursor, wanted)
    before = whole_number(str(after[0])) if after else None
    turn = call.house.searching.one() if wanted.text else nullcontext()
    with turn, call.books() as books:
        page = books.logbook(wanted, limit, before)
    return call.page(page.documents, None if page.next is None else (page.next,), wanted)


@router.get("/logbook/{number}", **operation("logged", "A document or an act", shapes.LoggedWhole, 404, 422))
def logged(call: LogbookReader, number: NumberThere) -> Response:
    """All that is kept of one document or act: who, when, the bytes, every line, the answer."""
    with call.books() as books:
        return shown(books.logged(whole_number(number), books.company.currency))


@router.get("/verify", **operation("verify", "The integrity check", shapes.Verified, 422))
def verify(
    call: Annotated[Call, allowed("verify")],
    head: Annotated[
        str | None, Query(pattern="^[0-9a-f]{64}$", description="A hash of the chain, kept elsewhere")
    ] = None,
) -> Response:
    """Every law that the books break: none, in sound ones."""
    with call.house.verifying.one():
        findings = call.house.base.audit(call.dossier, head)
    found = [{"code": f.code, "message": f.message, "where": f.where} for f in findings]
    return shown({"ok": not found, "findings": found})
