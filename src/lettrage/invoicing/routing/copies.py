"""The copies of a platform's directory: what is asked for a customer, for how long an answer is used, what is kept.

The platform is asked outside of every transaction; what it says is written afterwards. One that does not answer holds
up nothing: it is not asked the other questions of a round, and the last copy is used, and said to be.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec

from lettrage.invoicing.flow_service import Company, DirectoryService, Facility, Line, RoutingCode
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.routing.route import Facts, Silence
from lettrage.refusal import Stop, StoreTrouble

CopyKind = Literal["SIREN", "FACILITY", "ROUTING"]  # beside Chorus Pro's kinds (SIRET, ...) in the same table
KINDS: tuple[CopyKind, ...] = get_args(CopyKind)
Key = tuple[CopyKind, str]
Connect = Callable[[], DirectoryService]  # raises Stop where something that it needs is not set


class Unit(msgspec.Struct, frozen=True):
    """A legal unit with every address of it."""

    company: Company
    lines: tuple[Line, ...] = ()


Record = Unit | Facility | RoutingCode
RECORDS: Mapping[CopyKind, type[Record]] = {"SIREN": Unit, "FACILITY": Facility, "ROUTING": RoutingCode}


class Copy(msgspec.Struct, frozen=True):
    """What the directory said of a number; `record` None: it had none of it."""

    kind: CopyKind
    identifier: str
    record: Record | None
    fetched_at: datetime

    @property
    def key(self) -> Key:
        """Where it is kept."""
        return self.kind, self.identifier


class Subject(msgspec.Struct, frozen=True):
    """Whom the directory is asked for; `code`: a routing code of it. Without a SIREN it is not asked."""

    siren: str
    siret: str = ""
    code: str = ""
    public: bool = False

    @property
    def keys(self) -> tuple[Key, ...]:
        """What is asked: of a public body also what its establishment and its service demand."""
        found: list[Key] = [("SIREN", self.siren)] if self.siren else []
        if self.public and len(self.siret) == 14:
            found.append(("FACILITY", self.siret))
            if self.code:
                found.append(("ROUTING", f"{self.siret}_{self.code}"))
        return tuple(found)


Copies = Mapping[Key, Copy]


def facts_of(subject: Subject, copies: Copies, silent: Silence | None = None) -> Facts:
    """What the copies say of a customer; as old as the copy of its addresses."""
    found = {kind: copies[kind, identifier] for kind, identifier in subject.keys if (kind, identifier) in copies}
    unit, facility, routing = (found[kind].record if kind in found else None for kind in KINDS)
    whole = unit if isinstance(unit, Unit) else None
    return Facts(
        whole.company if whole is not None else None,
        whole.lines if whole is not None else (),
        facility if isinstance(facility, Facility) else None,
        routing if isinstance(routing, RoutingCode) else None,
        found["SIREN"].fetched_at if "SIREN" in found else None,
        silent,
    )


class Round:
    """One round of questions, over many customers. `connect`: to the directory, once there is anything to ask.

    `hours`: for how long a copy is used without asking. `silent`: why the directory did not answer, once it did not.
    """

    def __init__(self, connect: Connect | None, now: datetime, hours: int) -> None:
        self._connect = connect
        self._now = now
        self._keep = timedelta(hours=hours)
        self._news: dict[Key, Copy] = {}
        self.silent: Silence | None = None

    @property
    def news(self) -> Sequence[Copy]:
        """What the directory has said, to be kept."""
        return tuple(self._news.values())

    def heed(self, subjects: Iterable[Subject], kept: Copies, *, anew: bool = False) -> Copies:
        """The copies with what is missing or old asked for; `anew`: all of it, whatever its age."""
        known = dict(kept)
        for key in dict.fromkeys(key for subject in subjects for key in subject.keys):
            if key in self._news:
                known[key] = self._news[key]
            elif anew or key not in known or self._now - known[key].fetched_at > self._keep:
                known |= self._asked(key)
        return known

    def _asked(self, key: Key) -> dict[Key, Copy]:
        """What the directory says now; nothing where it does not answer."""
        if self._connect is None or self.silent is not None:
            return {}
        try:
            record = _record(self._connect(), *key)
        except Trouble as trouble:
            self.silent = trouble.kind
            return {}
        except StoreTrouble:
            raise
        except Stop:
            self.silent = "not_connected"
            return {}
        self._news[key] = Copy(*key, record, self._now)
        return {key: self._news[key]}


def _record(service: DirectoryService, kind: CopyKind, identifier: str) -> Record | None:
    if kind == "FACILITY":
        return service.facility(identifier)
    if kind == "ROUTING":
        return service.routing_code(*identifier.split("_", 1))
    company = service.company(identifier)
    return Unit(company, tuple(service.lines(identifier))) if company is not None else None
