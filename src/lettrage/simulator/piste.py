"""PISTE: the applications that may call, what each is subscribed to, and their tokens."""

import base64
import binascii
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, unquote_plus

import msgspec

from lettrage.simulator.calls import Body

APIS = ("factures", "transverses", "structures", "utilisateurs", "engagementsJuridiques", "facturesTravaux")
TOKEN_SECONDS = 3600
TOKEN_BYTES = 40  # 54 characters once written
FORM = "application/x-www-form-urlencoded"


class Application(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application of PISTE. An API is called when it is both subscribed to and its terms are accepted."""

    client_id: str
    client_secret: str
    name: str
    subscriptions: tuple[str, ...] = APIS
    terms: tuple[str, ...] = APIS

    def may_call(self, api: str) -> bool:
        """Whether PISTE lets the application through to that API."""
        return api in self.subscriptions and api in self.terms


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """Where reports of the real platform disagree, or a test wants it shorter.

    `token_seconds`: how long a token lives, as its answer says. `wrong_client_status`: 400 as seen in qualification,
    401 as seen once in production. `account_refusal`: "opaque", a 401 that says no more than one for a token, or
    "described", with the error in its challenge.
    """

    token_seconds: int = TOKEN_SECONDS
    wrong_client_status: int = 400
    account_refusal: str = "opaque"


class _Token(msgspec.Struct, frozen=True):
    client_id: str
    ends: float


class Piste:
    """The gateway's memory of applications and tokens.

    A token lives as many true seconds as its answer says, whatever the platform's clock does: most clients keep it for
    as long and ask for no other when it is refused before.
    """

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._lock = threading.Lock()
        self._tokens: dict[str, _Token] = {}
        self.applications: dict[str, Application] = {}
        self.settings = Settings()

    def put(self, application: Application) -> None:
        """Add an application, or replace the one with its client id."""
        self.applications[application.client_id] = application

    def token(self, client_id: str, client_secret: str) -> str | None:
        """A new token; None where the two do not belong together."""
        application = self.applications.get(client_id)
        if application is None or not secrets.compare_digest(
            application.client_secret.encode(), client_secret.encode("utf-8", "replace")
        ):
            return None
        value = secrets.token_urlsafe(TOKEN_BYTES)
        with self._lock:
            self._tokens[value] = _Token(client_id, self._ticks() + self.settings.token_seconds)
        return value

    def bearer(self, value: str) -> Application | None:
        """The application whose token this is, while it lives."""
        with self._lock:
            token = self._tokens.get(value)
            if token is not None and token.ends <= self._ticks():
                del self._tokens[value]
                token = None
        return None if token is None else self.applications.get(token.client_id)

    def revoke(self, value: str | None = None) -> None:
        """End one token before its time, or all of them."""
        with self._lock:
            if value is None:
                self._tokens.clear()
            else:
                self._tokens.pop(value, None)

    def answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Body]:
        """What the token endpoint answers: its status and its JSON."""
        if headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
            return _error(400, "invalid_request", "The content type must be application/x-www-form-urlencoded")
        form = _form(body)
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "The grant type is missing or not supported")
        for client_id, client_secret in _credentials(headers, form):
            value = self.token(client_id, client_secret)
            if value is not None:
                return 200, {
                    "access_token": value,
                    "token_type": "Bearer",
                    "expires_in": self.settings.token_seconds,
                    "scope": "openid",
                }
        return _error(
            self.settings.wrong_client_status, "invalid_client", "The client credentials are missing or not valid"
        )


def _error(status: int, error: str, description: str) -> tuple[int, Body]:
    return status, {"error": error, "error_description": description}


def _form(body: bytes) -> dict[str, str]:
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    return {name: values[0] for name, values in fields.items()}


def _credentials(headers: Mapping[str, str], form: dict[str, str]) -> list[tuple[str, str]]:
    """The pairs sent: as form fields, and by HTTP Basic as they stand or, as the standard has it, form-encoded."""
    pairs = [(form["client_id"], form["client_secret"])] if {"client_id", "client_secret"} <= form.keys() else []
    pair = basic(headers.get("authorization", "").removeprefix("Basic "))
    if pair is not None:
        pairs += [pair, (unquote_plus(pair[0]), unquote_plus(pair[1]))]
    return pairs


def basic(encoded: str) -> tuple[str, str] | None:
    """The two parts of base64(`login:password`); None where it is no such thing."""
    try:
        login, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (login, password) if colon else None
