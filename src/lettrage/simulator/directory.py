"""The directory of the simulated platform: structures with what they demand, their services, accounts, engagements."""

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

FIXTURES = Path(__file__).with_name("directory.toml")
PASSWORD_DAYS = 424  # how long the password of a technical account lives


class Service(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service of a structure; its engagement flag adds to what the structure demands."""

    id: int
    code: str
    name: str
    active: bool = True
    engagement_required: bool = False
    valid_from: date = date(2017, 1, 1)
    valid_to: date | None = None


class BankAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank account that a supplier has entered on the portal."""

    id: int
    name: str
    iban: str
    bic: str = ""


class Structure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A structure, supplier or buyer.

    `identifier_type` is one of SIRET, UE_HORS_FRANCE, HORS_UE, RIDET, TAHITI, PARTICULIER, AUTRE. A supplier without
    the "Factures émises" space (`issues_invoices`) can deposit nothing. `payment_not_reported`: this buyer never tells
    that it has ordered the payment.
    """

    id: int
    identifier: str
    name: str
    identifier_type: str = "SIRET"
    active: bool = True
    public: bool = True
    service_required: bool = False
    engagement_required: bool = False
    service_or_engagement: bool = False
    payment_not_reported: bool = False
    issues_invoices: bool = False
    vat_number: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str = "FR"
    valid_from: date = date(2017, 1, 1)
    valid_to: date | None = None
    services: tuple[Service, ...] = ()
    bank_accounts: tuple[BankAccount, ...] = ()

    def service(self, code: str) -> Service | None:
        """The service of that code, active or not."""
        return next((service for service in self.services if service.code == code), None)


class Engagement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An engagement (commitment) of a buyer towards a supplier; `amount` in decimal text, in euros."""

    number: str
    buyer: int
    supplier: int
    state: str = "COMMANDE"
    kind: str = "COMMANDE"
    day: date = date(2026, 1, 5)
    amount: str = "0.00"


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A technical account: what `cpro-account` carries, and what its raccordement sheet says.

    `structures` are the suppliers it acts for. `applications` are the PISTE applications named in the sheet. `kind` is
    that of the sheet: API takes a technical account, UTILISATEUR_APPLICATION_INTERNE refuses any.
    """

    login: str
    password: str
    structures: tuple[int, ...]
    applications: tuple[str, ...] = ()
    kind: str = "API"
    active_from: datetime | None = None
    expires_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        """Whether the account is past its first half-hour and its password not past its last day."""
        return (self.active_from is None or self.active_from <= now) and (
            self.expires_at is None or now < self.expires_at
        )


class Fixtures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file of fixtures holds."""

    structures: tuple[Structure, ...]
    engagements: tuple[Engagement, ...]
    accounts: tuple[Account, ...]


class Directory:
    """Everything the platform knows about whom; anything put replaces what had its key."""

    def __init__(self, now: datetime) -> None:
        """The qualification platform's fictitious structures, with a password that has just been set (`now`, UTC)."""
        self._structures: dict[int, Structure] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self.engagements: dict[str, Engagement] = {}
        self.accounts: dict[str, Account] = {}
        fixtures = msgspec.convert(tomllib.loads(FIXTURES.read_text("utf-8")), Fixtures)
        for structure in fixtures.structures:
            self.put(structure)
        for engagement in fixtures.engagements:
            self.put_engagement(engagement)
        for account in fixtures.accounts:
            self.put_account(
                msgspec.structs.replace(account, active_from=now, expires_at=now + timedelta(days=PASSWORD_DAYS))
            )

    def __iter__(self) -> Iterator[Structure]:
        """The structures, in the order of their ids."""
        return iter([self._structures[key] for key in sorted(self._structures)])

    def structure(self, identifier: str, identifier_type: str = "SIRET") -> Structure | None:
        """The structure that bears this identifier, active or not."""
        found = self._ids.get((identifier_type, identifier))
        return None if found is None else self._structures[found]

    def by_id(self, key: int) -> Structure | None:
        """The structure of that `idStructureCPP`."""
        return self._structures.get(key)

    def put(self, structure: Structure) -> None:
        """Add a structure, or replace the one with its id or its identifier."""
        names = (structure.identifier_type, structure.identifier)
        for key in {structure.id, self._ids.get(names, structure.id)}:
            before = self._structures.pop(key, None)
            if before is not None:
                del self._ids[before.identifier_type, before.identifier]
        self._structures[structure.id] = structure
        self._ids[names] = structure.id

    def put_engagement(self, engagement: Engagement) -> None:
        """Add an engagement, or replace the one with its number."""
        self.engagements[engagement.number] = engagement

    def put_account(self, account: Account) -> None:
        """Add a technical account, or replace the one with its login."""
        self.accounts[account.login] = account
