"""What an approved platform has for us: what is fetched, whose it is, and when it is asked again. Pure.

Every flow is kept once, as it came, whatever can be made of it: a file that nobody can read, and one about no invoice
of ours, hold up nothing. What cannot be read is fetched again for hours before that is believed: a page of somebody's
on the way may have stood in for it. The question begins a little before the last flow that was brought, by the
platform's own clock, and never after one that could not be fetched.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from lettrage.invoicing.doors import company_of
from lettrage.invoicing.flow_service import Seen
from lettrage.invoicing.formats import cdar_read
from lettrage.invoicing.lifecycle.heard import kept
from lettrage.invoicing.lifecycle.message import Acknowledgement, Message, Reference
from lettrage.invoicing.lifecycle.statuses import is_refusal, statuses
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.sending import deposit as sending
from lettrage.invoicing.sending.outbox import Alert, Arrival, Became, Conclusion, Deposit, Event, Job, Taken, Told
from lettrage.invoicing.sending.schedule import OVERLAP, Chance, Pace
from lettrage.invoicing.sending.statuses import unheard
from lettrage.limits import HISTORY_EVENTS

replace = msgspec.structs.replace

AT_ONCE = 200  # flows that are fetched between two commits: what was brought is not lost with the next trouble
UNREADABLE = "arrival_unreadable"
_CLOCKS = timedelta(days=1)  # our clock and the platform's need not agree
_SIREN = "0002"  # scheme of identifiers (ISO 6523)
_MISSED = "missed "  # before a flow's number, in the job's payload: when it could not be had first

# ---------------------------------------------------------------- when it is asked


def received_from(platform: str, at: datetime, now: datetime) -> Job:
    """The job that asks an approved platform for everything since a moment of its own clock, at once."""
    return Job(platform, "receive", "", now, {"since": (min(at, now) - _CLOCKS).isoformat()})


def received_now(platform: str, now: datetime) -> Job:
    """The same where nothing is known of the platform's clock: where the job stands already, its own moment holds."""
    return received_from(platform, now, now)


class Round(msgspec.Struct, frozen=True):
    """What one round has brought. `seen`: all that the platform listed; `new`: of it what was not here before.

    `missed`: could not be fetched, and why; `hindered`: what ended the round before its time.
    """

    seen: Sequence[Seen]
    new: Sequence[Seen]
    brought: Sequence[Arrival]
    missed: Sequence[tuple[Seen, Trouble]] = ()
    hindered: Trouble | None = None


def in_turn(job: Job, new: Iterable[Seen]) -> list[Seen]:
    """What one round fetches: as much as it may, what could not be fetched before after all the rest."""
    return sorted(new, key=lambda seen: _MISSED + seen.flow in job.payload)[:AT_ONCE]


def after_round(taken: Taken, done: Round, now: datetime, pace: Pace, chance: Chance) -> Conclusion:
    """What a round has come to: what is kept, and where and when the next one begins."""
    job = taken.job
    here = _settled(job, done, now, pace)
    kept = {arrival.number for arrival in here}
    tried = {*(one.number for one in done.brought), *(seen.flow for seen, _ in done.missed)}
    known = {seen.flow for seen in done.new if _MISSED + seen.flow in job.payload}
    payload = {"since": _moved(job, done, kept, now).isoformat()}
    payload |= {_MISSED + flow: _first_missed(job, flow, now).isoformat() for flow in sorted((tried | known) - kept)}
    made = Conclusion(
        arrivals=tuple(here),
        alerts=tuple(_told(job.platform, arrival) for arrival in here if arrival.unread),
    )
    if done.hindered is not None:
        later = sending.hindered(taken, done.hindered, now, pace, chance)
        assert later.next is not None
        next_ = replace(later.next, payload=payload)
        return replace(made, next=next_, queue=later.queue, alerts=(*made.alerts, *later.alerts))
    more = any(seen.flow not in tried | known for seen in done.new)
    planned = pace.changes(taken.youngest or now, now)
    run_at = now if more else min(planned, pace.missed(now)) if len(payload) > 1 else planned
    next_ = replace(job, run_at=run_at, payload=payload, attempts=0, trouble=None)
    return replace(made, next=next_, queue=sending.opened(taken, now))


def _settled(job: Job, done: Round, now: datetime, pace: Pace) -> list[Arrival]:
    """What is kept of a round: all that could be read, and after its time what could not, or could not be had."""
    lost = (_unfetched(*one) for one in done.missed if pace.overdue(_first_missed(job, one[0].flow, now), now))
    read = (one for one in done.brought if not one.unread or pace.believed(_first_missed(job, one.number, now), now))
    return [*lost, *read]


