"""What is on its way through either door, in frozen values, and what the sentence asks of the store that keeps it.

A *flow* is what one call deposits: a file, or an archive of several. A *deposit* is one invoice of a flow. A *message*
is what an approved platform is told besides invoices. A *job* is what is still to be done about a flow, a document or a
whole platform; whoever comes next takes it for a while. An *arrival* is what an approved platform had for us. A
*conclusion* is everything that a job done changes, written in one commit together with the end of the job.
"""

from collections.abc import Collection, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from lettrage.invoicing.flow_service import FlowSyntax
from lettrage.invoicing.portal import TroubleKind
from lettrage.invoicing.sending.schedule import Paces
from lettrage.money import Currency

FlowState = Literal["intended", "sending", "in_doubt", "sent", "refused", "given_up"]
# What is known of one deposit. The first four stand: the number may not be sent again while one of them holds.
#   ""               nothing yet: it waits, is being sent, or is being processed
#   in_doubt         it may have arrived; it is looked for
#   integrated       Chorus has it, under `chorus_id`; an approved platform has it, under its number of the flow
#   numbering_error  Chorus has another invoice of this number
#   rejected         by Chorus before integration, `refused` by the very call: the same number may be sent again
#   given_up         without a trace for long, or a person said so, or Chorus wants its flow again
Outcome = Literal["", "in_doubt", "integrated", "numbering_error", "rejected", "refused", "given_up"]
STANDING: frozenset[Outcome] = frozenset(("", "in_doubt", "integrated", "numbering_error"))

JobKind = Literal["send", "look_up", "follow_flow", "follow_document", "follow_changes", "receive", "declare"]
Origin = Literal["ours", "flow", "history"]
QueueState = Literal["open", "stopped", "waiting"]
MessageKind = Literal["status", "report"]
# What is known of a message: nothing yet, the platform took it, refused it, or left no trace of it many times over. It
# stands, whatever is known, until somebody lets its key go (`Outbox.free`).
MessageOutcome = Literal["", "accepted", "rejected", "given_up"]
# read: something of ours at least, an invoice, a report, a message; nobody's: nothing; unreadable: kept, told once
Became = Literal["read", "nobody's", "unreadable"]


class Said(msgspec.Struct, frozen=True):
    """Something that Chorus said against an invoice: a code where it has one, and the text as it came."""

    text: str
    code: str = ""


class Met(msgspec.Struct, frozen=True):
    """A trouble as it is kept: what kind, where, and what was said. No secret is in it."""

    kind: TroubleKind | Literal["referred", "interrupted"]
    step: str = ""
    status: int = 0
    code: str = ""
    text: str = ""
    request_id: str = ""


class Parcel(msgspec.Struct, frozen=True):
    """One document as it is to be sent: its file, and what Chorus must show of it once it has it."""

    document: int
    number: str
    supplier: str
    buyer: str
    name: str  # of the file
    syntax: str  # syntaxeFlux
    file: bytes
    preceding: tuple[str, ...] = ()
    credit: bool = False  # whether it is a credit note


class Packet(msgspec.Struct, frozen=True):
    """A flow to be deposited: one parcel's file as it is, an archive of several, or a message's file."""

    name: str
    syntax: str
    content: bytes
    parcels: tuple[Parcel, ...]
    again: int = 0  # how many flows before this one carried the same bytes
    tracking: str = ""  # of the flow that carried them before


class Saying(msgspec.Struct, frozen=True):
    """Something to be said to an approved platform besides invoices, in a file made ready before.

    `key`: what it tells; the same is never told twice. `document`: the one that a status is about. `code`: 209, 212,
    220, 227, of a report IN or RE. `at`: the moment that it tells of. `content`: JSON, in the values of who says it.
    """

    kind: MessageKind
    key: str
    document: int | None
    code: str
    at: datetime
    content: str
    name: str  # of the file
    syntax: FlowSyntax
    file: bytes


class Message(msgspec.Struct, frozen=True):
    """What was said, and what the platform made of it. `state`: of the latest flow that carries it; `stands`: the same
    may not be told again."""

    id: int
    platform: str
    kind: MessageKind
    key: str
    document: int | None
    code: str
    at: datetime
    content: str
    flow: int
    state: FlowState
    sent_at: datetime | None
    outcome: MessageOutcome
    stands: bool
    errors: tuple[Said, ...]
    made_at: datetime
    made_by: str


