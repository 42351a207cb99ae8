"""Storm over the client of Chorus Pro: whatever the platform answers, a trouble or exactly what it said.

    python -m tests.storms.malformed_answers --count 2000 --seed 7
    python -m tests.storms.malformed_answers --count 200 --planted json_trusted     # must fail

A real server on this machine answers each call of the port with a sound answer that was damaged at random: values of
another kind, HTML, cut, huge, nested, in another encoding, empty, with pages that never end. A run fails on any
exception but Trouble, on a reading in doubt or a write that is not, and on a state, a flow number or an amount that the
answer does not hold word for word; it then prints the seed and the answer.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import msgspec

from lettrage.adapters.calling.answers import Answer as Read
from lettrage.adapters.calling.answers import Numeral
from lettrage.adapters.chorus import portal as portal_module
from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.invoicing.portal import FlowReport, Recycled, Trouble
from lettrage.limits import PLATFORM_ANSWER_BYTES
from tests.chorus.setting_up import Answer, place, settings_at
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form, say

KINDS = {
    "reading": {"garbled", "refused", "gateway", "maintenance", "settings", "quota"},
    "write": {"unknown", "refused", "gateway", "maintenance", "settings", "quota", "garbled"},
}
DONE = {"codeRetour": 0, "libelle": "TRA_MSG_00.000"}
PAGED = {"parametresRetour": {"pageCourante": 1, "pages": 1, "total": 1, "nbResultatsParPage": 10}}
INVOICE = {
    "identifiantFactureCPP": 8420001,
    "numeroFacture": "F1",
    "statut": "MISE_A_DISPOSITION",
    "dateHeureEtatCourant": "2026-09-14T22:57:02+02:00",
    "dateFacture": "2026-09-14",
    "montantTTC": 1200.500001,
    "numeroFluxDepot": "CPP0011100000000000000001",
    "commentaireEtatCourant": None,
}
EVENT = {"histoStatutId": 1, "histoStatutCode": "DEPOSEE", "histoStatutDatePassage": "2026-09-14 22:57"}
STRUCTURE = {"idStructureCPP": 1, "identifiantStructure": "12345678200051", "statut": "ACTIVE"}
SERVICE = {"idService": 1, "codeService": "S1", "libelleService": "Service", "estActif": True}
DEMANDS = {"parametres": {"codeServiceDoitEtreRenseigne": True, "numeroEJDoitEtreRenseigne": False}}
REPORT = {
    "etatCourantDepotFlux": "IN_REJETE",
    "dateHeureEtatCourantFlux": "2026-09-14T22:57:02+02:00",
    "listeErreurDP": [{"numeroDP": "F1", "libelleErreurDP": "Le code service n'existe pas"}],
    "listeErreurTechnique": None,
}


@dataclass(frozen=True)
class Asked:
    """A call of the port: what to do, what its services answer by the end of their paths, what it may meet.

    `states`: what of the result must stand in the answer word for word.
    """

    name: str
    call: Callable[[ChorusPortal], Any]
    answers: dict[str, dict[str, Any]]
    kind: str = "reading"
    states: Callable[[Any], list[str]] = field(default=lambda _result: [])


CALLS = (
    Asked(
        "deposit",
        lambda portal: portal.deposit(b"<x/>", "f.xml", "IN_DP_E1_UBL_INVOICE"),
        {"deposer/flux": DONE | {"numeroFluxDepot": "CPP0011100000000000000001", "dateDepot": "2026-09-14"}},
        "write",
        lambda taken: [taken.flow],
    ),
    Asked(
        "flow",
        lambda portal: portal.flow("CPP1"),
        {"consulterCRDetaille": DONE | REPORT},
        states=lambda report: [report.state, *(e.number for e in report.documents if e.number)] if report.known else [],
    ),
    Asked(
        "find",
        lambda portal: portal.find(number="F1"),
        {"rechercher/fournisseur": DONE | {"listeFactures": [INVOICE]} | PAGED},
        states=lambda found: [text for one in found for text in (one.status, one.id, one.number)],
    ),
    Asked(
        "history",
        lambda portal: portal.history("8420001"),
        {"historique": DONE | {"historiquesDesStatuts": {"histoStatut": [EVENT], **PAGED["parametresRetour"]}}},
        states=lambda events: [event.code for event in events],
    ),
    Asked(
        "structure",
        lambda portal: portal.structure("12345678200051"),
        {
            "structures/v1/rechercher": DONE | {"listeStructures": [STRUCTURE]} | PAGED,
            "structures/v1/consulter": DONE | DEMANDS,
            "rechercher/services": DONE | {"listeServices": [SERVICE]} | PAGED,
        },
        states=lambda found: [found.id, *(service.code for service in found.services)] if found else [],
    ),
    Asked("complete", lambda portal: portal.complete("1", "x"), {"completer": DONE}, "write"),
    Asked("recycle", lambda portal: portal.recycle("1", Recycled("1")), {"recycler": DONE}, "write"),
)
WRONG: tuple[Any, ...] = (
    None, "", " ", "x", "\ud800", "\x00", -1, 0, 1, 10**30, 3.5, 1e300, True, False, [], {}, [[]], [None], ["x"], [{}],
    {"x": None}, "9" * 300, "2026-02-30", "9999-12-31T23:59:59-23:59", "0001-01-01", "١٢٣", "NaN",
)  # fmt: skip
PLAIN_STATUSES = (200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 413, 418, 429, 500, 502, 503, 504, 505, 520)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON value that could hold another one."""
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, key) for key, _ in pairs] + [inner for _, below in pairs for inner in places(below)]


