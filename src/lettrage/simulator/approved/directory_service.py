"""The Directory Service 1.3.0: companies, establishments, routing codes, addresses; one by its key, or searched."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from lettrage.simulator.approved.answers import Refused, answered
from lettrage.simulator.approved.companies import Companies, Company, Facility, Line, Place, RoutingCode
from lettrage.simulator.approved.flow_service import Service, health
from lettrage.simulator.approved.requests import Request, json

if TYPE_CHECKING:
    from lettrage.simulator.approved.door import Approved

SIREN, SIRET = re.compile("[0-9]{9}", re.ASCII), re.compile("[0-9]{14}", re.ASCII)
PAGE = 50  # results of a search that asks for no number
MOST = 2**31 - 1
Order = Literal["ascending", "descending"]
SirenField = Literal["siren", "businessName", "entityType", "administrativeStatus", "instructions"]
SiretField = Literal[
    "siret",
    "siren",
    "name",
    "facilityType",
    "administrativeStatus",
    "siretInstructions",
    "address",
    "pmStatus",
    "pmOnly",
    "managesPaymentStatus",
    "managesLegalCommitment",
    "managesLegalCommitmentOrService",
    "serviceCodeStatus",
]
CodeField = Literal[
    "siret",
    "routingIdentifierType",
    "routingCodeName",
    "routingIdentifier",
    "managesLegalCommitmentCode",
    "administrativeStatus",
    "address",
]
LineField = Literal["addressingIdentifier", "siren", "siret", "routingIdentifier", "addressingSuffix"]
# What a field of a request asks for → where it stands in the answer, inside b2gAdditionalData.
_PUBLIC = {
    "pmStatus": "pm",
    "pmOnly": "pmOnly",
    "managesPaymentStatus": "managesPaymentStatus",
    "managesLegalCommitment": "managesLegalCommitmentCode",
    "managesLegalCommitmentOrService": "managesLegalCommitmentOrServiceCode",
    "serviceCodeStatus": "serviceCodeStatus",
}

# ---------------------------------------------------------------- how each is shown


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None)}


def _status(active: bool) -> str:
    return "A" if active else "C"


def _company(one: Company) -> dict[str, Any]:
    return {
        "siren": one.siren,
        "businessName": one.name,
        "entityType": "Public" if one.public else "PrivateVatRegistered",
        "administrativeStatus": _status(one.active),
        "instructions": {"isSalesProspectingForbidden": one.reserved},
    }


def _place(place: Place) -> dict[str, Any]:
    return _kept(
        {
            "addressLine1": place.street,
            "postalCode": place.postcode,
            "countrySubdivision": place.region,
            "locality": place.town,
            "countryCode": place.country,
            "countryName": place.country_name,
        }
    )


def _facility(companies: Companies, one: Facility) -> dict[str, Any]:
    company = companies.company(one.siren)
    shown = {
        "siret": one.siret,
        "siren": one.siren,
        "name": one.name,
        "facilityType": "P" if one.main else "S",
        "administrativeStatus": _status(one.active),
        "siretInstructions": {"isSalesProspectingForbidden": company is not None and company.reserved},
        "address": _place(one.place),
    }
    if company is not None and company.public:
        shown["b2gAdditionalData"] = {
            "pm": one.works,
            "pmOnly": one.works_only,
            "managesPaymentStatus": one.payment_status,
            "managesLegalCommitmentCode": one.engagement,
            "managesLegalCommitmentOrServiceCode": one.engagement_or_service,
            "serviceCodeStatus": one.service,
        }
    return shown


def _code(companies: Companies, one: RoutingCode) -> dict[str, Any]:
    facility = companies.facility(one.siret)
    return {
        "routingIdentifier": one.code,
        "siret": one.siret,
        "routingIdentifierType": one.scheme,
        "routingCodeName": one.name,
        "managesLegalCommitmentCode": one.engagement,
        "administrativeStatus": _status(one.active),
        "address": _place(facility.place if facility else Place()),
    }


def _line(one: Line) -> dict[str, Any]:
    return _kept(
        {
            "addressingIdentifier": one.address,
            "platformType": one.platform,
            "directoryLineStatus": one.status,
            "siren": one.siren,
            "siret": one.siret,
            "routingIdentifier": one.routing,
            "addressingSuffix": one.suffix,
        }
    )


def _related(companies: Companies, shown: dict[str, Any], include: Iterable[str]) -> dict[str, Any]:
    """What stands around one, where that was asked for."""
    siret = shown.get("siret", "")
    company = companies.company(shown.get("siren", siret[:9]))
    facility = companies.facility(siret)
    code = companies.code(siret, shown.get("routingIdentifier", ""))
    around = {
        "siren": ("legalUnit", _company(company) if company else None),
        "siret": ("facility", _included(_facility(companies, facility)) if facility else None),
        "routingCode": ("routingCode", _inner(_code(companies, code)) if code else None),
    }
    return {**shown, **{name: value for wanted, (name, value) in around.items() if wanted in include and value}}


def _included(facility: dict[str, Any]) -> dict[str, Any]:
    """A facility inside another answer has its instructions under another name."""
    return {"instructions" if name == "siretInstructions" else name: value for name, value in facility.items()}


def _inner(code: dict[str, Any]) -> dict[str, Any]:
    """A routing code inside a line: without its establishment, and with another name for one of its values."""
    renamed = {"managesLegalCommitmentCode": "managesLegalCommitment"}
    return {renamed.get(name, name): value for name, value in code.items() if name != "siret"}


def _chosen(shown: dict[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Only the fields that were asked for, and what was included."""
    wanted = {_PUBLIC.get(name, name) for name in fields}
    if not wanted:
        return shown
    kept = wanted | {"legalUnit", "facility", "routingCode"}
    own = {name: value for name, value in shown.items() if name in kept}
    public = {name: value for name, value in shown.get("b2gAdditionalData", {}).items() if name in wanted}
    return {**own, **({"b2gAdditionalData": public} if public else {})}


