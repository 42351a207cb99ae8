"""What is done about an invoice from its page: check it, correct it and deposit it again, tell Chorus Pro what it asks.

What was sent is never changed: a correction makes the next document, which is checked before it is kept, then sent.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage import opening
from lettrage.acts import Act
from lettrage.acts.correcting import CorrectInvoice, ToldChorus
from lettrage.acts.invoice import ImportInvoices
from lettrage.acts.sending import ReleaseInvoice, SendInvoices
from lettrage.acts.statuses import DeclareStatus, attached
from lettrage.acts.telling import TellAgain
from lettrage.adapters.http.pages.admission import posted_by
from lettrage.adapters.http.pages.customers import file_of as file_of_customer
from lettrage.adapters.http.pages.ending import asked_first
from lettrage.adapters.http.pages.invoice import shown
from lettrage.adapters.http.pages.invoice_case import Case, came_from, case_of, directory_of
from lettrage.adapters.http.pages.mending import Typed, services, typed_in
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.problems import Problem
from lettrage.guard.audited import Hand
from lettrage.invoicing.billing.amend import amended, credit_of, file_of, with_documents
from lettrage.invoicing.billing.intake import Whom, opened
from lettrage.invoicing.checks.checking import Way
from lettrage.invoicing.checks.precheck import Checked
from lettrage.invoicing.document import Invoice, Supporting
from lettrage.invoicing.doors import is_approved
from lettrage.invoicing.explaining.explain import explain
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.portal import Portal, Recycled, Trouble
from lettrage.invoicing.sending.outbox import Said
from lettrage.invoicing.sending.parcels import ready
from lettrage.limits import ATTACHMENT_BYTES
from lettrage.refusal import Refusal, Stop, Unreadable, quoted
from lettrage.settlement.fields import whole_number

router = APIRouter()
GOES = ("send", "resend", "redeposit", "new_number")  # what a deposit is the answer to
_SAID_CHARACTERS = 160


# ---------------------------------------------------------------- check, correct, deposit


@router.post("/factures/{id_:int}/verifier")
def check(page: Annotated[Page, posted_by("check")], id_: int) -> Response:
    """What would be refused of the invoice as the form has it. Nothing is kept, nothing is sent."""
    case = _case(page, id_)
    typed = typed_in(page.form, case, page.t)
    if typed.errors:
        return _again(page, id_, typed)
    return _again(page, id_, typed, checked=_checked(page, case, amended(case.content, typed.changes)))


@router.post("/factures/{id_:int}/deposer")
def deposit(page: Annotated[Page, posted_by("send")], id_: int) -> Response:
    """Correct what is to be corrected, check it, keep it as the next document, and let it go; never twice."""
    case, key = _case(page, id_), page.form.text("key")
    if (done := _answered(page, case, key)) is not None:
        return done
    if case.step not in GOES:
        return _refused(page, id_, [_other_step(page, case)])
    file = page.form.file("file")
    return _deposit_file(page, case, file, key) if file is not None else _deposit_typed(page, case, key)


def _deposit_typed(page: Page, case: Case, key: str) -> Response:
    """With the fields that the form has. Nothing is kept of an invoice that the check stops."""
    typed, id_, forced = typed_in(page.form, case, page.t), case.document.id, page.form.flag("force")
    if typed.errors:
        return _again(page, id_, typed)
    invoice = amended(case.content, typed.changes)
    if not forced and (checked := _checked(page, case, invoice)).blocks:
        return _again(page, id_, typed, checked=checked)
    document, reasons = _kept(page, case, invoice, key) if invoice != case.content else (id_, [])
    reasons = reasons or _sent(page, document, key, forced=forced)
    if reasons:
        return _refused(page, id_, reasons, typed)
    also = _customer_too(page, case, typed.changes.get("service", ""))
    return _on(page, document, "deposited_again" if case.standing else "deposited", case, also=also)


def _customer_too(page: Page, case: Case, service: str) -> str:
    """Write a mended service into the customer's file too, where that was ticked: a sentence on what became of it."""
    if not (service and page.form.flag("customer_too") and page.may("load")):
        return ""
    with page.books() as books:
        file = file_of_customer(books, case.document.third_party)
    chorus = {**(file.record.get("chorus") or {}), "service": service}
    record = {**file.record, "code": file.code, "kind": file.ledger, "chorus": chorus}
    content = msgspec.json.encode({"dossiers": [{"code": page.dossier, "third_parties": [record]}]})
    hand = Hand(page.who.identity.name, page.request.client.host if page.request.client else "")
    loaded = opening.load(content, "load.json", page.dossier, page.house.base, page.clock, hand)
    if loaded.faults:
        return page.t("rejection.customer_kept", why=loaded.faults[0].say(page.language))
    return page.t("rejection.customer_mended", code=file.code, service=service)


