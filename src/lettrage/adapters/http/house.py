"""What every route works with, and what a call has said once its caller is known."""

from collections.abc import Callable
from typing import Protocol

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lettrage.adapters.http.door import Door, People, check
from lettrage.adapters.http.figures import Figures
from lettrage.adapters.http.problems import Problem
from lettrage.caller import Caller
from lettrage.guard.identity import Identity
from lettrage.ports import Clock, Store
from lettrage.refusal import Refusal, quoted

ORIGIN = "web service"


class Base(Store, People, Protocol):
    """The store itself, with what is done there without sharing a commit."""


class House(msgspec.Struct, frozen=True):
    """The store, the clock, the door and the figures of one service.

    `store`: where acts go, whose writers may share commits. `base`: the store behind it. `stopping`: whether the
    service was asked to stop. `dossier`: the only one that is served; "" for all.
    """

    store: Store
    base: Base
    clock: Clock
    door: Door
    figures: Figures
    stopping: Callable[[], bool]
    dossier: str = ""

    def caller(self, identity: Identity, request: Request, dossier: str = "") -> Caller:
        """Who calls, as the acts on the books know him."""
        dossiers = identity.dossiers
        if self.dossier:
            dossiers = frozenset({self.dossier}) & (dossiers if dossiers is not None else {self.dossier})
        source = request.client.host if request.client else ""
        key = idempotency_key(request)
        return Caller(identity.name, ORIGIN, dossier, key, source=source, dossiers=dossiers)


def house_of(request: Request) -> House:
    """The house that a request has come to."""
    house: House = request.app.state.house
    return house


async def admitted(request: Request, token: str, action: str) -> Identity:
    """The caller, recognised and allowed to do this. Raises Problem."""
    source = request.client.host if request.client else "-"
    identity = await run_in_threadpool(house_of(request).door.admit, token, source)
    request.state.caller = identity.name
    check(identity, action)
    return identity


def idempotency_key(request: Request) -> str:
    """The key of the call; "" when there is none. One that is there and blank was meant to be a key: Problem (400)."""
    given = request.headers.get("idempotency-key")
    if given is not None and not given.strip():
        raise Problem(400, Refusal("malformed_key", "Idempotency-Key", quoted(given), "1-100 ASCII"))
    return given or ""
