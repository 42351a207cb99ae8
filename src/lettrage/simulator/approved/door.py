"""The doors of the approved platform over HTTP: its token endpoint, its two services, each call as a fault leaves it.

A call is judged in this order: the path, the method, the token, the organisation, the body.
"""

import hashlib
import json
import re
import threading
import uuid
from collections.abc import Collection
from typing import Protocol
from urllib.parse import parse_qs

import anyio
import anyio.to_thread
import msgspec
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lettrage.simulator.approved import directory_service, flow_service
from lettrage.simulator.approved.answers import JSON, Refused, answered, refused
from lettrage.simulator.approved.flow_service import Service
from lettrage.simulator.approved.flows import Flow, shown
from lettrage.simulator.approved.hooks import Call, Courier, Hook, Sent, Wanted, host_of, new_key
from lettrage.simulator.approved.platform import Platform
from lettrage.simulator.approved.requests import Request
from lettrage.simulator.approved.search import before
from lettrage.simulator.approved.settings import Settings
from lettrage.simulator.clock import Clock
from lettrage.simulator.faults import (
    APPROVED_CALLBACKS,
    CANNED,
    CHORUS,
    HTML,
    MAINTENANCE,
    REFUSALS,
    Fault,
    Faults,
)
from lettrage.simulator.hosts import is_loopback, named
from lettrage.simulator.piste import Application, Piste
from lettrage.simulator.settings import MEGABYTE
from lettrage.simulator.wire import Stopped, bearer, cut, whole

PREFIX = "/approved"
TOKEN = f"{PREFIX}/token"
FLOWS, DIRECTORY = f"{PREFIX}/flow-service", f"{PREFIX}/directory-service"
HEALTH = "/v1/healthcheck"
MOST_BYTES = 102 * MEGABYTE  # the largest file, and room to be told that it is too large
MOST_SENT = 1000  # calls that are remembered
CALLBACKS = f"{PREFIX}/callbacks"  # what faults of callbacks are said to strike
# Made up, public, and worth nothing elsewhere.
CLIENT = Application(
    client_id="8d0f4a52-77c1-4be0-a2d6-0c9b6f3e1a94",
    client_secret="f7b1c6d8-2e53-4a90-b8c4-93ad5e0f6172",  # noqa: S106
    name="lettrage",
)
_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_CHALLENGE = {"www-authenticate": "Bearer"}
_ANY_CALL = frozenset((*CHORUS, *REFUSALS))


class Approved:
    """One approved platform with its tokens, its subscriptions and what it calls."""

    def __init__(self, clock: Clock, faults: Faults, settings: Settings | None = None) -> None:
        self.faults = faults
        self.platform = Platform(clock, faults, settings)
        self.issuer = Piste()
        self.issuer.settings.wrong_client_status = 401
        self.issuer.put(CLIENT)
        self.organizations: frozenset[str] = frozenset()  # that may be named; any where there is none
        self._lock = threading.Lock()
        self._hooks: dict[str, Hook] = {}
        self._sent: list[Sent] = []
        self._courier = Courier(self.platform.look, self._note)
        self.platform.told = self._tell

    # ------------------------------------------------------------ webhooks

    def hooks(self, owner: str = "") -> tuple[Hook, ...]:
        """The subscriptions (of one application)."""
        with self._lock:
            return tuple(hook for hook in self._hooks.values() if owner in ("", hook.owner))

    def subscribe(self, owner: str, wanted: Wanted) -> Hook:
        """A new subscription."""
        hook = Hook(str(uuid.uuid4()), owner, wanted, new_key(), self.platform.clock.now())
        with self._lock:
            self._hooks[hook.id] = hook
        self._courier.start()
        return hook

    def unsubscribe(self, owner: str, key: str) -> bool:
        """End one; whether there was one of this owner's."""
        with self._lock:
            hook = self._hooks.get(key)
            if hook is None or hook.owner != owner:
                return False
            del self._hooks[key]
            return True

    def sent(self) -> tuple[Sent, ...]:
        """The calls that were made, the latest last."""
        with self._lock:
            return tuple(self._sent)

    def stop(self) -> None:
        """Call nobody any more."""
        self._courier.stop()

    def _tell(self, flow: Flow) -> None:
        for hook in self.hooks(flow.owner):
            if hook.wants(flow.type, flow.direction, flow.ack):
                harm = frozenset(self.faults.strike(CALLBACKS, APPROVED_CALLBACKS))
                url = hook.wanted.callback_url
                if "callback_never" in harm or not is_loopback(host_of(url)):  # nothing leaves this machine
                    self._note(url, 0, harm)
                    continue
                self._courier.put(Call(url, msgspec.json.encode(shown(flow)), hook.key, harm))

    def _note(self, url: str, status: int, harm: frozenset[str]) -> None:
        with self._lock:
            self._sent = [*self._sent[-MOST_SENT:], Sent(self.platform.clock.now(), url, status, harm)]


