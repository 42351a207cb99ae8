"""The door of the platform: PISTE's checks in PISTE's order, then the service asked for, each answer as it is known.

A call is judged in this order: the path, the token, the subscription and the terms of the API, the technical account,
the raccordement sheet, the content type, the body. Only then does the service see it.
"""

import json
import secrets
import uuid
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import anyio
import anyio.to_thread
import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lettrage.simulator import crs, engagements, factures, structures, transverses, users, works
from lettrage.simulator.calls import Body, Malformed, Refused, Service, TooLarge
from lettrage.simulator.directory import Account
from lettrage.simulator.faults import ACCOUNT, CANNED, CHORUS, HTML, MAINTENANCE, PLAIN, Fault
from lettrage.simulator.fields import MALFORMED
from lettrage.simulator.hosts import named
from lettrage.simulator.piste import Application, Piste, basic
from lettrage.simulator.platform import Platform
from lettrage.simulator.simulation import Simulation
from lettrage.simulator.wire import Stopped, bearer, cut, empty, whole

TOKEN_PATH = "/api/oauth/token"  # noqa: S105
JSON = "application/json;charset=UTF-8"
MOST_BYTES = 64 * 1024 * 1024  # the largest deposit in base64, and room to be told that it is too large
REQUEST_ID = "x-piste-request-id"
KNOWN = 'Bearer realm="PISTE"'
UNKNOWN = 'Bearer realm="DefaultRealm"'
DESCRIBED = 'Bearer realm="PISTE",error="Unauthorized",error_description="login or password incorrects"'
SERVICES: dict[str, dict[str, Service]] = {
    "factures": factures.SERVICES,
    "transverses": transverses.SERVICES | crs.SERVICES,
    "structures": structures.SERVICES,
    "engagementsJuridiques": engagements.SERVICES,
    "utilisateurs": users.SERVICES,
    "facturesTravaux": works.SERVICES,
}
HEALTH = ("transverses", "health-check")
_written = msgspec.json.Encoder(decimal_format="number")


