"""One exchange with a platform over HTTP, bounded in every way.

Secrets leave the clients in the places that their protocols have for them, headers and the token's form, and nowhere
else: no exception of the HTTP library, which carries the request, is ever part of the trouble that is raised.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import httpx

from lettrage.adapters.calling.answers import Answer, Garbled, read
from lettrage.adapters.calling.failures import of_failure
from lettrage.adapters.calling.masking import Mask
from lettrage.adapters.outgoing import Deadline, Reach, transport
from lettrage.guard.secrets import Secret
from lettrage.invoicing.portal import Trouble, TroubleKind
from lettrage.limits import (
    PLATFORM_ANSWER_BYTES,
    PLATFORM_ANSWER_SECONDS,
    PLATFORM_CONNECT_SECONDS,
    PLATFORM_KEPT_SECONDS,
    PLATFORM_READ_SECONDS,
    PLATFORM_WRITE_SECONDS,
)
from lettrage.refusal import legible

Told = Callable[..., None]
_TIMEOUT = httpx.Timeout(
    connect=PLATFORM_CONNECT_SECONDS,
    write=PLATFORM_WRITE_SECONDS,
    read=PLATFORM_READ_SECONDS,
    pool=PLATFORM_CONNECT_SECONDS,
)
_CONNECTIONS = 32
_MOST_WAIT = 86_400  # seconds that we let a platform make us wait
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


class Reply(NamedTuple):
    """An answer over HTTP, whatever it says. `mask` hides what the call carried in all that is read of it.

    `request_id`: what the platform calls the exchange; "" where it has no name.
    """

    status: int
    body: bytes
    headers: httpx.Headers
    mask: Mask
    request_id: str

    @property
    def challenge(self) -> str:
        """Who asks to be told who calls, where somebody does."""
        return legible(self.mask(self.headers.get("www-authenticate", ""))[:300])

    @property
    def after(self) -> int:
        """Seconds that the platform asks to wait; 0 where it does not say."""
        said = self.headers.get("retry-after", "").strip()
        return min(int(said), _MOST_WAIT) if re.fullmatch(r"[0-9]{1,9}", said, re.ASCII) else 0

    def answer(self) -> Answer | None:
        """The JSON object that it carries; None for anything else."""
        try:
            return read(self.body, self.mask)
        except Garbled:
            return None


class Road(NamedTuple):
    """How a platform is reached. `reach`: how far hosts may be, those not named as the world; `proxy`: "" for none.

    `event`: what the log calls an exchange; `named`: the header in which an exchange has its name.
    """

    event: str
    named: str
    proxy: str
    reach: Mapping[str, Reach]
    pause_ms: int


class Exchanges:
    """Exchanges with one platform, one after the other at a polite rate. Safe to use from several threads."""

    def __init__(
        self,
        road: Road,
        mask: Mask,
        *,
        sleep: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
        told: Told = lambda _event, **_facts: None,
    ) -> None:
        self.sleep = sleep
        self._road = road
        self._mask = mask
        self._ticks = ticks
        self._told = told
        self._pace = threading.Lock()
        self._next = ticks()
        self._deadline = Deadline(ticks)
        # As many are kept as there may be: of more than it keeps, the pool closes one that a thread was just given.
        self._kept = self._client(keepalive=_CONNECTIONS)

    def _client(self, keepalive: int) -> httpx.Client:
        """A client that follows nothing, believes no environment and reads no compression."""
        return httpx.Client(
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            transport=transport(
                self._deadline,
                self._road.proxy,
                httpx.Limits(
                    max_connections=_CONNECTIONS,
                    max_keepalive_connections=keepalive,
                    keepalive_expiry=PLATFORM_KEPT_SECONDS,
                ),
                self._road.reach,
            ),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "lettrage"},
        )

    def close(self) -> None:
        """Close every connection."""
        self._kept.close()

    def _exchange(
        self,
        step: str,
        build: Callable[[httpx.Client], httpx.Request],
        auth: httpx.Auth | None = None,
        carried: Secret | None = None,
        *,
        write: bool = False,
    ) -> Reply:
        """Send a request and read its answer, within limits. `carried`: its token, hidden as all secrets are.

        Raises Trouble. A write has a connection of its own: one kept open may have been closed at the other end, which
        would look like a lost answer.
        """
        self._wait_for_turn()
        begun = self._ticks()
        reply: Reply | None = None
        fault: tuple[TroubleKind, bool, str] = ("garbled", True, "")
        client = self._client(keepalive=0) if write else self._kept
        mask = Mask([carried], self._mask) if carried is not None else self._mask
        try:
            with self._deadline.in_(PLATFORM_ANSWER_SECONDS):
                reply = self._streamed(client, build(client), auth, mask)
        except Garbled as garbled:
            fault = ("unknown" if write else "garbled", True, str(garbled))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            fault = (*of_failure(error, write=write), type(error).__name__)
        finally:
            if write:
                client.close()
        milliseconds = int((self._ticks() - begun) * 1_000)
        if reply is None:  # outside of the handler: the library's error knows the request, and must not come along
            kind, sent, code = fault
            self._told(self._road.event, step=step, trouble=kind, code=code, ms=milliseconds)
            raise Trouble(kind, step=step, code=code, sent=sent)
        self._told(self._road.event, step=step, status=reply.status, request_id=reply.request_id, ms=milliseconds)
        return reply

    def _streamed(self, client: httpx.Client, request: httpx.Request, auth: httpx.Auth | None, mask: Mask) -> Reply:
        response = client.send(request, auth=auth, stream=True)
        try:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise Garbled("content-encoding")
            body = bytearray()
            for piece in response.iter_raw():
                body += piece
                if len(body) > PLATFORM_ANSWER_BYTES:
                    raise Garbled("too large")
            return Reply(response.status_code, bytes(body), response.headers, mask, self._name(request, response, mask))
        finally:
            response.close()

    def _name(self, request: httpx.Request, response: httpx.Response, mask: Mask) -> str:
        """What the exchange is called: by the platform, else by us."""
        header = self._road.named
        said = mask(response.headers.get(header) or request.headers.get(header) or "")
        return said if _REQUEST_ID.fullmatch(said) else ""

    def _wait_for_turn(self) -> None:
        """Keep the distance between calls that the settings say."""
        with self._pace:
            now = self._ticks()
            wait = self._next - now
            self._next = max(now, self._next) + self._road.pause_ms / 1_000
        if wait > 0:
            self.sleep(wait)