# ---------------------------------------------------------------- one of them


def get_siren(approved: "Approved", request: Request) -> Response:
    """A company."""
    siren = _number(request, "siren", SIREN)
    found = approved.platform.companies.company(siren)
    return _one(approved, request, _company(found) if found else None, get_args(SirenField), ())


def get_siret(approved: "Approved", request: Request) -> Response:
    """An establishment."""
    companies = approved.platform.companies
    found = companies.facility(_number(request, "siret", SIRET))
    shown = _facility(companies, found) if found else None
    return _one(approved, request, shown, get_args(SiretField), ("siren",))


def get_code(approved: "Approved", request: Request) -> Response:
    """A routing code."""
    companies = approved.platform.companies
    found = companies.code(_number(request, "siret", SIRET), _short(request, "routing-identifier", 100))
    shown = _code(companies, found) if found else None
    return _one(approved, request, shown, get_args(CodeField), ("siren", "siret"))


def get_line(approved: "Approved", request: Request) -> Response:
    """An address; one that is not open yet has no platform so far."""
    found = approved.platform.companies.line(_short(request, "addressing-identifier", 125))
    shown = _line(found) if found else None
    if shown is not None and found is not None and found.status == "Upcoming":
        shown["directoryLineStatus"] = "Disabled"
    return _one(approved, request, shown, get_args(LineField), ("siren", "siret", "routingCode"))


