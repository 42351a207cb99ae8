"""Our own API, acting: settlements, slips, reversals, tasks, loading."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from lettrage import opening
from lettrage.acts.cancel import Cancel
from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.acts.tasks import CloseTask
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.adapters.http import modern, shapes
from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.forms import CancelForm, CancelSlipForm, CloseTaskForm, SlipForm, UnpaidForm
from lettrage.adapters.http.problems import API, Problem, problem_of
from lettrage.adapters.http.reads import NumberThere, SlipThere
from lettrage.bank.slip import Wanted
from lettrage.company.form import Form
from lettrage.money import figure
from lettrage.opening.read import parse
from lettrage.refusal import Refusal, Stop, quoted
from lettrage.settlement import settle
from lettrage.settlement.answer import Reply, reason_shape
from lettrage.settlement.fields import whole_number

router = APIRouter(prefix=API)

CSV = "text/csv"


@router.post(
    "/settlements",
    **operation("settle", "Book settlements", shapes.Settlements, *CONTENT, 422, form=modern.SettlementsForm),
)
@router.post("/settle", include_in_schema=False)
def settlements(call: Annotated[Call, allowed("settle", JSON)]) -> Response:
    """Book the settlements of a document, each or its group whole or not at all.

    200 also when settlements were refused: each says what became of it. A content that is not of the form is refused
    whole (422), with every fault.
    """
    with call.house.working(call.content):
        reply = settle(call.content, call.caller, call.house.store, call.house.clock, reader=modern.read)
    _stopped(reply)
    call.house.figures.settled(reply.done, reply.refused, reply.replayed)
    return shown(modern.answer(reply.text, call.caller.key), replayed=reply.kept)


def _stopped(reply: Reply) -> None:
    """Raises Problem for a document of which nothing was judged."""
    if reply.reason is not None:
        raise problem_of(Stop(reply.reason, reply.error))
    reasons = [reason for outcome in reply.outcomes for reason in outcome.reasons if reason.code == "key_reused"]
    if reasons:
        raise Problem(409, reasons[0])


# ---------------------------------------------------------------- acts


@router.post(
    "/transactions/{number}/cancel",
    **operation("cancel", "Cancel a transaction", shapes.Reversal, *CONTENT, 404, 422, form=CancelForm),
)
@router.post("/transaction/{number}/cancel", include_in_schema=False)
@router.post("/cancel/{number}", include_in_schema=False)
def cancel(call: Annotated[Call, allowed("cancel", JSON)], number: NumberThere) -> Response:
    """Cancel a transaction: a counter-entry, and everything as before it. 409 when later ones build on it."""
    form = call.form(CancelForm)
    return call.perform(Cancel(_there(number), form.reason, _day(form.date)), absent="unknown_transaction")


@router.post(
    "/transactions/{number}/unpaid",
    **operation("unpaid", "Report a returned payment", shapes.Unpaid, *CONTENT, 404, 422, form=UnpaidForm),
)
@router.post("/transaction/{number}/unpaid", include_in_schema=False)
@router.post("/unpaid/{number}", include_in_schema=False)
def unpaid(call: Annotated[Call, allowed("unpaid", JSON)], number: NumberThere) -> Response:
    """Report a payment that the bank sent back: the deposit, or the receipt, that is returned."""
    form = call.form(UnpaidForm)
    act = ReportUnpaid(
        _there(number),
        whole_number(form.order or ""),
        whole_number(form.instrument or ""),
        _day(form.date),
        figure(form.fees or ""),
        figure(form.fees_vat or ""),
        form.bank or "",
        form.to or "",
        form.reason or "",
    )
    return call.perform(act, absent="unknown_transaction")


def _there(number: str) -> int:
    found = whole_number(number)
    if not found:
        raise Problem(404, Refusal("no_such_number", "number", quoted(number)))
    return found


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@router.post(
    "/slips", **operation("make_slip", "Make a slip", shapes.SlipWithInstruments, *CONTENT, 422, form=SlipForm)
)
@router.post("/slip", include_in_schema=False)
def make_slip(call: Annotated[Call, allowed("slip", JSON)]) -> Response:
    """Make up a slip of what waits for a bank, with its entry."""
    form = call.form(SlipForm)
    wanted = Wanted(form.bank, form.currency or "", form.state_change or "", _day(form.date), tuple(form.transactions))
    return call.perform(MakeSlip(wanted))


@router.post(
    "/slips/{number}/cancel",
    **operation("cancel_slip", "Take a slip back", shapes.SlipWithInstruments, *CONTENT, 404, 422, form=CancelSlipForm),
)
@router.post("/slip/{number}/cancel", include_in_schema=False)
def cancel_slip(call: Annotated[Call, allowed("cancel", JSON)], number: SlipThere) -> Response:
    """Take a slip back: its entry is reversed, its transactions await a slip again."""
    form = call.form(CancelSlipForm)
    return call.perform(CancelSlip(number, _day(form.date), form.reason or ""), absent="unknown_slip")


@router.post(
    "/tasks", **operation("close_task", "Close a task", shapes.ClosedTask, *CONTENT, 404, 422, form=CloseTaskForm)
)
def close_task(call: Annotated[Call, allowed("close_task", JSON)]) -> Response:
    """Give the number of the credit note that a discount asked for."""
    form = call.form(CloseTaskForm)
    return call.perform(CloseTask(whole_number(form.transaction), form.piece, form.credit_note), absent="no_such_task")


# ---------------------------------------------------------------- loading


@router.post("/load", **operation("load", "Load a company", shapes.Loaded, *CONTENT, 422, form=shapes.LoadFile))
def load(
    call: Annotated[Call, allowed("load", JSON, CSV, keyed=False)],
    table: Annotated[str | None, Query(pattern="^[a-z_]{1,40}$", description="The table of a CSV content")] = None,
) -> Response:
    """Load companies, third parties, banks, rates, invoices, portfolio: whole, or not at all.

    It takes no key: a record already there and equal changes nothing, so that the same file may be sent again.
    """
    name = f"{table}.csv" if table else "load.json"
    _only_own(call, name)
    with call.house.working(call.content):
        loaded = opening.load(call.content, name, call.caller.dossier, call.house.base, call.house.clock, call.hand)
    if loaded.faults:
        raise Problem(422, *loaded.faults)
    return shown({"dossiers": loaded.counts, "strangers": [reason_shape(s) for s in loaded.strangers]})


def _only_own(call: Call, name: str) -> None:
    """Raises Stop (403) where the content is about a dossier that the caller may not use."""
    caller = call.caller
    own = caller.dossiers
    if caller.dossier:
        own = frozenset({caller.dossier}) & (own if own is not None else {caller.dossier})
    if own is None:
        return
    for record in parse(call.content, name, caller.dossier):
        code = Form(record, "", []).code("code")  # as the load reads it; what is no code the load refuses
        if code and code not in own:
            raise Stop(Refusal("unknown_dossier", "dossiers", quoted(code)), error=403)
