"""Serving a simulation over HTTP: in a thread for tests and demonstrations, or until it is told to stop."""

import signal
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lettrage.simulator.approved.control import approved_routes
from lettrage.simulator.approved.door import CLIENT, DIRECTORY, FLOWS, PREFIX, TOKEN, Approved, Door
from lettrage.simulator.approved.settings import Settings as ApprovedSettings
from lettrage.simulator.control import routes
from lettrage.simulator.faults import Faults
from lettrage.simulator.gateway import Gateway
from lettrage.simulator.hosts import LOOPBACK, is_loopback
from lettrage.simulator.piste import Piste
from lettrage.simulator.platform import Platform
from lettrage.simulator.settings import Settings
from lettrage.simulator.simulation import APPLICATION, Simulation
from lettrage.simulator.wire import TRANSPORT

STOP_SECONDS = 2


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol; what it serves can reach the connection, so that a fault can cut it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]


class Simulator:
    """A simulator that listens: `with Simulator(speed=600) as s:` then `s.url`, and what a client is set up with.

    `port` 0 takes a free one. At the end, anything that went wrong in the simulator itself is raised.
    """

    def __init__(
        self,
        speed: float = 1,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        settings: Settings | None = None,
        seed: int = 0,
        approved: ApprovedSettings | None = None,
    ) -> None:
        """Listen at once. Raises OSError where the address cannot be had."""
        self.simulation = Simulation(speed, settings, seed, approved)
        hosts = (*LOOPBACK, host.lower()) if is_loopback(host) else ()
        self._gateway, self._door = Gateway(self.simulation, hosts), Door(self.simulation, hosts)
        self._listening = _listen(host, port)
        self.url = _address_of(self._listening)
        own = (*routes(self.simulation, host), *approved_routes(self.simulation, host))
        self._others = Starlette(routes=[*own, Mount("/", self._gateway)])
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                self._called,
                interface="asgi3",
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._thread = threading.Thread(target=self.run, name="simulator", daemon=True)

    @property
    def platform(self) -> Platform:
        """What it serves; another one after a reset."""
        return self.simulation.platform

    @property
    def piste(self) -> Piste:
        """The gateway's applications, tokens and settings; others after a reset."""
        return self.simulation.piste

    @property
    def faults(self) -> Faults:
        """What is to break."""
        return self.simulation.faults

    @property
    def mishaps(self) -> list[Exception]:
        """What went wrong in the simulator itself."""
        return [*self._gateway.mishaps, *self._door.mishaps]

    @property
    def client_id(self) -> str:
        """Of the application of the fixtures."""
        return APPLICATION.client_id

    @property
    def client_secret(self) -> str:
        """Of the application of the fixtures, as it is now."""
        return self.piste.applications[APPLICATION.client_id].client_secret

    @property
    def login(self) -> str:
        """Of the technical account of the fixtures."""
        return self.simulation.account.login

    @property
    def password(self) -> str:
        """Of the technical account of the fixtures, as it is now."""
        return self.simulation.account.password

    @property
    def connection(self) -> dict[str, str]:
        """What a client is set up with, as the command prints it."""
        return {
            "url": self.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "login": self.login,
            "password": self.password,
            **self.approved_connection,
        }

    @property
    def approved(self) -> Approved:
        """The approved platform; another one after a reset."""
        return self.simulation.approved

    @property
    def approved_connection(self) -> dict[str, str]:
        """What a client of the approved platform is set up with."""
        return {
            "approved_token_url": self.url + TOKEN,
            "approved_flow_url": self.url + FLOWS,
            "approved_directory_url": self.url + DIRECTORY,
            "approved_client_id": CLIENT.client_id,
            "approved_client_secret": self.approved.issuer.applications[CLIENT.client_id].client_secret,
        }

    async def _called(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Which door a path leads to; whatever else stands in it, a line's end for one, the door itself judges."""
        approved = scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/")
        await (self._door if approved else self._others)(scope, receive, send)

    def run(self) -> None:
        """Serve here until told to stop."""
        try:
            self._uvicorn.run([self._listening])
        finally:
            self.simulation.stop()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._uvicorn.should_exit = True
        self._thread.join()
        if error is None and self.mishaps:
            raise self.mishaps[0]


def serve(host: str, port: int, speed: float, started: Callable[[Simulator], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `started` is told when it listens. Raises OSError, ValueError."""
    simulator = Simulator(speed, host=host, port=port)
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises a signal again once it has stopped for it
        signal.signal(number, _nothing)
    started(simulator)
    simulator.run()


def _nothing(_number: int, _frame: Any) -> None:
    return None


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def _address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
