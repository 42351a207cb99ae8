"""What is said of each operation: its answer, every status that it can have, its example."""

from importlib.resources import files
from typing import Any

import msgspec
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from lettrage.adapters.http.problems import TITLES

# What any call may be answered, what one with a query, what one with a content.
ANY = (400, 401, 403, 421, 422, 429, 431, 500, 503)
CONTENT = (408, 409, 413, 415)
JSON = "application/json"
PROBLEM = "application/problem+json"
PDF = "application/pdf"

_examples: dict[str, dict[str, Any]] = msgspec.json.decode(
    files("lettrage.adapters.http").joinpath("examples.json").read_bytes()
)


def operation(
    name: str,
    summary: str,
    answer: type[BaseModel] | None,
    *statuses: int,
    form: type[BaseModel] | None = None,
    file: str = PDF,
    optional: bool = False,
) -> dict[str, Any]:
    """The documentation of an operation, as FastAPI takes it. `statuses`: those beside what any call may have.

    `optional`: the form may be left out.

    `file`: what is answered where there is no `answer` in JSON.
    """
    known = _examples.get(name, {})
    content: dict[str, Any] = {"example": known["answer"]} if "answer" in known else {}
    told: dict[int | str, dict[str, Any]] = {
        200: {"description": "Done", "model": answer, "content": {JSON: content}} if answer else _file(file),
        **{status: problem(status) for status in sorted({*ANY, *statuses})},
    }
    documented: dict[str, Any] = {
        "operation_id": name,
        "summary": summary,
        "response_model": None,
        "response_class": Response if answer is None else JSONResponse,
        "responses": told,
    }
    if form is not None:
        example = {"example": known["content"]} if "content" in known else {}
        body = {JSON: {"schema": {"$ref": f"#/components/schemas/{form.__name__}"}, **example}}
        documented["openapi_extra"] = {"requestBody": {"required": not optional, "content": body}}
    return documented


def _file(kind: str) -> dict[str, Any]:
    return {"description": "Done", "content": {kind: {"schema": {"type": "string", "format": "binary"}}}}


def problem(status: int) -> dict[str, Any]:
    """A status that is answered with a problem."""
    answer: dict[str, Any] = {
        "description": TITLES[status][1],
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds to wait"}}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Bearer"}}
    return answer