# ---------------------------------------------------------------- the door


class _Route(msgspec.Struct, frozen=True):
    method: str
    path: re.Pattern[str]
    names: tuple[str, ...]
    service: Service


def _routes(prefix: str, services: Collection[tuple[str, str, Service]]) -> tuple[_Route, ...]:
    """The services by the pattern of their paths: a parameter is anything but a slash."""
    found = []
    for method, path, service in services:
        pattern = re.sub(r"\\\{[^{}]*\\\}", "([^/]+)", re.escape(prefix + path))
        found.append(_Route(method, re.compile(pattern), tuple(re.findall(r"\{([^{}]*)\}", path)), service))
    return tuple(found)


# The services' names are free (the OpenAPI's `service-name`): the second ones are those of a platform in service.
ROUTES = (
    *_routes(FLOWS, flow_service.ROUTES),
    *_routes(DIRECTORY, directory_service.ROUTES),
    *_routes(f"{PREFIX}/afnor-flow", flow_service.ROUTES),
    *_routes(f"{PREFIX}/afnor-directory", directory_service.ROUTES),
)


class Holder(Protocol):
    """Whoever has the platform of the moment: another one after a reset."""

    @property
    def approved(self) -> Approved:
        """The platform."""


class Door:
    """The ASGI application of an approved platform; `mishaps` keeps what went wrong in the simulator itself."""

    def __init__(self, holder: Holder, hosts: Collection[str] = ()) -> None:
        """`hosts`: the names that it answers to; to any where there is none."""
        self._holder = holder
        self._hosts = hosts
        self.mishaps: list[Exception] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or break it as a fault says."""
        request = HttpRequest(scope, receive)
        if self._hosts and named(request) not in self._hosts:  # a page of the web that gave our address its own name
            await refused(421, "another host", "MISDIRECTED")(scope, receive, send)
            return
        approved = self._holder.approved
        struck = approved.faults.strike(scope["path"], _kinds(request))
        try:
            response = await self._answer(approved, request, struck)
        except Stopped as stopped:
            response = stopped.response
        except Refused as no:
            response = refused(no.status, str(no), no.code)
        except ClientDisconnect:
            return
        if "dropped_before" in struck or "dropped_after" in struck:
            await cut(scope, receive)
            return
        await _harmed(approved, response, struck)(scope, receive, send)

    async def _answer(self, approved: Approved, request: HttpRequest, struck: dict[str, Fault]) -> Response:
        path = request.scope["path"]
        try:
            body = await whole(request, MOST_BYTES)
        except Stopped:
            raise Stopped(refused(413, "Provided file is too big", headers={"connection": "close"})) from None
        if "slow" in struck:
            await anyio.sleep(struck["slow"].seconds)
        _break(approved, request, struck)
        if path == TOKEN and request.method == "POST":
            status, said = approved.issuer.answer(request.headers, body)
            return answered(said, status)
        asked, service = _admitted(approved, request, path, body)
        return await anyio.to_thread.run_sync(self._carried_out, approved, service, asked)

    def _carried_out(self, approved: Approved, service: Service, asked: Request) -> Response:
        try:
            return service(approved, asked)
        except Refused as no:
            return refused(no.status, str(no), no.code)
        except Exception as mishap:
            self.mishaps.append(mishap)
            return refused(500, f"The simulator itself failed: {type(mishap).__name__}")


def _kinds(request: HttpRequest) -> frozenset[str]:
    """The faults that a call can have: some are of one service only."""
    path = request.scope["path"]
    if path.endswith(HEALTH):
        return _ANY_CALL | {"unhealthy"}
    if path == f"{FLOWS}/v1/flows":
        return _ANY_CALL | {"wrong_sha256"}
    if path == f"{FLOWS}/v1/flows/search":
        return _ANY_CALL | {"cursor_repeated"}
    if path.startswith(f"{FLOWS}/v1/flows/") and b"docType=" in request.scope["query_string"]:
        return _ANY_CALL | {"wrong_content"}
    return _ANY_CALL


def _admitted(approved: Approved, request: HttpRequest, path: str, body: bytes) -> tuple[Request, Service]:
    """The call and the service that it is for. Raises Refused, Stopped."""
    found = [(route, match) for route in ROUTES if (match := route.path.fullmatch(path))]
    found = [(route, match) for route, match in found if not match.groups()] or found  # its own path before a pattern
    if not found:
        raise Refused(404, "There is nothing of that path")
    taken = next(((route, match) for route, match in found if route.method == request.method), None)
    if taken is None:
        allowed = ", ".join(sorted(route.method for route, _ in found))
        raise Stopped(refused(405, headers={"allow": allowed}))
    route, match = taken
    client = CLIENT if path.endswith(HEALTH) else approved.issuer.bearer(bearer(request))
    if client is None:
        raise Stopped(refused(401, "A token is missing or not valid", headers=_CHALLENGE))
    if not _is_uuid(request.headers.get("request-id")) and not path.endswith(HEALTH):
        raise Refused(400, "Request-Id: a UUID is wanted")
    organization = request.headers.get("organization-id")
    if organization is not None and approved.organizations and organization not in approved.organizations:
        raise Refused(403, "This organization is not yours")
    query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    named_ = dict(zip(route.names, match.groups(), strict=True))
    return Request(client, named_, query, request.headers.get("content-type", ""), body), route.service


def _is_uuid(given: str | None) -> bool:
    """Whether a call's own number is one, where it has one."""
    return given is None or _UUID.fullmatch(given) is not None


