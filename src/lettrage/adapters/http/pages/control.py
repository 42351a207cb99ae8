"""The integrity check: run it, see it go on, read what it found, and what was found before."""

import re
from typing import Annotated

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.checking import Checks, Running
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.words import known
from lettrage.adapters.http.problems import Problem
from lettrage.books.checks import CheckRun
from lettrage.books.laws import Finding
from lettrage.refusal import Refusal, quoted

router = APIRouter()

_HEAD = re.compile(r"[0-9a-f]{64}", re.ASCII)
# Where a finding is, as the laws say it, and the page that shows it.
_PLACES = (
    (re.compile(r"écriture (\d{4}[a-z]?-\d+)"), "/ecritures/{0}"),
    (re.compile(r"transaction (\d+)"), "/transactions/{0}"),
    (re.compile(r"bordereau (\S+)"), "/bordereaux/{0}"),
    (re.compile(r"document (\d+), règlement \d+"), "/reglements/documents/{0}"),
    (re.compile(r"document (\d+) \("), "/factures/{0}"),
    (re.compile(r"compte (\S+)"), "/ecritures?compte={0}"),
    (re.compile(r"facture (\S+) \("), "/recherche?q={0}"),
)


class Told(msgspec.Struct, frozen=True):
    """A finding as people read it: what kind it is, in their language; the law's own sentence; where, with a link."""

    title: str
    message: str
    where: str
    href: str


@router.get("/controle")
def control(page: Annotated[Page, seen_by("verify")]) -> Response:
    """The last check and those before it, or the one under way."""
    running = _checks(page).of(page.dossier)
    if page.hx:
        return _followed(page, running)
    with page.books() as books:
        runs, stood = books.check_runs(page.rows), books.chain_stands()
    if page.query.flag("csv"):
        return _runs_as_file(page, runs)
    return _shown(page, runs[0] if runs else None, runs, stood, running)


@router.post("/controle")
def check(page: Annotated[Page, posted_by("verify")]) -> Response:
    """Check the books now. `empreinte`: a hash of the chain that was noted elsewhere earlier."""
    head = page.form.text("empreinte").lower()
    if head and not _HEAD.fullmatch(head):
        with page.books() as books:
            runs, stood = books.check_runs(page.rows), books.chain_stands()
        return _shown(page, runs[0] if runs else None, runs, stood, None, head, page.t("control.malformed_head"))
    running = _checks(page).begin(page.house, page.dossier, page.who.identity.name, head)
    if not running.over.is_set() or running.trouble is not None:
        return page.go("/controle")
    with page.books() as books:
        (run,) = books.check_runs(1)
    return page.go("/controle", page.t("control.done", run.entries, found=_found(page, run)))


@router.get("/controle/{number}")
def one(page: Annotated[Page, seen_by("verify")], number: str) -> Response:
    """A check that was made earlier."""
    wanted = int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0
    with page.books() as books:
        found, runs, stood = books.check_runs(1, wanted + 1), books.check_runs(page.rows), books.chain_stands()
    if not found or found[0].id != wanted:
        raise Problem(404, Refusal("no_such_address", "", quoted(page.request.url.path)))
    if page.query.flag("csv"):
        return _findings_as_file(page, found[0])
    return _shown(page, found[0], runs, stood, None)


def _checks(page: Page) -> Checks:
    checks: Checks = page.request.app.state.checks
    return checks


def _shown(
    page: Page,
    run: CheckRun | None,
    runs: list[CheckRun],
    stood: tuple[str, int],
    running: Running | None,
    typed: str = "",
    fault: str = "",
) -> Response:
    return page.show(
        "control/page.html",
        422 if fault else 200,
        title=page.t("control.title"),
        run=run,
        runs=runs,
        stood=stood,
        running=running,
        findings=[_told(page, finding) for finding in run.findings] if run else [],
        trouble=_trouble(page, running),
        typed=typed,
        errors=[("empreinte", fault)] if fault else [],
    )


def _followed(page: Page, running: Running | None) -> Response:
    """How far the check under way is; the whole page once it is over."""
    if running is None or running.over.is_set():
        return Response(headers={"HX-Redirect": "/controle"})
    return page.part("control/_running.html", running=running)


def _trouble(page: Page, running: Running | None) -> str:
    """Why the last check could not be carried out."""
    return running.trouble.say(page.language) if running is not None and running.trouble is not None else ""


def _told(page: Page, finding: Finding) -> Told:
    kind = f"control.finding_{finding.code}"
    title = page.t(kind) if known(kind) else finding.code
    return Told(title, finding.message, finding.where, place_of(finding.where))


def place_of(where: str) -> str:
    """The address of what a finding is about; "" where it has no page of its own."""
    for pattern, address in _PLACES:
        if found := pattern.search(where):
            return address.format(*found.groups())
    return ""


def _found(page: Page, run: CheckRun) -> str:
    return page.t("control.found", len(run.findings)) if run.findings else page.t("control.nothing_found")


def _findings_as_file(page: Page, run: CheckRun) -> Response:
    heads = [page.t(f"control.{name}") for name in ("kind", "where", "message")]
    told = (_told(page, finding) for finding in run.findings)
    return page.csv("controle", heads, ((one.title, one.where, one.message) for one in told))


def _runs_as_file(page: Page, runs: list[CheckRun]) -> Response:
    heads = [page.t(f"control.{name}") for name in ("at", "by", "entries", "head", "findings")]
    return page.csv("controles", heads, ((r.at, r.by, r.entries, r.head, len(r.findings)) for r in runs))
