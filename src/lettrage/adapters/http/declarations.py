"""Our own API, reports of payments: periods, what is in them, their files, declaring them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from lettrage.acts.declaring import Asked, RefuseByHand, look, prepared
from lettrage.adapters.http import declaring_shapes as forms
from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.fields import SEGMENT, Code, Flag
from lettrage.adapters.http.problems import API, Problem
from lettrage.adapters.http.reads import NumberThere, Reader
from lettrage.invoicing.document import Platform
from lettrage.invoicing.doors import environment_of
from lettrage.refusal import Refusal, quoted
from lettrage.reporting.shapes import declarations_shape, whole_shape
from lettrage.settlement.fields import whole_number

router = APIRouter(prefix=API)

PeriodThere = Annotated[Code, Path(description="A period, for instance 2026-10"), SEGMENT]


@router.get("/declarations", **operation("declarations", "Periods of payment reports", forms.Periods))
def declarations(call: Reader) -> Response:
    """Every period with its deadline, what was reported of it, and what is owed."""
    today = call.house.clock.today()
    with call.books() as books:
        found = look(books, environment_of(books.platform_on()), today)
    return shown(declarations_shape(found, today))


@router.get("/declarations/{period}", **operation("declaration", "A period", forms.WholePeriod, 404, 422))
def declaration(call: Reader, period: PeriodThere) -> Response:
    """A period with all that its report says, what is missing, and what is reported otherwise."""
    today = call.house.clock.today()
    with call.books() as books:
        found = look(books, environment_of(books.platform_on()), today)
    if found.unset:
        raise Problem(422, *found.unset)
    line = found.named(period)
    if line is None:
        raise Problem(404, Refusal("no_such_period", "period", quoted(period), found.lines[0].name))
    return shown(whole_shape(line, today))


@router.get("/declarations/{period}/file", **operation("declaration_file", "A report's file", None, 404, 422))
def declaration_file(
    call: Annotated[Call, allowed("declare")],
    period: PeriodThere,
    without_missing: Annotated[Flag, Query(description="What is missing is left out")] = False,
    running: Annotated[Flag, Query(description="Although the period is not over")] = False,
) -> Response:
    """The report that would be declared now, as XML of flow 10; nothing is written."""
    asked = Asked(period, _environment(call), without_missing, running, by_hand=True)
    act, made = prepared(
        asked, call.caller.name, call.caller, call.house.store, call.house.clock, call.house.invoicing.report_judged
    )
    if made is None:
        codes = {refusal.code for refusal in act.against}
        raise Problem(404 if "no_such_period" in codes else 422, *act.against)
    headers = {"Content-Disposition": f'attachment; filename="{made.saying.name}"'}
    return Response(made.saying.file, headers=headers, media_type="application/xml")


@router.post(
    "/declarations/{period}",
    **operation("declare", "Declare a period", forms.Declared, *CONTENT, 404, 422, form=forms.DeclareForm),
)
def declare(call: Annotated[Call, allowed("declare", JSON)], period: PeriodThere) -> Response:
    """Let a period's report go to the approved platform, once; or say that its file was handed in."""
    form = call.form(forms.DeclareForm)
    asked = Asked(period, _environment(call), form.without_missing, form.running, form.by_hand)
    act, _ = prepared(
        asked, call.caller.name, call.caller, call.house.store, call.house.clock, call.house.invoicing.report_judged
    )
    return call.perform(act, absent="no_such_period")


@router.post(
    "/declarations/reports/{number}/refused",
    **operation(
        "report_refused", "A report was refused", forms.RefusedReport, *CONTENT, 404, 422, form=forms.RefusedForm
    ),
)
def report_refused(call: Annotated[Call, allowed("declare", JSON)], number: NumberThere) -> Response:
    """Say that the platform refused a report that was handed in: its number is free again."""
    act = RefuseByHand(whole_number(number), _environment(call), call.form(forms.RefusedForm).reason)
    return call.perform(act, absent="no_such_number")


def _environment(call: Call) -> Platform:
    with call.books() as books:
        return environment_of(books.platform_on())
