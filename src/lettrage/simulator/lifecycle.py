"""The life of an invoice that has been integrated: its statuses, who may set which, and its history."""

from datetime import datetime

import msgspec

from lettrage.simulator.claims import Claim
from lettrage.simulator.settings import Seconds, Status

DEPOSITED = "DEPOSEE"
ROUTED = "EN_COURS_ACHEMINEMENT"
AVAILABLE = "MISE_A_DISPOSITION"
SUSPENDED = "SUSPENDUE"
COMPLETED = "COMPLETEE"
TO_BE_RECYCLED = "A_RECYCLER"
REJECTED = "REJETEE"
PAYMENT_ORDERED = "MISE_EN_PAIEMENT"
FINAL = frozenset((REJECTED, PAYMENT_ORDERED, "ABANDONNEE", "SUPPRIMEE"))
MOTIVE_REQUIRED = frozenset((REJECTED, SUSPENDED))
# What the platform does by itself, each after the routing time.
AUTOMATIC = {DEPOSITED: ROUTED, ROUTED: AVAILABLE}
_PAYING = ("MISE_A_DISPOSITION_COMPTABLE", "COMPTABILISEE", PAYMENT_ORDERED)
_BUYER = (TO_BE_RECYCLED, SUSPENDED, REJECTED, "SERVICE_FAIT", "MANDATEE", *_PAYING)
# What a buyer may make of an invoice (`chorus-pro.md`, section 5.2). What is not named here is nobody's to change.
TRANSITIONS = {
    AVAILABLE: _BUYER,
    COMPLETED: _BUYER,
    "PRISE_EN_COMPTE_DESTINATAIRE": _BUYER,
    "SERVICE_FAIT": (SUSPENDED, REJECTED, "MANDATEE", *_PAYING),
    "MANDATEE": (*_PAYING, SUSPENDED, REJECTED),
    "MISE_A_DISPOSITION_COMPTABLE": ("COMPTABILISEE", PAYMENT_ORDERED),
    "COMPTABILISEE": (PAYMENT_ORDERED,),
}


class Person(msgspec.Struct, frozen=True):
    """Who did something, as histories show it."""

    name: str = ""
    first_name: str = ""
    mail: str = ""
    phone: str = ""


PLATFORM = Person("Chorus Pro")


class Passage(msgspec.Struct, frozen=True):
    """A status that an invoice came to."""

    id: int
    code: str
    at: datetime
    motive: str = ""
    who: Person = PLATFORM


class Action(msgspec.Struct, frozen=True):
    """Something that a user did to an invoice."""

    id: int
    label: str
    at: datetime
    who: Person


class Step(msgspec.Struct, frozen=True):
    """One step of a buyer's script: the status given `after` so many seconds."""

    after: Seconds
    status: Status
    motive: str = ""


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """An integrated invoice. `flow` is empty for one that was submitted (`soumettre`) and then has its own `mode`.

    `supplier`, `buyer` and `service` are ids of the directory. `step`: how far the script has come. `attached`: files
    named when it was submitted or completed. `handled`: its rejection was marked as dealt with. `fetched`: its
    recipient has downloaded it.
    """

    id: int
    claim: Claim
    supplier: int
    buyer: int
    service: int | None
    deposited: datetime
    integrated: datetime
    flow: str = ""
    file: str = ""
    mode: str = "UPLOAD_API"
    passages: tuple[Passage, ...] = ()
    actions: tuple[Action, ...] = ()
    comment: str = ""
    mandate: str = ""
    attached: tuple[int, ...] = ()
    handled: bool = False
    fetched: bool = False
    step: int = 0

    @property
    def current(self) -> Passage:
        """The status with the latest date; of two at one moment, the one that was entered last."""
        return max(self.passages, key=lambda passage: (passage.at, passage.id))

    @property
    def status(self) -> str:
        """The code of the present status."""
        return self.current.code

    @property
    def possible(self) -> tuple[str, ...]:
        """What the buyer may make of it."""
        return TRANSITIONS.get(self.status, ())
