"""The directory (annuaire): companies, their establishments, routing codes, and the addresses that invoices go to."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

FIXTURES = Path(__file__).with_name("directory.toml")
Receiving = Literal["WK", "DFH"]  # an approved platform, or the State's (UNCL 3035)


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where somebody is."""

    street: str = ""
    postcode: str = ""
    town: str = ""
    region: str = ""
    country: str = "FR"
    country_name: str = "France"


class Company(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A legal unit. `reserved`: its data are not for sales prospecting."""

    siren: str
    name: str
    public: bool = False
    active: bool = True
    reserved: bool = False


class Facility(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An establishment, with what a public one demands."""

    siret: str
    name: str
    main: bool = True
    active: bool = True
    place: Place = Place()
    works: bool = False
    works_only: bool = False
    payment_status: bool = True
    engagement: bool = False
    engagement_or_service: bool = False
    service: bool = False

    @property
    def siren(self) -> str:
        """Of the company that it belongs to."""
        return self.siret[:9]


class RoutingCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A routing code of an establishment: of a public one a service."""

    siret: str
    code: str
    name: str
    scheme: str = "0224"
    active: bool = True
    engagement: bool = False


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address of scheme 0225: a SIREN, with SIRET, with routing code, or with a suffix of its own."""

    siren: str
    siret: str = ""
    routing: str = ""
    suffix: str = ""
    platform: Receiving = "WK"
    status: Literal["Enabled", "Disabled", "Upcoming"] = "Enabled"

    @property
    def address(self) -> str:
        """What invoices are sent to."""
        return "_".join(part for part in (self.siren, self.siret, self.routing, self.suffix) if part)

    @property
    def active(self) -> bool:
        """Whether invoices reach somebody there now."""
        return self.status == "Enabled"


class Fixtures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file of fixtures holds."""

    companies: tuple[Company, ...]
    facilities: tuple[Facility, ...]
    routing_codes: tuple[RoutingCode, ...]
    lines: tuple[Line, ...]


class Companies:
    """Everything the directory knows; anything put replaces what had its key."""

    def __init__(self) -> None:
        """The fixtures."""
        self._companies: dict[str, Company] = {}
        self._facilities: dict[str, Facility] = {}
        self._codes: dict[tuple[str, str], RoutingCode] = {}
        self._lines: dict[str, Line] = {}
        fixtures = msgspec.convert(tomllib.loads(FIXTURES.read_text("utf-8")), Fixtures)
        self.put(fixtures.companies, fixtures.facilities, fixtures.routing_codes, fixtures.lines)

    def put(
        self,
        companies: Iterable[Company] = (),
        facilities: Iterable[Facility] = (),
        codes: Iterable[RoutingCode] = (),
        lines: Iterable[Line] = (),
    ) -> None:
        """Add these, or replace the ones with their keys."""
        self._companies.update({one.siren: one for one in companies})
        self._facilities.update({one.siret: one for one in facilities})
        self._codes.update({(one.siret, one.code): one for one in codes})
        self._lines.update({one.address: one for one in lines})

    def company(self, siren: str) -> Company | None:
        """The legal unit of that number."""
        return self._companies.get(siren)

    def facility(self, siret: str) -> Facility | None:
        """The establishment of that number."""
        return self._facilities.get(siret)

    def code(self, siret: str, code: str) -> RoutingCode | None:
        """The routing code of that establishment."""
        return self._codes.get((siret, code))

    def line(self, address: str) -> Line | None:
        """The line of that address."""
        return self._lines.get(address)

    def lines(self, siren: str) -> tuple[Line, ...]:
        """Every address of a company."""
        return tuple(line for line in self.all_lines() if line.siren == siren)

    def all_companies(self) -> Iterable[Company]:
        """In the order of their numbers."""
        return [self._companies[key] for key in sorted(self._companies)]

    def all_facilities(self) -> Iterable[Facility]:
        """In the order of their numbers."""
        return [self._facilities[key] for key in sorted(self._facilities)]

    def all_codes(self) -> Iterable[RoutingCode]:
        """In the order of their establishments and codes."""
        return [self._codes[key] for key in sorted(self._codes)]

    def all_lines(self) -> Iterable[Line]:
        """In the order of their addresses."""
        return [self._lines[key] for key in sorted(self._lines)]
