"""Calls to an approved platform: its token endpoint and its services, and what an answer not hoped for means."""

import time
import uuid
from collections.abc import Callable, Generator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from lettrage.adapters.approved.trouble import verdict
from lettrage.adapters.calling.answers import Garbled
from lettrage.adapters.calling.exchange import Exchanges, Reply, Road, Told
from lettrage.adapters.calling.masking import Mask
from lettrage.adapters.outgoing import Reach
from lettrage.guard.secrets import Secret
from lettrage.invoicing.addresses import is_loopback
from lettrage.invoicing.approved_settings import ADDRESSES, ApprovedSettings, address_expected
from lettrage.invoicing.portal import Trouble
from lettrage.limits import TEXT_CHARACTERS
from lettrage.refusal import legible

ANY_FILE = "application/octet-stream, application/xml, application/pdf, */*;q=0.5"


class Ask(NamedTuple):
    """A call of a service. `service`: the setting with its address; `step`: what troubles and the log call it.

    `asked`: a JSON body; `parts`: a form's parts in its place, each (file name or None, content, content type).
    """

    service: str
    method: str
    path: str
    step: str
    asked: Mapping[str, object] | None = None
    parts: Mapping[str, tuple[str | None, bytes, str]] | None = None
    accept: str = "application/json"
    write: bool = False


class _Identity(httpx.Auth):
    """Puts on the token at the last moment."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


def _road(settings: ApprovedSettings) -> Road:
    """A simulator is on this machine, a proxy in this house; a proxy that is not allowed is none."""
    hosts = (urlsplit(getattr(settings, name)).hostname or "" for name in ADDRESSES)
    near: dict[str, Reach] = {urlsplit(settings.proxy).hostname or "": "near"}
    return Road(
        "platform_call",
        "request-id",
        "" if address_expected("proxy", settings.platform, settings.proxy) else settings.proxy,
        near | {host: "here" for host in hosts if is_loopback(host)},
        settings.pause_ms,
    )


class Calls(Exchanges):
    """Calls to one approved platform under one dossier's credentials."""

    def __init__(
        self,
        settings: ApprovedSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
        told: Told = lambda _event, **_facts: None,
    ) -> None:
        self.settings = settings
        known = (settings.client_id, settings.client_secret, settings.token, settings.signing_key)
        super().__init__(_road(settings), Mask(known), sleep=sleep, ticks=ticks, told=told)

    def token(self) -> Reply:
        """Ask for a token with our client credentials. Raises Trouble where there is no answer."""
        client_id, client_secret = self.settings.client_id.reveal(), self.settings.client_secret.reveal()
        form, auth = {"grant_type": "client_credentials"}, None
        if self.settings.client_sign == "form":
            form |= {"client_id": client_id, "client_secret": client_secret}
        else:
            auth = httpx.BasicAuth(client_id, client_secret)
        self._allowed("token_url")
        return self._exchange(
            "token", lambda client: client.build_request("POST", self.settings.token_url, data=form), auth
        )

    def api(self, ask: Ask, token: Secret) -> Reply:
        """Call a service. Raises Trouble where there is no answer."""
        self._allowed(ask.service)
        headers = {"Accept": ask.accept, "Request-Id": str(uuid.uuid4())}
        if self.settings.organization:
            headers["Organization-Id"] = self.settings.organization
        if ask.asked is not None:
            headers["Content-Type"] = "application/json"
        content = msgspec.json.encode(ask.asked) if ask.asked is not None else None
        url = f"{getattr(self.settings, ask.service)}{ask.path}"

        def build(client: httpx.Client) -> httpx.Request:
            return client.build_request(ask.method, url, content=content, files=ask.parts, headers=headers)

        return self._exchange(ask.step, build, _Identity(token), token, write=ask.write)

    def _allowed(self, name: str) -> None:
        """Nothing goes where the settings of this platform may not send it, whoever wrote them."""
        expected = address_expected(name, self.settings.platform, getattr(self.settings, name))
        if self.settings.proxy and not expected:
            expected = address_expected("proxy", self.settings.platform, self.settings.proxy)
        if expected:
            raise Trouble("settings", step=name, code="address_not_allowed", text=expected, sent=False)

    def trouble(self, reply: Reply, step: str, *, write: bool = False) -> Trouble:
        """What an answer that was not hoped for means. Its words: the standard's error object, or OAuth's."""
        answer = reply.answer()
        code, text = "", ""
        in_its_own_words = False
        if answer is not None:
            try:
                in_its_own_words = "errorCode" in answer
                code = answer.text("errorCode") or answer.text("error")
                said = (answer.text(name) for name in ("errorMessage", "details", "error_description"))
                text = next(filter(None, said), "")
            except Garbled:
                in_its_own_words = False
        ruling = verdict(reply.status, in_its_own_words=in_its_own_words)
        return Trouble(
            ruling.writing if write else ruling.reading,
            step=step,
            status=reply.status,
            code=code[:100],
            text=legible(text[:TEXT_CHARACTERS]),
            after=reply.after,
            request_id=reply.request_id,
        )
