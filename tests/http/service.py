"""A service on a port of its own, in a thread of the test, and a client that calls it as an integrator would."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx

from lettrage.adapters.http.house import Invoicing
from lettrage.adapters.http.server import Server, address_of, listen
from lettrage.adapters.pdf.report import report_pdf
from lettrage.adapters.pdf.slips import slip_pdf
from lettrage.adapters.pdf.statement import statement_pdf
from lettrage.adapters.rules import SheetRules
from lettrage.adapters.rules.payment_reports import judge
from lettrage.adapters.store.grouping import GroupingStore
from lettrage.commands.checking import checked_kept
from lettrage.commands.platforms import Platforms
from lettrage.commands.rendering import rendered
from tests.journeys.helpers import EXAMPLES, Answer, Firm

CHEQUE = EXAMPLES / "1-cheque-two-invoices-and-advance"


class Service:
    """A running service and the lines of its log."""

    def __init__(self, firm: Firm, **options: Any) -> None:
        self.firm = firm
        self.logged: list[dict[str, Any]] = []
        self.store = GroupingStore(firm.store)
        self._platforms = Platforms()
        self._server = Server(
            self.store,
            firm.store,
            firm.clock,
            slip_pdf,
            statement_pdf,
            report_pdf,
            Invoicing(rendered, self._platforms, partial(checked_kept, firm.store), judge, SheetRules()),
            log=self._log,
            warn=self._log,
            **options,
        )
        listening = listen("127.0.0.1", 0)
        self.url = address_of(listening)
        started = Event()
        self._thread = Thread(target=self._server.run, args=(listening, started.set))
        self._thread.start()
        assert started.wait(10)

    def _log(self, event: str, **facts: object) -> None:
        self.logged.append({"event": event, **facts})

    def token(self, role: str = "administrator", dossier: str = "", name: str = "till") -> str:
        """A token of an account of this role."""
        return self.firm.store.accounts.issue(name, role, dossier)

    def client(
        self, role: str = "administrator", dossier: str = "", name: str = "till", **headers: str
    ) -> httpx.Client:
        """A client that carries a token."""
        bearer = {"Authorization": f"Bearer {self.token(role, dossier, name)}"}
        return httpx.Client(base_url=self.url, headers=bearer | headers, timeout=30)

    def stop(self) -> None:
        """Stop and wait for it."""
        self._server.stop()
        self._thread.join(30)
        assert not self._thread.is_alive()
        self._platforms.close()


@contextmanager
def running(firm: Firm, **options: Any) -> Iterator[Service]:
    """A service for as long as the block lasts."""
    service = Service(firm, **options)
    try:
        yield service
    finally:
        service.stop()


def firm_of_example(folder: Path, example: Path = CHEQUE) -> Firm:
    """The company of one of the source's examples."""
    return Firm(folder, *json.loads((example / "load.json").read_text("utf-8"))["dossiers"])


def answer(response: httpx.Response) -> Answer:
    """An answer of /webservice."""
    assert response.headers["content-type"] == "application/json"
    return Answer(response.text)


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """A problem document of this status, whole and in order."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), (
        response.text
    )
    found: dict[str, Any] = response.json()
    assert list(found) == ["type", "title", "status", "detail", "instance", "code", "reasons"]
    assert found["status"] == status
    assert found["reasons"][0]["code"] == found["code"]
    assert found["type"] == f"/api/v1/problems/{found['code']}"
    return found
