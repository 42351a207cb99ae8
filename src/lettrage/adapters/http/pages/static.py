"""What pages load: one stylesheet, htmx, one script, the icons. Read once; a changed file has another address."""

import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from lettrage.adapters.http.problems import Problem
from lettrage.refusal import Refusal, quoted

router = APIRouter()

_KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def _kept() -> dict[str, tuple[bytes, str, str]]:
    """name -> content, type, digest."""
    folder = files("lettrage.adapters.http.pages").joinpath("static")
    found = {}
    for file in folder.iterdir():
        kind = _KINDS.get(file.name.rpartition(".")[2])
        if kind:
            content = file.read_bytes()
            found[file.name] = (content, kind, hashlib.sha256(content).hexdigest()[:12])
    return found


def address(name: str) -> str:
    """Where a page loads this file from."""
    return f"/statique/{name}?v={_kept()[name][2]}"


@router.get("/statique/{name}")
async def static(request: Request, name: str) -> Response:
    """One of these files."""
    found = _kept().get(name)
    if found is None:
        raise Problem(404, Refusal("no_such_address", "", quoted(request.url.path)))
    content, kind, _ = found
    return Response(content, headers=_FOR_EVER, media_type=kind)
