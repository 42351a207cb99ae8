"""The statuses of an invoice: every change once, in the order of its date, whatever order it was heard in. Pure.

The current status is the one with the latest date that Chorus gives; at the same date the one with the higher history
id, then the one heard of last. What arrives late takes its place and changes nothing else. Codes that nobody knows are
kept as they came.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from lettrage.invoicing.sending.outbox import Event

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)

# After these nothing more comes (chorus-pro.md 5.2).
FINAL = frozenset(("REJETEE", "MISE_EN_PAIEMENT", "ABANDONNEE", "SUPPRIMEE"))
# How far each has come on the way to payment; a later status with a lower figure is a step back. The steps between
# service and payment may come in any order, or not at all; what is not here is on no way.
_WAY = {
    "DEPOSEE": 1,
    "EN_COURS_ACHEMINEMENT": 2,
    "A_RECYCLER": 2,
    **dict.fromkeys(("MISE_A_DISPOSITION", "PRISE_EN_COMPTE_DESTINATAIRE", "SUSPENDUE", "COMPLETEE"), 3),
    **dict.fromkeys(("SERVICE_FAIT", "MANDATEE", "MISE_A_DISPOSITION_COMPTABLE", "COMPTABILISEE"), 4),
    "MISE_EN_PAIEMENT": 5,
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
    return sorted((e for e in all_ if e.history_id or _triple(e) not in with_id), key=place)


def current(events: Iterable[Event]) -> Event | None:
    """The change that holds now; None before the first."""
    changes = [event for event in events if event.origin == "history"]
    return ordered(changes)[-1] if changes else None


def timeline(events: Iterable[Event]) -> list[Step]:
    """Everything that happened to a document, by date; true steps back are marked."""
    steps: list[Step] = []
    reached = 0
    for event in ordered(events):
        on_way = _WAY.get(event.code) if event.origin == "history" else None
        steps.append(Step(event, back=on_way is not None and on_way < reached))
        reached = on_way if on_way is not None else reached
    return steps


def place(event: Event) -> tuple[Any, ...]:
    """What events are sorted by. What has no date of its own comes before all that has one."""
    return (event.at or _BEFORE_ALL, _ORIGINS[event.origin], _number(event.history_id), event.sequence)


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