class Again(msgspec.Struct, frozen=True):
    """Documents of a flow that are sent again from the bytes that were kept: as one flow, or each alone (`apart`).

    A flow without documents carries a message, which is sent again as it was.
    """

    flow: int
    documents: tuple[int, ...]
    apart: bool = False


class Deposit(msgspec.Struct, frozen=True):
    """One invoice of a flow."""

    flow: int
    document: int
    number: str
    type: str
    date: Day
    supplier: str
    buyer: str
    gross: int
    currency: Currency
    preceding: tuple[str, ...] = ()
    outcome: Outcome = ""
    chorus_id: str = ""
    errors: tuple[Said, ...] = ()
    found: str = ""  # what the search last said of it: status and its date
    status: str = ""  # the current one by its history
    followed: bool = False


class Flow(msgspec.Struct, frozen=True):
    """A flow with its deposits, without their bytes."""

    id: int
    platform: str
    syntax: str
    name: str
    sha256: str
    state: FlowState
    number: str = ""
    again: int = 0
    asked_by: str = ""
    intended_at: datetime | None = None
    sent_at: datetime | None = None
    doubt_since: datetime | None = None
    trouble: Met | None = None
    reported: str = ""
    deposits: tuple[Deposit, ...] = ()
    tracking: str = ""  # our own name for it on an approved platform, the same for the same intention
    message: Message | None = None  # that it carries, in the place of deposits


class Event(msgspec.Struct, frozen=True):
    """Something that happened to a document: by our doing, to its flow, or to the invoice in Chorus.

    `at` is the moment that its origin gives, None where it gives none; `sequence` the order in which it was heard of;
    `heard`: when that was, None where it is not kept yet.
    """

    document: int
    origin: Origin
    code: str
    at: datetime | None = None
    history_id: str = ""
    comment: str = ""
    sequence: int = 0
    heard: datetime | None = None

    @property
    def when(self) -> datetime | None:
        """When it happened at the latest: whoever dates it later than we heard of it has another clock than ours."""
        return min(self.at, self.heard) if self.at is not None and self.heard is not None else self.at


class Job(msgspec.Struct, frozen=True):
    """Something still to be done. `payload` is the kind's own; `since`: when it was first planned."""

    platform: str
    kind: JobKind
    subject: str
    run_at: datetime
    payload: dict[str, str] = {}
    attempts: int = 0  # that met a trouble, one after the other
    trouble: Met | None = None
    since: datetime | None = None


class Queue(msgspec.Struct, frozen=True):
    """A dossier's way to one platform. `waiting` ends at `until`, `stopped` by a changed setting or a person."""

    platform: str
    state: QueueState = "open"
    reason: Met | None = None
    since: datetime | None = None
    until: datetime | None = None
    attempts: int = 0


class Holding(msgspec.Struct, frozen=True):
    """Who takes a job, and when. Whoever finds it after its time (`schedule.lease`) takes it over."""

    holder: str
    now: datetime


class Taken(msgspec.Struct, frozen=True):
    """A job in hand, with all that it needs: the flow, or the deposit that stands."""

    job: Job
    holder: str
    flow: Flow | None = None
    content: bytes = b""  # of a flow that is to be sent
    deposit: Deposit | None = None
    unreported: bool = False  # whether the deposit's buyer never reports the payment
    kept: tuple[Event, ...] = ()  # of the deposit's document: its history as far as it is known
    youngest: datetime | None = None  # when the youngest document was sent that is followed on this platform
    queue: Queue | None = None
    until: datetime | None = None  # when it is no longer this holder's


class Told(msgspec.Struct, frozen=True):
    """A status of one invoice as a message from an approved platform told it.

    `number`, `seller` (a SIREN) and `date` say which invoice, as far as the message does; `message` is its own number.
    `comment`: the reasons with their codes, then what was noted, parted by bars.
    """

    number: str
    seller: str
    date: Day | None
    code: str
    at: datetime | None
    message: str
    comment: str = ""


class Arrival(msgspec.Struct, frozen=True):
    """A flow that an approved platform had for us, kept as it came. `unread`: why nobody can tell what it says."""

    number: str
    type: str
    updated_at: datetime | None
    content: bytes
    statuses: tuple[Told, ...] = ()
    reports: tuple[Told, ...] = ()  # of reports of payments: `number` is the one that the report bears
    refusals: tuple[Told, ...] = ()  # of what we said: `number` is the message's, its flow's, or the invoice's
    unread: str = ""


