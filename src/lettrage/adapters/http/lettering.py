"""Our own API, lettering: what is lettered with what, by hand, and credit notes and advances against invoices."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from lettrage.acts.lettering import MakeLettering, UndoLettering
from lettrage.acts.offsetting import Offset
from lettrage.adapters.http import lettering_shapes as forms
from lettrage.adapters.http.calls import Call, Cursor, Limit, allowed
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.fields import SEGMENT, Code
from lettrage.adapters.http.problems import API
from lettrage.adapters.http.reads import Reader
from lettrage.adapters.http.shapes import PageOf
from lettrage.books.lettered import candidate_shape, shape
from lettrage.limits import PAGE

router = APIRouter(prefix=API)

Letterer = Annotated[Call, allowed("letter", JSON)]
OfAccount = Annotated[Code | None, Query(description="Only this account")]
OfParty = Annotated[Code | None, Query(description="Only this third party")]


@router.get("/letterings", **operation("letterings", "What is lettered with what", PageOf[forms.Group], 422))
def letterings(
    call: Reader, third_party: OfParty = None, account: OfAccount = None, limit: Limit = PAGE, cursor: Cursor = None
) -> Response:
    """Groups of lines with what lettered or undid them: those by hand, then those of due items, the latest first.

    Where no third party is named, those by hand alone.
    """
    after = call.after(cursor, third_party, account)
    with call.books() as books:
        groups, last = books.lettering_log(third_party or "", account or "", after, limit)
        lines = [shape(group, books.company.currency) for group in groups]
    return call.page(lines, last, third_party, account)


@router.get(
    "/accounts/{code}/unlettered",
    **operation("unlettered", "What may be lettered by hand", PageOf[forms.OpenLine], 422),
)
def unlettered(
    call: Reader,
    code: Annotated[Code, Path(description="An account"), SEGMENT],
    third_party: OfParty = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """Lines of an account that name no due item and are not lettered, the latest first."""
    after = call.after(cursor, code, third_party)
    with call.books() as books:
        found, last = books.unlettered(code, third_party or "", after, limit)
        lines = [candidate_shape(line, books.company.currency) for line in found]
    return call.page(lines, last, code, third_party)


@router.post(
    "/letterings",
    **operation("make_lettering", "Letter lines by hand", forms.Group, *CONTENT, 422, form=forms.LetteringForm),
)
def make_lettering(call: Letterer) -> Response:
    """Letter lines of one account that balance and name no due item; those follow their settlements."""
    form = call.form(forms.LetteringForm)
    return call.perform(
        MakeLettering(form.account, form.third_party or "", tuple(form.lines), call.caller.name, form.reason or "")
    )


@router.post(
    "/letterings/{letter}/undo",
    **operation("undo_lettering", "Undo a lettering by hand", forms.Group, *CONTENT, 404, 422, form=forms.UndoForm),
)
def undo_lettering(
    call: Letterer, letter: Annotated[Code, Path(description="A lettering by hand, for instance M1"), SEGMENT]
) -> Response:
    """Take a lettering by hand away; it stays in the log."""
    act = UndoLettering(letter, call.form(forms.UndoForm).reason, call.caller.name)
    return call.perform(act, absent="unknown_lettering")


@router.post(
    "/offsets",
    **operation("offset", "Offset what is owed and owing", forms.Offsetting, *CONTENT, 422, form=forms.OffsetForm),
)
def offset(call: Letterer) -> Response:
    """Settle invoices by credit notes and advances of the same third party, by a settlement whose total is zero."""
    form = call.form(forms.OffsetForm)
    return call.perform(Offset(form.third_party, tuple(form.pieces), tuple(form.advances), call.caller.name))
