"""What people ask of the books beside settlement documents: cancel, report unpaid, make slips.

An act is *looked up*, *decided*, *booked*, *logged*, *answered*: one commit, never twice. Each kind of act has a file
of its own; this one is the journey they share.
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

import msgspec

from lettrage.caller import Caller, Request, dossier_for
from lettrage.dates import PARIS
from lettrage.guard.tokens import without_tokens
from lettrage.invoicing.billing.register import Documents
from lettrage.invoicing.sending.outbox import Outbox
from lettrage.invoicing.settings import SettingsBook
from lettrage.limits import TEXT_CHARACTERS
from lettrage.ports import Books, Clock, Store
from lettrage.refusal import Refusal
from lettrage.settlement.answer import reason_shape
from lettrage.settlement.fields import label
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


class ActBooks(Books, Documents, SettingsBook, Outbox, Protocol):
    """All that acts may ask of the books: each act says how much of it."""


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
