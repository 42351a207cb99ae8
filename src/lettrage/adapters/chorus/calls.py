"""Calls to PISTE and Chorus Pro, and what an answer that is not 200 means."""

import base64
import re
import time
from collections.abc import Callable, Generator, Mapping
from urllib.parse import urlsplit

import httpx
import msgspec

from lettrage.adapters.calling.answers import Garbled
from lettrage.adapters.calling.exchange import Exchanges, Reply, Road, Told
from lettrage.adapters.calling.masking import Mask
from lettrage.adapters.chorus.trouble import message, verdict
from lettrage.adapters.outgoing import Reach
from lettrage.guard.secrets import Secret
from lettrage.invoicing.addresses import is_loopback
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.settings import PlatformSettings, address_expected
from lettrage.limits import TEXT_CHARACTERS
from lettrage.refusal import legible

_DESCRIPTION = re.compile(r'error_description="(?P<text>[^"]*)"')


class _Identity(httpx.Auth):
    """Puts on who calls at the last moment: PISTE's token, the technical account (or none)."""

    def __init__(self, token: Secret, account: Secret | None) -> None:
        self._token = token
        self._account = account

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        if self._account is not None:
            request.headers["cpro-account"] = self._account.reveal()
        yield request


def _road(settings: PlatformSettings) -> Road:
    """A simulator is on this machine, a proxy in this house; a proxy that is not allowed is none."""
    hosts = (urlsplit(address).hostname or "" for address in (settings.api_url, settings.token_url))
    near: dict[str, Reach] = {urlsplit(settings.proxy).hostname or "": "near"}
    allowed = not address_expected("proxy", settings.platform, settings.proxy)
    return Road(
        "chorus_call",
        "x-piste-request-id",
        settings.proxy if allowed else "",
        near | {host: "here" for host in hosts if is_loopback(host)},
        settings.pause_ms,
    )


class Calls(Exchanges):
    """Calls to PISTE and the services behind it."""

    def __init__(
        self,
        settings: PlatformSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
        told: Told = lambda _event, **_facts: None,
    ) -> None:
        self.settings = settings
        self._account = Secret(
            base64.b64encode(f"{settings.login.reveal()}:{settings.password.reveal()}".encode()).decode()
        )
        known = (settings.client_id, settings.client_secret, settings.login, settings.password)
        super().__init__(_road(settings), Mask((self._account, *known)), sleep=sleep, ticks=ticks, told=told)

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
        return self._exchange(path, build, identity, token, write=write)

    def _allowed(self, name: str, address: str) -> None:
        """Nothing goes where the settings of this platform may not send it, whoever wrote them."""
        expected = address_expected(name, self.settings.platform, address)
        if self.settings.proxy and not expected:
            expected = address_expected("proxy", self.settings.platform, self.settings.proxy)
        if expected:
            raise Trouble("settings", step=name, code="address_not_allowed", text=expected, sent=False)

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
