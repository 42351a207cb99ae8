"""A document received: each settlement with what became of it, a refused one in its caller's own text."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts.handled import Handle
from lettrage.adapters.http import modern
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.sent_text import Motive, Reading, Row, Shown, decoded, motive, reading, sent_text
from lettrage.adapters.http.pages.settlements import kind_word
from lettrage.adapters.http.pages.tried import Tried, tried
from lettrage.adapters.http.problems import Problem
from lettrage.books.received import Fate, Received
from lettrage.company.dossier import Company
from lettrage.dates import PARIS
from lettrage.limits import TEXT_CHARACTERS
from lettrage.money import currency
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.answer import answered, log_lines
from lettrage.settlement.document import Document, Outcome, Parameters, Plan, Remark, Settlement

router = APIRouter()

VIEWS = ("", "texte", "reponse", "livre")
SHOWN_WHOLE = 400_000  # characters of a text that is put into a page; a longer one is a file to keep


class Line(msgspec.Struct, frozen=True):
    """One settlement in the table: as its caller wrote it, and what became of it. `minor`: None for no clear amount."""

    fate: Fate
    rank: int
    third_party: str
    name: str
    change: str
    target: str
    minor: int | None
    currency: str
    amount: str
    advance: bool
    first: str  # the first reason against it


class Case(msgspec.Struct, frozen=True):
    """The document with everything that the page shows of it."""

    received: Received
    reading: Reading
    company: Company
    names: dict[str, str]

    def line(self, fate: Fate, page: Page) -> Line:
        """A settlement in the table."""
        said = self.reading.settlement(fate.position)
        change = self.company.changes.get(said.change) if said else None
        money = _money(said, self.company)
        return Line(
            fate,
            fate.position + 1,
            said.third_party if said else "",
            self.names.get(said.third_party, "") if said else "",
            said.change if said else "",
            change.target if change else (said.final if said else ""),
            *money,
            advance=said is not None and {detail.operation for detail in said.details} == {"WAR"},
            first=motive(1, fate.reasons[0], page.language).title if fate.reasons else "",
        )


def _money(said: Settlement | None, company: Company) -> tuple[int | None, str, str]:
    """The amount of a settlement: minor units and currency, else the figure as it was written."""
    figure = (said.amount or said.home) if said else None
    if said is None or figure is None:
        return None, "", ""
    of = currency(said.currency) if said.currency and said.amount else company.currency
    minor = figure.minor(of) if of else None
    return minor, of.code if of else "", figure.text


# ---------------------------------------------------------------- looking


@router.get("/reglements/documents/{number}")
def document(page: Annotated[Page, seen_by("read_logbook")], number: str) -> Response:
    """A document received, or an act that was asked for."""
    case = _case(page, number)
    view = page.query.one("vue", VIEWS, "")
    if page.query.flag("fichier"):
        return page.file(case.received.raw, f"document-{case.received.id}.txt", "text/plain; charset=utf-8")
    if case.received.kind != "settlement":
        return _act(page, case.received)
    if view:
        return page.show(f"received/{view}.html", title=_title(page, case), case=case, **_view(page, case, view))
    return _shown(page, case, _chosen(page, case))


def _case(page: Page, number: str) -> Case:
    """Raises Problem for a document that is not there."""
    wanted = int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0
    with page.books() as books:
        received = books.document_received(wanted) if wanted else None
        if received is None:
            raise Problem(404, Refusal("no_such_document", "document", quoted(number)))
        read = reading(decoded(received.raw)) if received.kind == "settlement" else Reading(None)
        said = read.document.settlements if read.document else ()
        names = books.names({one.third_party for one in said if one.third_party})
        return Case(received, read, books.company, names)


def _chosen(page: Page, case: Case) -> Fate | None:
    """The settlement asked for; else the first that waits, else the first refused."""
    fates, rank = case.received.fates, page.query.number("rang")
    named = [fate for fate in fates if fate.position + 1 == rank]
    waiting = [fate for fate in fates if fate.waits]
    refused = [fate for fate in fates if fate.reasons]
    return next(iter(named or waiting or refused), None)


def _shown(
    page: Page, case: Case, chosen: Fate | None, attempt: Tried | None = None, errors: Sequence[tuple[str, str]] = ()
) -> Response:
    received = case.received
    after = page.after("documents", received.id)
    start = int(after[0]) + 1 if after else 0
    fates = received.fates[start : start + page.rows]
    last = (fates[-1].position,) if start + page.rows < len(received.fates) else None
    refused = [fate for fate in received.fates if fate.reasons]
    return page.show(
        "received/page.html",
        422 if errors else 200,
        title=_title(page, case),
        case=case,
        refused=len(refused),
        stay=[fate.shown_number for fate in received.fates if not fate.reasons],
        lines=[case.line(fate, page) for fate in fates],
        pager=page.pager(len(fates), last, "documents", received.id, total=len(received.fates)),
        chosen=chosen,
        attempt=attempt,
        following=next((fate.position + 1 for fate in refused if chosen and fate.position > chosen.position), 0),
        errors=list(errors),
        **_explained(page, case, chosen),
    )


def _explained(page: Page, case: Case, chosen: Fate | None) -> dict[str, Any]:
    """What is shown of the chosen settlement: its lines, its reasons, the way on."""
    rows: list[Row] = []
    motives: list[Motive] = []
    text, span, hand = "", (0, 0), ""
    said = case.reading.settlement(chosen.position) if chosen else None
    sent = sent_text(decoded(case.received.raw)) if said else None
    if chosen and said and sent:
        shown = Shown(sent, said)
        rows, motives = shown.rows(chosen.reasons), shown.motives(chosen.reasons, page.language)
        text, span = shown.text, shown.lines if shown.spot else (0, 0)
    elif chosen:
        motives = [motive(n, reason, page.language) for n, reason in enumerate(chosen.reasons, 1)]
    if chosen and chosen.waits:
        hand = _by_hand(case, chosen, said)
    return {"rows": rows, "motives": motives, "text": text, "span": span, "hand": hand, "said": said}


def _by_hand(case: Case, chosen: Fate, said: Settlement | None) -> str:
    """The entry by hand, filled in with what can be read of the settlement."""
    query: dict[str, object] = {"document": case.received.id, "ligne": chosen.position}
    if said is not None:
        figure = said.amount or said.home
        query |= {
            "client": said.third_party,
            "montant": figure.text if figure else "",
            "devise": said.currency,
            "date": f"{said.date:%d/%m/%Y}" if said.date else "",
            "moyen": said.change,
            "libelle": said.label,
            "pieces": ",".join(dict.fromkeys(detail.piece for detail in said.details if detail.piece)),
        }
    return "/reglements/saisie?" + urlencode({name: value for name, value in query.items() if value != ""})


def _title(page: Page, case: Case) -> str:
    return page.t("received.title", number=case.received.id)


# ---------------------------------------------------------------- text, answer, logbook


def _view(page: Page, case: Case, view: str) -> dict[str, Any]:
    received = case.received
    if view == "texte":
        text = received.text
        return {"text": text if len(text) <= SHOWN_WHOLE else ""}
    if view == "reponse":
        answer = _answer(case)
        return {"answer": answer if len(answer) <= SHOWN_WHOLE else "", "kept": bool(received.answer)}
    return {
        "lines": log_lines(_outcomes(received), _remarks(received), dry_run=False),
        "warnings": _warnings(page, case),
    }


def _answer(case: Case) -> str:
    """The answer as its caller got it: kept under its key, else made again from what is kept."""
    received = case.received
    text = received.answer
    if not text:
        document = case.reading.document or Document(Parameters(), (), "", ())
        today = datetime.fromisoformat(received.received_at).astimezone(PARIS).date()
        plan = Plan(_outcomes(received), (), _remarks(received))
        text = answered(document, plan, case.company.currency, today, dry_run=False).text
    if case.reading.own:
        with suppress(Problem):
            text = msgspec.json.encode(modern.answer(text)).decode()
    return text


def _outcomes(received: Received) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(f.position, f.number, f.shown_number, f.transaction, f.order, f.reasons, f.replayed)
        for f in received.fates
    )


def _remarks(received: Received) -> tuple[Remark, ...]:
    return tuple(Remark(position, refusal) for position, refusal in received.remarks)


def _warnings(page: Page, case: Case) -> list[tuple[str, Motive]]:
    """What was remarked upon: the settlement ("" for the whole document) and what there is to say."""
    numbers = {fate.position: fate.shown_number for fate in case.received.fates}
    return [
        (numbers.get(position, "") if position is not None else "", motive(0, refusal, page.language))
        for position, refusal in case.received.remarks
    ]


def _act(page: Page, received: Received) -> Response:
    """An act: what was asked, and every reason against it."""
    reasons = [motive(n, refusal, page.language) for n, (_, refusal) in enumerate(received.remarks, 1)]
    title = page.t("received.act_title", number=received.id)
    kind = kind_word(page, received.kind)
    return page.show("received/act.html", title=title, received=received, reasons=reasons, kind=kind)


# ---------------------------------------------------------------- acting


@router.post("/reglements/documents/{number}/essai")
def attempt(page: Annotated[Page, posted_by("settle")], number: str) -> Response:
    """Try a correction of one settlement: judged and planned as if it came now, and nothing is stored."""
    case = _case(page, number)
    chosen = _fate(page, case)
    said = case.reading.settlement(chosen.position)
    sent = sent_text(decoded(case.received.raw))
    if said is None or sent is None:
        return _shown(page, case, chosen, errors=[("", page.t("received.not_found"))])
    return _shown(page, case, chosen, tried(page, case.reading, sent, said, page.form.raw("texte")))


@router.post("/reglements/documents/{number}/traite")
def handle(page: Annotated[Page, posted_by("settle")], number: str) -> Response:
    """Mark a refused settlement as dealt with, with a word why."""
    case = _case(page, number)
    chosen, why = _fate(page, case), page.form.text("pourquoi")
    if not why or len(why) > TEXT_CHARACTERS:
        key = "why_missing" if not why else "why_long"
        return _shown(page, case, chosen, errors=[("pourquoi", page.t(f"received.{key}", most=TEXT_CHARACTERS))])
    done = page.perform(Handle(case.received.id, chosen.position, why, page.who.identity.name))
    if done.result is None:
        return _shown(page, case, chosen, errors=[("", reason[page.language]) for reason in done.reasons])
    said = page.t("received.handled_done", number=chosen.shown_number)
    return page.go(f"/reglements/documents/{case.received.id}?rang={chosen.position + 1}", said)


def _fate(page: Page, case: Case) -> Fate:
    """The settlement that a form is about. Raises Problem where there is none."""
    rank = page.form.text("rang")
    found = [fate for fate in case.received.fates if str(fate.position + 1) == rank]
    if not found:
        raise Problem(404, Refusal("no_such_document", "rang", quoted(rank)))
    return found[0]
