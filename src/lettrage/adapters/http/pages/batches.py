"""Depositing several invoices: checked without sending, confirmed once, followed while they leave one by one."""

import secrets
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.invoices import GOES, Row, listed, row
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.rejection import Fault, faults
from lettrage.adapters.http.pages.states import Kind, kind_of, word_of
from lettrage.adapters.http.pages.words import by_door
from lettrage.adapters.http.problems import Problem
from lettrage.invoicing.checks.checking import Way
from lettrage.invoicing.document import Platform
from lettrage.invoicing.doors import Door, door_of, siblings
from lettrage.invoicing.explaining import labels
from lettrage.invoicing.sending.addressed import routes
from lettrage.invoicing.sending.batch import Batch, BatchLine, BatchState
from lettrage.invoicing.sending.listing import Listed, Wanted
from lettrage.invoicing.sending.outbox import Queue
from lettrage.limits import BATCH_INVOICES, BATCH_SHOWN, CHECKED_AT_ONCE
from lettrage.money import currency
from lettrage.refusal import Refusal

router = APIRouter()
_NUMBERS = 10**15  # what a number of ours is far below
_MINUTE = 60
_SETTINGS: Mapping[Door, str] = {"chorus": "/parametres/chorus", "approved": "/parametres/plateforme-agreee"}


class Judged(msgspec.Struct, frozen=True):
    """An invoice that was chosen: what the check found, and whether it may leave."""

    row: Row
    door: Door | Literal[""]  # that it goes to
    faults: Sequence[Fault]
    kept: str  # why it stays here whatever the check says, "" where it does not
    checked: bool

    @property
    def goes(self) -> bool:
        """Whether it may leave."""
        return not self.kept and not any(fault.blocks for fault in self.faults)


# ---------------------------------------------------------------- check, confirm, begin


@router.post("/factures/verifier")
def check(page: Annotated[Page, posted_by("check")]) -> Response:
    """What would be refused of the invoices chosen. Nothing is sent."""
    with page.books() as books:
        platform, lines = _platform(books), _chosen(page, books)
        if not lines:
            return listed(page, books, [("", page.t("invoices.choose_first"))])
    return _confirmation(page, platform, lines)


@router.post("/factures/depot")
def begin(page: Annotated[Page, posted_by("send")]) -> Response:
    """Begin a bulk deposit; of several in production the page asks first, once. The same form again leads to it."""
    by, now = page.who.identity.name, page.clock.now()
    key = f"{by}:{page.form.text('key') or secrets.token_urlsafe(16)}"[:200]
    with page.books() as books:
        if before := books.batch_of(key):
            return page.go(f"/factures/depot/{before}")
        platform, lines = _platform(books), _chosen(page, books)
        if not lines:
            return listed(page, books, [("", page.t("invoices.choose_first"))])
    if page.form.text("platform") != platform:
        return _confirmation(page, platform, lines, [("", page.t("invoices.platform_changed"))])
    asks = (platform == "production" and len(lines) > 1) or page.form.flag("tout")
    if asks and not page.form.flag("confirme"):
        return _confirmation(page, platform, lines)
    documents = [line.document for line in lines if line.document is not None and not _stays(page, line)]
    if not documents:
        return _confirmation(page, platform, lines)
    number = page.house.store.write(page.dossier, lambda books: books.batch_begun(platform, documents, by, key, now))
    return page.go(f"/factures/depot/{number}")


def _platform(books: Readings) -> Platform:
    return "production" if books.platform_on() == "production" else "qualification"


def _chosen(page: Page, books: Readings) -> Sequence[Listed]:
    """The invoices that the form names, or all of the view that waits to be deposited."""
    if page.form.flag("tout"):
        return books.invoices_listed(_platform(books), Wanted("a_deposer"), (), BATCH_INVOICES, None)[0]
    texts = dict.fromkeys(page.form.all("facture"))
    numbers = [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 16]
    return books.invoices_chosen(_platform(books), numbers[:BATCH_INVOICES])


def _stays(page: Page, line: Listed) -> str:
    """Why an invoice has no reason to leave, whatever a check says."""
    if line.view in GOES:
        return ""
    key = {"sans_plateforme": "outside", "reglees": "settled"}.get(line.view, "there")
    return page.t(by_door(f"batch.stays_{key}", line.door), state=word_of(line.state, page.language, line.door))


def _confirmation(
    page: Page, platform: Platform, lines: Sequence[Listed], errors: Sequence[tuple[str, str]] = ()
) -> Response:
    """Everything about the invoices chosen before they leave: how many, how much, to whom, what the check found."""
    judged = _judged(page, platform, lines)
    goes = [one for one in judged if one.goes]
    company = page.company()
    return page.show(
        "batch/check.html",
        title=page.t(f"batch.check_title_{platform}"),
        judged=sorted(judged, key=lambda one: (one.goes and not one.faults, one.goes)),
        goes=goes,
        customers=len({one.row.of.third_party for one in goes}),
        doors=[(door, len(list(those))) for door, those in groupby(sorted(one.door for one in goes))],
        sums=_sums(goes),
        home=company.currency,
        platform=platform,
        unchecked=len(lines) > CHECKED_AT_ONCE,
        key=page.form.text("key") or secrets.token_urlsafe(16),
        errors=list(errors),
    )


