"""The life of an invoice in one line of time: made, sent, what platforms say of it, paid, declared, reconciled. Pure.

Each thing stands at its own moment, in whatever order it was heard of; what is dated later than we heard of it, by a
clock that is ahead of ours, stands where we heard of it, with both moments. Of a status: what it is called, why it was
given and how to mend that, what is asked for, the amounts. Of what we said: whether the platform took it, and what it
said against it. Nothing that was heard is hidden: a code that nobody knows stands there as it came.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from datetime import date as Day  # noqa: N812
from typing import Any, Literal

import msgspec

from lettrage.dates import PARIS
from lettrage.invoicing.document import CREDIT_NOTES
from lettrage.invoicing.explaining import labels
from lettrage.invoicing.explaining.standing import explained_shape
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.lifecycle.acknowledged import explain_ack
from lettrage.invoicing.lifecycle.chorus import from_chorus
from lettrage.invoicing.lifecycle.heard import beside, plain, reference_of
from lettrage.invoicing.lifecycle.message import Characteristic, Detail, Reference
from lettrage.invoicing.lifecycle.reasons import explain_status
from lettrage.invoicing.lifecycle.statuses import Action, actions, statuses
from lettrage.invoicing.sending.outbox import Event, Message
from lettrage.invoicing.sending.shelf import Payment, Shelved
from lettrage.invoicing.sending.statuses import RECEIVED, timeline
from lettrage.money import Amount
from lettrage.refusal import Language
from lettrage.reporting.received import Payment as Declared

Kind = Literal["made", "ours", "flow", "status", "said", "paid", "reconciled"]
_NOON = time(12)
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
BACK = "receipt_back"  # what a receipt is called that is told below zero
_AHEAD = timedelta(minutes=1)  # clocks that agree never agree to the second
_UNDONE = ("unpaid", "cancelled")  # events of payments that take back what was told
# In the order in which they stand at one moment: what is the cause goes before what follows from it.
_KINDS: tuple[Kind, ...] = ("made", "ours", "flow", "status", "paid", "reconciled", "said")
TELL_AGAIN = "lettrage lifecycle again {number}"
_declared = msgspec.json.Decoder(Declared).decode


class Reconciled(msgspec.Struct, frozen=True):
    """That a line of a bank's statement accounts for what a transaction settled."""

    transaction: int
    line: int
    bank: str
    day: Day


class Part(msgspec.Struct, frozen=True):
    """An amount: of what kind (MEN, RAP ...; "" for a settlement's), and at which VAT rate in percent ("" for none)."""

    type: str
    amount: str
    currency: str
    percent: str = ""


class Point(msgspec.Struct, frozen=True):
    """Something that happened to an invoice. `day`: where no more than that is known, `at` is its noon.

    `code`: our own word, or the platform's; `corresponds`: the status of approved platforms that a code of Chorus Pro's
    stands for. `called`: the code of its name, where that is another. `outcome`: of what we said: waits, accepted,
    rejected, given_up. `reference`: a transaction, a message, a line of a statement. `back`: it undoes what had been
    reached; what was cancelled. `heard`: when we heard of it, where it is dated later than that.
    """

    kind: Kind
    code: str
    fr: str
    en: str
    document: int
    at: datetime | None = None
    day: Day | None = None
    by: str = ""
    text: str = ""
    text_en: str = ""
    corresponds: str = ""
    reference: str = ""
    outcome: str = ""
    back: bool = False
    amounts: tuple[Part, ...] = ()
    reasons: tuple[Finding, ...] = ()
    asked: tuple[tuple[str, Action], ...] = ()
    next_fr: str = ""
    next_en: str = ""
    called: str = ""
    heard: datetime | None = None

    def word(self, lang: Language) -> str:
        """What it is called."""
        return self.fr if lang == "fr" else self.en

    def beside(self, lang: Language) -> str:
        """What stands beside it: our own words in the reader's language, a platform's as they came."""
        return self.text_en if lang == "en" and self.text_en else self.text


class Told(msgspec.Struct, frozen=True):
    """All that the books have of an invoice's documents, on the platform that is looked at."""

    documents: Sequence[Shelved]
    events: Sequence[Event] = ()
    messages: Sequence[Message] = ()
    payments: Sequence[Payment] = ()
    reconciled: Sequence[Reconciled] = ()
    frame: str = ""


def story(told: Told) -> list[Point]:
    """Everything that happened, the earliest first."""
    points = [*_made(told.documents), *_heard(told), *map(_said, told.messages), *_paid(told)]
    return sorted(points, key=lambda one: (one.heard or one.at or _BEFORE_ALL, _KINDS.index(one.kind)))


def _made(documents: Iterable[Shelved]) -> Iterator[Point]:
    for one in documents:
        at = datetime.fromisoformat(one.created_at) if one.created_at else None
        yield Point("made", "created", *_words("created"), one.id, at, by=one.created_by)


def _heard(told: Told) -> Iterator[Point]:
    of = {one.id: one for one in told.documents}
    for step in timeline(told.events):
        event = step.event
        if event.origin == "ours" and event.code in statuses():
            continue  # the message stands there by itself
        if event.origin == "history":
            yield _status(event, of.get(event.document), told.frame, back=step.back)
            continue
        text = labels.comment(event.code, event.comment, "fr")
        text_en = labels.comment(event.code, event.comment, "en")
        kind: Kind = "ours" if event.origin == "ours" else "flow"
        yield Point(
            kind, event.code, *_words(event.code), event.document, event.at, text=text, text_en=text_en,
            back=step.back, heard=_ahead(event),
        )  # fmt: skip


