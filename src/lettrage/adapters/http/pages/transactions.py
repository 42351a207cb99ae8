"""One transaction: what it did, the payment's life around it; taking it back, reporting it unpaid."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import Act, Rehearsed, rehearse
from lettrage.acts.cancel import Cancel
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.asked import day_of
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sent_text import Motive, told
from lettrage.adapters.http.pages.states import Kind
from lettrage.adapters.http.problems import Problem
from lettrage.books.entry import Line
from lettrage.books.lineage import Carried, Deed, Posting
from lettrage.company.dossier import Company
from lettrage.money import figure
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.fields import whole_number

router = APIRouter()

STATUSES: dict[str, Kind] = {"posted": "good", "awaiting_slip": "warn", "cancelled": "quiet"}
KINDS: dict[str, Kind] = {"unpaid": "bad", "represented": "run"}
_json = msgspec.json.Encoder().encode


class EntryLine(msgspec.Struct, frozen=True):
    """A line of an entry as it is drawn."""

    account: str
    label: str
    debit: int
    credit: int


class Entry(msgspec.Struct, frozen=True):
    """An entry with its lines."""

    head: Posting
    lines: list[EntryLine]


class Planned(msgspec.Struct, frozen=True):
    """What an act would do: its entries, or every reason against. `seal`: by which it is known again."""

    entries: list[list[EntryLine]]
    motives: list[Motive]
    seal: str

    @property
    def possible(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.motives


# ---------------------------------------------------------------- looking


@router.get("/transactions/{number}")
def transaction(page: Annotated[Page, seen_by("read_books")], number: str) -> Response:
    """A transaction with what it did."""
    deed, company = _deed(page, number)
    return page.show(
        "transactions/page.html",
        title=page.t("transactions.title", number=deed.number),
        deed=deed,
        kind=STATUSES.get(deed.status, "quiet"),
        entries=[_entry(page, lines) for lines in deed.entries],
        home=company.currency,
        cancellable=deed.status != "cancelled" and deed.kind != "loaded",
        returnable=bool(_returnable(deed, company)),
        kinds=KINDS,
    )


def _deed(page: Page, number: str) -> tuple[Deed, Company]:
    """Raises Problem for a number that is no transaction's."""
    wanted = whole_number(number)
    with page.books() as books:
        deed = books.deed_seen(wanted) if wanted else None
        if deed is None:
            raise Problem(404, Refusal("unknown_transaction", "transaction", quoted(number)))
        return deed, books.company


def _entry(page: Page, lines: Sequence[Posting]) -> Entry:
    drawn = [EntryLine(one.account, _whose(page, one), one.debit, one.credit) for one in lines]
    return Entry(lines[0], drawn)


def _whose(page: Page, line: Posting) -> str:
    letter = page.t("transactions.lettered", code=line.letter) if line.letter else ""
    return " · ".join(filter(None, (line.third_party, line.name, line.piece, letter)))


def _returnable(deed: Deed, company: Company) -> list[Carried]:
    """The instruments that it made and that may come back unpaid, as far as this transaction tells."""
    ways = {(source, c.direction) for c in company.changes.values() if c.step == "return" for source in c.sources}
    made = [one for one in deed.instruments if not one.ended]
    if deed.status == "cancelled" or deed.kind == "unpaid":
        return []
    return [one for one in made if (one.state, deed.direction) in ways]


# ---------------------------------------------------------------- taking back


@router.get("/transactions/{number}/annuler")
def cancelling(page: Annotated[Page, seen_by("cancel")], number: str) -> Response:
    """What cancelling would post, and what stands in the way."""
    deed, _ = _deed(page, number)
    return _acting(page, deed, "cancel", planned(page, _cancel(page, deed)))


@router.post("/transactions/{number}/annuler")
def cancel(page: Annotated[Page, posted_by("cancel")], number: str) -> Response:
    """Cancel: a counter-entry, and everything as before."""
    deed, _ = _deed(page, number)
    errors = [] if page.form.text("motif") else [("motif", page.t("transactions.reason_missing"))]
    return _decided(page, deed, "cancel", _cancel(page, deed), [*_faults(page), *errors])


def _cancel(page: Page, deed: Deed) -> Cancel:
    """The act as asked; while no reason is given yet, one that says so, so that it can be looked at."""
    form = page.form
    return Cancel(deed.number, form.text("motif") or page.t("transactions.reason_to_come"), day_of(form.text("date")))


# ---------------------------------------------------------------- unpaid


