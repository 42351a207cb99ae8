"""Our own API, statuses on approved platforms: the life of an invoice, what the supplier says, payments told."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts.statuses import DeclareStatus, attached
from lettrage.acts.telling import TellAgain, declare_all
from lettrage.adapters.http import status_shapes as forms
from lettrage.adapters.http.calls import Call, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.invoices import NumberThere, OfThirdParty
from lettrage.adapters.http.problems import API
from lettrage.adapters.http.reads import NumberThere as Numbered
from lettrage.adapters.http.reads import Reader
from lettrage.invoicing.doors import environment_of, name_of
from lettrage.invoicing.explaining.story import shape, story
from lettrage.settlement.fields import whole_number

router = APIRouter(prefix=API)


@router.get("/invoices/{number}/history", **operation("invoice_history", "Life of an invoice", forms.Life, 404, 422))
def invoice_history(call: Reader, number: NumberThere, third_party: OfThirdParty = None) -> Response:
    """Everything that happened to an invoice: made, sent, statuses with reasons and amounts, paid, told, reconciled."""
    with call.books() as books:
        documents = books.documents_of(number, third_party or "")
        platform = books.platform_of(documents, books.platform_on())
        frame = books.document_content(documents[0].id).frame
        points = story(books.invoice_told(documents, platform, frame))
    return shown({"data": [shape(point) for point in points]})


@router.post(
    "/invoices/{number}/status",
    **operation("say_status", "Say a status", forms.StatusSaid, *CONTENT, 404, 422, form=forms.StatusForm),
)
def say_status(call: Annotated[Call, allowed("send", JSON)], number: NumberThere) -> Response:
    """Tell the approved platform a status of an invoice: 209, 220 or 227. 212 follows from the settlements."""
    form = call.form(forms.StatusForm)
    with call.books() as books:
        found = books.documents_of(number, form.third_party or "")[0]
        platform = _approved(books)
    files = tuple(attached(one.name, one.content) for one in form.files)
    act = DeclareStatus(
        found.id,
        number,
        platform,
        form.status.strip(),
        call.identity.name,
        call.house.invoicing.lifecycle,
        form.comment.strip(),
        files,
        form.bank.strip(),
        form.instead.strip(),
    )
    return call.perform(act)


@router.post(
    "/receipts/declare",
    **operation(
        "declare_receipts", "Tell what was received", forms.ReceiptsDeclared, *CONTENT, 422, form=forms.DeclareReceipts
    ),
)
def declare_receipts(call: Annotated[Call, allowed("declare", JSON, keyed=False)]) -> Response:
    """Tell the platform every payment that it was not told of (status 212), now; the worker does it by itself."""
    form, house = call.form(forms.DeclareReceipts), call.house
    rules, now = house.invoicing.lifecycle, house.clock.now()
    return shown(declare_all(house.store, call.dossier, rules, now, call.identity.name, dry_run=form.dry_run))


@router.post(
    "/messages/{number}/again",
    **operation("tell_again", "Tell a refused message again", forms.MessageFreed, *CONTENT, 404, 422),
)
def tell_again(call: Annotated[Call, allowed("send", JSON)], number: Numbered) -> Response:
    """Let what the platform refused be told again: a payment by itself, another status by hand."""
    with call.books() as books:
        platform = _approved(books)
    return call.perform(TellAgain(whole_number(number) or 0, platform), absent="no_message_to_tell_again")


def _approved(books: Readings) -> str:
    return name_of("approved", environment_of(books.platform_on()))
