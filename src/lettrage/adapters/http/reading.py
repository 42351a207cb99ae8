"""Reading what callers of our own API send: strict JSON of one shape, and every fault at once."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, TypeVar

import msgspec
from pydantic import ModelWrapValidatorHandler, ValidationError, ValidationInfo, model_validator

from lettrage.adapters.http.fields import Shape
from lettrage.adapters.http.problems import Problem
from lettrage.limits import DOCUMENT
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.dialect.strict_json import half_character

FAULTS_TOLD = 100
NAMES_MOST = 100  # of one object: no form has so many
Form = TypeVar("Form", bound=Shape)


# What an error's facts hold, and what stands before it; the name of a type that was expected.
_BOUNDS = (
    ("pattern", ""),
    ("expected", ""),
    ("min_length", ">= "),
    ("max_length", "<= "),
    ("ge", ">= "),
    ("le", "<= "),
)
_TYPES = {"string_type": "text", "bool_type": "true, false", "list_type": "[ ]"}


class _Figure:
    """A number where only texts are expected: its digits are told, its value never read."""

    __slots__ = ("text",)  # a content may be millions of them

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class _Twice(Exception):
    """A name that stands twice in one object."""


class _Crowded(Exception):
    """An object with more names than any form has."""


class Tally(msgspec.Struct):
    """How many faults were found so far in a content."""

    faults: int = 0


class Row(Shape):
    """A form that stands in lists: once enough faults are known to be told, further rows are not looked at."""

    @model_validator(mode="wrap")
    @classmethod
    def _counted(cls, value: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        tally: Tally = info.context or Tally()
        before = tally.faults
        if before >= FAULTS_TOLD:
            return cls.model_construct()
        try:
            return read(value)
        except ValidationError as error:
            tally.faults = before + error.error_count()  # those of the rows inside are among them
            raise


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > NAMES_MOST:
        raise _Crowded(str(len(pairs)))
    named: dict[str, Any] = {}
    for name, value in pairs:
        if name in named:
            raise _Twice(name)
        named[name] = value
    return named


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are not JSON


_JSON = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_Figure, parse_float=_Figure, parse_constant=_no_constant
)


def form_of(text: str, shape: type[Form], check: Callable[[Any], None] | None = None) -> Form:
    """Read strict JSON of this shape. Raises Problem: 400 for what is no JSON, 422 with every fault of the shape.

    `check` sees the tree before it is read as the shape, for what is not to be read at all.
    """
    tree = _tree(text)
    if check is not None:
        check(tree)
    try:
        form = shape.model_validate(tree, context=Tally())
    except ValidationError as error:
        raise Problem(422, *faults(error.errors(include_url=False))) from None
    if half := half_character(text):  # in a text without a pattern, which nothing has looked at
        raise Problem(400, Refusal("malformed_call", "JSON", f"\\{half}", "UTF-8"))
    return form


def _tree(text: str) -> Any:
    try:
        return _JSON.decode(text)
    except json.JSONDecodeError as error:
        facts = {"line": str(error.lineno), "column": str(error.colno)}
        found = quoted(text[error.pos : error.pos + 1]) or "EOF"
        raise Problem(400, Refusal("syntax", "", found, "JSON", facts)) from None
    except ValueError as constant:
        raise Problem(400, Refusal("malformed_call", "JSON", quoted(str(constant)), "JSON")) from None
    except _Twice as twice:
        raise Problem(422, Refusal("given_twice", quoted(str(twice)), "2", "1")) from None
    except _Crowded as crowded:
        raise Problem(400, Refusal("malformed_call", "JSON", f"{{ {crowded} }}", f"<= {NAMES_MOST}")) from None
    except RecursionError:
        raise Problem(400, Refusal("malformed_call", "JSON", "{ { {", f"<= {DOCUMENT.depth}")) from None


def faults(errors: Iterable[Mapping[str, Any]], *, query: bool = False) -> list[Refusal]:
    """What is wrong with a content (by JSON pointers), or with a query (by its names)."""
    told = [_fault(error, query=query) for error in errors]
    return told[:FAULTS_TOLD]


def _fault(error: Mapping[str, Any], *, query: bool) -> Refusal:
    place = [str(part) for part in error["loc"]]
    path = ".".join(place[1:]) if query else "/" + "/".join(place)
    if error["type"] == "missing":
        return Refusal("missing_field", path, "", "-")
    seen = error.get("input")
    shown = seen if isinstance(seen, str) else _shown(seen)
    return Refusal("malformed_field", path, quoted(shown) or "''", _expected(error))


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "{ }" if isinstance(value, dict) else "[ ]"
    return repr(value) if isinstance(value, _Figure) else {True: "true", False: "false"}.get(value, "null")


def _expected(error: Mapping[str, Any]) -> str:
    """What would be right, in a few characters that need no language."""
    facts: Mapping[str, Any] = error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        return "-"
    if error["type"] == "value_error":
        return str(facts["error"])
    for name, sign in _BOUNDS:
        if name in facts:
            return f"{sign}{facts[name]}"
    return _TYPES.get(error["type"], "{ }")
