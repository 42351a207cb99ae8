"""How tests reach a simulator, or a place that answers whatever a test wants."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from lettrage.guard.secrets import Secret
from lettrage.invoicing.settings import SECRETS, PlatformSettings
from lettrage.simulator.server import Simulator

SIRET = "33254021516357"  # of the fixtures' supplier
TOKEN = b'{"access_token": "abc", "token_type": "Bearer", "expires_in": 3600}'
Answer = tuple[int, dict[str, str], bytes]


def settings_for(simulator: Simulator, **changes: Any) -> PlatformSettings:
    """The settings that reach a simulator, with these changes."""
    told = {name: Secret(text) for name, text in simulator.connection.items() if name in SECRETS}
    return settings_at(simulator.url, **(told | changes))


def settings_at(url: str, **changes: Any) -> PlatformSettings:
    """Settings of a platform at this address."""
    given: dict[str, Any] = {
        "token_url": f"{url}/api/oauth/token",
        "api_url": url,
        "client_id": Secret("5b1c8c4e-0f7d-4a55-9b0e-000000000000"),
        "client_secret": Secret("a client secret"),
        "login": Secret("TECH_1_1@cpro.fr"),
        "password": Secret("a technical password"),
        "pause_ms": 0,
    }
    return PlatformSettings("qualification", **(given | changes))


@contextmanager
def place(answer: Callable[[str], Answer]) -> Iterator[str]:
    """The address of a place that answers each path, but the token's, as `answer` says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            status, headers, body = (200, {}, TOKEN) if self.path.endswith("/token") else answer(self.path)
            self.send_response(status)
            for name, value in (
                {"content-length": str(len(body)), "content-type": "application/json"} | headers
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