def _deposit_file(page: Page, case: Case, file: tuple[str, bytes], key: str) -> Response:
    """The same with a corrected file: kept once it is sound, then checked; it waits where the check stops it."""
    name, content = file
    try:
        found = opened(content)
    except Unreadable as fault:
        return _refused(page, case.document.id, [fault.refusal.say(page.language)])
    act = CorrectInvoice(ImportInvoices(found, {}, page.who.identity.name, name), case.document.number, case.document)
    done = page.perform(act, f"{key}:correct" if key else "")
    if done.result is None:
        return _refused(page, case.document.id, _words(page, done.reasons))
    document = int(done.result["invoices"][0]["document"])
    mended = _case(page, document)
    checked = _checked(page, mended, mended.content)
    if checked.blocks:
        return _again(page, document, Typed({}, {}, []), checked=checked)
    reasons = _sent(page, document, key, forced=False)
    return _refused(page, document, reasons) if reasons else _on(page, document, "deposited_again", mended)


@router.post("/factures/{id_:int}/annuaire")
def directory(page: Annotated[Page, posted_by("check")], id_: int) -> Response:
    """Have the directory read, and offer the customer's services as it has them now; without an answer, as it was."""
    case = _case(page, id_)
    with suppress(Stop, Problem):
        _checked(page, case, case.content)
    typed = typed_in(page.form, case, page.t).texts
    if not page.hx:
        return page.go(f"/factures/{id_}?onglet=rejet")
    with page.books() as books:
        known = directory_of(books, case, page.today)
    chosen = {} if typed.get("service") == case.content.service else typed
    return page.part("invoice/_services.html", **services(page, case, known, chosen))


def _checked(page: Page, case: Case, invoice: Invoice) -> Checked:
    way = Way(case.environment)
    with page.house.verifying.one():
        (found,) = page.house.invoicing.checked(page.dossier, [case.document], way, instead={case.document.id: invoice})
    return found


def _kept(page: Page, case: Case, invoice: Invoice, key: str) -> tuple[int, Sequence[str]]:
    """The corrected invoice as a document of its own; its number, or every reason against it."""
    act = CorrectInvoice(_brought(page, case, invoice), invoice.number, case.document)
    done = page.perform(act, f"{key}:correct" if key else "")
    if done.result is None:
        return 0, _words(page, done.reasons)
    return int(done.result["invoices"][0]["document"]), []


def _brought(page: Page, case: Case, invoice: Invoice, *, strict: bool = False) -> ImportInvoices:
    whom = Whom(case.document.third_party, case.document.establishment)
    return ImportInvoices(file_of(invoice, whom), {}, page.who.identity.name, strict=strict)


def _sent(page: Page, document: int, key: str, *, forced: bool) -> Sequence[str]:
    """Let a document go; why not, where it may not."""
    with page.books() as books:
        case = case_of(page, books, document)
        made = ready(books, [case.document], case.environment, page.house.invoicing.rendered)
    if made.refused:
        return [one.say(page.language) for one in made.refused.values()]
    ((name, parcels),) = made.parcels.items()
    act = SendInvoices(tuple(parcels), name, page.who.identity.name, forced=forced)
    done = page.perform(act, f"{key}:send" if key else "")
    if done.result is None:
        return _words(page, done.reasons)
    return [said for one in done.result["refused"] for said in _words(page, one["reasons"])]


def _answered(page: Page, case: Case, key: str) -> Response | None:
    """A form that was posted before has done its work: the answer is the page that it led to."""
    if not key:
        return None
    with page.books() as books:
        kept = books.kept(page.who.identity.name, f"{key}:send")
    newest = case.kept.after or case.kept.newest
    return _on(page, newest.id, "deposited_again", case) if kept is not None else None


# ---------------------------------------------------------------- what Chorus Pro asks for


@router.post("/factures/{id_:int}/completer")
def complete(page: Annotated[Page, posted_by("send")], id_: int) -> Response:
    """Give the buyer what a suspended invoice waits for."""
    case, comment = _case(page, id_), page.form.text("comment")
    files = page.form.files("files")
    large = [name for name, content in files if len(content) > ATTACHMENT_BYTES]
    if case.step != "complete":
        return _refused(page, id_, [_other_step(page, case)])
    if not comment or large:
        said = page.t("rejection.file_too_large", name=large[0]) if large else page.t("rejection.comment_wanted")
        return _again(page, id_, Typed({"comment": comment}, {}, [("files" if large else "comment", said)]))
    if is_approved(case.platform):
        given = tuple(attached(name, content) for name, content in files)
        return _said(page, case, "209", comment=comment, attachments=given)
    told = " · ".join([comment, *(name for name, _ in files)])
    return _tell(page, case, "completed", told, lambda portal, chorus_id: portal.complete(chorus_id, comment, files))


