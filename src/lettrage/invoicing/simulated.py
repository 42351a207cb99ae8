"""The simulator as pages look at it and move it: what it may be asked, and what it tells. It is never production.

Whoever implements the port speaks to a loopback address alone, and only to one that answers as our simulator does.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import msgspec

from lettrage.invoicing.addresses import is_loopback
from lettrage.invoicing.settings import Row, api_address

LEAPS: tuple[int, ...] = (600, 3_600, 86_400)  # seconds that its clock is moved ahead by
# What may be broken, in groups: the platform itself, who calls, the way there, what comes back.
FAULTS: dict[str, tuple[str, ...]] = {
    "platform": (
        "maintenance", "maintenance_empty", "unavailable", "bad_gateway", "gateway_timeout", "version_not_supported",
        "too_many_calls", "too_many_calls_wait",
    ),
    "account": (
        "not_subscribed", "terms_not_accepted", "not_linked", "token_revoked", "token_refused", "password_expired",
        "password_changed", "account_not_yet_active",
    ),
    "way": ("slow", "dropped_before", "dropped_after"),
    "answer": ("html_answer", "empty_answer", "truncated", "wrong_types", "html_after"),
}  # fmt: skip
KINDS = frozenset(kind for kinds in FAULTS.values() for kind in kinds)
# Where a fault strikes: a name of ours, and the paths.
PLACES: dict[str, str] = {
    "all": "*",
    "token": "/api/oauth/token",
    "apis": "/cpro/*",
    "invoices": "/cpro/factures/*",
    "transverse": "/cpro/transverses/*",
    "structures": "/cpro/structures/*",
}
WITH_MOTIVE = frozenset(("REJETEE", "SUSPENDUE"))  # statuses that say why

Wrong = Literal["nobody", "stranger", "refused"]


class Unanswered(Exception):
    """The simulator was asked in vain: nobody listens, somebody else answers, or it refuses (and says why)."""

    def __init__(self, wrong: Wrong, said: str = "") -> None:
        super().__init__(wrong)
        self.wrong: Wrong = wrong
        self.said = said


class Fault(msgspec.Struct, frozen=True):
    """A fault that is on. `times`: how many calls it still strikes, None until it is switched off."""

    kind: str
    path: str = "*"
    times: int | None = None


class State(msgspec.Struct, frozen=True):
    """Everything at a glance."""

    now: datetime
    speed: Decimal
    faults: dict[str, Fault]
    flows: int
    invoices: int


class Refused(msgspec.Struct, frozen=True):
    """What the platform holds against an invoice of a deposit."""

    number: str
    text: str


class Flow(msgspec.Struct, frozen=True):
    """A deposit, without its bytes. `technical`: errors as the platform words them."""

    number: str
    syntax: str
    file: str
    bytes: int
    deposited: datetime
    state: str
    refused: tuple[Refused, ...] = ()
    technical: tuple[Any, ...] = ()


class Passage(msgspec.Struct, frozen=True):
    """A status that an invoice came to."""

    code: str
    at: datetime
    motive: str = ""


class Invoice(msgspec.Struct, frozen=True):
    """An invoice on the platform, and the statuses that it may come to next."""

    id: int
    number: str
    flow: str
    buyer: str
    status: str
    history: tuple[Passage, ...] = ()
    possible: tuple[str, ...] = ()


class Simulated(Protocol):
    """The simulator of this machine. Every method raises Unanswered."""

    def state(self) -> State:
        """Everything at a glance."""

    def flows(self) -> list[Flow]:
        """What was deposited, in order."""

    def invoices(self) -> list[Invoice]:
        """The invoices that it took in, in order."""

    def move(self, invoice: int, status: str, motive: str) -> None:
        """Give an invoice a status that is possible from where it is."""

    def advance(self, seconds: int) -> None:
        """Move its clock ahead."""

    def fault_on(self, kind: str, path: str, times: int | None) -> None:
        """Switch a fault on."""

    def fault_off(self, number: int | None) -> None:
        """Switch one fault off, or all."""


def address_of(rows: Iterable[Row]) -> str:
    """Where the simulator would be: the address of the platform that is on, "" where that is not this machine.

    Production is none, whatever its address says.
    """
    plain = {(row.platform, row.name): row.value for row in rows if not row.sealed}
    if plain.get(("", "platform"), "qualification") != "qualification":
        return ""
    url = api_address("qualification", plain.get(("qualification", "api_url"), ""))
    return url if is_loopback(urlsplit(url).hostname or "") else ""
