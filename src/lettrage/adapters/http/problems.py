"""What a call that cannot be carried out is answered: a problem document (RFC 9457), or Divalto's envelope."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from lettrage.catalogue import CATALOGUE
from lettrage.refusal import Language, Refusal, Stop
from lettrage.settlement.answer import envelope, reason_shape

WEBSERVICE = "/webservice"
API = "/api/v1"
PROBLEMS = f"{API}/problems"  # where the type of a problem is explained
RETRY_SECONDS = "1"
UNTOLD = "…"  # in the place of a database's address

Reason = dict[str, str]  # in the shape of `reason_shape`

TITLES = {
    400: ("Appel mal formé", "Malformed call"),
    401: ("Appelant inconnu", "Unknown caller"),
    403: ("Action non permise", "Not allowed"),
    404: ("Introuvable", "Not found"),
    405: ("Méthode non admise", "Method not accepted"),
    408: ("Appel trop lent", "Call too slow"),
    409: ("Refusé par l'état des livres", "Refused by the state of the books"),
    413: ("Contenu trop grand", "Content too large"),
    415: ("Type de contenu non admis", "Content type not accepted"),
    421: ("Nom de serveur inconnu", "Unknown host name"),
    422: ("Contenu refusé", "Content refused"),
    429: ("Trop d'essais", "Too many attempts"),
    431: ("En-têtes trop grands", "Header fields too large"),
    500: ("Erreur interne", "Internal error"),
    503: ("Service indisponible", "Service unavailable"),
}

# Codes whose status does not follow from their family.
_STATUS = {
    "too_large": 413,
    "too_many_settlements": 413,
    "too_many_details": 413,
    "unknown_dossier": 403,
    "no_such_number": 404,
    "no_such_task": 404,
    "no_such_document": 404,
    "no_such_invoice": 404,
    "not_sent": 404,
    "key_reused": 409,
    "keys_differ": 400,
    "malformed_key": 400,
    "syntax": 400,
    "empty_document": 400,
    "not_text": 400,
    "too_deep": 400,
}
_BY_RESULTCODE = {0: 422, 1: 422, 2: 422, 3: 409}


class Problem(Exception):
    """A call that is answered with a problem: its HTTP status, every reason, and headers of its own.

    `trouble`: what the store said, for the log alone.
    """

    def __init__(self, status: int, *reasons: Refusal | Reason, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.reasons = [reason_shape(r) if isinstance(r, Refusal) else r for r in reasons]
        super().__init__(", ".join(reason["code"] for reason in self.reasons))
        self.headers = dict(headers or {})
        self.trouble: Refusal | None = None
        if status in (429, 503):
            self.headers.setdefault("Retry-After", RETRY_SECONDS)


def status_of(code: str) -> int:
    """The HTTP status that a reason alone gives."""
    return _STATUS.get(code) or _BY_RESULTCODE[CATALOGUE[code].resultcode]


def problem_of(stop: Stop) -> Problem:
    """The problem of a call that could not be carried out. Where the store is, and what it is called, stays here."""
    status = stop.error if stop.error in TITLES else status_of(stop.refusal.code)
    if status != 503:
        return Problem(status, stop.refusal)
    problem = Problem(status, msgspec.structs.replace(stop.refusal, path="", seen=UNTOLD))
    problem.trouble = stop.refusal
    return problem


def refused(reasons: Sequence[Reason], absent: str = "") -> Problem:
    """The problem of an act that was refused: 404 where `absent` is a reason, 409 where the books are one, else 422."""
    codes = {reason["code"] for reason in reasons}
    if absent in codes:
        return Problem(404, *reasons)
    return Problem(409 if 409 in map(status_of, codes) else 422, *reasons)


def sentence(reason: Reason, language: Language) -> str:
    """What is wrong and how to mend it, in one line."""
    return f"{reason['fr']} {reason['fix']}" if language == "fr" else f"{reason['en']} {reason['fix_en']}"


def problem_response(problem: Problem, path: str, language: Language, reference: str) -> Response:
    """The answer, in the shape that callers of this path read."""
    if path == WEBSERVICE:
        text = envelope(problem.status, "", sentence(problem.reasons[0], "fr"))
        return Response(text, problem.status, problem.headers, "application/json")
    shape = problem_shape(problem, language, reference)
    headers = problem.headers | {"Content-Language": language}
    return Response(msgspec.json.encode(shape), problem.status, headers, "application/problem+json")


def problem_shape(problem: Problem, language: Language, reference: str) -> dict[str, Any]:
    """A problem document: the standard's members, our code, and every reason as settlements give it."""
    first = problem.reasons[0]
    return {
        "type": f"{PROBLEMS}/{first['code']}",
        "title": TITLES[problem.status][language == "en"],
        "status": problem.status,
        "detail": sentence(first, language),
        "instance": f"urn:request:{reference}",
        "code": first["code"],
        "reasons": problem.reasons,
    }


_RANGE = re.compile(r"\s*+([a-z*]{1,8})(?:-[a-z0-9-]*+)?\s*+(?:;\s*+q=([01](?:\.\d{0,3})?))?\s*+", re.IGNORECASE)


def language_of(accepted: str) -> Language:
    """French or English, whichever `Accept-Language` weighs more; French where it names neither."""
    weights = {"fr": 0.0, "en": 0.0}
    for part in accepted.split(",")[:20]:
        if (found := _RANGE.fullmatch(part)) and (name := found[1].lower()) in weights:
            weights[name] = max(weights[name], float(found[2] or 1))
    return "en" if weights["en"] > weights["fr"] else "fr"
