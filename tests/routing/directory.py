"""A directory in memory, and the customers of these tests. It counts what it is asked."""

from collections.abc import Sequence
from typing import Any

from lettrage.company.customer import Customer, PublicBuyer
from lettrage.company.dossier import Address
from lettrage.invoicing.flow_service import Company, Facility, Line, RoutingCode
from lettrage.invoicing.portal import Trouble, TroubleKind

SIREN, SIRET, OTHER = "552100554", "55210055400013", "55210055400021"
TOWN, TOWN_HALL = "219999018", "21999901800019"


class Directory:
    """Satisfies the port `DirectoryService`. `trouble`: what every call meets, where there is any."""

    def __init__(self, *lines: Line, trouble: TroubleKind | None = None, **companies: Any) -> None:
        self.all = list(lines)
        self.companies = {siren: Company(siren, "Une société") for siren in {line.siren for line in lines}}
        self.facilities: dict[str, Facility] = {}
        self.codes: dict[tuple[str, str], RoutingCode] = {}
        self.trouble = trouble
        self.asked: list[str] = []

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.trouble is not None:
            raise Trouble(self.trouble)

    def company(self, siren: str) -> Company | None:
        self._ask(siren)
        return self.companies.get(siren)

    def facility(self, siret: str) -> Facility | None:
        self._ask(siret)
        return self.facilities.get(siret)

    def routing_code(self, siret: str, code: str) -> RoutingCode | None:
        self._ask(f"{siret}_{code}")
        return self.codes.get((siret, code))

    def lines(self, siren: str) -> Sequence[Line]:
        return [line for line in self.all if line.siren == siren]


def whole(siren: str = SIREN, *, active: bool = True) -> Line:
    """The line of a legal unit."""
    return Line(siren, siren, platform="PA", active=active)


def at_siret(siret: str = SIRET, routing: str = "", *, active: bool = True) -> Line:
    """The line of an establishment, or of a routing code of it."""
    address = f"{siret[:9]}_{siret}" + (f"_{routing}" if routing else "")
    return Line(address, siret[:9], siret, routing, platform="PA", active=active)


def at_suffix(suffix: str, siren: str = SIREN) -> Line:
    return Line(f"{siren}_{suffix}", siren, suffix=suffix, platform="PA")


def business(**given: Any) -> Customer:
    known: dict[str, Any] = {"siret": SIRET, "address": Address(country="FR")} | given
    return Customer("C1", "Une société", **known)


def town(**given: Any) -> Customer:
    return Customer("T1", "Une commune", siret=TOWN_HALL, chorus=PublicBuyer(**given))
