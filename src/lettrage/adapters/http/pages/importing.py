"""Invoices brought in by file: looked at first, with the entries that would be posted; posted when somebody says so."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts import Moment, Performed
from lettrage.acts.invoice import ImportInvoices, considered, shape
from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.states import Kind
from lettrage.dates import PARIS
from lettrage.invoicing.billing.brought import BroughtFile
from lettrage.invoicing.billing.compose import Files
from lettrage.invoicing.billing.intake import File, opened
from lettrage.limits import BROUGHT_HOURS
from lettrage.money import currency, figure
from lettrage.opening.document import Opening
from lettrage.refusal import Refusal, Unreadable

router = APIRouter()

_KINDS: dict[str, Kind] = {
    "posted": "good",
    "linked": "good",
    "corrected": "good",
    "already": "quiet",
    "refused": "bad",
}
_TAKEN = ("posted", "linked", "corrected")


class Line(msgspec.Struct, frozen=True):
    """A line of the entries that would be posted, summed by account over all of a file."""

    account: str
    label: str
    debit: int
    credit: int


class Brought(msgspec.Struct, frozen=True):
    """A file, and what became of its invoices, or would: `fault` says why it cannot be read at all."""

    name: str
    invoices: Sequence[dict[str, Any]] = ()
    counts: dict[str, int] = {}
    entry: Sequence[Line] = ()
    entries: int = 0
    fault: Sequence[tuple[str, str]] = ()


@router.get("/factures/import")
def form(page: Annotated[Page, seen_by("invoice")]) -> Response:
    """Where files are dropped."""
    return _shown(page, [], "", [])


@router.post("/factures/import")
def look(page: Annotated[Page, posted_by("invoice")]) -> Response:
    """What would become of each invoice of the files; they are kept for a day, nothing is posted."""
    files = [BroughtFile(name[:200], content) for name, content in page.form.files("fichiers")]
    if not files:
        return _shown(page, [], "", [("fichiers", page.t("import.none_chosen"))])
    with page.books() as books:
        found = [_considered(page, books, file) for file in files]
    key = ""
    if any(one.counts.get(name) for one in found for name in _TAKEN):
        key = secrets.token_urlsafe(16)
        _keep(page, key, [file for file, one in zip(files, found, strict=True) if not one.fault])
    return _shown(page, found, key, [])


@router.post("/factures/import/{key}")
def take(page: Annotated[Page, posted_by("invoice")], key: str) -> Response:
    """Post what was looked at, once: a second press leads to the same answer."""
    by = page.who.identity.name
    with page.books() as books:
        files = books.brought(key, by)
    if not files:
        return page.go(f"/factures/import/{key}") if _answers(page, key) else _gone(page)
    for position, file in enumerate(files):
        if not file.content:  # posted before
            continue
        with page.house.working(file.content):
            read = opened(file.content)
            page.perform(ImportInvoices(read, _no_files(read), by, file.name), f"{key}:{position}")
    page.house.store.write(page.dossier, lambda books: books.forget_brought(key, by))
    return page.go(f"/factures/import/{key}")


@router.get("/factures/import/{key}")
def taken(page: Annotated[Page, seen_by("invoice")], key: str) -> Response:
    """What became of each invoice."""
    answers = _answers(page, key)
    if not answers:
        return _gone(page)
    with page.books() as books:
        names = [file.name for file in books.brought(key, page.who.identity.name)] + [""] * len(answers)
    done = [_told(page, name, one.result or {}) for name, one in zip(names, answers, strict=False)]
    return page.show("importing/done.html", title=page.t("import.done_title"), files=done, errors=[])


# ---------------------------------------------------------------- looking


def _considered(page: Page, books: Readings, file: BroughtFile) -> Brought:
    """What would become of a file's invoices."""
    try:
        with page.house.working(file.content):
            read = opened(file.content)
            now = page.clock.now()
            moment = Moment(now, now.astimezone(PARIS).date())
            done, opening = considered(read, _no_files(read), books, moment)
    except Unreadable as unreadable:
        return Brought(file.name, fault=[_said(page, unreadable.refusal)])
    told = _told(page, file.name, shape(done, opening, []))
    return msgspec.structs.replace(
        told, entry=_entry(opening), entries=len(opening.entries) if opening is not None else 0
    )