def twisted(answer: dict[str, Any], dice: random.Random) -> bytes:
    value = json.loads(json.dumps(answer))
    for _ in range(dice.randint(1, 3)):
        holder, key = dice.choice(places(value) or [(value, "x")])
        if dice.random() < 0.3 and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = deepcopy(dice.choice(WRONG))
        if not value:
            break
    return json.dumps(value).encode()


def cut(answer: dict[str, Any], dice: random.Random) -> bytes:
    data = json.dumps(answer).encode()
    return data[: dice.randrange(len(data))]


def endless(answer: dict[str, Any], dice: random.Random) -> bytes:
    paging = {"pageCourante": dice.choice((1, -1, 0, 7, "x")), "pages": dice.choice((2, -3, 10**9, "x", 10**40))}
    return json.dumps(answer | {"parametresRetour": paging} | paging).encode()


def bytes_changed(answer: dict[str, Any], dice: random.Random) -> bytes:
    data = bytearray(json.dumps(answer).encode())
    for _ in range(dice.randint(1, 4)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


DAMAGES: dict[str, Callable[[dict[str, Any], random.Random], bytes]] = {
    "twisted": twisted,
    "cut": cut,
    "endless": endless,
    "bytes": bytes_changed,
    "html": lambda _answer, _dice: b"<!DOCTYPE html><html><body>Portail indisponible</body></html>",
    "empty": lambda _answer, _dice: b"",
    "utf-16": lambda answer, _dice: json.dumps(answer).encode("utf-16"),
    "latin-1": lambda answer, _dice: json.dumps(answer | {"libelle": "é"}, ensure_ascii=False).encode("latin-1"),
    "nested": lambda _answer, _dice: b'{"a":' * 100_000,
    "huge": lambda _answer, _dice: b'{"a":"' + b"x" * (PLATFORM_ANSWER_BYTES + 1),
    "another": lambda _answer, dice: dice.choice((b"null", b"[]", b'"x"', b"1", b"true", b"NaN", b'{"codeRetour":0}')),
    "refused": lambda _answer, _dice: b'{"codeRetour": 20001, "libelle": "GDP_MSG_11.005 - x"}',
    "half": lambda answer, _dice: json.dumps(answer | {"codeRetour": None}).encode(),
}
SELDOM = {"huge": 0.01, "nested": 0.1}


def storm(rounds: int, seed: int) -> Counter[str]:
    """Damage so many answers; how often each damage led to what. Raises BrokenPromiseError."""
    dice = random.Random(seed)
    outcomes: Counter[str] = Counter()
    served: dict[str, Answer] = {}

    def answer(path: str) -> Answer:
        return next(said for end, said in served.items() if path.endswith(end))

    with place(answer) as url:
        calls = Calls(settings_at(url), sleep=lambda _seconds: None)
        portal = ChorusPortal(Piste(calls))
        try:
            for number in range(rounds):
                asked = dice.choice(CALLS)
                damage = dice.choice([name for name in DAMAGES if dice.random() < SELDOM.get(name, 1)])
                damaged = dice.choice(list(asked.answers))
                body = DAMAGES[damage](asked.answers[damaged], dice)
                status = dice.choice(PLAIN_STATUSES) if damage != "twisted" else 200
                sound: dict[str, Answer] = {
                    end: (200, {}, json.dumps(said).encode()) for end, said in asked.answers.items()
                }
                served.clear()
                served.update(sound | {damaged: (status, {}, body if status != 204 else b"")})
                where = f"seed {seed}, round {number}: {asked.name}, {damage}, {status} {body[:2_000]!r}"
                outcomes[f"{damage}: {_judged(asked, portal, body, where)}"] += 1
        finally:
            calls.close()
    return outcomes


def _judged(asked: Asked, portal: ChorusPortal, body: bytes, where: str) -> str:
    try:
        result = asked.call(portal)
    except Trouble as trouble:
        if trouble.kind not in KINDS[asked.kind] or trouble.step == "token":
            raise BrokenPromiseError(f"{where}: {trouble!r}") from None
        return trouble.kind
    except Exception as error:
        raise BrokenPromiseError(f"{where}: {error!r}") from error
    said = _texts(body, asked)
    for state in asked.states(result):
        if state not in said or not state.isprintable():
            raise BrokenPromiseError(f"{where}: {state!r} was not said")
    with suppress(TypeError):
        msgspec.json.encode(result)
    return "read"


def _texts(body: bytes, asked: Asked) -> set[str]:
    """Every text and number that the answers hold, as the program may show it."""
    found: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, dict | list):
            for inner in value.values() if isinstance(value, dict) else value:
                collect(inner)
        elif isinstance(value, str):
            found.update((value.strip(), "".join(c if c.isprintable() else " " for c in value)))

    for data in (body, *(json.dumps(said).encode() for said in asked.answers.values())):
        with suppress(ValueError, RecursionError):
            collect(json.loads(data, parse_int=str, parse_float=str))
    return found