def _break(approved: Approved, request: HttpRequest, struck: dict[str, Fault]) -> None:
    """What a fault answers instead of the service. Raises Stopped."""
    if "dropped_before" in struck:
        raise Stopped(refused(500))
    if "token_revoked" in struck:
        approved.issuer.revoke(bearer(request))
    if "token_refused" in struck:
        raise Stopped(refused(401, "The token has expired", headers=_CHALLENGE))
    if "unhealthy" in struck:
        raise Stopped(refused(503))
    for kind, status in REFUSALS.items():
        if kind in struck:
            raise Stopped(refused(status))
    for kind, fault in struck.items():
        if kind.startswith("too_many_calls"):
            wait = {"retry-after": f"{fault.seconds:.0f}"} if kind.endswith("wait") else None
            raise Stopped(refused(429, "The client emitted too many requests", headers=wait))
        if kind in CANNED:
            canned = CANNED[kind]
            raise Stopped(Response(canned.body, canned.status, None, canned.content_type))


def _harmed(approved: Approved, response: Response, struck: dict[str, Fault]) -> Response:
    """The answer as a fault leaves it, once the call has been carried out."""
    body = bytes(response.body)
    if "html_after" in struck:
        return Response(MAINTENANCE, response.status_code, None, HTML)
    if body and response.status_code < 300:
        body = _twisted(approved.faults, body, response.media_type == JSON, struck)
    if "truncated" in struck:
        body = body[: len(body) // 2]
    if body == bytes(response.body):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(body, response.status_code, kept, response.media_type)


def _twisted(faults: Faults, body: bytes, is_json: bool, struck: dict[str, Fault]) -> bytes:
    if not is_json:
        return body[:-1] + bytes([body[-1] ^ 1]) if "wrong_content" in struck else body
    if "wrong_types" in struck:
        return faults.twisted(body)
    if not {"wrong_sha256", "cursor_repeated"} & struck.keys():
        return body
    said = json.loads(body)
    if "wrong_sha256" in struck:
        said["sha256"] = hashlib.sha256(b"another file").hexdigest()
    if "cursor_repeated" in struck and said["results"]:
        said["nextCursor"] = before(said["results"][0]["updatedAt"])
    return json.dumps(said).encode()