def _ahead(event: Event) -> datetime | None:
    """When we heard of what is dated later than that: its origin's clock is ahead of ours."""
    early = event.at is not None and event.heard is not None and event.at - event.heard >= _AHEAD
    return event.heard if early else None


def _status(event: Event, document: Shelved | None, frame: str, *, back: bool) -> Point:
    """A status that was heard, with everything beside it; of Chorus Pro's what it corresponds to."""
    known = statuses().get(event.code)
    reference = reference_of(document.number if document is not None else "", event.code, event.comment)
    own = known is not None or beside(event.comment) is not None
    details = reference.details if own else ()
    said = beside(event.comment)
    called = BACK if _came_back(reference, document) else ""
    return Point(
        "status",
        event.code,
        *_words(called or event.code),
        event.document,
        event.at,
        by=" ".join(filter(None, (said.name, said.role))) if said is not None else "",
        text=plain(event.comment),
        corresponds="" if own else from_chorus(event.code, frame) or "",
        reference=event.history_id,
        back=back,
        amounts=tuple(_part(one) for detail in details for one in detail.data if one.amount is not None),
        reasons=tuple(explain_status(reference)) if own else (),
        asked=tuple(_asked(detail) for detail in details if detail.action),
        next_fr=known.next_fr if known is not None else "",
        next_en=known.next_en if known is not None else "",
        called=called,
        heard=_ahead(event),
    )


def _came_back(reference: Reference, document: Shelved | None) -> bool:
    """Whether a 212 takes back what was received: below zero, or above it of a credit note."""
    received = sum(one.amount.minor for one in reference.received if one.amount is not None)
    credit = document is not None and document.type in CREDIT_NOTES
    return reference.code == RECEIVED and (received > 0 if credit else received < 0)


def _asked(detail: Detail) -> tuple[str, Action]:
    text = detail.action_text or detail.action
    return detail.action, actions().get(detail.action, Action(text, text))


def _part(one: Characteristic) -> Part:
    assert one.amount is not None
    percent = one.percent.text if one.percent is not None else ""
    return Part(one.type, one.amount.text, one.amount.currency.code, percent)


def _said(message: Message) -> Point:
    """A status that we said: of 212 what it declared, at each rate."""
    parts: tuple[Part, ...] = ()
    called = ""
    if message.code == RECEIVED:
        payment = _declared(message.content)
        called = BACK if payment.event in _UNDONE else ""
        parts = tuple(
            Part("MEN", Amount(one.amount, payment.currency).text, payment.currency.code, one.rate)
            for one in payment.rates
        )
    return Point(
        "said",
        message.code,
        *_words(called or message.code),
        message.document or 0,
        message.made_at,
        message.at.astimezone(PARIS).date(),
        by=message.made_by,
        reference=str(message.id),
        outcome=message.outcome or "waits",
        back=not message.stands,
        amounts=parts,
        reasons=tuple(explain_message(message)),
        called=called,
    )


def explain_message(message: Message) -> list[Finding]:
    """What the platform has against a status that we said; how it is told again stands with it."""
    number = str(message.id)
    return [explain_ack(one.code, one.text, number, TELL_AGAIN.format(number=number)) for one in message.errors]


def _paid(told: Told) -> Iterator[Point]:
    """Settlements as the books have them, and the lines of statements that account for them."""
    newest = told.documents[0].id
    for one in told.payments:
        part = Part("", Amount(one.amount, one.currency).text, one.currency.code)
        number = str(one.transaction)
        word = "came_back" if one.amount < 0 else "paid"
        yield Point(
            "paid", word, *_words(word), newest, _noon(one.date), one.date, reference=number, amounts=(part,),
            back=one.cancelled,
        )  # fmt: skip
    for found in told.reconciled:
        yield Point(
            "reconciled", "reconciled", *_words("reconciled"), newest, _noon(found.day), found.day, by=found.bank,
            reference=str(found.line),
        )  # fmt: skip


def _noon(day: Day) -> datetime:
    return datetime.combine(day, _NOON, PARIS)


def _words(code: str) -> tuple[str, str]:
    return labels.state(code, "fr"), labels.state(code, "en")


def shape(point: Point) -> dict[str, Any]:
    """As commands and the API give it; words in both languages, amounts and rates as text."""
    return {
        "kind": point.kind,
        "code": point.code,
        "fr": point.fr,
        "en": point.en,
        "at": point.at.isoformat() if point.at is not None else None,
        "heard_at": point.heard.isoformat() if point.heard is not None else None,
        "day": point.day.isoformat() if point.day is not None else None,
        "document": str(point.document),
        "by": point.by,
        "text": point.text,
        "text_en": point.beside("en"),
        "corresponds": point.corresponds or None,
        "reference": point.reference,
        "outcome": point.outcome or None,
        "back": point.back,
        "amounts": [msgspec.structs.asdict(one) for one in point.amounts],
        "reasons": [explained_shape(one) for one in point.reasons],
        "actions": [{"code": code, "fr": action.fr, "en": action.en} for code, action in point.asked],
        "next_fr": point.next_fr,
        "next_en": point.next_en,
    }
