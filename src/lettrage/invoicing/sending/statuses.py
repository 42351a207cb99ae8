"""The statuses of an invoice: every change once, in the order of its date, whatever order it was heard in. Pure.

The current status is the one with the latest date that the platform gives; at the same date, of Chorus Pro's the one
with the higher history id, of the lifecycle's (200 to 228) the higher code, then the one heard of last. A status that
ends the lifecycle holds whatever is dated later, and one of the processing whatever is dated later of the transmission
(an invoice that was paid before it was sent, clocks that do not agree). What arrives late takes its place and changes
nothing else. Codes that nobody knows are kept as they came.

What was received (212) holds as long as it is there: once all that we told of an invoice's payments came back, it
stands where it stood before them; while something of it is still to be paid, it is received in part.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from lettrage.invoicing.lifecycle.statuses import TRANSMISSION
from lettrage.invoicing.lifecycle.statuses import statuses as lifecycle
from lettrage.invoicing.sending.outbox import Event, Outcome

RECEIVED = "212"
PARTLY = "partly_received"  # our own word: platforms have none
# What comes of the payments that we told of an invoice: none told, all came back, some is to be paid yet, all is there.
Receipts = Literal["untold", "back", "part", "whole"]

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)

# After these nothing more of the lifecycle comes.
ENDS = frozenset(code for code, status in lifecycle().items() if status.ends and status.about == "invoice")
# Heard of what we said about an invoice (601, 501): they stand in its history, and change nothing of where it stands.
_ABOUT_OTHERS = frozenset(code for code, status in lifecycle().items() if status.about != "invoice")
# How it travels between platforms: this says nothing of what the buyer, or the money, has made of it.
_TRANSMISSION = frozenset(code for code, status in lifecycle().items() if status.phase == TRANSMISSION) - ENDS
# After these nothing more is waited for: Chorus Pro says no more (chorus-pro.md 5.2); what was paid or cancelled is
# told. What was refused (210) or rejected (213) on an approved platform stays among what a person looks after.
FINAL = frozenset(("REJETEE", "MISE_EN_PAIEMENT", "ABANDONNEE", "SUPPRIMEE", "212", "220"))
# How far each has come on the way to payment; a later status with a lower figure is a step back. The steps between
# service and payment may come in any order, or not at all; what is not here is on no way.
_WAY = {
    "DEPOSEE": 1,
    "EN_COURS_ACHEMINEMENT": 2,
    "A_RECYCLER": 2,
    **dict.fromkeys(("MISE_A_DISPOSITION", "PRISE_EN_COMPTE_DESTINATAIRE", "SUSPENDUE", "COMPLETEE"), 3),
    **dict.fromkeys(("SERVICE_FAIT", "MANDATEE", "MISE_A_DISPOSITION_COMPTABLE", "COMPTABILISEE"), 4),
    "MISE_EN_PAIEMENT": 5,
    # The same of the lifecycle; 204 stands for all steps between service and payment.
    "200": 1,
    **dict.fromkeys(("201", "202", "221"), 2),
    **dict.fromkeys(("203", "207", "208", "209"), 3),
    **dict.fromkeys(("204", "205", "206", "214"), 4),
    "211": 5,
    "212": 6,
}
# The order of what happens at one moment: we send, the flow is processed, the invoice lives.
_ORIGINS = {"ours": 0, "flow": 1, "history": 2}


class Step(msgspec.Struct, frozen=True):
    """One line of a timeline; `back`: it undoes a step that had been taken."""

    event: Event
    back: bool = False


def unheard(kept: Iterable[Event], heard: Iterable[Event]) -> list[Event]:
    """The changes that are not known yet, each once.

    A change with a history id is known by it, another by code, date and comment; one that had been heard of without
    its id is kept again with it, so that the order in which both were heard makes no difference.
    """
    known = {_identity(event) for event in kept}
    triples = {_triple(event) for event in kept}
    new: list[Event] = []
    for event in heard:
        if _identity(event) in known or (not event.history_id and _triple(event) in triples):
            continue
        known.add(_identity(event))
        triples.add(_triple(event))
        new.append(event)
    return new


def ordered(events: Iterable[Event]) -> list[Event]:
    """The changes of an invoice in the order in which they happened, none twice."""
    all_ = list(events)
    with_id = {_triple(event) for event in all_ if event.history_id}
    echoed = {_second(event) for event in all_ if event.origin == "history"}
    return sorted((e for e in all_ if e.history_id or not (_triple(e) in with_id or _echoed(e, echoed))), key=place)


def _echoed(event: Event, heard: Collection[tuple[object, ...]]) -> bool:
    """Whether a status that we said comes back from the platform; messages give moments in whole seconds."""
    return event.origin == "ours" and event.code in lifecycle() and _second(event) in heard


def _second(event: Event) -> tuple[object, ...]:
    return event.code, event.at.replace(microsecond=0) if event.at is not None else None


def current(events: Iterable[Event], receipts: Receipts = "untold") -> Event | None:
    """The change that holds now; None before the first. `receipts`: what we told of payments comes to."""
    gone = RECEIVED if receipts == "back" else ""
    changes = ordered(event for event in events if _is_status(event) and event.code != gone)
    ended = [event for event in changes if event.code in ENDS]
    processed = [event for event in changes if event.code not in _TRANSMISSION]
    return next(iter((ended or processed or changes)[-1:]), None)


def _is_status(event: Event) -> bool:
    """Whether an event is a status of the invoice: one that was heard, or one that we said and the platform took."""
    if event.code in _ABOUT_OTHERS:
        return False
    return event.origin == "history" or (event.origin == "ours" and event.code in lifecycle())


def standing_now(outcome: Outcome, events: Iterable[Event], receipts: Receipts = "untold") -> tuple[str, bool]:
    """Where an invoice of an approved platform stands, and whether more is waited for."""
    now_is = current(events, receipts)
    code = now_is.code if now_is is not None else ""
    code = PARTLY if code == RECEIVED and receipts == "part" else code
    return code, outcome == "integrated" and code not in FINAL


def timeline(events: Iterable[Event]) -> list[Step]:
    """Everything that happened to a document, by date; true steps back are marked."""
    steps: list[Step] = []
    reached = 0
    for event in ordered(events):
        on_way = _WAY.get(event.code) if _is_status(event) else None
        if on_way is not None and event.code in _TRANSMISSION:
            on_way = max(on_way, reached)  # told late: it undoes nothing
        steps.append(Step(event, back=on_way is not None and on_way < reached))
        reached = on_way if on_way is not None else reached
    return steps


def place(event: Event) -> tuple[Any, ...]:
    """What events are sorted by. What has no date of its own comes before all that has one.

    What is dated later than we heard of it (a clock that is ahead of ours) stands where we heard of it.
    """
    code = event.code if event.code in lifecycle() else ""
    origin = _ORIGINS["history" if code else event.origin]  # a status is the invoice's own, whoever has said it
    return (event.when or _BEFORE_ALL, event.at or _BEFORE_ALL, origin, code, _number(event.history_id), event.sequence)


def _number(history_id: str) -> tuple[int, int, str]:
    """History ids are numbers; one that is none comes after them, by its bytes; none at all before."""
    if not history_id:
        return (0, 0, "")
    return (1, int(history_id), "") if history_id.isascii() and history_id.isdecimal() else (2, 0, history_id)


def _identity(event: Event) -> tuple[object, ...]:
    return (event.origin, event.history_id, *(_triple(event)[:3] if event.history_id else _triple(event)))


def _triple(event: Event) -> tuple[object, ...]:
    return (event.origin, event.code, event.at, event.comment)


def code_of(steps: Sequence[Step]) -> str:
    """The code of the last step; "" for none."""
    return steps[-1].event.code if steps else ""
