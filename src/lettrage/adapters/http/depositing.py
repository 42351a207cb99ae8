"""Our own API, invoices and Chorus Pro: the pre-check, sending, following, a rejection explained.

What is to be sent or asked is planned here and done by the worker beside the service: no call waits for the platform,
but the pre-check, which asks its directory.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from lettrage.acts import perform
from lettrage.acts.sending import ReleaseInvoice, SendInvoices
from lettrage.adapters.http import invoice_shapes
from lettrage.adapters.http.calls import REPLAYED, Call, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.fields import Flag
from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.invoices import NumberThere, OfThirdParty, OnPlatform
from lettrage.adapters.http.problems import API, Problem
from lettrage.adapters.http.reads import Reader
from lettrage.invoicing.checks.checking import Way
from lettrage.invoicing.document import Platform, Route, Syntax
from lettrage.invoicing.doors import Door
from lettrage.invoicing.explaining.standing import explained_shape, standing_of
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.sending.parcels import ready
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.invoicing.settings import PLATFORMS
from lettrage.refusal import Refusal, quoted

router = APIRouter(prefix=API)

_DOORS: dict[Route | None, Door | None] = {None: None, "chorus": "chorus", "platform": "approved"}
Checker = Annotated[Call, allowed("check")]
Sender = Annotated[Call, allowed("send", JSON)]


@router.get(
    "/invoices/{number}/check",
    **operation("check_invoice", "What would be refused", invoice_shapes.Findings, 404, 422),
)
def check(
    call: Checker,
    number: NumberThere,
    platform: OnPlatform = None,
    route: Annotated[Route | None, Query(description="Absent: the customer's")] = None,
    door: Annotated[Door | None, Query(description="The same, as the route of a customer names it")] = None,
    syntax: Annotated[Syntax | None, Query(description="Absent: what the settings say")] = None,
    third_party: OfThirdParty = None,
    offline: Annotated[Flag, Query(description="Do not ask Chorus Pro's directory")] = False,
) -> Response:
    """Everything that speaks against an invoice before it is sent; a check that could not be made is told too."""
    with call.books() as books:
        found, where = _found(books, number, third_party, platform)
    findings = _checked(call, found[0], Way(where, door or _DOORS[route], syntax), offline=offline)
    return shown({"data": [finding.shape for finding in findings]})


def _checked(call: Call, found: Shelved, way: Way, *, offline: bool = False) -> Sequence[Finding]:
    with call.house.verifying.one():
        (checked,) = call.house.invoicing.checked(call.dossier, [found], way, offline=offline)
    return checked.findings


@router.get(
    "/invoices/{number}/explain",
    **operation("explain_invoice", "A rejection explained", invoice_shapes.Explanations, 404, 422),
)
def explain(
    call: Reader, number: NumberThere, platform: OnPlatform = None, third_party: OfThirdParty = None
) -> Response:
    """What Chorus Pro has against an invoice: field, place, cause, the next step. 404 where it was never sent."""
    with call.books() as books:
        found, where = _found(books, number, third_party, platform)
        standing = standing_of(books, found, books.platform_of(found, where))
    if standing is None:
        raise Problem(404, Refusal("nothing_sent_yet", "number", quoted(number), where))
    return shown({"data": [explained_shape(finding) for finding in standing.explained()]})


# ---------------------------------------------------------------- sending


@router.post(
    "/invoices/{number}/send",
    **operation(
        "send_invoice", "Send an invoice", invoice_shapes.InvoiceSent, *CONTENT, 404, 422, form=invoice_shapes.SendForm
    ),
)
def send(call: Sender, number: NumberThere) -> Response:
    """Check an invoice and let it go to Chorus Pro; never twice. 200 also when findings kept it back: they are told."""
    form = call.form(invoice_shapes.SendForm)
    with call.books() as books:
        found, where = _found(books, number, form.third_party, form.platform)
    return _sent(call, found[0], where, form)


@router.post(
    "/invoices/{number}/resend",
    **operation(
        "resend_invoice", "Send again after a rejection", invoice_shapes.InvoiceSent, *CONTENT, 404, 422,
        form=invoice_shapes.SendForm,
    ),
)  # fmt: skip
def resend(call: Sender, number: NumberThere) -> Response:
    """Send the newest document of a number again, where a rejection before integration has set the number free."""
    form = call.form(invoice_shapes.SendForm)
    with call.books() as books:
        found, where = _found(books, number, form.third_party, form.platform)
        standing = standing_of(books, found, books.platform_of(found, where))
    if standing is None:
        raise Problem(404, Refusal("nothing_sent_yet", "number", quoted(number), where))
    if standing.step not in ("resend", "redeposit") and not _answered(call):
        code = "needs_new_number" if standing.step == "new_number" else "other_step"
        raise Problem(409, Refusal(code, "number", quoted(number), where, standing.facts))
    return _sent(call, found[0], where, form)


def _sent(call: Call, found: Shelved, where: Platform, form: invoice_shapes.SendForm) -> Response:
    """Intend the deposit of a document, unless our checks keep it back."""
    known = form.force or _answered(call)
    findings = [] if known else _checked(call, found, Way(where, form.door, form.syntax))
    told = [finding.shape for finding in findings]
    replayed = False
    if not any(finding.blocks for finding in findings):
        with call.books() as books:
            made = ready(books, [found], where, call.house.invoicing.rendered, form.syntax, form.door)
        if made.refused:
            raise Problem(409, *made.refused.values())
        ((name, parcels),) = made.parcels.items()
        act = SendInvoices(tuple(parcels), name, call.identity.name, forced=form.force, found=told)
        done = perform(act, call.caller, call.house.store, call.house.clock)
        reasons = done.reasons if done.result is None else [r for one in done.result["refused"] for r in one["reasons"]]
        if reasons:
            raise Problem(409, *reasons, headers=REPLAYED if done.replayed else None)
        assert done.result is not None
        told, replayed = done.result["findings"], done.replayed
    return shown(_standing(call, found, where) | {"findings": told}, replayed=replayed)


def _answered(call: Call) -> bool:
    """Whether something was answered under the call's key: it is answered again, and nothing is checked for it."""
    if not call.caller.key:
        return False
    with call.books() as books:
        return books.kept(call.caller.name, call.caller.key) is not None