@router.post("/factures/{id_:int}/statut")
def say(page: Annotated[Page, posted_by("send")], id_: int) -> Response:
    """Tell the approved platform a status of the invoice: 220, or 227 with another account."""
    form = page.form
    bank, instead = form.text("bank"), form.text("instead")
    return _said(page, _case(page, id_), form.text("status"), bank=bank, by_number=instead)


@router.post("/factures/{id_:int}/redire")
def again(page: Annotated[Page, posted_by("send")], id_: int) -> Response:
    """Let a status that the platform refused be told again."""
    case = _case(page, id_)
    return _done(page, case, TellAgain(whole_number(page.form.text("message")) or 0, case.platform), "freed")


def _said(page: Page, case: Case, status: str, **more: Any) -> Response:
    """Say a status of an invoice, one that ends it once that was confirmed; every reason where it cannot be said."""
    number, rules = case.document.number, page.house.invoicing.lifecycle
    act = DeclareStatus(case.document.id, number, case.platform, status, page.who.identity.name, rules, **more)
    if (first := asked_first(page, case, act)) is not None:
        return first
    done = page.perform(act, page.form.text("key"))
    if done.result is None:
        return _refused(page, case.document.id, _words(page, done.reasons))
    also = " ".join(_words(page, done.result["warnings"]))
    return _on(page, case.document.id, "said", case, tab="historique", also=also)


@router.post("/factures/{id_:int}/recycler")
def recycle(page: Annotated[Page, posted_by("send")], id_: int) -> Response:
    """Send an invoice that is to be recycled where it belongs."""
    case, form = _case(page, id_), page.form
    if case.step != "recycle":
        return _refused(page, id_, [_other_step(page, case)])
    typed = typed_in(form, case, page.t)
    siret = "".join(form.text("siret").split())
    if not (siret.isascii() and siret.isdecimal() and len(siret) == 14):
        wrong = ("siret", page.t("rejection.siret_wanted"))
        return _again(page, id_, Typed({**typed.texts, "siret": siret}, {}, [wrong, *typed.errors]))
    if typed.errors:
        return _again(page, id_, typed)
    now = amended(case.content, typed.changes)
    to = Recycled(siret, now.service, now.engagement, now.contract, form.text("comment"))
    told = " · ".join(filter(None, (to.recipient, to.service, to.engagement)))
    return _tell(page, case, "recycled", told, lambda portal, chorus_id: portal.recycle(chorus_id, to))


def _tell(page: Page, case: Case, code: str, told: str, call: Callable[[Portal, str], None]) -> Response:
    """Tell Chorus Pro; what it refuses is explained like any other rejection, and nothing is noted then."""
    assert case.standing is not None
    portal = page.house.invoicing.chorus.portal(page.house.base, page.dossier, case.environment)
    try:
        call(portal, case.standing.deposit.chorus_id)
    except Trouble as trouble:
        if trouble.kind == "refused":
            said = explain([Said(trouble.text, trouble.code)], case.papers.file, case.content)
            return _again(page, case.document.id, typed_in(page.form, case, page.t), said=said)
        met = " ".join(filter(None, (trouble.kind, str(trouble.status or ""), trouble.code, trouble.text)))
        silent = Refusal("portal_silent", "", quoted(met, _SAID_CHARACTERS), case.platform)
        return _refused(page, case.document.id, [silent.say(page.language)], typed_in(page.form, case, page.t))
    act = ToldChorus(case.document.id, case.document.number, case.platform, code, quoted(told, _SAID_CHARACTERS))
    page.perform(act)
    _follow(page, case)
    return _on(page, case.document.id, code, case)


@router.post("/factures/{id_:int}/relever")
def follow(page: Annotated[Page, posted_by("send")], id_: int) -> Response:
    """Have the platform asked now how the invoice stands."""
    case = _case(page, id_)
    _follow(page, case)
    return _on(page, id_, "followed", case)


def _follow(page: Page, case: Case) -> None:
    now = page.clock.now()
    ids = [one.id for one in case.kept.kin]
    page.house.store.write(page.dossier, lambda books: books.follow_now(ids, case.platform, now))


@router.post("/factures/{id_:int}/doute")
def release(page: Annotated[Page, posted_by("release")], id_: int) -> Response:
    """Say of a deposit in doubt whether Chorus Pro has it: never sent again then, else sent again now."""
    case, flow = _case(page, id_), page.form.text("flow")
    received = page.form.text("recu") == "oui"
    act = ReleaseInvoice(id_, case.document.number, case.platform, page.who.identity.name, received, flow)
    return _done(page, case, act, "said_received" if received else "said_not_received")


