"""One payment file: its lines, its bytes, its execution, its end; and what the bank answers."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import Performed, rehearse
from lettrage.acts.answers import AnswerPayments
from lettrage.acts.payments import CancelPaymentFile, ExecutePaymentFile
from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.asked import day_of
from lettrage.adapters.http.pages.handing import Line, in_fours, reason_said
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.payments import TONES, seal, summed_lines, tabs
from lettrage.adapters.http.problems import Problem
from lettrage.bank.payments import answers
from lettrage.bank.payments.answers import Answer
from lettrage.bank.payments.file import Filed
from lettrage.bank.payments.reasons import explained
from lettrage.invoicing.billing.brought import BroughtFile
from lettrage.limits import BROUGHT_HOURS
from lettrage.money import Amount
from lettrage.refusal import Refusal, Stop, quoted

router = APIRouter()


@router.post("/paiements/reponse")
def look_at_answer(page: Annotated[Page, posted_by("pay")]) -> Response:
    """What a bank's answer would do; it is kept for a day, nothing is written."""
    brought = page.form.file("fichier")
    if brought is None:
        return _answer_asked(page, [("fichier", page.t("payments.no_answer_chosen"))])
    name, data = brought[0][:200], brought[1]
    try:
        act = _answering(page, answers.read(data), name)
    except Stop as stop:
        return _answer_asked(page, [("fichier", stop.refusal.say(page.language))])
    rehearsed = rehearse(act, page.caller(), page.house.base, page.clock)
    if rehearsed.performed.result is None:
        return _answer_asked(page, [("", reason_said(page, reason)) for reason in rehearsed.performed.reasons])
    key, now, by = secrets.token_urlsafe(16), page.clock.now(), page.who.identity.name
    until, file = now - timedelta(hours=BROUGHT_HOURS), BroughtFile(name, data)
    page.house.store.write(page.dossier, lambda books: books.keep_brought(key, [file], by, now, until))
    return _answer_shown(page, rehearsed.performed.result, summed_lines(rehearsed.entries), key)


@router.post("/paiements/reponse/{key}")
def take_answer(page: Annotated[Page, posted_by("pay")], key: str) -> Response:
    """Do what the answer says, once: a second press leads to the same page."""
    by = page.who.identity.name
    with page.books() as books:
        files = books.brought(key, by)
    if not files or not files[0].content:
        return page.go(f"/paiements/reponse/{key}")
    done = page.perform(_answering(page, answers.read(files[0].content), files[0].name), f"{key}:0")
    page.house.store.write(page.dossier, lambda books: books.forget_brought(key, by))
    if done.result is None:
        return _answer_asked(page, [("", reason_said(page, reason)) for reason in done.reasons])
    return page.go(f"/paiements/reponse/{key}", page.t("payments.answer_taken"))


@router.get("/paiements/reponse/{key}")
def answer_taken(page: Annotated[Page, seen_by("pay")], key: str) -> Response:
    """What became of an answer that was taken."""
    with page.books() as books:
        kept = books.kept(page.who.identity.name, f"{key}:0")
    done = msgspec.json.decode(kept.answer, type=Performed) if kept is not None else None
    if done is None or done.result is None:
        raise Problem(404, Refusal("no_such_address", "", quoted(key)))
    return _answer_shown(page, done.result, (), "")


def _answering(page: Page, answer: Answer, name: str) -> AnswerPayments:
    return AnswerPayments(answer, name, page.who.identity.name)


def _answer_asked(page: Page, errors: Sequence[tuple[str, str]]) -> Response:
    title = page.t("payments.view_reponse")
    return page.show(
        "payments/answer.html", 422, title=title, tabs=tabs("reponse"), view="reponse", errors=list(errors)
    )


def _answer_shown(page: Page, result: dict[str, Any], lines: Sequence[Line], key: str) -> Response:
    rejected = [
        row
        | {
            "said": explained(row["reason"], page.language),
            "against": [reason_said(page, reason) for reason in row["reasons"]],
        }
        for row in result["rejected"]
    ]
    return page.show(
        "payments/answered.html",
        title=page.t("payments.view_reponse"),
        tabs=tabs("reponse"),
        answer=result | {"rejected": rejected},
        lines=lines,
        key=key,
        home=page.company().currency,
    )


# ---------------------------------------------------------------- one file


@router.get("/paiements/{number}")
def one(page: Annotated[Page, seen_by("read_books")], number: str) -> Response:
    """A file: its lines and what became of each."""
    with page.books() as books:
        file, company = found(books, number), books.company
    if page.query.flag("csv"):
        return _as_file(page, file)
    bank = company.banks.get(file.bank)
    return page.show(
        "payments/file.html",
        title=page.t("payments.file_n", number=file.number),
        file=file,
        said={line.position: explained(line.reason, page.language) for line in file.sent if line.reason},
        bank=bank,
        iban=in_fours(bank.iban) if bank else "",
        fours={line.position: in_fours(line.iban) for line in file.sent},
        tones=TONES,
        may=page.may("pay"),
    )