def _first_missed(job: Job, flow: str, now: datetime) -> datetime:
    """When a flow could not be had, or not read, for the first time."""
    return datetime.fromisoformat(job.payload.get(_MISSED + flow, now.isoformat()))


def _moved(job: Job, done: Round, here: Collection[str], now: datetime) -> datetime:
    """From where the next round asks: a little before the last flow of those that are here, one after the other."""
    since = datetime.fromisoformat(job.payload["since"])
    wanting = {seen.flow for seen in done.new} - {*here}
    reached = since
    for seen in done.seen:
        if seen.flow in wanting:
            break
        if seen.updated_at is not None and seen.updated_at <= now + _CLOCKS:
            reached = max(reached, seen.updated_at - OVERLAP)
    return reached


def _unfetched(seen: Seen, why: Trouble) -> Arrival:
    """A flow that could not be fetched for days."""
    said = " ".join(str(part) for part in (why.kind, why.status or "", why.code, why.text) if part)
    return Arrival(seen.flow, sending.cut(seen.type), seen.updated_at, b"", unread=sending.cut(said))


def _told(platform: str, arrival: Arrival) -> Alert:
    return Alert(UNREADABLE, {"platform": platform, "flow": arrival.number, "why": arrival.unread})


# ---------------------------------------------------------------- what it says


def read(seen: Seen, content: bytes) -> Arrival:
    """A flow with what it says of invoices; one that is no lifecycle message says nothing of ours."""
    came = Arrival(seen.flow, sending.cut(seen.type), seen.updated_at, content)
    if seen.syntax != "CDAR" and not seen.type.endswith("LC"):
        return came
    found = cdar_read.read(content)
    if found.message is None:
        against = (finding for finding in found.findings if finding.blocks)
        return replace(came, unread=sending.cut(" | ".join(finding.code for finding in against)))
    message = found.message
    all_ = [(one.code, _status(message, told, one)) for told in message.acknowledgements for one in told.references]
    return replace(
        came,
        statuses=tuple(told for code, told in all_ if _about(code) == "invoice"),
        reports=tuple(told for code, told in all_ if _about(code) == "ereporting"),
        refusals=tuple(told for code, told in all_ if is_refusal(code)),
    )


def _about(code: str) -> str:
    """A code that nobody knows may well be about an invoice: it is kept, and shown as it came."""
    known = statuses().get(code)
    return "invoice" if known is None else known.about


def _status(message: Message, told: Acknowledgement, reference: Reference) -> Told:
    ids = sorted(reference.issuer.ids, key=lambda one: one.scheme != _SIREN)
    return Told(
        sending.cut(reference.number),
        company_of(ids[0].id) if ids else "",
        reference.date,
        sending.cut(reference.code),
        told.at or message.issued_at,
        sending.cut(message.id),
        kept(message, reference),
    )


# ---------------------------------------------------------------- whose it is


class Assigned(msgspec.Struct, frozen=True):
    """Flows that were brought, each with what became of it, and the changes of our invoices, each once."""

    became: tuple[Became, ...]
    events: tuple[Event, ...]


def assigned(brought: Sequence[Arrival], deposits: Sequence[Deposit], kept: Mapping[int, Sequence[Event]]) -> Assigned:
    """Find the invoices that are spoken of; `deposits`: those of the numbers in question, the latest last.

    `kept`: what is known of their documents.
    """
    by_number: dict[str, list[Deposit]] = {}
    for deposit in deposits:
        by_number.setdefault(deposit.number, []).append(deposit)
    became: list[Became] = []
    heard: dict[int, list[Event]] = {}
    for arrival in brought:
        of_ours = [(told, own) for told in arrival.statuses if (own := own_of(told, by_number.get(told.number, ())))]
        for told, own in of_ours:
            event = Event(own.document, "history", told.code, told.at, told.message, told.comment)
            heard.setdefault(own.document, []).append(event)
        became.append("unreadable" if arrival.unread else "read" if of_ours else "nobody's")
    new: list[Event] = []
    for document, events in heard.items():
        known = kept.get(document, ())
        new += unheard(known, events)[: max(0, HISTORY_EVENTS - len(known))]
    return Assigned(tuple(became), tuple(new))


def own_of(told: Told, deposits: Sequence[Deposit]) -> Deposit | None:
    """The deposit that a status is about: nothing that it says speaks against it, the one that stands first of all."""
    fitting = [
        deposit
        for deposit in deposits
        if told.seller in ("", company_of(deposit.supplier)) and told.date in (None, deposit.date)
    ]
    standing = [deposit for deposit in fitting if sending.stands(deposit.outcome)]
    return next(iter((standing or fitting)[-1:]), None)
