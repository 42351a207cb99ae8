"""A call of our own API on its way to the books: recognised, allowed, its query and its content read strictly."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Header, Query
from fastapi.dependencies.models import Dependant
from starlette.requests import Request
from starlette.responses import Response

from lettrage.acts import Act, perform
from lettrage.adapters.http.door import bearer
from lettrage.adapters.http.fields import Code, Shape, Whole
from lettrage.adapters.http.house import House, Position, Readings, admitted, house_of
from lettrage.adapters.http.problems import Problem, refused
from lettrage.adapters.http.reading import form_of
from lettrage.caller import Caller, dossier_for
from lettrage.guard.audited import Hand
from lettrage.guard.identity import Identity
from lettrage.limits import KEY_CHARACTERS, PAGE_MOST
from lettrage.refusal import Refusal, quoted
from lettrage.settlement import dialect

Form = TypeVar("Form", bound=Shape)
DossierAsked = Annotated[Code | None, Query(description="The dossier; may be left out by who may use only one")]
Limit = Annotated[Whole, Query(ge=1, le=PAGE_MOST, description="Lines of a page")]
Cursor = Annotated[str | None, Query(max_length=1_000, description="`next` of the page before")]
Key = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=KEY_CHARACTERS,
        pattern="^[ -~]+$",
        description="Same key, same content: the same answer",
    ),
]

REPLAYED = {"Idempotency-Replayed": "true"}  # said with an answer that was kept under its key
_json = msgspec.json.Encoder(order="sorted").encode


class Call(msgspec.Struct, frozen=True):
    """A call whose caller is known and may do what it asks."""

    house: House
    identity: Identity
    caller: Caller
    content: bytes
    request: Request

    @property
    def hand(self) -> Hand:
        """Whose doing the audit log tells."""
        return Hand(self.caller.name, self.caller.source)

    @contextmanager
    def books(self) -> Iterator[Readings]:
        """The books that the call is about, for reading. Raises Stop."""
        with self.house.base.books(self.dossier, writing=False) as books:
            yield books

    @property
    def dossier(self) -> str:
        """The dossier that is meant. Raises Stop."""
        return dossier_for(self.caller, "", "dossier", self.house.base)

    def form(self, shape: type[Form], *, absent: str = "null") -> Form:
        """The content, as JSON of this shape. Raises Problem with every fault, Unreadable for what is no text.

        `absent`: what no content at all means.
        """
        return form_of(dialect.decode(self.content) or absent, shape)

    def perform(self, act: Act, absent: str = "", pick: Callable[[dict[str, Any]], Any] | None = None) -> Response:
        """Do what is asked of the books. Raises Problem with every reason against it.

        `absent`: the code that says that what the address names is not there. `pick`: what of the result is answered.
        """
        done = perform(act, self.caller, self.house.store, self.house.clock)
        if done.result is None:
            problem = refused(done.reasons, absent)
            problem.headers.update(REPLAYED if done.replayed else {})
            raise problem
        return shown(pick(done.result) if pick else done.result, replayed=done.replayed)

    def page(self, lines: list[Any], last: Position | None, *criteria: object) -> Response:
        """A page of a list, with the cursor of the one that follows."""
        following = None if last is None else _cursor(last, self._criteria(criteria))
        return shown({"data": lines, "next": following})

    def after(self, cursor: str | None, *criteria: object) -> Position:
        """Where the page before ended; () at the start. Raises Problem for a cursor of another list."""
        return () if cursor is None else _position(cursor, self._criteria(criteria))

    def _criteria(self, criteria: Iterable[object]) -> str:
        """What a cursor is bound to: the list, the dossier, its criteria."""
        said = [self.request.scope["route"].path, self.dossier, *map(str, criteria)]
        return hashlib.sha256(_json(said)).hexdigest()[:16]


def shown(value: Any, *, replayed: bool = False) -> Response:
    """A result as JSON; one that was kept under its key says so."""
    headers = REPLAYED if replayed else None
    return Response(msgspec.json.encode(value), headers=headers, media_type="application/json")


def _cursor(position: Position, criteria: str) -> str:
    return base64.urlsafe_b64encode(_json([criteria, *position])).decode().rstrip("=")


def _position(cursor: str, criteria: str) -> Position:
    try:
        known, *position = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if known == criteria and all(type(part) in (int, str) for part in position):
            return tuple(position)
    except (ValueError, TypeError, binascii.Error):
        pass
    raise Problem(422, Refusal("other_cursor", "cursor", quoted(cursor) or "''"))


# ---------------------------------------------------------------- admission


class Admission:
    """The dependency that lets in who may do this (`roles.toml`), and reads the content if it is of these types.

    `optional`: a call without any content is one too.
    """

    def __init__(self, action: str, types: tuple[str, ...], *, optional: bool = False) -> None:
        self.action = action
        self.types = types
        self.optional = optional

    async def __call__(self, request: Request, dossier: DossierAsked = None) -> Call:
        """The call, or Problem."""
        return await _admitted(request, dossier, self.action, self.types, optional=self.optional)


class KeyedAdmission(Admission):
    """The same for what is done once under a key."""

    async def __call__(self, request: Request, dossier: DossierAsked = None, idempotency_key: Key = None) -> Call:
        """The call, or Problem."""
        return await _admitted(request, dossier, self.action, self.types, optional=self.optional)


def allowed(action: str, *types: str, keyed: bool = True, optional: bool = False) -> Any:
    """Who may do this, with a content of these types; such a call takes a key too, unless it is not `keyed`."""
    return Depends((KeyedAdmission if types and keyed else Admission)(action, types, optional=optional))


async def _admitted(
    request: Request, dossier: str | None, action: str, types: tuple[str, ...], *, optional: bool
) -> Call:
    token = bearer(request.headers.get("authorization", ""))
    identity = await admitted(request, token, action)
    _no_strangers(request)
    house = house_of(request)
    content = b""
    if types:
        if not (optional and _brings_nothing(request)):
            _of_type(request, types)
        content = await request.body()
    request.state.dossier = dossier
    return Call(house, identity, house.caller(identity, request, dossier or ""), content, request)


def _brings_nothing(request: Request) -> bool:
    """Whether a call has no content, by its head."""
    head = request.headers
    return "transfer-encoding" not in head and head.get("content-length", "0") == "0" and "content-type" not in head


def _of_type(request: Request, types: tuple[str, ...]) -> None:
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() not in types:
        raise Problem(415, Refusal("wrong_content_type", "Content-Type", quoted(given) or "-", ", ".join(types)))


def _no_strangers(request: Request) -> None:
    """Raises Problem for a query that names what is unknown, or one thing twice."""
    known = _query_names(request.scope["route"].dependant)
    given = [name for name, _ in request.query_params.multi_items()]
    faults = [
        Refusal("malformed_field", quoted(name), "?", ", ".join(sorted(known))) for name in given if name not in known
    ]
    faults += [Refusal("given_twice", name, "2", "1") for name in sorted(set(given)) if given.count(name) > 1]
    if faults:
        raise Problem(422, *faults)


def _query_names(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_query_names(inner) for inner in dependant.dependencies))
