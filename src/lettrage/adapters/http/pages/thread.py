"""The way of an invoice from its issue to the matched payment, step by step with its dates: the list's line, large."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from lettrage.invoicing.explaining.progress import STAGES, Mark, progress
from lettrage.invoicing.sending.case import Kept
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.shelf import NOT_SENT
from lettrage.invoicing.sending.statuses import current, ordered

# The events whose moment is a step's own.
_MOMENTS: Mapping[str, tuple[str, ...]] = {
    "checked": ("intended",),
    "deposited": ("sent",),
    "accepted": ("integrated", "IN_INTEGRE", "DEPOSEE", "200"),
    "with_customer": ("MISE_A_DISPOSITION", "203", "204"),
    "payment": ("MISE_EN_PAIEMENT", "211", "212"),
}
_ENDS = ("IN_REJETE", "IN_INCIDENTE")  # what a flow says where our own word for it has no event


class Step(msgspec.Struct, frozen=True):
    """A step: its mark, and when it was taken or stopped ("" where that is not known)."""

    key: str
    mark: Mark
    at: str = ""


def thread(kept: Kept, events: Sequence[Event], state: str, *, carried: bool) -> list[Step]:
    """The steps of the document, by its own events; what the list draws as one line, with the check in between."""
    own = ordered(event for event in events if event.document == kept.document.id)
    owed = kept.document.gross if kept.open is None else kept.open
    amount = kept.document.gross if kept.amount is None else kept.amount
    way = progress(state, carried=carried, open_=owed, amount=amount)
    marks = dict(zip(STAGES, way.marks, strict=True))
    steps = [Step(key, mark, _at(kept, own, state, key, mark)) for key, mark in marks.items()]
    matched = marks["deposited"] in ("h", "g1")
    checked: Mark = marks["deposited"] if matched else "d" if state != NOT_SENT else ""
    return [steps[0], Step("checked", checked, _first(own, "checked")), *steps[1:]]


def _at(kept: Kept, events: Sequence[Event], state: str, key: str, mark: Mark) -> str:
    if key == "issued":
        return kept.document.created_at
    if mark in ("x", "w"):
        return _last(events, state)
    return _first(events, key) if mark in ("d", "g1") else ""


def _first(events: Iterable[Event], key: str) -> str:
    """When a step was first taken."""
    return next((_said(e.at) for e in events if e.code in _MOMENTS.get(key, ()) and e.at), "")


def _last(events: Sequence[Event], state: str) -> str:
    """When the state began that stops the way."""
    now = current(events)
    if now is not None and now.code == state:
        return _said(now.at)
    return next((_said(event.at) for event in reversed(events) if event.code in (state, *_ENDS)), "")


def _said(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""