def _number(request: Request, name: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(request.path[name]):
        raise Refused(400, f"{name}: digits are wanted")
    return request.path[name]


def _short(request: Request, name: str, most: int) -> str:
    if len(request.path[name]) > most:
        raise Refused(400, f"{name}: at most {most} characters")
    return request.path[name]


def _one(
    approved: "Approved",
    request: Request,
    shown: dict[str, Any] | None,
    fields: tuple[str, ...],
    relations: tuple[str, ...],
) -> Response:
    """One of them as it was asked for. Raises Refused."""
    wanted = _listed(request, "fields", fields)
    include = _listed(request, "include", relations) if relations else ()
    if shown is None:
        raise Refused(404, "Requested resource is Not Found")
    return answered(_chosen(_related(approved.platform.companies, shown, include), wanted))


def _listed(request: Request, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = request.listed(name)
    if not set(found) <= set(known):
        raise Refused(400, f"{name}: {', '.join(known)}")
    return found


# ---------------------------------------------------------------- searches


class Filter(msgspec.Struct, frozen=True):
    """A value, and how it is compared."""

    op: Literal["strict", "contains", "startWith"] | UnsetType = UNSET
    value: str | UnsetType = UNSET

    def takes(self, found: str) -> bool:
        """Whether it takes a text; a comparison does without upper case."""
        if self.value is UNSET:
            return True
        wanted, found = self.value.casefold(), found.casefold()
        return {"contains": wanted in found, "startWith": found.startswith(wanted)}.get(self.op or "", wanted == found)


class Sorting(msgspec.Struct, frozen=True):
    """A field to sort by."""

    field: str | UnsetType = UNSET
    order: Order | UnsetType = UNSET


class Asked(msgspec.Struct, frozen=True):
    """What every search may say. What may stand in it is looked at by `Kind`."""

    filters: dict[str, Any] | UnsetType = UNSET
    sorting: tuple[Sorting, ...] | UnsetType = UNSET
    fields: tuple[str, ...] | UnsetType = UNSET
    include: tuple[str, ...] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=-MOST - 1, le=MOST)] | UnsetType = UNSET
    ignore: Annotated[int, Meta(ge=-MOST - 1, le=MOST)] | UnsetType = UNSET


class Compared(msgspec.Struct, frozen=True):
    """A filter that a search knows: what it compares, how it may, and what its value may be."""

    value: Callable[[Mapping[str, Any]], str]
    ops: tuple[str, ...]
    most: int
    pattern: str = ""
    known: tuple[str, ...] = ()


