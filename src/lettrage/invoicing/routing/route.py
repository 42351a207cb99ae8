"""The door of one invoice, with the reason: `routes.toml` decides by what the dossier chose and the directory says.

Pure: the customer's record, the copy of the directory, the choice and the settings come in as values. Nothing is
guessed: without an address that the directory has as active, nothing goes to an approved platform.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib.resources import files
from typing import Any, Literal, get_args

import msgspec

from lettrage.company.customer import CHORUS_FRAMES, Customer
from lettrage.company.declarant import Size
from lettrage.company.late import is_public
from lettrage.company.siren import siren_in
from lettrage.invoicing.document import Platform
from lettrage.invoicing.doors import Door, name_of
from lettrage.invoicing.flow_service import Company, Facility, Line, RoutingCode
from lettrage.invoicing.portal import TroubleKind
from lettrage.reporting.concerned import begins

Choice = Literal["chorus", "approved", "none"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
Kind = Literal["public", "business", "consumer", "foreign"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Address = Literal["active", "inactive", "closed", "several", "unknown", "unasked"]
Source = Literal["choice", "frame", "record", "setting", "directory"]
Silence = TroubleKind | Literal["not_connected"]  # why a directory does not answer
SCHEME = "0225"  # ISO 6523: an address of the French directory
KEEP_HOURS = 24
# Frames of Chorus Pro that say the same on an approved platform: an invoice of a supplier, and one already paid.
COMMON_FRAMES = frozenset(("A1", "A2"))
SILENT = ("silent", "never")  # what is told where a directory did not answer
OUT_OF_REACH = frozenset(("chosen_none", "consumer", "foreign"))  # rules under which no platform is ever meant
_WITHOUT_ADDRESS = frozenset(("chosen_without_address", "business_without_address"))
# Where a SIREN or SIRET is given: France, its overseas departments, and the collectivities that have them.
_WITH_SIREN = frozenset(("", "FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF"))


class Facts(msgspec.Struct, frozen=True):
    """What the copy of the directory has of a customer. `seen_at` None: it was never read; `silent`: why not anew."""

    company: Company | None = None
    lines: tuple[Line, ...] = ()
    facility: Facility | None = None
    routing: RoutingCode | None = None
    seen_at: datetime | None = None
    silent: Silence | None = None


class RouteSettings(msgspec.Struct, frozen=True):
    """What a dossier has set. `keep_hours`: for how long a copy is used; `size`: of the company, "" if nobody said."""

    public_door: Door = "chorus"
    keep_hours: int = KEEP_HOURS
    size: Size | Literal[""] = ""


class Remark(msgspec.Struct, frozen=True):
    """Something that is told beside a route."""

    code: str
    fr: str
    en: str


class Route(msgspec.Struct, frozen=True):
    """The door, None where no platform reaches the customer; `address`: of scheme 0225; `seen_at`: of the copy.

    `open`: no door, for want of a word that names one of several addresses: an invoice's own service may be that word.
    """

    door: Door | None
    rule: str
    fr: str
    en: str
    source: Source
    address: str = ""
    siret: str = ""
    public: bool = False
    chosen: Choice | Literal[""] = ""
    seen_at: datetime | None = None
    warnings: tuple[Remark, ...] = ()
    open: bool = False

    def platform(self, environment: Platform) -> str:
        """What the store calls the door in an environment, "" where there is none."""
        return name_of(self.door, environment) if self.door is not None else ""

    @property
    def shape(self) -> dict[str, Any]:
        """As the interfaces show it."""
        return {
            "door": self.door,
            "address": self.address or None,
            "siret": self.siret or None,
            "public": self.public,
            "rule": self.rule,
            "reason": {"fr": self.fr, "en": self.en},
            "source": self.source,
            "chosen": self.chosen or None,
            "seen_at": self.seen_at.isoformat() if self.seen_at is not None else None,
            "warnings": [{"code": one.code, "fr": one.fr, "en": one.en} for one in self.warnings],
        }


class Rule(msgspec.Struct, frozen=True, rename={"source": "from", "law": "source"}):
    """A row of the table. `law`: where it stands."""

    name: str
    when: Mapping[str, tuple[str, ...]]
    door: Choice
    source: Source
    fr: str
    en: str
    law: str


class Table(msgspec.Struct, frozen=True):
    """The rules, and the texts around them: each French, then English."""

    reception: date
    calendar_source: str
    rule: tuple[Rule, ...]
    address: Mapping[str, tuple[str, str]]
    calendar: Mapping[str, tuple[str, str]]
    warning: Mapping[str, tuple[str, str]]
    silent: Mapping[Silence, tuple[str, str]]


def _read() -> Table:
    text = files("lettrage.invoicing.routing").joinpath("routes.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Table)


TABLE = _read()
# Rules whose reason says itself what the directory has, or that it did not answer.
TELL_WHY = frozenset(rule.name for rule in TABLE.rule if "{why_fr}" in rule.fr)


# ---------------------------------------------------------------- who the customer is


def siren_of(customer: Customer) -> str:
    """The SIREN of a customer: of its SIRET, else of its French VAT number; "" where the record has neither."""
    return siren_in(customer.siret) or siren_in(customer.vat_number)


def kind_of(customer: Customer, company: Company | None = None) -> Kind:
    """What a customer is for electronic invoicing: whoever Chorus Pro reaches counts as public.

    `company`: as the directory has it.
    """
    if customer.chorus is not None:
        return "public"
    siren = siren_of(customer)
    said = next((kind for kind in KINDS if kind == customer.buyer), None)
    if said is not None:
        return said
    known = company is not None and company.public
    if is_public(siren, on_chorus=known, said=customer.buyer):
        return "public"
    if siren:
        return "business"
    return "foreign" if customer.address.country.upper() not in _WITH_SIREN or customer.vat_number else "consumer"


def address_of(facts: Facts, siret: str, code: str) -> tuple[Address, Line | None]:
    """Where a customer receives: the line of its routing code, else of its SIRET, of its SIREN, else its only one."""
    if facts.seen_at is None:
        return "unasked", None
    if facts.company is None:
        return "unknown", None
    if not facts.company.active:
        return "closed", None
    active = [line for line in facts.lines if line.active]
    whole = [line for line in active if not line.routing and not line.suffix]
    wanted = (
        [line for line in active if code and line.routing == code and line.siret == siret],
        [line for line in whole if siret and line.siret == siret],
        [line for line in whole if not line.siret],
        [line for line in active if len(active) == 1 and (not siret or line.siret in ("", siret))],
    )
    found = next((lines for lines in wanted if lines), [])
    if len(found) == 1:
        return "active", found[0]
    return ("several" if found or len(active) > 1 else "inactive"), None


# ---------------------------------------------------------------- the decision


def route_of(
    customer: Customer,
    facts: Facts,
    chosen: Choice | Literal[""],
    settings: RouteSettings,
    today: date,
    frame: str = "",
    service: str = "",
) -> Route:
    """The door of an invoice to a customer. `frame` (BT-23) and `service` (BT-10) are the invoice's own, "" for any."""
    kind, siret = kind_of(customer, facts.company), customer.siret.replace(" ", "")
    code = service or routing_of(customer)
    state, line = address_of(facts, siret if len(siret) == 14 else "", code)
    known = {
        "chosen": chosen,
        "kind": kind,
        "chorus_only": _yes(frame in CHORUS_FRAMES and frame not in COMMON_FRAMES),
        "works_only": _yes(facts.facility is not None and facts.facility.works_only is True),
        "address": state,
        "public_door": settings.public_door,
    }
    rule = next(rule for rule in TABLE.rule if all(known[name] in among for name, among in rule.when.items()))
    door: Door | None = rule.door if rule.door != "none" else None
    address = line.address if line is not None and door == "approved" else ""
    said = _said(state, siren_of(customer), facts.silent, settings.size, today) | {"frame": frame, "address": address}
    return Route(
        door,
        rule.name,
        rule.fr.format(**said).strip(),
        rule.en.format(**said).strip(),
        rule.source,
        address,
        siret,
        kind == "public",
        chosen,
        facts.seen_at,
        tuple(_remarks(customer, facts, door, kind, line, code)),
        state == "several" and rule.name in _WITHOUT_ADDRESS,
    )