class Conclusion(msgspec.Struct, frozen=True):
    """Everything that a job done changes. `next`: when the job itself goes on; None when it is over."""

    next: Job | None = None
    flow: Flow | None = None  # as it is now, deposits and all
    deposits: tuple[Deposit, ...] = ()  # changed, of whatever flow
    events: tuple[Event, ...] = ()
    planned: tuple[Job, ...] = ()
    again: tuple[Again, ...] = ()
    message: Message | None = None  # as it is now, that the flow carries
    arrivals: tuple[Arrival, ...] = ()  # each is kept once, whoever brings it first
    sayings: tuple[Saying, ...] = ()  # of payments, still to be told
    queue: Queue | None = None
    alerts: tuple["Alert", ...] = ()
    changed: tuple[tuple[str, str], ...] = ()  # of follow_changes: chorus_id and what the search says of it


class Alert(msgspec.Struct, frozen=True):
    """Something that somebody should look at, once: a code of its own, and facts without secrets."""

    code: str
    facts: dict[str, str] = {}


class Outbox(Protocol):
    """The store's part: one dossier, inside one commit."""

    def standing(self, platform: str, numbers: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Deposit]:
        """The deposits that stand for these numbers, each of a supplier."""

    def standing_elsewhere(self, platform: str, numbers: Collection[str]) -> list[tuple[str, Deposit]]:
        """The deposits that stand for these numbers through another door of the same environment, with its name."""

    def say(self, sayings: Sequence[Saying], platform: str, by: str, now: datetime) -> list[int]:
        """Keep what is to be said to an approved platform, with its flow and its job; the numbers of the messages.

        Of a key that stands already nothing is made: neither of one that stood before, nor of a second of `sayings`.
        """

    def said(self, kind: MessageKind, platform: str, document: int | None = None) -> list[Message]:
        """What was said to a platform, the earliest first: all of a kind, or about one document."""

    def handed_in(self, saying: Saying, platform: str, by: str, now: datetime) -> int:
        """Keep what somebody took to the platform himself, as sent; its message. Nothing asks what became of it."""

    def set_messages(self, messages: Sequence[Message]) -> None:
        """Let messages be as these say; what they tell never changes."""

    def free(self, message: int, kind: MessageKind, platform: str) -> bool:
        """Let what the platform refused be told again; False for any other message."""

    def not_arrived(self, platform: str, numbers: Collection[str]) -> set[str]:
        """Those of an approved platform's flows that were not brought here yet."""

    def receive_now(self, platform: str, now: datetime) -> None:
        """Have an approved platform asked at once for what it has for us."""

    def follow_now(self, documents: Collection[int], platform: str, now: datetime) -> list[Job]:
        """Plan what tells more of these documents at once; the jobs."""

    def intend(self, packets: Sequence[Packet], platform: str, asked_by: str, now: datetime) -> list[int]:
        """Keep flows that are to be sent, with a job for each; their numbers. The bytes are kept before any call."""

    def send_again(self, again: Again, asked_by: str, now: datetime) -> list[int]:
        """Keep flows with the bytes of one before, which stands no longer."""

    def tell(self, platform: str, events: Sequence[Event], now: datetime) -> None:
        """Append events to the histories of their documents."""

    def deposits_of(self, document: int, platform: str) -> list[Deposit]:
        """Every deposit of a document on a platform, the latest first."""

    def flow(self, number: int) -> Flow:
        """A flow by our own number."""

    def in_hand(self, platform: str, flow: int, now: datetime) -> bool:
        """Whether somebody is at work on a flow right now."""

    def doubt_ended(self, flow: int, conclusion: Conclusion, now: datetime) -> None:
        """Write what a person said of a flow in doubt."""

    def take(self, holding: Holding, paces: Paces, only: Collection[tuple[str, str]] | None = None) -> Taken | None:
        """The job that is due first, in this holder's hands; of these kinds and subjects only. None: nothing is due."""

    def conclude(self, taken: Taken, conclusion: Conclusion, now: datetime) -> tuple[Alert, ...]:
        """Write what a job has come to; what is to be told. Where it is somebody else's by now, only what is sure."""
