"""The FEC: of which year, what is found in it, the file and its description; and any other file, judged."""

from typing import Annotated

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.adapters.http.filing import Drawn, drawn_up, handed_out, judged
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.states import Kind
from lettrage.books.fec.export import Wanted
from lettrage.books.fec.finding import Finding, Level
from lettrage.books.fec.judge import Verdict
from lettrage.books.fec.writing import Encoding, Separator, Style
from lettrage.refusal import Stop

router = APIRouter()

_SEPARATORS: tuple[Separator, ...] = ("tab", "pipe")
_ENCODINGS: tuple[Encoding, ...] = ("utf-8", "iso-8859-15", "ascii")
_KINDS: dict[Level, Kind] = {"error": "bad", "missing": "bad", "alert": "warn"}


class Told(msgspec.Struct, frozen=True):
    """A finding as people read it."""

    kind: Kind
    level: str
    where: str
    message: str
    fix: str


class Asked(msgspec.Struct, frozen=True):
    """Which file is asked for."""

    year: str = ""
    separator: Separator = "tab"
    encoding: Encoding = "utf-8"
    siren: str = ""


@router.get("/fec")
def fec(page: Annotated[Page, seen_by("read_books")]) -> Response:
    """The years, and what is found in the one that is asked for."""
    query = page.query
    asked = Asked(
        query.text("exercice", 20),
        query.one("separateur", _SEPARATORS, "tab"),
        query.one("encodage", _ENCODINGS, "utf-8"),
        query.text("siren", 20),
    )
    if not asked.year:
        return _shown(page, asked)
    drawn, fault = _drawn(page, asked)
    if drawn is None:
        return _shown(page, asked, fault=fault)
    drawn.file.close()
    return _shown(page, asked, drawn)


@router.post("/fec")
def export(page: Annotated[Page, posted_by("fec")]) -> Response:
    """The file of a year, or its description; a file that would not conform stays here, with what is found in it."""
    form = page.form
    separator: Separator = next((one for one in _SEPARATORS if one == form.text("separateur")), "tab")
    encoding: Encoding = next((one for one in _ENCODINGS if one == form.text("encodage")), "utf-8")
    asked = Asked(form.text("exercice"), separator, encoding, form.text("siren"))
    drawn, fault = _drawn(page, asked)
    if drawn is None:
        return _shown(page, asked, fault=fault)
    if form.text("quoi") == "descriptif":
        drawn.file.close()
        return page.file(drawn.export.description.encode(), drawn.export.description_name, "text/markdown")
    if not drawn.export.verdict.conform:
        drawn.file.close()
        return _shown(page, asked, drawn)
    return handed_out(page.house, page.dossier, page.hand, drawn)


@router.post("/fec/controle")
def judge(page: Annotated[Page, posted_by("read_books")]) -> Response:
    """What is found in a file of any program; nothing of it is kept."""
    given = page.form.file("fichier")
    if given is None:
        return _shown(page, Asked(), missing=page.t("fec.none_chosen"))
    name, content = given
    with page.house.working(content):
        verdict = judged(page.house, content, name[:200])
    return page.show(
        "fec/judged.html", title=name[:200], verdict=verdict, findings=_told(page, verdict), standing=_standing(verdict)
    )


def _drawn(page: Page, asked: Asked) -> tuple[Drawn | None, str]:
    """The file, or why there is none."""
    try:
        style = Style(asked.separator, asked.encoding)
        return drawn_up(page.house, page.dossier, Wanted(asked.year, style, asked.siren)), ""
    except Stop as stop:
        if stop.refusal.code not in ("unknown_year", "no_siren", "malformed_option"):
            raise
        return None, stop.refusal.say(page.language)


def _shown(page: Page, asked: Asked, drawn: Drawn | None = None, fault: str = "", missing: str = "") -> Response:
    with page.books() as books:
        years, head = books.fec_years(), books.head()
    verdict = drawn.export.verdict if drawn is not None else None
    errors = [("exercice", fault)] if fault else [("fichier", missing)] if missing else []
    return page.show(
        "fec/page.html",
        422 if errors else 200,
        title=page.t("fec.title"),
        choices=[(year, year) for year in dict.fromkeys(filter(None, (*years, asked.year)))],
        asked=asked,
        drawn=drawn.export if drawn is not None else None,
        verdict=verdict,
        findings=_told(page, verdict) if verdict is not None else [],
        standing=_standing(verdict) if verdict is not None else "",
        head=head,
        fault=fault,
        missing=missing,
        errors=errors,
    )


def _standing(verdict: Verdict) -> str:
    """good: nothing found; warn: alerts alone; bad: it does not conform."""
    return "good" if verdict.ok else "warn" if verdict.conform else "bad"


def _told(page: Page, verdict: Verdict) -> list[Told]:
    return [_one(page, finding) for finding in verdict.findings]


def _one(page: Page, finding: Finding) -> Told:
    text = finding.text
    fix = "" if finding.more else text.fix_fr if page.language == "fr" else text.fix_en
    level = page.t(f"fec.level_{text.level}")
    return Told(_KINDS[text.level], level, finding.place(page.language), finding.say(page.language), fix)