def _sums(goes: Sequence[Judged]) -> list[tuple[str, int]]:
    """What leaves, of each currency."""
    found: dict[str, int] = {}
    for one in goes:
        found[one.row.of.currency.code] = found.get(one.row.of.currency.code, 0) + one.row.of.amount
    return sorted(found.items())


def _judged(page: Page, platform: Platform, lines: Sequence[Listed]) -> list[Judged]:
    """The invoices with what the check found; of very many it is made while they leave."""
    checked = len(lines) <= CHECKED_AT_ONCE
    kept = {line.id: _stays(page, line) for line in lines}
    going = [line for line in lines if not kept[line.id]] if checked else []
    with page.books() as books:
        documents = [books.documents_of(line.number, line.third_party, line.document or 0)[0] for line in going]
        taken = routes(books, documents, platform)
    found: dict[int, Sequence[Fault]] = {}
    doors = {line.id: line.door for line in lines}
    for line, document in zip(going, documents, strict=True):
        route = taken[document.id]
        doors[line.id] = route.door or ""
        if route.door is None:
            kept[line.id] = route.fr if page.language == "fr" else route.en
    if documents:
        with page.house.verifying.one():
            results = page.house.invoicing.checked(page.dossier, documents, Way(platform))
        for line, result in zip(going, results, strict=True):
            found[line.id] = faults(result.findings, result.xml, page.language, page.t, checked=True)[0]
    return [
        Judged(row(page, line), doors[line.id], found.get(line.id, ()), kept[line.id], line.id in found)
        for line in lines
    ]


# ---------------------------------------------------------------- progress


class Told(msgspec.Struct, frozen=True):
    """A line of a bulk deposit: its kind and word, and why it stayed."""

    of: BatchLine
    kind: Kind
    word: str
    why: Sequence[str]


@router.get("/factures/depot/{number:int}")
def progress(page: Annotated[Page, seen_by("read_books")], number: int) -> Response:
    """How far a bulk deposit is; its summary once it has ended."""
    with page.books() as books:
        batch = _batch(books, number)
        lines = books.batch_lines(number, page.query.one("vue", ("refused", "sent", "waiting"), ""), BATCH_SHOWN)
        queues = [one for one in books.queues() if one.platform in siblings(batch.platform)]
    values: dict[str, Any] = {
        "batch": batch,
        "lines": [_told(page, line) for line in lines],
        "view": page.query.one("vue", ("refused", "sent", "waiting"), ""),
        "troubles": [_trouble(page, queue) for queue in queues if queue.state != "open" and queue.reason is not None],
        "rate": _rate(batch),
        "left": _left(page, batch),
        "unit": currency,
    }
    if page.hx and batch.state != "ended":
        return page.part("batch/_progress.html", **values)
    if page.hx:
        return Response(headers={"HX-Redirect": f"/factures/depot/{number}"})
    return page.show("batch/progress.html", title=page.t(f"batch.title_{batch.platform}", number=number), **values)


@router.post("/factures/depot/{number:int}/suspendre")
def pause(page: Annotated[Page, posted_by("send")], number: int) -> Response:
    """Let no further invoice leave until somebody says so."""
    return _move(page, number, "paused")


@router.post("/factures/depot/{number:int}/reprendre")
def resume(page: Annotated[Page, posted_by("send")], number: int) -> Response:
    """Go on where it was paused."""
    return _move(page, number, "running")


def _move(page: Page, number: int, state: BatchState) -> Response:
    with page.books() as books:
        _batch(books, number)
    now = page.clock.now()
    page.house.store.write(page.dossier, lambda books: books.batch_moved(number, state, now))
    return page.go(f"/factures/depot/{number}")


def _batch(books: Readings, number: int) -> Batch:
    """A bulk deposit by its number. Raises Problem (404)."""
    found = books.batch(number) if number < _NUMBERS else None
    if found is None:
        raise Problem(404, Refusal("no_such_address", "", f"/factures/depot/{number}"[:60]))
    return found


def _told(page: Page, line: BatchLine) -> Told:
    fix = "fix" if page.language == "fr" else "fix_en"
    why = [
        " ".join(filter(None, (one.get(page.language, ""), one.get(fix) or one.get(f"fix_{page.language}", ""))))
        for one in line.troubles
    ]
    if line.state == "waiting":
        return Told(line, "quiet", page.t("batch.waiting"), ())
    if line.state == "refused":
        return Told(line, "bad", page.t("batch.kept"), why)
    return Told(line, kind_of(line.standing), word_of(line.standing, page.language, line.door), why)


def _trouble(page: Page, queue: Queue) -> tuple[str, str, str]:
    """What stops everything on its way to a platform; where its settings are, and the words for going there."""
    assert queue.reason is not None
    door = door_of(queue.platform)
    why = labels.trouble(queue.reason.kind, page.language)
    said = page.t(by_door(f"batch.queue_{queue.state}", door), why=why)
    return said, _SETTINGS[door], page.t(by_door("batch.see_settings", door))


def _rate(batch: Batch) -> int:
    """Invoices a minute, once that can be said."""
    return round(batch.done * _MINUTE / batch.seconds) if batch.done > 1 and batch.seconds >= 1 else 0


def _left(page: Page, batch: Batch) -> str:
    """How long the rest takes, once that can be said."""
    rate = _rate(batch)
    if batch.state != "running" or not rate or not batch.waiting:
        return ""
    minutes = -(-batch.waiting // rate)
    return page.t("batch.minutes_left", minutes)
