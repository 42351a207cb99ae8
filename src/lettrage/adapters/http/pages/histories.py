"""The life of an invoice as a page tells it: when, what, by whom, with the platform's own code beside the word."""

from collections.abc import Mapping, Sequence

import msgspec

from lettrage.adapters.http.pages.invoice_case import Case
from lettrage.adapters.http.pages.states import Kind, kind_of, word_of
from lettrage.adapters.http.pages.words import known, words
from lettrage.invoicing.doors import door_of, is_approved
from lettrage.invoicing.explaining.standing import explained_shape
from lettrage.invoicing.explaining.story import Point
from lettrage.refusal import Language

_OUTCOMES: Mapping[str, Kind] = {"waits": "run", "accepted": "good", "rejected": "bad", "given_up": "bad"}
_KINDS: Mapping[str, Kind] = {"paid": "good", "reconciled": "good"}


class Why(msgspec.Struct, frozen=True):
    """Why a status was given, or ours refused: what it means, what it usually comes from, what to do."""

    code: str
    said: str
    cause: str
    fix: str


class Line(msgspec.Struct, frozen=True):
    """A line of the history. `source`: ours, flow, status, said, paid, reconciled; `code` is "" for what is our own
    word. `again`: the number of a message of ours that was refused, and may be told again."""

    point: Point
    word: str
    code: str
    source: str
    by: str
    said: str
    kind: str
    href: str
    again: str
    reasons: tuple[Why, ...]
    asked: tuple[str, ...]


def history(case: Case, points: Sequence[Point], language: Language) -> list[Line]:
    """Everything that happened, the latest first; how the document came in is told elsewhere on the page."""
    by = {one.deposit.document: one.by for one in reversed(case.placed)}
    return [_line(point, by, language, case) for point in reversed(points) if point.kind != "made"]


def _line(point: Point, by: Mapping[int, str], language: Language, case: Case) -> Line:
    own = point.kind in ("ours", "paid", "reconciled")
    person = by.get(point.document, "") if point.code in ("intended", "sent_again") else ""
    kind = _OUTCOMES.get(point.outcome) or _KINDS.get(point.kind) or kind_of(point.called or point.code)
    refused = point.outcome in ("rejected", "given_up") and not point.back
    reasons = tuple(_why(explained_shape(one), language) for one in point.reasons)
    return Line(
        point,
        word_of(point.called or point.code, language, door_of(case.platform)),
        "" if own else point.code,
        _source(point, case),
        person or _who(point, language),
        "" if reasons else point.beside(language),
        kind,
        _href(point),
        point.reference if refused else "",
        reasons,
        tuple(action.fr if language == "fr" else action.en for _, action in point.asked),
    )


def _who(point: Point, language: Language) -> str:
    """Who said a status: by name, else by what it is to the invoice; "" where nobody else did it."""
    if point.kind != "status":
        return point.by if point.kind == "reconciled" else ""
    name, _, role = point.by.rpartition(" ")
    key = f"invoice.role_{role}"
    return name or words(language, key) if known(key) else point.by


def _source(point: Point, case: Case) -> str:
    """Who tells it: the words `invoice.source_...`."""
    if point.kind in ("flow", "status"):
        return "approved" if is_approved(case.platform) else "history"
    return "ours"


def _href(point: Point) -> str:
    """Where more of it stands."""
    return f"/transactions/{point.reference}" if point.kind == "paid" else ""


def _why(shape: Mapping[str, str], language: Language) -> Why:
    return Why(shape["code"], shape[language], shape.get(f"cause_{language}", ""), shape[f"fix_{language}"])
