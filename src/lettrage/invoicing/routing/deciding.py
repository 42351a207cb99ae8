"""The routes of a dossier's customers: what is kept of them, what is asked of the directory, what comes of it.

Reading, asking and writing are apart, as in `checks/checking.py`. The number of statements is the same for one
customer and for a thousand.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Literal, Protocol, TypeVar

import msgspec

from lettrage.company.customer import Customer
from lettrage.company.dossier import Company
from lettrage.guard.audited import Hand
from lettrage.invoicing.document import Platform
from lettrage.invoicing.doors import Door, name_of
from lettrage.invoicing.routing.copies import Connect, Copies, Copy, Key, Round, Subject, facts_of
from lettrage.invoicing.routing.route import (
    KEEP_HOURS,
    Choice,
    Route,
    RouteSettings,
    Silence,
    kind_of,
    route_of,
    routing_of,
    siren_of,
)
from lettrage.settlement.document import Ledger

T = TypeVar("T")


class Chosen(msgspec.Struct, frozen=True):
    """The door that somebody chose for a customer."""

    route: Choice
    at: str = ""
    by: str = ""


class RouteBooks(Protocol):
    """What is asked of a dossier's books."""

    today: date

    @property
    def company(self) -> Company: ...  # noqa: D102
    def third_party_records(self, codes: Collection[str] | None) -> Mapping[str, tuple[Ledger, Customer]]: ...  # noqa: D102
    def chorus_choices(self) -> Mapping[tuple[str, str], str]: ...  # noqa: D102
    def routes_chosen(self, codes: Collection[str]) -> Mapping[str, Chosen]: ...  # noqa: D102
    def directory_copies(self, platform: str, keys: Collection[Key]) -> Copies: ...  # noqa: D102
    def keep_copies(self, platform: str, news: Sequence[Copy]) -> None: ...  # noqa: D102


class RouteChoices(RouteBooks, Protocol):
    """What choosing a door asks beside."""

    def choose_route(self, third_party: str, route: Choice | None, at: datetime, by: Hand) -> None:
        """Put a door in the place of the one chosen before; None: let the directory decide."""


class Store(Protocol):
    """Where the books are."""

    def books(self, dossier: str, *, writing: bool) -> AbstractContextManager[RouteBooks]: ...  # noqa: D102
    def write(self, dossier: str, work: Callable[[RouteBooks], T]) -> T: ...  # noqa: D102


class Known(msgspec.Struct, frozen=True):
    """A customer with all that decides its route. `chosen` None: nobody chose a door for it."""

    customer: Customer
    chosen: Chosen | None
    copies: Copies
    settings: RouteSettings
    today: date
    silent: Silence | None = None

    def route(self, frame: str = "", service: str = "", door: Door | None = None) -> Route:
        """The route of an invoice of this frame for this service, "" for any; `door`: one that is asked for now."""
        facts = facts_of(self.subject(service), self.copies, self.silent)
        chosen: Choice | Literal[""] = door or (self.chosen.route if self.chosen is not None else "")
        return route_of(self.customer, facts, chosen, self.settings, self.today, frame, service)

    def subject(self, service: str = "") -> Subject:
        """Whom the directory is asked for."""
        return subject_of(self.customer, service)


def subject_of(customer: Customer, service: str = "") -> Subject:
    """Whom the directory is asked for about a customer."""
    public = kind_of(customer) == "public"
    return Subject(siren_of(customer), customer.siret.replace(" ", ""), service or routing_of(customer), public)


def settings_of(company: Company, choices: Mapping[tuple[str, str], str]) -> RouteSettings:
    """What the company file and the settings say about routes, by the rows that hold on both platforms."""
    return RouteSettings(
        "approved" if choices.get(("", "public_door")) == "approved" else "chorus",
        int(choices.get(("", "directory_hours")) or KEEP_HOURS),
        company.declarant.size,
    )


def known(
    books: RouteBooks, codes: Collection[str], environment: Platform, services: Collection[tuple[str, str]] = ()
) -> dict[str, Known]:
    """What decides the routes of these customers, by code. `services`: of customers, as invoices name them."""
    records, chosen = books.third_party_records(codes), books.routes_chosen(codes)
    settings = settings_of(books.company, books.chorus_choices())
    customers = {code: record[1] for code, record in records.items()}
    keys = _keys(customers, services)
    copies = books.directory_copies(name_of("approved", environment), keys) if keys else {}
    return {
        code: Known(customer, chosen.get(code), copies, settings, books.today) for code, customer in customers.items()
    }


def _keys(customers: Mapping[str, Customer], services: Collection[tuple[str, str]]) -> list[Key]:
    subjects = [subject_of(customer) for customer in customers.values()]
    subjects += [subject_of(customers[code], service) for code, service in services if code in customers]
    return list(dict.fromkeys(key for subject in subjects for key in subject.keys))


def looked_up(
    store: Store,
    dossier: str,
    codes: Collection[str],
    environment: Platform,
    connect: Connect | None,
    now: datetime,
    services: Collection[tuple[str, str]] = (),
    *,
    anew: bool = False,
) -> dict[str, Known]:
    """The same with the directory asked where a copy is missing or old; what it said is kept.

    `connect`: to the directory; None: it is not asked. Never raises for what the platform does.
    """
    with store.books(dossier, writing=False) as books:
        found = known(books, codes, environment, services)
    if not found:
        return found
    first = next(iter(found.values()))
    subjects = [one.subject() for one in found.values()]
    subjects += [found[code].subject(service) for code, service in services if code in found]
    asked = Round(connect, now, first.settings.keep_hours)
    copies = asked.heed(subjects, first.copies, anew=anew)
    if asked.news:
        store.write(dossier, lambda books: books.keep_copies(name_of("approved", environment), asked.news))
    return {code: msgspec.structs.replace(one, copies=copies, silent=asked.silent) for code, one in found.items()}
