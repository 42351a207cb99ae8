"""How the platform answers: JSON, and its Error with a code for each status."""

from typing import Any

import msgspec
from starlette.responses import Response

JSON = "application/json"
CODES = {
    400: "INVALID_REQUEST",
    401: "INVALID_TOKEN",
    403: "FORBIDDEN_ACCESS",
    404: "MISSING_RESOURCE",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    413: "FILE_SIZE_EXCEEDED",
    422: "UNPROCESSABLE_ENTITY",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_ERROR",
    501: "NOT_IMPLEMENTED",
    503: "RESOURCE_ERROR",
}


class Refused(Exception):
    """A call that is refused: its status, and what is said of it."""

    def __init__(self, status: int, message: str = "", code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or CODES[status]


def answered(body: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(msgspec.json.encode(body), status, media_type=JSON)


def refused(status: int, message: str = "", code: str = "", headers: dict[str, str] | None = None) -> Response:
    """An Error of the OpenAPI."""
    body = {"errorCode": code or CODES[status], **({"errorMessage": message} if message else {})}
    return Response(msgspec.json.encode(body), status, headers, JSON)