@router.post(
    "/invoices/{number}/follow",
    **operation("follow_invoice", "Ask Chorus Pro now", invoice_shapes.InvoiceShown, *CONTENT, 404, 422,
                form=invoice_shapes.FollowForm),
)  # fmt: skip
def follow(call: Annotated[Call, allowed("send", JSON, keyed=False)], number: NumberThere) -> Response:
    """Have the platform asked how an invoice stands; the answer is what is known so far. It may be asked again."""
    form = call.form(invoice_shapes.FollowForm)
    with call.books() as books:
        found, where = _found(books, number, form.third_party, form.platform)
        name = books.platform_of(found, where)
    now = call.house.clock.now()
    call.house.store.write(call.dossier, lambda books: books.follow_now([d.id for d in found], name, now))
    return shown(_standing(call, found[0], where))


@router.post(
    "/invoices/{number}/release",
    **operation("release_invoice", "End a doubt", invoice_shapes.InvoiceReleased, *CONTENT, 404, 422,
                form=invoice_shapes.ReleaseForm),
)  # fmt: skip
def release(call: Annotated[Call, allowed("release", JSON)], number: NumberThere) -> Response:
    """Say of an invoice in doubt whether Chorus Pro has it (then it is never sent again) or not (then it is)."""
    form = call.form(invoice_shapes.ReleaseForm)
    with call.books() as books:
        found, where = _found(books, number, form.third_party, form.platform)
        name = books.platform_of(found, where)
    act = ReleaseInvoice(found[0].id, number, name, call.identity.name, form.received, form.flow or "")
    return call.perform(act)


# ---------------------------------------------------------------- what they share


def _found(
    books: Readings, number: str, third_party: str | None, platform: Platform | None
) -> tuple[list[Shelved], Platform]:
    """The documents of a number, the newest first, and the platform that is meant. Raises Stop (404)."""
    on = books.platform_on()
    where: Platform = platform if platform is not None else next(name for name in PLATFORMS if name == on)
    return books.documents_of(number, third_party or ""), where


def _standing(call: Call, found: Shelved, where: str) -> dict[str, Any]:
    with call.books() as books:
        documents = books.documents_of(found.number, found.third_party)
        return books.document_shown(documents, books.platform_of(documents, where))
