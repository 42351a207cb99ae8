"""Calls to PISTE and Chorus Pro: one exchange over HTTP, bounded in every way, and what it means.

Secrets leave this module in the two places that the protocol has for them, headers and the token's form, and nowhere
else: no exception of the HTTP library, which carries the request, is ever part of the trouble that is raised.
"""

import base64
import re
import threading
import time
from collections.abc import Callable, Generator, Mapping
from typing import NamedTuple

import httpx
import msgspec

from lettrage.adapters.chorus.answers import Answer, Garbled, message, read
from lettrage.adapters.chorus.bounded import Deadline, transport
from lettrage.adapters.chorus.masking import Mask
from lettrage.adapters.chorus.trouble import of_failure, verdict
from lettrage.guard.secrets import Secret
from lettrage.invoicing.portal import Trouble, TroubleKind
from lettrage.invoicing.settings import PlatformSettings, address_expected
from lettrage.limits import (
    CHORUS_ANSWER_BYTES,
    CHORUS_ANSWER_SECONDS,
    CHORUS_CONNECT_SECONDS,
    CHORUS_READ_SECONDS,
    CHORUS_WRITE_SECONDS,
    TEXT_CHARACTERS,
)
from lettrage.refusal import legible

Told = Callable[..., None]
_TIMEOUT = httpx.Timeout(
    connect=CHORUS_CONNECT_SECONDS,
    write=CHORUS_WRITE_SECONDS,
    read=CHORUS_READ_SECONDS,
    pool=CHORUS_CONNECT_SECONDS,
)
_MOST_WAIT = 86_400  # seconds that we let the platform make us wait
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_DESCRIPTION = re.compile(r'error_description="(?P<text>[^"]*)"')


class Reply(NamedTuple):
    """An answer over HTTP, whatever it says. `mask` hides what the call carried in all that is read of it."""

    status: int
    body: bytes
    headers: httpx.Headers
    mask: Mask

    @property
    def request_id(self) -> str:
        """PISTE's name for the call; "" where it is none."""
        said = self.mask(self.headers.get("x-piste-request-id", ""))
        return said if _REQUEST_ID.fullmatch(said) else ""

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


class _Identity(httpx.Auth):
    """Puts on who calls at the last moment: PISTE's token, the technical account (or none)."""

    def __init__(self, token: Secret, account: Secret | None) -> None:
        self.token = token
        self._account = account

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.token.reveal()}"
        if self._account is not None:
            request.headers["cpro-account"] = self._account.reveal()
        yield request