# ---------------------------------------------------------------- files, credit note


@router.post("/factures/{id_:int}/pieces")
def attach(page: Annotated[Page, posted_by("invoice")], id_: int) -> Response:
    """Put files beside the invoice: of one that may still be sent, the next document has them."""
    case, files = _case(page, id_), page.form.files("files")
    large = [name for name, content in files if len(content) > ATTACHMENT_BYTES]
    if case.step not in GOES or not files or large:
        key = "file_too_large" if large else "file_wanted" if not files else "file_too_late"
        return _refused(page, id_, [page.t(f"rejection.{key}", name=large[0] if large else "")])
    added = tuple(Supporting(name, content=content, mime=_mime(name), filename=name) for name, content in files)
    document, reasons = _kept(page, case, with_documents(case.content, added), page.form.text("key"))
    return _refused(page, id_, reasons) if reasons else _on(page, document, "attached", case, tab="pieces")


def _mime(name: str) -> str:
    kinds = {"pdf": "application/pdf", "xml": "application/xml", "csv": "text/csv", "png": "image/png",
             "jpg": "image/jpeg", "jpeg": "image/jpeg"}  # fmt: skip
    return kinds.get(name.rpartition(".")[2].lower(), "application/octet-stream")


@router.post("/factures/{id_:int}/avoir")
def credit(page: Annotated[Page, posted_by("invoice")], id_: int) -> Response:
    """Take the whole of an invoice back by a credit note, in the books alone."""
    case, number = _case(page, id_), page.form.text("credit_number")
    if not number or len(number) > 20 or not number.isprintable() or case.content.is_credit_note:
        return _again(page, id_, Typed({}, {}, [("credit_number", page.t("rejection.credit_number_wanted"))]))
    note = credit_of(case.content, number, page.today)
    done = page.perform(_brought(page, case, note, strict=True), page.form.text("key"))
    if done.result is None:
        return _refused(page, id_, _words(page, done.reasons))
    made = done.result["invoices"][0]
    return page.go(
        f"/factures/{made['document']}?onglet=echeance",
        page.t("rejection.done_credited", number=made["number"], credited=case.document.number),
        (f"/factures/{id_}", case.document.number),
    )


# ---------------------------------------------------------------- what they share


def _case(page: Page, id_: int) -> Case:
    with page.books() as books:
        return case_of(page, books, id_)


def _done(page: Page, case: Case, act: Act, code: str) -> Response:
    done = page.perform(act)
    if done.result is None:
        return _refused(page, case.document.id, _words(page, done.reasons))
    return _on(page, case.document.id, code, case)


def _again(
    page: Page, id_: int, typed: Typed, *, checked: Checked | None = None, said: Sequence[Finding] = ()
) -> Response:
    """The page as it stands, with what was typed and what is wrong with it."""
    with page.books() as books:
        case = case_of(page, books, id_)
        return shown(page, books, case, checked=checked, typed=typed.texts, errors=typed.errors, said=said)


def _refused(page: Page, id_: int, reasons: Sequence[str], typed: Typed | None = None) -> Response:
    """The page with reasons that are about no field."""
    texts = typed.texts if typed is not None else {}
    return _again(page, id_, Typed(texts, {}, [("", reason) for reason in reasons]))


def _on(page: Page, document: int, code: str, case: Case, tab: str = "", also: str = "") -> Response:
    """On to the invoice, with what was done said; the list one came from is kept."""
    back = came_from(page.form.text("de"))
    query = "&".join(filter(None, (f"onglet={tab}" if tab else "", f"de={quote(back, safe='')}" if back else "")))
    where = page.t(f"rejection.in_{case.environment}")
    number = case.document.number
    with page.books() as books:
        number = case_of(page, books, document).document.number if document != case.document.id else number
    return page.go(
        f"/factures/{document}" + (f"?{query}" if query else ""),
        " ".join(filter(None, (page.t(f"rejection.done_{code}", number=number, where=where), also))),
    )


def _words(page: Page, reasons: Sequence[dict[str, Any]]) -> list[str]:
    """Reasons of the interface as sentences: what is wrong, and what to do."""
    fix = "fix" if page.language == "fr" else "fix_en"
    return [" ".join(filter(None, (reason[page.language], reason.get(fix, "")))) for reason in reasons]


def _other_step(page: Page, case: Case) -> str:
    if case.standing is None or not case.is_newest:
        return page.t("rejection.replaced", number=case.document.number)
    code = "needs_new_number" if case.standing.step == "new_number" else "other_step"
    stands = Refusal(code, "", quoted(case.document.number), case.platform, case.standing.facts)
    return stands.say(page.language)