def _entry(opening: Opening | None) -> list[Line]:
    """The entries of a file, its debits and credits summed by account."""
    sums: dict[tuple[str, str], list[int]] = {}
    for _, one in opening.entries if opening is not None else ():
        for line in one.lines:
            both = sums.setdefault((line.account, line.third_party), [0, 0])
            both[line.home < 0] += abs(line.home)
    return [Line(account, party, debit, credit) for (account, party), (debit, credit) in sums.items()]


def _told(page: Page, name: str, result: dict[str, Any]) -> Brought:
    """What became of a file's invoices, in the reader's language."""
    invoices = [_one(page, one) for one in result.get("invoices", ())]
    counts = {became: int(result.get(became, 0)) for became in _KINDS}
    return Brought(name, invoices, counts)


def _one(page: Page, one: dict[str, Any]) -> dict[str, Any]:
    held = currency(one["currency"]) if one["currency"] else None
    total = figure(one["total"]) if one["total"] else None
    return {
        "number": one["number"],
        "customer": one["third_party"],
        "date": one["date"] or "",
        "total": total.exact(held) if total is not None and held is not None else None,
        "currency": held,
        "outcome": one["outcome"],
        "kind": _KINDS[one["outcome"]],
        "document": one["document"],
        "entry": one["entry"],
        "where": one["path"],
        "reasons": [_reason(page, reason) for reason in one["reasons"]],
        "warnings": [_reason(page, reason) for reason in one["warnings"]],
    }


def _reason(page: Page, reason: dict[str, str]) -> dict[str, str]:
    """A reason: what is wrong, what was found, what is expected, where, the remedy."""
    fix = reason["fix"] if page.language == "fr" else reason["fix_en"]
    title = reason[page.language].removeprefix(reason["path"]).lstrip(" :")  # the place has a line of its own
    return {"title": title[:1].upper() + title[1:], "fix": fix} | {k: reason[k] for k in ("seen", "expected", "path")}


def _said(page: Page, refusal: Refusal) -> tuple[str, str]:
    """Why a file cannot be read, and what to do."""
    return (refusal.fr, refusal.fix_fr) if page.language == "fr" else (refusal.en, refusal.fix_en)


def _no_files(file: File) -> Files:
    """Nothing stands beside what comes through a browser."""
    return dict.fromkeys(file.paths, "attachment_outside")


# ---------------------------------------------------------------- keeping


def _keep(page: Page, key: str, files: Sequence[BroughtFile]) -> None:
    now, by = page.clock.now(), page.who.identity.name
    until = now - timedelta(hours=BROUGHT_HOURS)
    page.house.store.write(page.dossier, lambda books: books.keep_brought(key, files, by, now, until))


def _answers(page: Page, key: str) -> list[Performed]:
    """What was answered when the files of a key were posted, in their order."""
    return list(_kept(page, key))


def _kept(page: Page, key: str) -> Iterable[Performed]:
    with page.books() as books:
        position = 0
        while (kept := books.kept(page.who.identity.name, f"{key}:{position}")) is not None:
            yield msgspec.json.decode(kept.answer, type=Performed)
            position += 1


def _gone(page: Page) -> Response:
    """Nothing of this key waits, and nothing was posted under it."""
    return _shown(page, [], "", [("", page.t("import.gone", hours=BROUGHT_HOURS))])


def _shown(page: Page, files: Sequence[Brought], key: str, errors: Sequence[tuple[str, str]]) -> Response:
    takes = sum(one.counts.get(name, 0) for one in files for name in _TAKEN)
    return page.show(
        "importing/page.html",
        422 if errors else 200,
        title=page.t("import.title"),
        files=files,
        key=key,
        takes=takes,
        posts=sum(one.counts.get("posted", 0) for one in files),
        refused=sum(one.counts.get("refused", 0) for one in files) + sum(1 for one in files if one.fault),
        home=page.company().currency,
        errors=list(errors),
    )
