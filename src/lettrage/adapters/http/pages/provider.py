"""Signing on through an OpenID provider: authorization code with PKCE, the identity token checked by joserfc.

Who may come is decided here: an account is bound to the provider's subject by an administrator. The provider only says
who somebody is.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from fastapi import APIRouter
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lettrage.adapters import outgoing
from lettrage.adapters.http.house import house_of
from lettrage.adapters.http.pages.admission import language_for
from lettrage.adapters.http.pages.entering import inside, only_scopes, signed_in
from lettrage.adapters.http.pages.rendering import plain
from lettrage.adapters.http.problems import Problem
from lettrage.limits import PROVIDER_SECONDS
from lettrage.refusal import Refusal

router = APIRouter()

_BEGUN_COOKIE = "fournisseur"
_BEGUN_SECONDS = 600
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_WRONG = (httpx.HTTPError, JoseError, msgspec.MsgspecError, ValueError, KeyError, TypeError)


class Provider(msgspec.Struct, frozen=True):
    """An OpenID provider. `issuer`: its address; `name`: how people call it."""

    issuer: str
    client_id: str
    client_secret: str
    name: str

    @property
    def host(self) -> str:
        """Where the operator says that it is; what it says of itself leads to it or to public addresses."""
        return urlsplit(self.issuer).hostname or ""


class _Begun(msgspec.Struct, frozen=True):
    """What the browser keeps while its owner is away at the provider."""

    state: str
    nonce: str
    verifier: str
    to: str


@router.get("/connexion/fournisseur")
def leave(request: Request) -> Response:
    """Off to the provider."""
    provider = _provider(request)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    begun = _Begun(state, nonce, verifier, inside(request.query_params.get("vers", "/")))
    try:
        with outgoing.calls(PROVIDER_SECONDS, provider.host) as calls:
            asked = {
                "response_type": "code",
                "client_id": provider.client_id,
                "redirect_uri": str(request.url_for("back")),
                "scope": "openid",
                "state": begun.state,
                "nonce": begun.nonce,
                "code_challenge": _challenge(begun.verifier),
                "code_challenge_method": "S256",
            }
            url = httpx.URL(_described(calls, provider)["authorization_endpoint"]).copy_merge_params(asked)
    except _WRONG as error:
        raise _unreachable(provider, error) from None
    response = RedirectResponse(str(url), 303)
    kept = msgspec.json.encode(begun).hex()
    secure = request.url.scheme == "https"
    response.set_cookie(_BEGUN_COOKIE, kept, max_age=_BEGUN_SECONDS, httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/connexion/retour")
def back(request: Request) -> Response:
    """Back from the provider, who has said who this is."""
    provider, begun = _provider(request), _begun(request)
    if not hmac.compare_digest(request.query_params.get("state", "").encode(), begun.state.encode()):
        raise Problem(403, Refusal("forged_form"))
    try:
        with outgoing.calls(PROVIDER_SECONDS, provider.host) as calls:
            described = _described(calls, provider)
            token = _token(calls, described["token_endpoint"], provider, request, begun.verifier)
            claims = _claims(calls, described, provider, token, begun.nonce)
    except _WRONG as error:
        raise _unreachable(provider, error) from None
    subject = f"{provider.issuer} {claims['sub']}"
    house = house_of(request)
    for scope in only_scopes(house):
        if account := house.base.sign_ins.of_subject(scope, subject):
            response = signed_in(request, house, scope, account, begun.to)
            response.delete_cookie(_BEGUN_COOKIE)
            return response
    return plain(language_for(request), "entering/unbound.html", 403, subject=subject, provider=provider.name)


def _challenge(verifier: str) -> str:
    """What the provider keeps of the verifier until it sees it (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _token(calls: httpx.Client, endpoint: str, provider: Provider, request: Request, verifier: str) -> str:
    """The identity token that the code is worth."""
    given = {
        "grant_type": "authorization_code",
        "code": request.query_params.get("code", ""),
        "redirect_uri": str(request.url_for("back")),
        "code_verifier": verifier,
    }
    secret = httpx.BasicAuth(quote(provider.client_id, safe=""), quote(provider.client_secret, safe=""))
    token: str = calls.post(endpoint, data=given, auth=secret).raise_for_status().json()["id_token"]
    return token


def _described(calls: httpx.Client, provider: Provider) -> dict[str, Any]:
    """What the provider says of itself. Raises ValueError where it is another one."""
    answer = calls.get(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    if found["issuer"] != provider.issuer:
        raise ValueError("issuer")
    return found


def _claims(
    calls: httpx.Client, described: dict[str, Any], provider: Provider, token: str, nonce: str
) -> dict[str, Any]:
    """What the identity token says, once signature, issuer, audience, time and nonce hold. Raises JoseError."""
    keys = KeySet.import_key_set(calls.get(described["jwks_uri"]).raise_for_status().json())
    claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
        sub={"essential": True},
    ).validate(claims)
    return claims


def _provider(request: Request) -> Provider:
    found: Provider | None = request.app.state.provider
    if found is None:
        raise Problem(404, Refusal("no_such_address", "", request.url.path))
    return found


def _begun(request: Request) -> _Begun:
    try:
        return msgspec.json.decode(bytes.fromhex(request.cookies.get(_BEGUN_COOKIE, "")), type=_Begun)
    except (ValueError, msgspec.MsgspecError):
        raise Problem(403, Refusal("forged_form")) from None


def _unreachable(provider: Provider, error: Exception) -> Problem:
    return Problem(503, Refusal("provider_trouble", "", provider.name, type(error).__name__))