@router.get("/transactions/{number}/impaye")
def returning(page: Annotated[Page, seen_by("unpaid")], number: str) -> Response:
    """What reporting it unpaid would post."""
    deed, company = _deed(page, number)
    return _acting(page, deed, "unpaid", planned(page, _unpaid(page, deed, company)))


@router.post("/transactions/{number}/impaye")
def unpaid(page: Annotated[Page, posted_by("unpaid")], number: str) -> Response:
    """Report that the bank sent the payment back, with its fees."""
    deed, company = _deed(page, number)
    faults = _faults(page)
    for name in ("frais", "tva"):
        if page.form.text(name) and figure(_digits(page.form.text(name))) is None:
            faults.append((name, page.t("transactions.no_amount", text=quoted(page.form.text(name)))))
    return _decided(page, deed, "unpaid", _unpaid(page, deed, company), faults)


def _unpaid(page: Page, deed: Deed, company: Company) -> ReportUnpaid:
    form, returnable = page.form, _returnable(deed, company)
    only = returnable[0].id if len(returnable) == 1 else 0
    to = form.text("compte")
    return ReportUnpaid(
        deed.number,
        0,
        whole_number(form.text("effet")) or only,
        day_of(form.text("date")),
        figure(_digits(form.text("frais"))),
        figure(_digits(form.text("tva"))),
        form.text("banque") if form.text("banque") in company.banks else "",
        cast('Literal["", "411", "416"]', to if to in ("411", "416") else ""),
        form.text("motif"),
    )


def _digits(text: str) -> str:
    return "".join(text.split())


# ---------------------------------------------------------------- both


def _faults(page: Page) -> list[tuple[str, str]]:
    text = page.form.text("date")
    return [("date", page.t("transactions.no_day", text=quoted(text)))] if text and day_of(text) is None else []


def planned(page: Page, act: Act) -> Planned:
    """What the act would do now."""
    rehearsed = rehearse(act, page.caller(), page.house.base, page.clock)
    motives = [told(n, reason, page.language) for n, reason in enumerate(rehearsed.performed.reasons, 1)]
    return Planned([[_line(line) for line in entry.lines] for entry in rehearsed.entries], motives, _seal(rehearsed))


def _line(line: Line) -> EntryLine:
    return EntryLine(line.account, line.third_party, max(line.home, 0), max(-line.home, 0))


def _seal(rehearsed: Rehearsed) -> str:
    """What tells one plan from another: its days and lines, whatever the label says."""
    lines = [(str(entry.date), entry.lines) for entry in rehearsed.entries]
    return hashlib.sha256(_json(lines)).hexdigest()[:24]


def _decided(page: Page, deed: Deed, what: str, act: Act, errors: list[tuple[str, str]]) -> Response:
    """Do it where the entry that was seen is the one that would be posted; else show what it would be now."""
    looking = page.form.flag("apercu")
    if errors and not (looking and {field for field, _ in errors} == {"motif"}):
        return _acting(page, deed, what, planned(page, act), errors)
    if looking or not _answered(page):
        now = planned(page, act)
        if looking or not now.possible:
            return _acting(page, deed, what, now, status=200 if looking else 409)
        if now.seal != page.form.text("vu"):
            return _acting(page, deed, what, now, [("", page.t("transactions.moved"))], status=409)
    done = page.perform(act, page.form.text("cle"))
    if done.result is None:
        reasons = [("", reason[page.language]) for reason in done.reasons]
        return _acting(page, deed, what, planned(page, act), reasons, status=409)
    made = done.result["transaction"]
    said = page.t(f"transactions.{what}_done", number=deed.number, entry=done.result["entry"] or "–", made=made)
    return page.go(f"/transactions/{made}", said)


def _answered(page: Page) -> bool:
    """Whether this very form was answered before: pressed twice, it leads where the first press led."""
    key = page.form.text("cle")
    with page.books() as books:
        return bool(key) and books.kept(page.who.identity.name, key) is not None


def _acting(
    page: Page,
    deed: Deed,
    what: str,
    foreseen: Planned,
    errors: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    company = page.company()
    values: dict[str, Any] = {name: page.form.text(name) for name in ("motif", "date", "frais", "tva", "banque")}
    values |= {"compte": page.form.text("compte"), "effet": page.form.text("effet")}
    return page.show(
        "transactions/acting.html",
        422 if errors and status == 200 else status,
        title=page.t(f"transactions.{what}_title", number=deed.number),
        deed=deed,
        what=what,
        planned=foreseen,
        returnable=_returnable(deed, company),
        banks=sorted(company.banks),
        home=company.currency,
        values=values,
        key=page.form.text("cle") or secrets.token_urlsafe(16),
        errors=list(errors),
    )