def routing_of(customer: Customer) -> str:
    """The routing code that a record names: of a public buyer its service."""
    return customer.chorus.service if customer.chorus is not None else customer.routing


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _said(state: Address, siren: str, silent: Silence | None, size: Size | Literal[""], today: date) -> dict[str, str]:
    """What the texts of the rules are filled with."""
    in_vain = state == "unasked" and silent is not None
    why = TABLE.address.get("unanswered" if in_vain else state, ("", ""))
    silence = TABLE.silent[silent] if silent is not None else ("", "")
    facts = {"siren": siren, "silent_fr": silence[0], "silent_en": silence[1]}
    when = calendar(size, today)
    return {
        "why_fr": why[0].format_map(facts),
        "why_en": why[1].format_map(facts),
        "calendar_fr": when[0],
        "calendar_en": when[1],
    }


def calendar(size: Size | Literal[""], today: date) -> tuple[str, str]:
    """What the State's calendar asks of a company of this size today: French, then English."""
    issuing, reception = begins(size or "small"), TABLE.reception
    name = "before" if today < reception else "must" if today >= issuing else "may" if size else "unsaid"
    days = {
        "reception_fr": f"{reception:%d/%m/%Y}",
        "reception_en": reception.isoformat(),
        "issuing_fr": f"{issuing:%d/%m/%Y}",
        "issuing_en": issuing.isoformat(),
    }
    french, english = TABLE.calendar[name]
    return french.format(**days), english.format(**days)


def _remarks(
    customer: Customer, facts: Facts, door: Door | None, kind: Kind, line: Line | None, code: str
) -> Sequence[Remark]:
    found = []
    if facts.silent is not None and kind in ("public", "business"):
        why, seen = TABLE.silent[facts.silent], facts.seen_at
        days = {"seen_fr": f"{seen:%d/%m/%Y}", "seen_en": f"{seen:%Y-%m-%d}"} if seen is not None else {}
        found.append(_remark("silent" if seen is not None else "never", why_fr=why[0], why_en=why[1], **days))
    if door == "approved" and line is not None and code and line.routing != code:
        found.append(_remark("routing", code=code, address=line.address))
    if door == "chorus" and kind != "public":
        found.append(_remark("not_public"))
    if kind == "public" and customer.chorus is None:
        found.append(_remark("unmarked"))
    return found


def _remark(name: str, **facts: str) -> Remark:
    french, english = TABLE.warning[name]
    return Remark(name, french.format(**facts), english.format(**facts))