class Calls:
    """Exchanges with one platform, one after the other at a polite rate. Safe to use from several threads."""

    def __init__(
        self,
        settings: PlatformSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
        told: Told = lambda _event, **_facts: None,
    ) -> None:
        self.settings = settings
        self.sleep = sleep
        self._ticks = ticks
        self._told = told
        self._pace = threading.Lock()
        self._next = ticks()
        self._deadline = Deadline(ticks)
        self._account = Secret(
            base64.b64encode(f"{settings.login.reveal()}:{settings.password.reveal()}".encode()).decode()
        )
        known = (settings.client_id, settings.client_secret, settings.login, settings.password)
        self._mask = Mask((self._account, *known))
        self._kept = self._client(keepalive=8)

    def _client(self, keepalive: int) -> httpx.Client:
        """A client that follows nothing, believes no environment and reads no compression."""
        return httpx.Client(
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            transport=transport(
                self._deadline,
                self.settings.proxy,
                httpx.Limits(max_connections=32, max_keepalive_connections=keepalive),
            ),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "lettrage"},
        )

    def close(self) -> None:
        """Close every connection."""
        self._kept.close()

    # ------------------------------------------------------------ the two kinds of exchange

    def token(self) -> Reply:
        """Ask for a token: a form and nothing else. Raises Trouble where there is no answer."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id.reveal(),
            "client_secret": self.settings.client_secret.reveal(),
            "scope": "openid",
        }
        self._allowed("token_url", self.settings.token_url)
        return self._exchange("token", lambda client: client.build_request("POST", self.settings.token_url, data=form))

    def api(
        self, path: str, asked: Mapping[str, object], token: Secret, *, write: bool = False, nameless: bool = False
    ) -> Reply:
        """Call a service; `nameless`: without the technical account. Raises Trouble where there is no answer."""
        self._allowed("api_url", self.settings.api_url)
        body = msgspec.json.encode(asked)
        headers = {"Content-Type": "application/json;charset=utf-8"}
        url = f"{self.settings.api_url}/cpro/{path}"

        def build(client: httpx.Client) -> httpx.Request:
            return client.build_request("POST", url, content=body, headers=headers)

        identity = _Identity(token, None if nameless else self._account)
        return self._exchange(path, build, identity, write=write)

    def _allowed(self, name: str, address: str) -> None:
        """Nothing goes where the settings of this platform may not send it, whoever wrote them."""
        expected = address_expected(name, self.settings.platform, address)
        if expected:
            raise Trouble("settings", step=name, code="address_not_allowed", text=expected, sent=False)

    def _exchange(
        self,
        step: str,
        build: Callable[[httpx.Client], httpx.Request],
        identity: _Identity | None = None,
        *,
        write: bool = False,
    ) -> Reply:
        """Send a request and read its answer, within limits. Raises Trouble.

        A write has a connection of its own: one kept open may have been closed at the other end, which would look like
        a lost answer.
        """
        self._wait_for_turn()
        begun = self._ticks()
        reply: Reply | None = None
        fault: tuple[TroubleKind, bool, str] = ("garbled", True, "")
        client = self._client(keepalive=0) if write else self._kept
        try:
            with self._deadline.in_(CHORUS_ANSWER_SECONDS):
                reply = self._streamed(client, build(client), identity)
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
            self._told("chorus_call", step=step, trouble=kind, code=code, ms=milliseconds)
            raise Trouble(kind, step=step, code=code, sent=sent)
        self._told("chorus_call", step=step, status=reply.status, request_id=reply.request_id, ms=milliseconds)
        return reply

    def _streamed(self, client: httpx.Client, request: httpx.Request, identity: _Identity | None) -> Reply:
        response = client.send(request, auth=identity, stream=True)
        try:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise Garbled("content-encoding")
            body = bytearray()
            for piece in response.iter_raw():
                body += piece
                if len(body) > CHORUS_ANSWER_BYTES:
                    raise Garbled("too large")
            mask = Mask([identity.token], self._mask) if identity is not None else self._mask
            return Reply(response.status_code, bytes(body), response.headers, mask)
        finally:
            response.close()

    def _wait_for_turn(self) -> None:
        """Keep the distance between calls that the settings say."""
        with self._pace:
            now = self._ticks()
            wait = self._next - now
            self._next = max(now, self._next) + self.settings.pause_ms / 1_000
        if wait > 0:
            self.sleep(wait)

    # ------------------------------------------------------------ what an answer means

    def trouble(self, reply: Reply, step: str, *, write: bool = False) -> Trouble:
        """What an answer that is not 200 means."""
        answer = reply.answer()
        libelle, code = "", ""
        in_its_own_words = False
        if answer is not None:
            try:
                in_its_own_words = "codeRetour" in answer
                libelle = answer.text("libelle") or answer.text("error_description")
                code = message(libelle)[0] or answer.text("error")
            except Garbled:
                in_its_own_words = False
        ruling = verdict(reply.status, in_its_own_words=in_its_own_words)
        described = _DESCRIPTION.search(reply.challenge)
        if reply.status == 401 and described:
            code, libelle = code or "described", libelle or described["text"]
        return Trouble(
            ruling.writing if write else ruling.reading,
            step=step,
            status=reply.status,
            code=code[:100],
            text=legible((message(libelle)[1] or libelle)[:TEXT_CHARACTERS]),
            after=reply.after,
            request_id=reply.request_id,
        )