def _text(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda shown: str(shown.get(name, ""))


def _inside(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda shown: str(shown.get("address", {}).get(name, ""))


_STRICT, _ANY = ("strict",), ("contains", "strict", "startWith")
_NAMED, _BEGUN, _WITHIN = ("contains", "strict"), ("strict", "startWith"), ("contains", "startWith")
_FILLED = r"^$|^(?!\s*$).+"
_BY_SIREN = Compared(_text("siren"), _STRICT, 9, "[0-9]*")
_BY_SIRET = Compared(_text("siret"), _STRICT, 14, "[0-9]*")
_BY_STATUS = Compared(_text("administrativeStatus"), _STRICT, 1, known=("A", "C"))
_BY_STREET = Compared(_inside("addressLine1"), _WITHIN, 600)
_BY_POSTCODE = Compared(_inside("postalCode"), _BEGUN, 5, "[0-9]*")
_BY_TOWN = Compared(_inside("locality"), _ANY, 100)
_BY_CODE = Compared(_text("routingIdentifier"), _NAMED, 100, _FILLED)
_FILTERS: dict[str, dict[str, Compared]] = {
    "siren": {
        "siren": _BY_SIREN,
        "businessName": Compared(_text("businessName"), _ANY, 150),
        "entityType": Compared(_text("entityType"), _STRICT, 20, known=("Public", "PrivateVatRegistered")),
        "administrativeStatus": _BY_STATUS,
    },
    "siret": {
        "siret": _BY_SIRET,
        "siren": _BY_SIREN,
        "facilityType": Compared(_text("facilityType"), _STRICT, 1, known=("P", "S")),
        "name": Compared(_text("name"), _ANY, 100),
        "addressLines": _BY_STREET,
        "postalCode": _BY_POSTCODE,
        "countrySubdivision": Compared(_inside("countrySubdivision"), _STRICT, 255),
        "locality": _BY_TOWN,
        "administrativeStatus": _BY_STATUS,
    },
    "routing-code": {
        "routingIdentifier": _BY_CODE,
        "siret": _BY_SIRET,
        "routingCodeName": Compared(_text("routingCodeName"), _NAMED, 100, _FILLED),
        "administrativeStatus": _BY_STATUS,
        "addressLines": _BY_STREET,
        "postalCode": _BY_POSTCODE,
        "locality": _BY_TOWN,
    },
    "directory-line": {
        "addressingIdentifier": Compared(_text("addressingIdentifier"), _NAMED, 125),
        "siren": _BY_SIREN,
        "siret": _BY_SIRET,
        "routingIdentifier": _BY_CODE,
        "addressingSuffix": Compared(_text("addressingSuffix"), _NAMED, 100),
    },
}


class Kind(msgspec.Struct, frozen=True):
    """What one search is about."""

    name: str
    fields: tuple[str, ...]
    relations: tuple[str, ...]
    all: Callable[[Companies], Iterable[dict[str, Any]]]


KINDS = (
    Kind("siren", get_args(SirenField), (), lambda known: map(_company, known.all_companies())),
    Kind(
        "siret",
        get_args(SiretField),
        ("siren",),
        lambda known: (_facility(known, one) for one in known.all_facilities()),
    ),
    Kind(
        "routing-code",
        get_args(CodeField),
        ("siren", "siret"),
        lambda known: (_code(known, one) for one in known.all_codes()),
    ),
    Kind(
        "directory-line",
        get_args(LineField),
        ("siren", "siret", "routingCode"),
        lambda known: map(_line, known.all_lines()),
    ),
)


def _search(kind: Kind) -> Service:
    def service(approved: "Approved", request: Request) -> Response:
        asked = json(request, Asked)
        filters = _filters(kind, asked)
        _bounds(kind, asked)
        companies = approved.platform.companies
        found = [
            shown for shown in kind.all(companies) if all(wanted.takes(known.value(shown)) for known, wanted in filters)
        ]
        for sorting in reversed(asked.sorting or ()):
            if sorting.field:
                name = sorting.field
                found.sort(key=lambda shown: str(shown.get(name, "")), reverse=sorting.order == "descending")
        first, limit = asked.ignore or 0, PAGE if asked.limit is UNSET else asked.limit
        results = [
            _chosen(_related(companies, shown, asked.include or ()), asked.fields or ())
            for shown in found[first : first + limit]
        ]
        return answered({"search": asked, "totalNumberOfResults": len(found), "results": results})

    return service


def _filters(kind: Kind, asked: Asked) -> list[tuple[Compared, Filter]]:
    """The filters that this search knows, with what each compares. Raises Refused for what the OpenAPI forbids."""
    found = []
    for name, known in _FILTERS[kind.name].items():
        try:
            wanted = msgspec.convert((asked.filters or {}).get(name, {}), Filter)
        except msgspec.ValidationError as error:
            raise Refused(400, f"{name}: {error}") from None
        value = wanted.value or ""
        odd = known.known and wanted.value is not UNSET and value not in known.known
        if odd or len(value) > known.most or (known.pattern and not re.search(known.pattern, value)):
            raise Refused(400, f"{name}: not such a value")
        if wanted.op and wanted.op not in known.ops:
            raise Refused(400, f"{name}: {', '.join(known.ops)}")
        found.append((known, wanted))
    return found


def _bounds(kind: Kind, asked: Asked) -> None:
    """Whether every field is one that the OpenAPI knows, and no number below zero. Raises Refused."""
    named = {*(asked.fields or ()), *(one.field for one in asked.sorting or () if one.field)}
    if not named <= set(kind.fields) or not set(asked.include or ()) <= set(kind.relations):
        raise Refused(400, f"fields: {', '.join(kind.fields)}; include: {', '.join(kind.relations)}")
    if (asked.ignore or 0) < 0 or (asked.limit is not UNSET and asked.limit < 0):
        raise Refused(400, "limit and ignore are not below 0")


ROUTES: tuple[tuple[str, str, Service], ...] = (
    *(("POST", f"/v1/{kind.name}/search", _search(kind)) for kind in KINDS),
    ("GET", "/v1/siren/code-insee:{siren}", get_siren),
    ("GET", "/v1/siret/code-insee:{siret}", get_siret),
    ("GET", "/v1/routing-code/siret:{siret}/code:{routing-identifier}", get_code),
    ("GET", "/v1/directory-line/code:{addressing-identifier}", get_line),
    ("GET", "/v1/healthcheck", health),
)
