"""Payments: what is due to be paid or collected, ticked and looked at before it is ordered; the files made of it."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date as Day  # noqa: N812
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import Rehearsed, rehearse
from lettrage.acts.payments import MakePaymentFile
from lettrage.acts.proposing import ProposePayments
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.asked import day_of
from lettrage.adapters.http.pages.handing import Line, reason_said
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.states import Kind as Tone
from lettrage.bank.payments.choose import waits
from lettrage.bank.payments.file import EURO, Filed, Wanted
from lettrage.bank.payments.kinds import KINDS, Kind
from lettrage.bank.payments.propose import Choice, Proposal
from lettrage.bank.payments.shapes import shape
from lettrage.books.entry import Entry
from lettrage.company.dossier import Company
from lettrage.dates import PARIS
from lettrage.limits import ROWS_EXPORTED
from lettrage.money import Amount
from lettrage.refusal import quoted

router = APIRouter()

VIEWS: Mapping[str, str] = {"payer": "transfers", "prelever": "debits", "effets": "bills"}
TABS = (*VIEWS, "fichiers", "reponse")
TONES: Mapping[str, Tone] = {
    "made": "run", "sent": "run", "executed": "good", "rejected": "bad", "returned": "bad", "cancelled": "quiet",
    "withdrawn": "quiet", "taken_back": "quiet",
}  # fmt: skip
SHOWN = 300  # payments, and instruments that wait, on one page
_AHEAD = timedelta(days=7)
_json = msgspec.json.Encoder(order="sorted", enc_hook=str).encode


class Asked(msgspec.Struct, frozen=True):
    """What the address or the form asks for: for which bank, what is due until when, to be done on which day."""

    view: str
    bank: str
    until: Day
    until_text: str
    date: Day | None
    date_text: str
    items: tuple[int, ...]
    faults: tuple[tuple[str, str], ...]

    @property
    def kind(self) -> Kind:
        """The kind of file."""
        return KINDS[VIEWS[self.view]]

    @property
    def choice(self) -> Choice:
        """What is proposed or, of what is ticked, ordered."""
        return Choice(self.bank, self.kind.key, self.until, self.date, (), self.items)


class Foreseen(msgspec.Struct, frozen=True):
    """What ordering would do: the file and the entries summed by account; or every reason against. `seen`: of both."""

    lines: tuple[Line, ...] = ()
    entries: int = 0
    file: dict[str, Any] | None = None
    reasons: tuple[str, ...] = ()
    seen: str = ""


@router.get("/paiements")
def payments(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """What is due, or the files made of it."""
    view = page.query.one("vue", TABS, "payer")
    if view == "fichiers":
        return _files(page)
    if view == "reponse":
        return page.show("payments/answer.html", title=page.t("payments.view_reponse"), tabs=tabs(view), view=view)
    return _due(page, _asked(page, view))


def tabs(view: str) -> list[tuple[str, bool]]:
    """The tabs, and which one is looked at."""
    return [(name, name == view) for name in TABS]


# ---------------------------------------------------------------- what is due


@router.post("/paiements/apercu")
def look(page: Annotated[Page, posted_by("pay")]) -> Response:
    """What ordering the ticked items would do. Nothing is written."""
    asked = _asked(page, page.query.one("vue", tuple(VIEWS), "payer"))
    return _due(page, asked, _foreseen(page, asked))


@router.post("/paiements")
def order(page: Annotated[Page, posted_by("pay")]) -> Response:
    """Order what was ticked and looked at, and make its file. Pressing twice does it once."""
    asked = _asked(page, page.query.one("vue", tuple(VIEWS), "payer"))
    key = page.form.text("cle")
    if not _answered(page, key):
        found = _foreseen(page, asked)
        if asked.faults or not found.seen or found.seen != page.form.text("vu"):
            return _due(page, asked, found, [("", page.t("payments.look_first"))])
    done = page.perform(ProposePayments(asked.choice, page.caller()), key)
    if done.result is None:
        return _due(page, asked, None, [("", reason_said(page, reason)) for reason in done.reasons])
    number = done.result["number"]
    return page.go(f"/paiements/{number}", page.t("payments.made", number=number))


@router.post("/paiements/fichier")
def make(page: Annotated[Page, posted_by("pay")]) -> Response:
    """Make a file of what was ordered before and waits for one: nothing is posted by that."""
    asked = _asked(page, page.query.one("vue", tuple(VIEWS), "payer"))
    if asked.faults:
        return _due(page, asked)
    numbers = tuple(dict.fromkeys(page.form.all("attente")))
    if not numbers:
        return _due(page, asked, None, [("", page.t("payments.none_ticked"))])
    wanted = Wanted(asked.bank, asked.kind.key, asked.date, numbers, page.form.text("schema"))
    done = page.perform(MakePaymentFile(wanted, page.who.identity.name), page.form.text("cle"))
    if done.result is None:
        return _due(page, asked, None, [("", reason_said(page, reason)) for reason in done.reasons])
    number = done.result["number"]
    return page.go(f"/paiements/{number}", page.t("payments.made", number=number))


def _answered(page: Page, key: str) -> bool:
    """Whether this very form was answered before: pressed twice, it leads where the first press led."""
    with page.books() as books:
        return bool(key) and books.kept(page.who.identity.name, key) is not None


def _asked(page: Page, view: str) -> Asked:
    """The query, and over it the form where there is one."""
    form, query = page.form, page.query
    company = page.company()
    banks = euro_banks(company)
    bank = form.text("banque") or query.one("banque", banks, "") or (banks[0] if banks else "")
    until_text, date_text = form.text("jusqu") or query.text("jusqu"), form.text("date")
    until, day = day_of(until_text), day_of(date_text)
    faults = [
        (name, page.t("payments.malformed_day", seen=quoted(text)))
        for name, text, found in (("jusqu", until_text, until), ("date", date_text, day))
        if text and found is None
    ]
    until = until or page.today + _AHEAD
    ticked = tuple(int(text) for text in form.all("choisi") if text.isascii() and text.isdecimal() and len(text) < 17)
    return Asked(view, bank, until, until_text, day, date_text, ticked, tuple(faults))


def euro_banks(company: Company) -> list[str]:
    """The banks that take payment files."""
    return [bank.code for bank in company.banks.values() if bank.currency == EURO]


def _foreseen(page: Page, asked: Asked) -> Foreseen:
    """The act itself, done and taken back."""
    if asked.faults:
        return Foreseen()
    if not asked.items:
        return Foreseen(reasons=(page.t("payments.none_ticked"),))
    act = ProposePayments(asked.choice, page.caller())
    rehearsed = rehearse(act, page.caller(), page.house.base, page.clock)
    if rehearsed.performed.result is None:
        return Foreseen(reasons=tuple(reason_said(page, reason) for reason in rehearsed.performed.reasons))
    summed = summed_lines(rehearsed.entries)
    return Foreseen(summed, len(rehearsed.entries), rehearsed.performed.result, (), seal(rehearsed))


def seal(rehearsed: Rehearsed) -> str:
    """What tells one plan from another: its days and lines, whatever the label says."""
    lines = [(str(entry.date), entry.lines) for entry in rehearsed.entries]
    return hashlib.sha256(_json(lines)).hexdigest()[:24]


def summed_lines(entries: Sequence[Entry]) -> tuple[Line, ...]:
    """The lines of several entries, summed by account and side."""
    sums: dict[tuple[str, bool], int] = {}
    for entry in entries:
        for line in entry.lines:
            key = (line.account, line.home > 0)
            sums[key] = sums.get(key, 0) + abs(line.home)
    return tuple(
        Line(account, "", home if debit else 0, 0 if debit else home) for (account, debit), home in sums.items()
    )


def _due(
    page: Page, asked: Asked, foreseen: Foreseen | None = None, errors: Sequence[tuple[str, str]] = ()
) -> Response:
    """What is due of one kind, item by item, and what waits for a file already."""
    proposal = Proposal()
    with page.books() as books:
        company = books.company
        facts = books.payment_facts()
        if asked.kind.key != "bills":
            everything = ProposePayments(msgspec.structs.replace(asked.choice, items=()), page.caller())
            proposal, _ = everything.planned(books, page.clock.now().astimezone(PARIS))
    if page.query.flag("csv"):
        return _as_file(page, proposal)
    more = len(proposal.payments) - SHOWN
    proposal = msgspec.structs.replace(proposal, payments=proposal.payments[:SHOWN])
    waiting = [c for c in facts.candidates if waits(c, asked.kind, asked.bank) and c.instrument.currency == EURO]
    faults = [*asked.faults, *errors, *(("", reason) for reason in (foreseen.reasons if foreseen else ()))]
    return page.show(
        "payments/due.html",
        422 if faults else 200,
        title=page.t("payments.title"),
        errors=faults,
        tabs=tabs(asked.view),
        asked=asked,
        proposal=proposal,
        ticked=frozenset(asked.items) if page.request.method == "POST" else None,
        more=max(more, 0),
        waiting=waiting[:SHOWN],
        schemes=sorted({c.payee.mandate.scheme for c in waiting if c.payee.mandate}),
        banks=euro_banks(company),
        foreseen=foreseen if foreseen and not faults else None,
        key=(page.form.text("cle") if not errors else "") or secrets.token_urlsafe(18),
        euro=EURO,
        home=company.currency,
        may=page.may("pay"),
    )


def _as_file(page: Page, proposal: Proposal) -> Response:
    heads = [page.t(f"payments.{name}") for name in ("third_party", "name", "iban", "piece", "due", "amount")]
    rows = (
        (p.payee.code, p.payee.name, p.payee.iban, item.piece, item.due_date, Amount(item.open, EURO))
        for p in proposal.payments
        for item in p.items
    )
    return page.csv("paiements", heads, rows)


# ---------------------------------------------------------------- files


def _files(page: Page) -> Response:
    """Every file, the newest first."""
    place = page.after("fichiers")
    with page.books() as books:
        if page.query.flag("csv"):
            return _files_as_file(page, books.payment_files(limit=ROWS_EXPORTED))
        more = page.rows + 1
        found = books.payment_files(int(place[0]), more) if place else books.payment_files(limit=more)
    rows = found[: page.rows]
    last = (rows[-1].number,) if len(found) > page.rows else None
    return page.show(
        "payments/files.html",
        title=page.t("payments.view_fichiers"),
        tabs=tabs("fichiers"),
        rows=rows,
        tones=TONES,
        pager=page.pager(len(rows), last, "fichiers"),
    )


def _files_as_file(page: Page, files: Sequence[Filed]) -> Response:
    names = ("number", "kind", "bank", "date", "count", "total", "left", "status", "message")
    rows = ([shape(file)[name] for name in names] for file in files)
    return page.csv("fichiers-de-paiement", [page.t(f"payments.{name}") for name in names], rows)
