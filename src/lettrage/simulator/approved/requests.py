"""What a call brings: its parts, read strictly. Whatever cannot be read is refused with 400."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import msgspec
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from lettrage.simulator.approved.answers import Refused
from lettrage.simulator.piste import Application

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

Asked = TypeVar("Asked")


class Request(msgspec.Struct, frozen=True):
    """A call that was let in. `path`: its parameters, decoded; `query`: every value of every name."""

    client: Application
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    content_type: str
    body: bytes

    def one(self, name: str) -> str | None:
        """The one value of a query parameter. Raises Refused where there are more."""
        values = self.query.get(name, [])
        if len(values) > 1:
            raise Refused(400, f"{name}: one value is wanted")
        return values[0] if values else None

    def listed(self, name: str) -> tuple[str, ...]:
        """The values of a query parameter that is a list, separated by commas."""
        value = self.one(name)
        return () if value is None else tuple(value.split(","))


def decoded(data: bytes, kind: type[Asked]) -> Asked:
    """JSON as it was described. Raises Refused."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        missing = "missing required field" in str(error)
        raise Refused(400, str(error)[:300], "MISSING_REQUIRED_FIELD" if missing else "") from None


def json(request: Request, kind: type[Asked]) -> Asked:
    """The JSON body of a call. Raises Refused."""
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(400, "application/json is wanted")
    return decoded(request.body, kind)


# ---------------------------------------------------------------- multipart/form-data


class _Parts:
    """The parts of a form, gathered while it is parsed."""

    def __init__(self) -> None:
        self.found: list[tuple[str, bytearray]] = []
        self._name, self._value = b"", b""
        self._part = ""
        self._data = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        """For the parser."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._valued,
            "on_header_end": self._header,
            "on_part_data": self._more,
            "on_part_end": lambda: self.found.append((self._part, self._data)),
        }

    def _begin(self) -> None:
        self._part, self._data = "", bytearray()

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _valued(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        if self._name.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._part = options.get(b"name", b"").decode("utf-8", "replace")
        self._name, self._value = b"", b""

    def _more(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]


def form(request: Request, *names: str) -> tuple[bytes, ...]:
    """The parts of a form that bear these names. Raises Refused: no form, a part missing or twice."""
    kind, options = parse_options_header(request.content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise Refused(400, "multipart/form-data is wanted")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        parser.write(request.body)
        parser.finalize()
    except MultipartParseError as error:
        raise Refused(400, str(error)[:300]) from None
    found = [(name, bytes(data)) for name, data in parts.found if name in names]
    for name in set(names) - {one for one, _ in found}:
        raise Refused(400, f"{name} is missing", "MISSING_REQUIRED_FIELD")
    if len(found) > len(names):
        raise Refused(400, "a part stands there twice")
    return tuple(dict(found)[name] for name in names)