@router.get("/paiements/{number}/fichier")
def download(page: Annotated[Page, seen_by("pay")], number: str) -> Response:
    """The bytes that go to the bank, the same each time."""
    with page.books() as books:
        file = found(books, number)
        content = books.payment_content(file.number)
    bills = file.kind == "bills"
    name = f"{file.message}.{'txt' if bills else 'xml'}"
    return page.file(content, name, "text/plain; charset=us-ascii" if bills else "application/xml")


@router.get("/paiements/{number}/execution")
def ask_executed(page: Annotated[Page, seen_by("pay")], number: str) -> Response:
    """The entry that executing the file would post."""
    return _asked(page, number, "execution", page.query.text("date"))


@router.post("/paiements/{number}/execution")
def executed(page: Annotated[Page, posted_by("pay")], number: str) -> Response:
    """The bank has executed the file: what was looked at is posted."""
    day_text, key = page.form.text("date"), page.form.text("cle")
    day = day_of(day_text)
    if page.form.flag("apercu") or (day_text and day is None):
        return _asked(page, number, "execution", day_text)
    act = ExecutePaymentFile(number, page.caller(), day)
    if not _answered(page, key):
        rehearsed = rehearse(act, page.caller(), page.house.base, page.clock)
        if rehearsed.performed.result is not None and seal(rehearsed) != page.form.text("vu"):
            return _asked(page, number, "execution", day_text, [page.t("payments.look_first")])
    return _done(page, number, "execution", page.perform(act, key), day_text)


@router.get("/paiements/{number}/annuler")
def ask_cancelled(page: Annotated[Page, seen_by("pay")], number: str) -> Response:
    """What cancelling the file means."""
    return _asked(page, number, "annuler", "")


@router.post("/paiements/{number}/annuler")
def cancelled(page: Annotated[Page, posted_by("pay")], number: str) -> Response:
    """The file is not sent: its payments are free for another."""
    act = CancelPaymentFile(number, page.form.text("motif"))
    return _done(page, number, "annuler", page.perform(act, page.form.text("cle")), "")


def _answered(page: Page, key: str) -> bool:
    with page.books() as books:
        return bool(key) and books.kept(page.who.identity.name, key) is not None


def _done(page: Page, number: str, what: str, done: Performed, day_text: str) -> Response:
    if done.result is None:
        return _asked(page, number, what, day_text, [reason_said(page, reason) for reason in done.reasons])
    return page.go(f"/paiements/{done.result['number']}", page.t(f"payments.{what}_done", number=done.result["number"]))


def _asked(page: Page, number: str, what: str, day_text: str, told: Sequence[str] = ()) -> Response:
    """What would be done to a file, before it is."""
    with page.books() as books:
        file, company = found(books, number), books.company
    day = day_of(day_text)
    errors = [("", said) for said in told]
    if day_text and day is None:
        errors.append(("date", page.t("payments.malformed_day", seen=quoted(day_text))))
    lines: Sequence[Line] = ()
    seen = ""
    if what == "execution" and not errors:
        act = ExecutePaymentFile(number, page.caller(), day)
        rehearsed = rehearse(act, page.caller(), page.house.base, page.clock)
        errors += [("", reason_said(page, reason)) for reason in rehearsed.performed.reasons]
        lines, seen = summed_lines(rehearsed.entries), seal(rehearsed)
    return page.show(
        "payments/acting.html",
        422 if errors and page.request.method == "POST" else 200,
        title=page.t(f"payments.{what}_title", number=file.number),
        errors=errors,
        file=file,
        what=what,
        lines=lines,
        seen=seen,
        day_text=day_text or f"{min(file.date, page.today):%d/%m/%Y}",
        reason=page.form.text("motif"),
        key=secrets.token_urlsafe(18),
        home=company.currency,
    )


def found(books: Readings, number: str) -> Filed:
    """The file of this number. Raises Problem (404)."""
    digits = number.isascii() and number.isdecimal() and len(number) < 16
    file = books.payment_file(int(number)) if digits else None
    if file is None:
        raise Problem(404, Refusal("unknown_payment_file", "number", quoted(number)))
    return file


def _as_file(page: Page, file: Filed) -> Response:
    names = ("position", "transaction", "third_party", "name", "iban", "end_to_end", "amount", "status", "reason")
    rows = (
        (
            line.position, line.instrument.transaction, line.instrument.third_party, line.name, line.iban,
            line.end_to_end, Amount(line.amount, file.currency), page.t(f"payments.became_{line.became}"), line.reason,
        )
        for line in file.sent
    )  # fmt: skip
    return page.csv(f"paiement-{file.number}", [page.t(f"payments.{name}") for name in names], rows)
