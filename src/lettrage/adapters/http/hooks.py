"""`POST /hooks/{dossier}/{platform}`: an approved platform says that it has something for us.

It brings no token: its signature is the proof, and whoever has none learns nothing, not even which dossiers there are.
"""

import asyncio
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lettrage.adapters.http.edge import too_large
from lettrage.adapters.http.fields import SEGMENT
from lettrage.adapters.http.house import House, house_of
from lettrage.adapters.http.problems import Problem
from lettrage.guard.secrets import Secret
from lettrage.invoicing.doors import APPROVED
from lettrage.invoicing.hooks import SIGNATURE, STAMP, HookCall, heed, judge
from lettrage.limits import HOOK_BYTES, HOOK_REFUSED_SECONDS
from lettrage.refusal import Refusal, Stop, StoreTrouble

HOOKS = "/hooks/"
_NOBODY = (Secret(""), 1)

router = APIRouter(include_in_schema=False)


@router.post(f"{HOOKS}{{dossier}}/{{platform}}")
async def hook(request: Request, dossier: Annotated[str, Path(max_length=400), SEGMENT], platform: str) -> Response:
    """A call of a platform's. Raises Problem (401) for one that is not signed with the dossier's key, or not of now."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > HOOK_BYTES:
            raise too_large(str(len(body)), HOOK_BYTES)
    call = HookCall(bytes(body), _only(request, STAMP), _only(request, SIGNATURE))
    source = request.client.host if request.client else "-"
    begun = monotonic()
    try:
        await run_in_threadpool(_heeded, house_of(request), dossier, platform, call, source)
    except Problem:
        # How long it took to find nothing would tell what there is. Meanwhile others have the turn.
        request.state.rest()
        await asyncio.sleep(HOOK_REFUSED_SECONDS - (monotonic() - begun))
        raise
    return JSONResponse({})


def _only(request: Request, name: str) -> str:
    """The one value of a header; "" where there is none, and where readers would differ in which counts."""
    values = request.headers.getlist(name)
    return values[0] if len(values) == 1 else ""


def _heeded(house: House, dossier: str, platform: str, call: HookCall, source: str) -> None:
    key, minutes = _key(house, dossier, platform)
    now = house.clock.now()
    ruling = judge(call, key, now, minutes)
    if ruling == "not_signed":
        house.door.wrong(source)
        raise Problem(401, Refusal("hook_not_signed", SIGNATURE))
    if ruling == "late":  # only who has the key hears this
        raise Problem(401, Refusal("hook_late", STAMP, call.stamp, str(minutes)))
    house.base.write(dossier, lambda books: heed(books, platform, call, now, minutes))


def _key(house: House, dossier: str, platform: str) -> tuple[Secret, int]:
    """The key that a platform's calls are signed with, and how late they may be; no key where there is none."""
    if platform not in APPROVED or house.dossier not in ("", dossier):
        return _NOBODY
    try:
        settings = house.invoicing.chorus.approved(house.base, dossier, platform)
    except StoreTrouble:
        raise
    except Stop:
        return _NOBODY
    return settings.signing_key, settings.hook_minutes
