"""What the second sentence may ask of Chorus Pro, and what it is told. The adapter in `adapters/chorus` implements it.

Codes are Chorus Pro's own, kept raw: a state that nobody knows is shown, never guessed at. Moments are aware UTC.
"""

from collections.abc import Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from datetime import datetime
from typing import Literal, Protocol

import msgspec

# What kind of trouble a call met, which decides what becomes of the work:
#   settings     a person must mend something: the dossier's queue for this platform stops, once, with one alert
#   maintenance  the portal is closed: later, with growing delay
#   gateway      a passing fault on the way (502, 503, 504, 505): later
#   quota        too many calls: later, not before `after` seconds
#   refused      the service read the request and says no (codeRetour, 400): the data's own fault
#   garbled      an answer that is none of the service's (HTML, cut JSON, wrong types): nothing is concluded from it.
#                Of a reading only: a write that was answered like this is `unknown`
#   unreachable  no connection was made, or the request was not written whole: the service has not acted on it
#   unknown      of a write only: it may have been carried out, its answer is lost; in doubt. A reading whose answer is
#                lost is `gateway`: it is simply asked again
TroubleKind = Literal["settings", "maintenance", "gateway", "quota", "refused", "garbled", "unreachable", "unknown"]


class Trouble(Exception):
    """A call to the platform that did not do what was asked. No secret is in it."""

    def __init__(
        self,
        kind: TroubleKind,
        *,
        step: str = "",
        status: int = 0,
        code: str = "",
        text: str = "",
        sent: bool = True,
        after: int = 0,
        request_id: str = "",
    ) -> None:
        super().__init__(kind, step, status, code)
        self.kind = kind
        self.step = step  # token, or the path of the call: factures/v1/deposer/flux
        self.status = status  # of HTTP; 0 where there was no answer
        self.code = code  # message code of the service (GDP_MSG_11.033), OAuth's error, or why an answer is garbled
        self.text = text  # what the platform said, masked and cut
        self.sent = sent  # whether the request may have reached the service; of a write only `unknown` means a doubt
        self.after = after  # seconds that the platform asks to wait
        self.request_id = request_id  # x-piste-request-id


class Deposited(msgspec.Struct, frozen=True):
    """A flow that was taken: its number, and the day that Chorus gives it."""

    flow: str
    date: Day | None


class DocumentError(msgspec.Struct, frozen=True):
    """An invoice of a flow that was refused (`listeErreurDP`); `text` may be cut at 255 characters."""

    number: str
    text: str
    supplier: str = ""
    recipient: str = ""


class TechnicalError(msgspec.Struct, frozen=True):
    """A fault of the whole flow (`listeErreurTechnique`)."""

    code: str
    text: str
    nature: str = ""


class FlowReport(msgspec.Struct, frozen=True):
    """What has become of a flow. `known` is False where the platform does not (yet) know its number."""

    state: str  # IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP, ..., IN_INTEGRE, IN_REJETE
    at: datetime | None = None
    documents: tuple[DocumentError, ...] = ()
    technical: tuple[TechnicalError, ...] = ()
    known: bool = True


class Found(msgspec.Struct, frozen=True):
    """An invoice as `rechercher/fournisseur` lists it. Amounts are decimal text as sent, "" where absent."""

    id: str  # identifiantFactureCPP
    number: str
    status: str
    at: datetime | None = None
    comment: str = ""
    date: Day | None = None
    flow: str = ""
    recipient: str = ""  # codeDestinataire
    service: str = ""
    amount: str = ""  # montantTTC
    currency: str = ""
    type: str = ""  # FACTURE, AVOIR
    supplier: str = ""  # codeFournisseur


class StatusEvent(msgspec.Struct, frozen=True):
    """A change of an invoice's status, from its history. `id` is "" where Chorus gives none."""

    code: str
    at: datetime | None
    id: str = ""
    comment: str = ""


class Service(msgspec.Struct, frozen=True):
    """A service of a structure; `engagement_required` None where it was not asked for (see `Portal.service`)."""

    code: str
    name: str = ""
    active: bool = True
    engagement_required: bool | None = None
    id: str = ""


class Structure(msgspec.Struct, frozen=True):
    """A structure of the directory with what it demands of invoices. `active` False: it takes none."""

    id: str
    identifier: str
    name: str = ""
    active: bool = True
    service_required: bool = False
    engagement_required: bool = False
    service_or_engagement: bool = False
    payment_not_reported: bool = False
    services: tuple[Service, ...] = ()
    password_expires: Day | None = None  # of the technical account, where it is our own structure


class Recycled(msgspec.Struct, frozen=True):
    """Where an invoice that is to be recycled shall go instead; `recipient` is a SIRET."""

    recipient: str
    service: str = ""
    engagement: str = ""
    contract: str = ""
    comment: str = ""


class Portal(Protocol):
    """Chorus Pro, one platform of it, under one dossier's credentials. Every call raises Trouble."""

    def deposit(self, content: bytes, name: str, syntax: str) -> Deposited:
        """Deposit a flow. Not idempotent: of Trouble `unknown` nobody knows whether it was taken."""

    def flow(self, number: str) -> FlowReport:
        """What has become of a flow."""

    def find(self, *, number: str = "", flow: str = "", changed_since: datetime | None = None) -> Sequence[Found]:
        """The supplier's invoices that meet all criteria, every page of them. Only integrated ones are found."""

    def history(self, invoice: str) -> Sequence[StatusEvent]:
        """Every change of an invoice's status, every page of them; `invoice` is its identifiantFactureCPP."""

    def structure(self, identifier: str, kind: str = "SIRET") -> Structure | None:
        """A structure with its obligations and all its services; None where the directory has none of this number."""

    def service(self, structure: Structure, code: str) -> Service | None:
        """One service of a structure with what it demands of its own; None where the structure has none of this code.

        A call for each: structures have hundreds of services.
        """

    def engagement_exists(self, supplier: str, engagement: str) -> bool | None:
        """Whether the State knows this commitment number of the supplier (its SIRET), open for orders.

        None where it cannot be told: the API is not subscribed to, or the supplier is not in the directory.
        """

    def complete(self, invoice: str, comment: str, attachments: Sequence[tuple[str, bytes]] = ()) -> None:
        """Complete a suspended invoice with a comment and files (name, content)."""

    def recycle(self, invoice: str, to: Recycled) -> None:
        """Send an invoice that is to be recycled to another structure, service or commitment."""