# ---------------------------------------------------------------- planted bugs


def json_trusted() -> AbstractContextManager[object]:
    """Whatever came is JSON, and an object."""

    def careless(data: bytes, _mask: object = None) -> Read:
        return Read(json.loads(data, parse_int=Numeral, parse_float=Numeral))

    return mock.patch("lettrage.adapters.calling.exchange.read", careless)


def state_guessed_at() -> AbstractContextManager[object]:
    """A report that cannot be read is taken for the usual one."""
    return mock.patch.object(portal_module, "_report", return_value=FlowReport("IN_INTEGRE"))


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "json_trusted": json_trusted,
    "state_guessed_at": state_guessed_at,
}


# ---------------------------------------------------------------- the command


def run(count: int, seed: int, planted: str = "") -> str:
    """So many malformed answers. Raises BrokenPromiseError."""
    with PLANTED[planted]():
        outcomes = storm(count, seed)
    for outcome, times in sorted(outcomes.items()):
        say(f"{times:6} {outcome}")
    return f"{count:,} malformed answers, 0 unhandled, 0 wrong states"


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "D5",
        lambda given, bug: run(given.count, given.seed, bug),
        PLANTED,
        options={"count": 2_000},
        trial={"count": 2_000},  # a report is what is damaged in one of ninety
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
