"""What both doors of the simulator do with a connection: read a body within a bound, cut it off, stop a call."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from lettrage.simulator.faults import PLAIN

TRANSPORT = "simulator.transport"  # where the protocol leaves the connection for a fault to cut


class Stopped(Exception):
    """The call goes no further; this is what it is answered."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def empty(status: int, challenge: str = "") -> Response:
    """An answer without a body, which still names a content type: some clients fail without one."""
    headers = {"www-authenticate": challenge} if challenge else {}
    return Response(b"", status, headers, PLAIN)


async def whole(request: Request, most: int) -> bytes:
    """The body, up to `most` bytes. Raises Stopped with an empty 413."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            refused = empty(413)
            refused.headers["connection"] = "close"
            raise Stopped(refused)
    return bytes(body)


async def cut(scope: Scope, receive: Receive) -> None:
    """End the connection without an answer."""
    scope[TRANSPORT].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def bearer(request: Request) -> str:
    """The token of a call; "" for none."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""
