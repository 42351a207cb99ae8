"""An invoice that the platform has taken, and how far it has come."""

from datetime import datetime
from decimal import Decimal

import msgspec

from lettrage.simulator.approved import papers, statuses
from lettrage.simulator.approved.codes import Rule
from lettrage.simulator.approved.messages import Reason
from lettrage.simulator.settings import Seconds

Key = tuple[str, str, int]  # seller's SIREN, number, year: what makes an invoice unique


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a buyer's script: the status given `after` so many seconds."""

    after: Seconds
    status: str
    reasons: tuple[Reason, ...] = ()
    comment: str = ""


class Passage(msgspec.Struct, frozen=True):
    """A status that an invoice came to. `told`: by us, in that flow; else the supplier said it in that flow."""

    code: str
    at: datetime
    flow: str
    told: bool = True
    reasons: tuple[Reason, ...] = ()
    comment: str = ""


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """`received`: what the supplier declared as received, by VAT rate. `step`: how far the buyer's script has come."""

    id: int
    flow: str
    owner: str
    said: papers.Invoice
    rule: Rule
    deposited: datetime
    passages: tuple[Passage, ...] = ()
    received: dict[Decimal, Decimal] = {}
    step: int = 0

    @property
    def status(self) -> str:
        """The status with the latest date; of two at one moment, the one that came last."""
        latest = max(range(len(self.passages)), key=lambda place: (self.passages[place].at, place))
        return self.passages[latest].code

    @property
    def ended(self) -> bool:
        """Whether the supplier has nothing more to say of it."""
        return any(passage.code in statuses.ENDED for passage in self.passages)


def key_of(said: papers.Invoice) -> Key:
    """What makes an invoice unique (BR-FR: SIREN, number, year)."""
    return said.seller.siren, said.number, said.day.year
