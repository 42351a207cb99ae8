"""What the tax office refuses of what we said: which of our messages a refusal is about, and what becomes of it. Pure.

A status (601) or a whole flow (501) may be refused after the platform took it. The refusal names what it is about: our
message by its own number (MDT-4), or the flow by the platform's. One that names the invoice alone is about the message
of it that went to the tax office, if there is but one: of several nothing is guessed, the invoice's history has it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from lettrage.invoicing.lifecycle.heard import beside, plain
from lettrage.invoicing.lifecycle.statuses import statuses
from lettrage.invoicing.sending.arrive import own_of
from lettrage.invoicing.sending.deposit import cut
from lettrage.invoicing.sending.outbox import Alert, Arrival, Deposit, Event, Message, Said, Told
from lettrage.invoicing.sending.statuses import unheard

REJECTED = "message_rejected"
UNASSIGNED = "refusal_of_nothing_ours"


class Candidate(msgspec.Struct, frozen=True):
    """A message of ours, with the names that a refusal may call it by: its own number, its flow's at the platform."""

    message: Message
    names: frozenset[str]


def meant(told: Told, candidates: Collection[Candidate], of_invoice: int | None) -> Message | None:
    """The message that a refusal is about. `of_invoice`: the document that it names in the place of a message."""
    named = [one.message for one in candidates if told.number in one.names]
    if not named and of_invoice is not None and statuses()[told.code].about == "status":
        named = [one.message for one in candidates if one.message.document == of_invoice and _went_on(one.message)]
    return named[0] if len(named) == 1 else None


def _went_on(message: Message) -> bool:
    """Whether the tax office was told of it, and has not refused it yet."""
    known = statuses().get(message.code)
    return message.stands and message.outcome in ("", "accepted") and known is not None and known.mandatory


def reasons(told: Told) -> tuple[Said, ...]:
    """What a refusal says, reason by reason; where it gives none, the status itself."""
    found = beside(told.comment)
    details = [one for one in found.details if one.reason] if found is not None else []
    return tuple(
        Said(cut(" ".join(filter(None, (one.text, *(note.text for note in one.notes))))), cut(one.reason))
        for one in details
    ) or (Said(cut(plain(told.comment)), told.code),)


# ---------------------------------------------------------------- a round


class Assigned(msgspec.Struct, frozen=True):
    """What refusals have come to. `of_ours`: the arrivals that refuse something of ours; `messages`: as they are now,
    each waiting for a person, who lets it be told again."""

    of_ours: frozenset[str] = frozenset()
    messages: tuple[Message, ...] = ()
    events: tuple[Event, ...] = ()
    alerts: tuple[Alert, ...] = ()


def assigned(
    platform: str,
    spoken: Sequence[tuple[Arrival, Told]],
    candidates: Sequence[Candidate],
    deposits: Sequence[Deposit],
    kept: Mapping[int, Sequence[Event]],
) -> Assigned:
    """Find what was refused; `deposits`: of the invoices in question, `kept`: what is known of their documents.

    One that was heard before changes nothing: its message may have been told again meanwhile.
    """
    messages: dict[int, Message] = {}
    events: dict[int, list[Event]] = {}
    alerts: list[Alert] = []
    of_ours: set[str] = set()
    for arrival, told in spoken:
        own = own_of(told, [deposit for deposit in deposits if deposit.number == told.number])
        named = own.document if own is not None else None
        message = meant(told, candidates, named)
        document = message.document if message is not None else named
        if message is not None or document is not None:
            of_ours.add(arrival.number)
        if document is not None:
            event = Event(document, "history", told.code, told.at, told.message, told.comment)
            if not unheard(kept.get(document, ()), [event]):
                continue
            events.setdefault(document, []).append(event)
        if message is None:
            alerts.append(unassigned(platform, arrival.number, told))
        elif message.id not in messages:
            messages[message.id] = msgspec.structs.replace(message, outcome="rejected", errors=reasons(told))
            alerts.append(alert(message, reasons(told)))
    new = (event for of_document in events.values() for event in unheard((), of_document))
    return Assigned(frozenset(of_ours), tuple(messages.values()), tuple(new), tuple(alerts))


# ---------------------------------------------------------------- what is told


def alert(message: Message, said: Sequence[Said]) -> Alert:
    """That somebody must look: the message is told no more by itself."""
    facts = {
        "platform": message.platform,
        "kind": message.kind,
        "code": message.code,
        "key": message.key,
        "said": joined(said),
    }
    return Alert(REJECTED, facts)


def unassigned(platform: str, flow: str, told: Told) -> Alert:
    """That something was refused, and nobody can tell what."""
    facts = {"platform": platform, "flow": flow, "code": told.code, "about": told.number, "said": plain(told.comment)}
    return Alert(UNASSIGNED, facts)


def joined(said: Iterable[Said]) -> str:
    """What was said against something, in one line."""
    return cut(" | ".join(f"{one.code} {one.text}".strip() for one in said))
