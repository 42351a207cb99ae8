"""Our own API, entries by hand: drafts, their validation, what takes an entry back; periods and years."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from lettrage.acts.drafts import AddDrafts, ChangeDraft, DropDraft, ValidateDrafts
from lettrage.acts.periods import CloseYear, LockPeriod, UnlockPeriod
from lettrage.acts.reverse import Reverse
from lettrage.adapters.http import drafting_shapes as forms
from lettrage.adapters.http.calls import Call, Cursor, Limit, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.fields import SEGMENT, Code
from lettrage.adapters.http.problems import API, Problem
from lettrage.adapters.http.reads import NumberThere, Reader
from lettrage.adapters.http.shapes import PageOf
from lettrage.books.drafts import shape
from lettrage.books.periods import bounds, event_shape, month_shape, year_shape
from lettrage.limits import PAGE
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.fields import whole_number

router = APIRouter(prefix=API)

Typist = Annotated[Call, allowed("draft", JSON)]
Validator = Annotated[Call, allowed("validate", JSON)]
Closer = Annotated[Call, allowed("close", JSON)]


@router.get("/drafts", **operation("drafts", "Entries still being typed", PageOf[forms.Draft], 422))
def drafts(call: Reader, limit: Limit = PAGE, cursor: Cursor = None) -> Response:
    """Drafts that are no entries yet, by date. They count in no balance, report or file."""
    after = call.after(cursor)
    day, number = after or ("", 0)
    with call.books() as books:
        found = books.open_drafts((str(day), int(number)), limit + 1)
        lines = [shape(kept, books.company.currency) for kept in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    return call.page(lines, None if last is None else (last.draft.date.isoformat(), last.number))


@router.get("/drafts/{number}", **operation("draft", "A draft", forms.Draft, 404, 422))
def draft(call: Reader, number: NumberThere) -> Response:
    """One draft with its lines; once it is validated it names its entry."""
    with call.books() as books:
        found = books.drafts([_there(number)])
        lines = [shape(kept, books.company.currency) for kept in found]
    if not lines:
        raise Problem(404, Refusal("unknown_draft", "number", quoted(number)))
    return shown(lines[0])


@router.post("/drafts", **operation("add_draft", "Keep a draft", forms.Draft, *CONTENT, 422, form=forms.DraftForm))
def add_draft(call: Typist) -> Response:
    """Keep an entry as a draft."""
    return call.perform(AddDrafts((_record(call),), call.caller.name), pick=_one)


@router.put(
    "/drafts/{number}",
    **operation("change_draft", "Change a draft", forms.Draft, *CONTENT, 404, 422, form=forms.DraftForm),
)
def change_draft(call: Typist, number: NumberThere) -> Response:
    """Put another text in a draft's place."""
    act = ChangeDraft(_there(number), _record(call), call.caller.name)
    return call.perform(act, absent="unknown_draft", pick=_one)


@router.post(
    "/drafts/{number}/drop",
    **operation("drop_draft", "Drop a draft", forms.Draft, *CONTENT, 404, 422, form=forms.DropForm),
)
def drop_draft(call: Typist, number: NumberThere) -> Response:
    """Forget a draft; what is answered is what it was."""
    call.form(forms.DropForm)
    return call.perform(DropDraft(_there(number)), absent="unknown_draft", pick=_one)


@router.post(
    "/drafts/validate",
    **operation("validate", "Post drafts", forms.Validated, *CONTENT, 404, 422, form=forms.ValidateForm),
)
def validate(call: Validator) -> Response:
    """Post drafts for good, all of them or none: each becomes an entry, with its number, in one commit."""
    numbers = tuple(_there(number) for number in call.form(forms.ValidateForm).drafts)
    return call.perform(ValidateDrafts(numbers), absent="unknown_draft")


@router.post(
    "/entries/{number}/reverse",
    **operation("reverse", "Take an entry back", forms.TakenBack, *CONTENT, 404, 422, form=forms.ReverseForm),
)
def reverse(
    call: Validator, number: Annotated[Code, Path(description="An entry's number, as 2026-000123"), SEGMENT]
) -> Response:
    """Take back an entry typed by hand, by the opposite one. Settlements are cancelled, invoices credited instead."""
    form = call.form(forms.ReverseForm)
    day = None if form.date is None else date.fromisoformat(form.date)
    return call.perform(Reverse(number, form.reason, call.caller.name, day), absent="unknown_entry")


def _record(call: Call) -> dict[str, Any]:
    """The texts of the content, in the form in which drafts are read."""
    given: dict[str, Any] = call.form(forms.DraftForm).model_dump(exclude_none=True)
    return given


def _one(result: dict[str, Any]) -> Any:
    return result["drafts"][0]


def _there(number: str) -> int:
    found = whole_number(number)
    if not found:
        raise Problem(404, Refusal("unknown_draft", "number", quoted(number)))
    return found


# ---------------------------------------------------------------- periods and years


@router.get("/periods", **operation("periods", "Months, locked or not", forms.Periods, 422))
def periods(call: Reader) -> Response:
    """Each month that holds entries or drafts, and what was locked, unlocked and closed."""
    with call.books() as books:
        company = books.company
        months = [month_shape(line, company) for line in books.months()]
        events = [event_shape(event) for event in books.period_events()]
    return shown({**bounds(company), "months": months, "events": events})


@router.post("/periods/lock", **operation("lock", "Lock a month", forms.Bounds, *CONTENT, 422, form=forms.LockForm))
def lock(call: Closer) -> Response:
    """Lock the books up to the end of a month: nothing is posted there until somebody unlocks it."""
    form = call.form(forms.LockForm)
    return call.perform(LockPeriod(form.month, call.hand, form.reason or ""))


@router.post(
    "/periods/unlock", **operation("unlock", "Unlock a month", forms.Bounds, *CONTENT, 422, form=forms.UnlockForm)
)
def unlock(call: Closer) -> Response:
    """Open a locked month again, and those after it."""
    form = call.form(forms.UnlockForm)
    return call.perform(UnlockPeriod(form.month, form.reason, call.hand))


@router.get("/years", **operation("years", "Financial years", forms.Years, 422))
def years(call: Reader) -> Response:
    """Each financial year and how it stands."""
    with call.books() as books:
        company = books.company
        found = [year_shape(line, company, company.currency) for line in books.year_lines()]
    return shown({"years": found})


@router.post(
    "/years/{name}/close",
    **operation("close_year", "Close a year", forms.Closed, *CONTENT, 404, 422, form=forms.CloseForm),
)
def close_year(call: Closer, name: Annotated[Code, Path(description="A year, as 2025"), SEGMENT]) -> Response:
    """Close a financial year for good, once its books are sound, its drafts gone and the years before it closed."""
    call.form(forms.CloseForm)
    return call.perform(CloseYear(name, call.hand), absent="unknown_year")
