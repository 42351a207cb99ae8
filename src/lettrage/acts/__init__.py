"""What people ask of the books beside settlement documents: cancel, report unpaid, make slips.

An act is *looked up*, *decided*, *booked*, *logged*, *answered*: one commit, never twice. Each kind of act has a file
of its own; this one is the journey they share.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Literal, Protocol, TypeVar, cast

import msgspec

from lettrage.bank.books import BankBook
from lettrage.bank.payments.books import PaymentBooks
from lettrage.books.chain import Posted
from lettrage.books.drafts import DraftBook
from lettrage.books.entry import Entry
from lettrage.books.lettered import Letterings
from lettrage.books.periods import PeriodBook
from lettrage.books.reports.asked import LateBooks
from lettrage.caller import Caller, Request, dossier_for
from lettrage.dates import PARIS
from lettrage.guard.tokens import without_tokens
from lettrage.invoicing.billing.brought import Brought
from lettrage.invoicing.billing.register import Documents
from lettrage.invoicing.hooks import HookBook
from lettrage.invoicing.routing.deciding import RouteChoices
from lettrage.invoicing.sending.batch import Batches
from lettrage.invoicing.sending.carried import DeclaringBook
from lettrage.invoicing.sending.outbox import Outbox
from lettrage.invoicing.settings import SettingsBook
from lettrage.limits import TEXT_CHARACTERS
from lettrage.ports import Books, Clock, Store
from lettrage.refusal import Refusal
from lettrage.reporting.books import SalesBook
from lettrage.settlement.answer import reason_shape
from lettrage.settlement.document import Plan
from lettrage.settlement.fields import label
from lettrage.settlement.once import Receipt
from lettrage.settlement.read import checked_key

T = TypeVar("T")
_content = msgspec.json.Encoder(order="sorted").encode  # two acts with the same content have the same digest
_answer = msgspec.json.Encoder().encode  # kept in the order in which it is given


class Refused(Exception):
    """An act that the books do not allow, with every reason; nothing was written."""

    def __init__(self, *reasons: Refusal) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


class Moment(msgspec.Struct, frozen=True):
    """When an act happens: the moment in UTC, and the date in Paris, which is the accounting date."""

    at: datetime
    today: date


class ActBooks(
    Books,
    Documents,
    SettingsBook,
    Outbox,
    Batches,
    DeclaringBook,
    RouteChoices,
    Brought,
    HookBook,
    PeriodBook,
    DraftBook,
    PaymentBooks,
    Letterings,
    BankBook,
    LateBooks,
    SalesBook,
    Protocol,
):
    """All that acts may ask of the books: each act says how much of it."""

    def refusal(self, document: int, position: int) -> Literal["", "waiting", "handled"]:
        """How a refused settlement stands; "" where there is none at this position of this document."""

    def mark_handled(self, document: int, position: int, at: datetime, by: str, why: str) -> None:
        """Write that somebody has dealt with a refused settlement."""


class ActStore(Store, Protocol):
    """A store that acts are done in."""

    def write(self, dossier: str, work: Callable[[ActBooks], T]) -> T: ...  # noqa: D102


class Act(Protocol):
    """Something asked of the books."""

    @property
    def kind(self) -> str:
        """What the logbook calls it: cancel, unpaid, slip, ..."""

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked, as JSON values; two acts with the same content are the same act."""

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """Decide, then book; the result in the shapes of the interface. Raises Refused before anything is written."""


class Performed(msgspec.Struct, frozen=True):
    """What became of an act: its result, or every reason against it (in the shape of `reason_shape`)."""

    result: dict[str, Any] | None
    reasons: list[dict[str, str]] = []
    replayed: bool = False


class Rehearsed(msgspec.Struct, frozen=True):
    """What an act would do: its result, the entries that it would post (without numbers), or every reason against."""

    performed: Performed
    entries: tuple[Entry, ...] = ()


def told(reason: str) -> tuple[str, list[Refusal]]:
    """Why somebody asks, fit for the label of an entry as a settlement's own is; the fault where it is too long."""
    why = label(without_tokens(reason))
    if why is None:
        return "", [Refusal("too_long", "reason", str(len(reason)), str(TEXT_CHARACTERS))]
    return why, []


def perform(act: Act, caller: Caller, store: ActStore, clock: Clock) -> Performed:
    """Do what is asked, in one commit, or say why not. The same key and content again: the same answer again.

    Raises Stop where the call cannot be carried out at all.
    """
    key = checked_key(caller.key, "key")
    raw = without_tokens(_content({"act": act.kind, **act.content}).decode()).encode()
    digest = hashlib.sha256(raw).hexdigest()
    now = clock.now()
    moment = Moment(now, now.astimezone(PARIS).date())
    request = Request(act.kind, caller.name, caller.origin, caller.source, now, raw, digest, key)
    dossier = dossier_for(caller, "", "dossier", store)
    return store.write(dossier, lambda books: _once(act, request, books, moment))


def rehearse(act: Act, caller: Caller, store: ActStore, clock: Clock) -> Rehearsed:
    """Do what is asked on the books as they stand, look at what it did, and take it all back.

    It is the act itself that runs, so that what is shown is what will be done. Raises Stop.
    """
    now = clock.now()
    moment = Moment(now, now.astimezone(PARIS).date())
    rehearsed = Rehearsed(Performed(None))
    with suppress(_TakenBack), store.books(dossier_for(caller, "", "dossier", store), writing=True) as books:
        overheard = _Overheard(cast("ActBooks", books))
        try:
            result = act.perform(cast("ActBooks", overheard), moment)
            rehearsed = Rehearsed(Performed(result), tuple(overheard.entries))
        except Refused as refused:
            rehearsed = Rehearsed(Performed(None, [reason_shape(reason) for reason in refused.reasons]))
        raise _TakenBack
    return rehearsed


class _TakenBack(Exception):
    """Nothing of a rehearsal is kept."""


class _Overheard:
    """Books that remember what is posted to them."""

    def __init__(self, books: ActBooks) -> None:
        self.books = books
        self.entries: list[Entry] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)

    def post(self, entries: Sequence[Entry], at: datetime) -> list[Posted]:
        """Post, and remember."""
        self.entries += entries
        return self.books.post(entries, at)

    def record(self, receipt: Receipt, plan: Plan, answer: str) -> None:
        """Write what a document does, and remember its entries."""
        self.entries += [done.entry for done in plan.transactions if done.entry is not None]
        self.books.record(receipt, plan, answer)


def _once(act: Act, request: Request, books: ActBooks, moment: Moment) -> Performed:
    if request.key and (kept := books.kept(request.caller, request.key)):
        if kept.digest != request.digest:
            return Performed(None, [reason_shape(Refusal("key_reused", "key", request.key))])
        return msgspec.structs.replace(msgspec.json.decode(kept.answer, type=Performed), replayed=True)
    reasons: tuple[Refusal, ...] = ()
    try:
        done = Performed(act.perform(books, moment))
    except Refused as refused:
        reasons = refused.reasons
        done = Performed(None, [reason_shape(reason) for reason in reasons])
    books.log(request, reasons, _answer(done).decode())
    return done
