"""The web service in the test's own process, each route with what it does and a content that it takes."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import mock

import httpx
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from lettrage.adapters.http import door
from lettrage.adapters.http.app import Faces, application
from lettrage.adapters.http.door import Door
from lettrage.adapters.http.edge import Edge
from lettrage.adapters.http.figures import Figures
from lettrage.adapters.http.house import House, Invoicing
from lettrage.adapters.pdf.report import report_pdf
from lettrage.adapters.pdf.slips import slip_pdf
from lettrage.adapters.pdf.statement import statement_pdf
from lettrage.adapters.rules import SheetRules
from lettrage.adapters.rules.payment_reports import judge
from lettrage.commands.checking import checked_kept
from lettrage.commands.platforms import Platforms
from lettrage.commands.rendering import rendered
from tests.bank.files import Move, camt
from tests.journeys.helpers import Firm, header, pays
from tests.payments.answer_of import pain_002

# Routes that anybody may call: they say nothing of any company.
OPEN = {"/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/problems/{code}"}
SIGNED = {"/hooks/{dossier}/{platform}"}  # the signature is the proof; without one nobody learns anything
DIVALTO = "/webservice"
MANY = 1_000_000


@dataclass(frozen=True)
class Route:
    """A method on a path. `name`: what does the work; `action`: what the caller must be allowed, "" when open."""

    method: str
    path: str
    name: str
    action: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def edge_of(firm: Firm) -> Edge:
    """The whole service on a firm's books, whose door counts no wrong tokens."""
    with mock.patch.object(door, "WRONG_TOKENS", MANY):
        house = House(
            firm.store,
            firm.store,
            firm.clock,
            Door(firm.store),
            Figures(),
            lambda: False,
            slip_pdf,
            statement_pdf,
            report_pdf,
            Invoicing(rendered, Platforms(), partial(checked_kept, firm.store), judge, SheetRules()),
        )
        return application(house, [], _quiet, _quiet)


def _quiet(*_said: object, **_facts: object) -> None:
    """Nothing is logged."""


class Client:
    """Calls a service in this process, one call after the other."""

    def __init__(self, firm: Firm) -> None:
        self.edge = edge_of(firm)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, **more))

    async def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.edge, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **more)


def routes(edge: Edge) -> list[Route]:
    """Every route, as often as it has methods."""
    faces = edge._app
    assert isinstance(faces, Faces)
    found = []
    for route in faces.api.routes:
        assert isinstance(route, APIRoute), f"{route} is no route that the tests know to ask"
        action = "settle" if route.path == DIVALTO else "".join(_actions(route.dependant))
        found += [Route(method, route.path, route.name, action) for method in sorted(route.methods or ())]
    return found


def _actions(dependant: Dependant) -> Iterator[str]:
    for inner in dependant.dependencies:
        if (action := getattr(inner.call, "action", None)) is not None:
            yield action
        yield from _actions(inner)


# What each route that takes a content is sent; what stands in the path.
CONTENTS: dict[str, Any] = {
    "webservice": {"EnteteReglementtb": [{"EnteteReglement": header("PORCHQ", "100.00", pays("3", "100.00"))}]},
    "settlements": {
        "settlements": [
            {
                "direction": "encashment",
                "third_party": "C1",
                "amount": "100.00",
                "currency": "EUR",
                "state_change": "PORCHQ",
                "details": [{"third_party": "C1", "piece": "3", "amount": "100.00"}],
            }
        ]
    },
    "cancel": {"reason": "wrong customer"},
    "unpaid": {},
    "make_slip": {"bank": "BNP"},
    "cancel_slip": {},
    "claim_interest": {},
    "make_payment": {"bank": "BNP", "kind": "transfers"},
    "pay_due": {"bank": "BNP", "until": "2024-12-31"},
    "cancel_payment": {"reason": "not sent"},
    "payment_executed": {},
    "payment_answer": pain_002("998-20241021-000001", ("998-000001-00001", "RJCT", "AC04")).decode(),
    "bank_import": camt([Move(1)], iban="FR7630004000031234567890143", start="2024-10-11", end="2024-10-20").decode(),
    "bank_accept": {"account": "471000"},
    "bank_undo": {"reason": "x"},
    "make_lettering": {"account": "445800", "lines": ["2024-000006/3", "2024-000008/2"]},
    "undo_lettering": {"reason": "x"},
    "declare": {"by_hand": True},
    "report_refused": {"reason": "x"},
    "say_status": {"status": "220"},
    "declare_receipts": {},
    "tell_again": {},
    "add_draft": {"label": "x", "lines": [{"account": "613200", "debit": "5.00"}]},
    "change_draft": {"lines": []},
    "drop_draft": {},
    "validate": {"drafts": ["1"]},
    "reverse": {"reason": "x"},
    "lock": {"month": "2023-07"},
    "unlock": {"month": "2023-06", "reason": "x"},
    "close_year": {},
    "offset": {"third_party": "C1", "pieces": ["3"], "advances": ["6"]},
    "export_fec": {"year": "2024"},
    "judge_fec": "JournalCode",
    "close_task": {"transaction": "2", "piece": "1", "credit_note": "A1"},
    "register": {
        "number": "D2",
        "date": "2024-09-20",
        "due_date": "2024-10-20",
        "buyer": "C1",
        "lines": [{"name": "Porte", "price": "100", "vat_rate": "20"}],
    },
    "import_": {
        "invoices": [
            {
                "number": "D3",
                "type": "381",
                "date": "2024-09-20",
                "buyer": "C1",
                "lines": [{"name": "Porte", "price": "100", "vat_rate": "20"}],
            }
        ]
    },
    "send": {"force": True},
    "resend": {},
    "follow": {},
    "release": {"received": False},
    "load": {"dossiers": [{"code": "998", "name": "Renommée", "currency": "EUR"}]},
    "choose_route": {"door": "none"},
    "refresh_route": {},
    "set_chorus": {"settings": {"application": "APP"}},
    "test_chorus": {},
    "set_platform": {"settings": {"organization": "ORG"}},
    "test_platform": {},
    "add_user": {"name": "Zoé", "role": "reader"},
    "new_token": {"name": "till", "role": "reader"},
    "revoke_token": {"shown": "lettrage_OTk5_12345678"},
    "close_user": {},
}
NUMBERS = {"number": "1", "name": "nobody", "code": "C1", "report": "aged", "letter": "M1", "period": "2026-10"}


def ask(
    client: Client, route: Route, token: str, dossier: str = "", numbers: dict[str, str] = NUMBERS
) -> httpx.Response:
    """Call a route as it wants to be called; the answer."""
    headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
    content: Any = CONTENTS.get(route.name)
    if route.name == "webservice":
        content = {"action": {"parameters": {"dos": dossier}}, "data": content}
        dossier = ""
    if route.name in ("add_user", "new_token") and dossier:
        content, dossier = content | {"dossier": dossier}, ""
    if route.name == "load" and dossier:
        content = {"dossiers": [content["dossiers"][0] | {"code": dossier}]}
    if isinstance(content, str):  # XML
        headers, content = headers | {"Content-Type": b"application/xml"}, content.encode()
    elif content is not None:
        headers, content = headers | {"Content-Type": b"application/json"}, json.dumps(content).encode()
    return client.request(
        route.method,
        route.path.format(**numbers),
        params={"dossier": dossier} if dossier else {},
        headers=headers,
        content=content,
    )
