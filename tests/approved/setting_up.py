"""A place that answers as a test wants, in the way of XP Z12-013, and remembers what it was asked."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

from lettrage.adapters.approved.calls import Calls
from lettrage.adapters.approved.client import Client
from lettrage.adapters.approved.directory import ApprovedDirectory
from lettrage.adapters.approved.flows import ApprovedFlows
from lettrage.guard.secrets import Secret
from lettrage.invoicing.approved_settings import ApprovedSettings
from lettrage.invoicing.doors import QUALIFICATION

TOKEN = {"access_token": "abc.def.ghi", "token_type": "Bearer", "expires_in": 3600}


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What it asks."""
        return json.loads(self.body)


class Said(NamedTuple):
    """An answer: `content` is JSON unless it is bytes."""

    status: int = 200
    content: Any = b""
    headers: dict[str, str] = {}  # noqa: RUF012  (a named tuple's default: nobody writes to it)

    @property
    def body(self) -> bytes:
        """The answer's bytes."""
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


def error(status: int, code: str = "AN_ERROR", message: str = "no") -> Said:
    """An answer in the standard's error object."""
    return Said(status, {"errorCode": code, "errorMessage": message})


Answer = Callable[[Asked], Said | None]


class Place:
    """The platform of a test: `answer` says what is answered (None: the connection is cut), `token` to a token's call.

    `asked`: every call of a service, `tokens`: every call of the token endpoint.
    """

    def __init__(self, answer: Answer) -> None:
        self.url = ""
        self.answer = answer
        self.token: Said = Said(200, TOKEN)
        self.asked: list[Asked] = []
        self.tokens: list[Asked] = []

    def settings(self, **changes: Any) -> ApprovedSettings:
        """The settings that reach it, with these changes."""
        given: dict[str, Any] = {
            "token_url": f"{self.url}/token",
            "flow_url": f"{self.url}/flow-service",
            "directory_url": f"{self.url}/directory-service",
            "client_id": Secret("client-of-these-tests"),
            "client_secret": Secret("a client secret"),
            "organization": "org-7",
            "pause_ms": 0,
        }
        return ApprovedSettings(QUALIFICATION, **(given | changes))


@contextmanager
def place(answer: Answer) -> Iterator[Place]:
    """A place on this machine."""
    made = Place(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            is_token = self.path == "/token"
            (made.tokens if is_token else made.asked).append(asked)
            said = made.token if is_token else made.answer(asked)
            if said is None:
                self.close_connection = True
                return
            self.send_response(said.status)
            told = {"content-length": str(len(said.body)), "content-type": "application/json"} | said.headers
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        def do_GET(self) -> None:
            self.do_POST()

        def do_DELETE(self) -> None:
            self.do_POST()

        def log_message(self, *_said: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Opened(NamedTuple):
    """Both services of a place, with the pauses that the client made."""

    place: Place
    flows: ApprovedFlows
    directory: ApprovedDirectory
    pauses: list[float]


@contextmanager
def opened(answer: Answer, **changes: Any) -> Iterator[Opened]:
    """A place, and a client of it; no time passes."""
    pauses: list[float] = []
    with place(answer) as made:
        calls = Calls(made.settings(**changes), sleep=pauses.append)
        client = Client(calls)
        try:
            yield Opened(made, ApprovedFlows(client), ApprovedDirectory(client), pauses)
        finally:
            calls.close()


def flow(number: str = "F-1", **changes: Any) -> dict[str, Any]:
    """A flow as the standard's `Flow` has it."""
    return {
        "flowId": number,
        "submittedAt": "2026-11-22T10:00:00Z",
        "updatedAt": "2026-11-22T10:00:00Z",
        "flowSyntax": "CII",
        "flowProfile": "CIUS",
        "flowType": "CustomerInvoice",
        "flowDirection": "Out",
        "processingRule": "B2B",
        "processingRuleSource": "Computed",
        "name": "F2026-1.xml",
        "trackingId": "t-1",
        "acknowledgement": {"status": "Ok"},
    } | changes
