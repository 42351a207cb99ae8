"""Documents as people look at them: a line of a list, and one invoice with all that became of it on a platform."""

from collections.abc import Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Any

import msgspec

from lettrage.invoicing.lifecycle.heard import plain
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.statuses import timeline
from lettrage.money import Amount, Currency

NOT_SENT = "not_sent"  # the state of a document of which there is no deposit


class Shelved(msgspec.Struct, frozen=True):
    """A document that is kept, without its content. `gross` is above zero for a credit note too."""

    id: int
    number: str
    type: str
    date: Day
    third_party: str
    establishment: str
    currency: Currency
    gross: int
    source: str
    corrects: int | None
    created_at: str
    created_by: str


class Sent(msgspec.Struct, frozen=True):
    """A deposit of a document, with its flow. `errors`: what Chorus said against it, as texts."""

    document: int
    flow: int
    number: str  # of the flow, "" until it is known
    state: str  # of the flow
    syntax: str
    name: str
    sha256: str
    sent_at: str
    outcome: str
    status: str
    chorus_id: str
    errors: tuple[str, ...] = ()


class Payment(msgspec.Struct, frozen=True):
    """What one transaction settled of an invoice, above zero; `cancelled`: it was taken back."""

    transaction: int
    date: Day
    amount: int
    currency: Currency
    cancelled: bool = False


def state_of(sent: Sent | None) -> str:
    """Where an invoice stands by its latest deposit: Chorus's own status once there is one, what we know before."""
    if sent is None:
        return NOT_SENT
    if sent.outcome == "integrated" and sent.status:
        return sent.status
    return sent.outcome or sent.state


def line_shape(found: Shelved, platform: str, state: str, flow: str) -> dict[str, Any]:
    """A line of `invoice list`."""
    return {
        "number": found.number,
        "type": found.type,
        "date": found.date.isoformat(),
        "third_party": found.third_party,
        "currency": found.currency.code,
        "total": Amount(found.gross, found.currency).text,
        "platform": platform,
        "state": state,
        "flow": flow or None,
        "document": str(found.id),
    }


def shown_shape(
    documents: Sequence[Shelved],
    platform: str,
    deposits: Sequence[Sent],
    events: Sequence[Event],
    payments: Sequence[Payment],
) -> dict[str, Any]:
    """`invoice show`: the newest document of a number, with the deposits, the timeline and the payments of all of them.

    Documents and deposits stand with the latest first, the timeline and the deposits shown with the earliest first.
    """
    newest, latest = documents[0], deposits[0] if deposits else None
    # A corrected document that was not sent yet does not stand where the one before it ended.
    state = state_of(latest if latest is None or latest.document == newest.id else None)
    return line_shape(newest, platform, state, latest.number if latest else "") | {
        "establishment": newest.establishment,
        "source": newest.source,
        "created_at": newest.created_at,
        "created_by": newest.created_by,
        "documents": [str(document.id) for document in reversed(documents)],
        "statuses": [
            {
                "code": step.event.code,
                "date": step.event.at.isoformat() if step.event.at else None,
                "comment": plain(step.event.comment),
                "origin": step.event.origin,
                "back": step.back,
            }
            for step in timeline(events)
        ],
        "deposits": [
            {
                "platform": platform,
                "flow": sent.number or None,
                "sha256": sent.sha256,
                "sent_at": sent.sent_at or None,
                "outcome": sent.outcome or sent.state,
                "chorus_id": sent.chorus_id or None,
                "document": str(sent.document),
                "errors": list(sent.errors),
            }
            for sent in reversed(deposits)
        ],
        "payments": [
            {
                "transaction": str(payment.transaction),
                "date": payment.date.isoformat(),
                "amount": Amount(payment.amount, payment.currency).text,
                "currency": payment.currency.code,
                "cancelled": payment.cancelled,
            }
            for payment in payments
        ],
    }
