"""What the second sentence may ask of an approved platform (XP Z12-013 1.3.0): its flow service and its directory.

The adapter in `adapters/approved` implements it. Every call raises `portal.Trouble`, with the same kinds; of a deposit
`unknown` means that nobody knows whether it was taken. Codes are the platform's own, kept raw. Moments are aware UTC.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

FlowSyntax = Literal["CII", "UBL", "Factur-X", "CDAR", "FRR"]
DocType = Literal["Metadata", "Original", "Converted", "ReadableView"]


class Signalled(msgspec.Struct, frozen=True):
    """What goes beside a file. `tracking`: our own name for it, the same for the same intention; `rule`: "" to let the
    platform say which processing rule holds (B2B, B2G, ...)."""

    tracking: str
    name: str
    syntax: FlowSyntax
    sha256: str
    profile: str = ""  # Basic, CIUS, Extended-CTC-FR
    rule: str = ""


class Submitted(msgspec.Struct, frozen=True):
    """A file that was taken (202): the platform's own number of it. That says nothing yet of what is in it."""

    flow: str
    at: datetime | None = None


class Complaint(msgspec.Struct, frozen=True):
    """A line of an acknowledgement. `level`: Error or Warning; `code`: InvalidSchema, AlreadyExistingFlow, ..."""

    level: str
    item: str
    code: str
    text: str


class Seen(msgspec.Struct, frozen=True):
    """A flow as the platform has it. `ack`: Pending, Ok, Error; `direction`: In (to us), Out (from us)."""

    flow: str
    ack: str
    type: str = ""  # CustomerInvoice, CustomerInvoiceLC, ...
    direction: str = ""
    tracking: str = ""
    name: str = ""
    syntax: str = ""
    sha256: str = ""
    submitted_at: datetime | None = None
    updated_at: datetime | None = None
    complaints: tuple[Complaint, ...] = ()


class Hook(msgspec.Struct, frozen=True):
    """A subscription of ours. The signing key is told once, when it is made, and is none of these values."""

    id: str
    url: str
    created_at: datetime | None = None


class FlowService(Protocol):
    """The flow service of one platform under one dossier's credentials."""

    def submit(self, content: bytes, signalled: Signalled) -> Submitted:
        """Deposit a file (POST /v1/flows)."""

    def traced(self, tracking: str) -> Sequence[Seen]:
        """Every flow that bears a name of ours, every page of the search; none where the platform has none."""

    def seen(self, flow: str) -> Seen | None:
        """What has become of a flow by the platform's number; None where it knows none."""

    def arrived(self, since: datetime) -> Sequence[Seen]:
        """Every flow to us that changed after a moment of the platform's clock, the earliest change first."""

    def content(self, flow: str, what: DocType = "Original") -> bytes:
        """The file of a flow."""

    def healthy(self) -> bool:
        """Whether the service says of itself that it works."""

    def hooks(self) -> Sequence[Hook]:
        """Our subscriptions."""

    def unhook(self, id_: str) -> None:
        """End a subscription; one that is gone already is ended."""


# ---------------------------------------------------------------- the directory


class Company(msgspec.Struct, frozen=True):
    """A legal unit (SIREN) of the directory. `public`: a public body; `active` False: closed."""

    siren: str
    name: str = ""
    public: bool = False
    active: bool = True


class Facility(msgspec.Struct, frozen=True):
    """An establishment (SIRET) with what a public one demands of invoices; None where the directory does not say."""

    siret: str
    name: str = ""
    active: bool = True
    works_only: bool | None = None  # pmOnly: it takes invoices of works only
    payment_status: bool | None = None  # managesPaymentStatus
    engagement: bool | None = None  # managesLegalCommitment
    engagement_or_service: bool | None = None  # managesLegalCommitmentOrService
    service: bool | None = None  # serviceCodeStatus


class RoutingCode(msgspec.Struct, frozen=True):
    """A routing code of an establishment: of a public one a service."""

    siret: str
    code: str
    name: str = ""
    active: bool = True
    engagement: bool | None = None


class Line(msgspec.Struct, frozen=True):
    """An address at which invoices are received (scheme 0225): by SIREN, SIRET, SIRET with routing code, or suffix.

    `platform`: what receives there, as the directory says (PA, PPF ...); `active` False: it takes none (any more).
    """

    address: str
    siren: str
    siret: str = ""
    routing: str = ""
    suffix: str = ""
    platform: str = ""
    active: bool = True


class DirectoryService(Protocol):
    """The directory service of one platform."""

    def company(self, siren: str) -> Company | None:
        """A legal unit; None where the directory has none of this number."""

    def facility(self, siret: str) -> Facility | None:
        """An establishment; None where the directory has none of this number."""

    def routing_code(self, siret: str, code: str) -> RoutingCode | None:
        """A routing code of an establishment; None where it has none of this one."""

    def lines(self, siren: str) -> Sequence[Line]:
        """Every address of a legal unit, every page of the search."""