def written(body: Body, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(_written.encode(body), status, media_type=JSON)


class Gateway:
    """The ASGI application of the token endpoint and the APIs.

    `mishaps` keeps what went wrong in the simulator itself, which must never pass for the platform's refusal.
    """

    def __init__(self, simulation: Simulation, hosts: Collection[str] = ()) -> None:
        """`hosts`: the names that it answers to; to any where there is none."""
        self._simulation = simulation
        self._hosts = hosts
        self._faults = simulation.faults
        self.mishaps: list[Exception] = []

    @property
    def _platform(self) -> Platform:
        return self._simulation.platform

    @property
    def _piste(self) -> Piste:
        return self._simulation.piste

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or break it as a fault says."""
        request = Request(scope, receive)
        if self._hosts and named(request) not in self._hosts:  # a page of the web that gave our address its own name
            await empty(421)(scope, receive, send)
            return
        struck = self._faults.strike(request.url.path, CHORUS)
        try:
            response = await self._answer(request, struck)
        except Stopped as stopped:
            response = stopped.response
        except ClientDisconnect:
            return
        if "dropped_before" in struck or "dropped_after" in struck:
            await cut(scope, receive)
            return
        response.headers[REQUEST_ID] = str(uuid.uuid4())
        await self._harmed(response, struck)(scope, receive, send)

    async def _answer(self, request: Request, struck: dict[str, Fault]) -> Response:
        body = await whole(request, MOST_BYTES)
        if "slow" in struck:
            await anyio.sleep(struck["slow"].seconds)
        self._break(request, struck)
        if request.url.path == TOKEN_PATH and request.method == "POST":
            status, answered = self._piste.answer(request.headers, body)
            return written(answered, status)
        service, account = self._admit(request)
        if service is None:
            return written(transverses.health())
        return await anyio.to_thread.run_sync(self._carried_out, service, account, request, body)

    def _break(self, request: Request, struck: dict[str, Fault]) -> None:
        """What a fault answers instead of the service. Raises Stopped."""
        for kind, fault in struck.items():
            if kind == "dropped_before":
                raise Stopped(empty(500))
            if kind == "token_revoked":
                self._piste.revoke(bearer(request))
            if kind == "token_refused":
                raise Stopped(empty(401, KNOWN))
            if kind in ACCOUNT:
                raise Stopped(self._account_refused())
            if kind in CANNED:
                canned = CANNED[kind]
                headers = {"retry-after": f"{fault.seconds:.0f}"} if kind == "too_many_calls_wait" else {}
                raise Stopped(Response(canned.body, canned.status, headers, canned.content_type))

    def _admit(self, request: Request) -> tuple[Service | None, Account]:
        """The service called (None: the health check) and the account that calls it. Raises Stopped."""
        api, name = _route(request.url.path)
        application = self._piste.bearer(bearer(request))
        if application is None:
            raise Stopped(empty(401, KNOWN if api in SERVICES else UNKNOWN))
        if api not in SERVICES or not application.may_call(api):
            raise Stopped(empty(403))
        account = self._account(request, application)
        if application.name not in account.applications:
            raise Stopped(empty(403))
        if (api, name) == HEALTH and request.method == "GET":
            return None, account
        service = SERVICES[api].get(name)
        if service is None or request.method != "POST":
            raise Stopped(empty(403))
        return service, account

    def _account(self, request: Request, application: Application) -> Account:
        """The technical account of `cpro-account`, or the one of a sheet that wants none. Raises Stopped."""
        directory = self._platform.directory
        internal = next(
            (one for one in directory.accounts.values() if one.kind != "API" and application.name in one.applications),
            None,
        )
        header = request.headers.get("cpro-account")
        if internal is not None and header is None:
            return internal
        pair = basic(header or "")
        account = directory.accounts.get(pair[0]) if pair else None
        if (
            internal is not None
            or pair is None
            or account is None
            or not secrets.compare_digest(account.password.encode(), pair[1].encode())
            or not account.usable(self._platform.clock.now())
        ):
            raise Stopped(self._account_refused())
        return account

    def _account_refused(self) -> Response:
        return empty(401, DESCRIBED if self._piste.settings.account_refusal == "described" else KNOWN)

    def _carried_out(self, service: Service, account: Account, request: Request, body: bytes) -> Response:
        try:
            return written(service(self._platform, account, _read(request, body)))
        except Stopped as stopped:
            return stopped.response
        except Refused as refused:
            return written({"codeRetour": refused.code, "libelle": refused.message, **refused.beside})
        except Malformed as malformed:
            return written({"codeRetour": malformed.code, "libelle": malformed.message}, 400)
        except TooLarge:
            return empty(413)
        except Exception as mishap:
            self.mishaps.append(mishap)
            return Response(f"The simulator itself failed: {type(mishap).__name__}", 500, media_type=PLAIN)

    def _harmed(self, response: Response, struck: dict[str, Fault]) -> Response:
        """The answer as a fault leaves it, once the call has been carried out."""
        body = bytes(response.body)
        if "html_after" in struck:
            return Response(MAINTENANCE, response.status_code, _identity(response), HTML)
        if "wrong_types" in struck and body:
            body = self._faults.twisted(body) if response.media_type == JSON else body
        if "truncated" in struck:
            body = body[: len(body) // 2]
        if body == bytes(response.body):
            return response
        return Response(body, response.status_code, _identity(response), response.media_type)


def _identity(response: Response) -> dict[str, str]:
    return {REQUEST_ID: response.headers[REQUEST_ID]}


def _route(path: str) -> tuple[str, str]:
    """The API and the service that a path names; ("", "") where it is none of the platform's."""
    parts = path.split("/", 4)
    if len(parts) == 5 and parts[:2] == ["", "cpro"] and parts[3] == "v1":
        return parts[2], parts[4]
    return "", ""


def _read(request: Request, body: bytes) -> Body:
    """The JSON object sent. Raises Stopped.

    What a wrong content type is answered is not published: 415 is this simulator's reading of it.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Stopped(empty(415))
    try:
        msgspec.json.decode(body)  # the strict reading: UTF-8, no half surrogate, no NaN, no bottomless nesting
        value: Any = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        value = None
    if not isinstance(value, dict):
        message = "TRA_MSG_00.001 - Le corps de la requete n'est pas un objet JSON."
        raise Stopped(written({"codeRetour": MALFORMED, "libelle": message}, 400))
    value.pop("idUtilisateurCourant", None)  # once mandatory, now ignored
    return value
