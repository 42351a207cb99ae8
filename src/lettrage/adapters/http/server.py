"""Serving until asked to stop: calls in flight are answered, then the store is closed."""

import logging
import signal
import socket
import sys
from collections.abc import Callable, Collection
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import Any

import anyio.to_thread
import uvicorn

from lettrage.adapters.http.app import application
from lettrage.adapters.http.door import Door
from lettrage.adapters.http.edge import Log
from lettrage.adapters.http.figures import Figures
from lettrage.adapters.http.house import Base, House, Invoicing, Sharing
from lettrage.adapters.http.pages.entering import Porch
from lettrage.adapters.http.protocol import BoundedProtocol
from lettrage.bank.slip import Made
from lettrage.books.due import Account
from lettrage.books.reports import Report
from lettrage.company.dossier import Company
from lettrage.limits import KEEP_ALIVE_SECONDS, STOP_SECONDS, SWITCH_SECONDS, THREADS
from lettrage.ports import Clock
from lettrage.refusal import Language, Refusal, Stop

BACKLOG = 2_048


class Server:
    """One service on one socket; `store` may share commits, `base` is the store behind it."""

    def __init__(
        self,
        store: Sharing,
        base: Base,
        clock: Clock,
        slip_pdf: Callable[[Made, Company], bytes],
        statement_pdf: Callable[[Account, Company, Language], bytes],
        report_pdf: Callable[[Report, Company, datetime, Language], bytes],
        invoicing: Invoicing,
        *,
        log: Log,
        warn: Log,
        hosts: Collection[str] = (),
        proxies: Collection[str] = (),
        dossier: str = "",
        porch: Porch | None = None,
    ) -> None:
        house = House(
            store,
            base,
            clock,
            Door(base),
            Figures(lambda: store.commits),
            lambda: self._uvicorn.should_exit,
            slip_pdf,
            statement_pdf,
            report_pdf,
            invoicing,
            dossier,
        )
        self._told = _Told(warn)
        self._edge = application(house, hosts, log, warn, porch)
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                self._edge,
                http=partial(BoundedProtocol, self._edge.sent_away),  # type: ignore[arg-type]  # any that makes one will do
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )

    def run(self, listening: socket.socket, started: Callable[[], None]) -> None:
        """Serve on this socket until SIGTERM or SIGINT (or `stop`); then everything accepted has been answered."""
        sys.setswitchinterval(SWITCH_SECONDS)
        anyio.run(self._serve, listening, started)

    async def _serve(self, listening: socket.socket, started: Callable[[], None]) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        started()
        with self._told:
            await self._uvicorn.serve([listening])
        self._edge.tell_sent_away()

    def stop(self) -> None:
        """Ask it to stop, from any thread."""
        self._uvicorn.should_exit = True


class _Told(logging.Handler):
    """What uvicorn and asyncio have to say, in our own log while the service runs: never a trace, never a value."""

    _sources = ("uvicorn.error", "asyncio")

    def __init__(self, warn: Log) -> None:
        super().__init__(logging.WARNING)
        self._warn = warn
        self._before: list[tuple[logging.Logger, bool]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One line. The text is uvicorn's own; what fills its blanks may be a caller's, and is left out."""
        error = record.exc_info[0] if record.exc_info else None
        self._warn("server", message=str(record.msg).strip(), error=error.__name__ if error else None)

    def __enter__(self) -> None:
        for logger in map(logging.getLogger, self._sources):
            self._before.append((logger, logger.propagate))
            logger.propagate = False
            logger.addHandler(self)

    def __exit__(self, *_raised: object) -> None:
        for logger, propagate in self._before:
            logger.propagate = propagate
            logger.removeHandler(self)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises Stop where it cannot be had; port 0 takes any free one."""
    with ExitStack() as undone:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            opened = undone.enter_context(socket.socket(family, kind, protocol))
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(BACKLOG)
        except (OSError, OverflowError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise Stop(Refusal("address_taken", "--port", f"{host}:{port}", str(reason))) from None
        undone.pop_all()
    return opened


def address_of(listening: socket.socket) -> str:
    """The address to call, as a URL."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def signals_end_here() -> None:
    """uvicorn raises a signal again once it has stopped for it; a graceful stop is no failure."""

    def nothing(_number: int, _frame: Any) -> None:
        return None

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, nothing)
