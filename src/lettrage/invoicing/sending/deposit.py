"""Depositing: what goes into which flow, what a call has come to, and what becomes of a deposit in doubt. Pure.

intended --call--> sending --taken--------> sent
                      |----not taken------> intended (later), refused
                      '----nobody knows---> in_doubt --found-----> sent
                                                |-----other one--> numbering_error
                                                '-----no trace---> given_up, and sent again as a new flow
"""

import gzip
import io
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from lettrage.invoicing.document import CREDIT_NOTES, Invoice
from lettrage.invoicing.portal import Deposited, Found, Trouble
from lettrage.invoicing.sending.outbox import (
    STANDING,
    Again,
    Alert,
    Conclusion,
    Deposit,
    Event,
    Flow,
    Job,
    Met,
    Outcome,
    Packet,
    Parcel,
    Queue,
    Said,
    Taken,
)
from lettrage.invoicing.sending.schedule import Chance, Pace
from lettrage.limits import FLOW_BYTES, LOT_BYTES, LOT_INVOICES, SAID_CHARACTERS
from lettrage.money import decimal

replace = msgspec.structs.replace
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._+-]")

# ---------------------------------------------------------------- lots


def packets(parcels: Iterable[Parcel], *, lots: bool) -> list[Packet]:
    """Flows for these documents: one for each, or (`lots`) as few archives of one syntax each as the limits allow."""
    if not lots:
        return [_alone(parcel) for parcel in parcels]
    return [_together(group) for group in _groups(parcels)]


def _groups(parcels: Iterable[Parcel]) -> Iterator[Sequence[Parcel]]:
    """Documents that may share an archive: one syntax, each number once (Chorus answers by number), within the limits.

    The files' own sizes are summed, so that the archive, which is smaller, keeps the limit of archives too.
    """
    open_: dict[str, list[Parcel]] = {}
    for parcel in parcels:
        group = open_.setdefault(parcel.syntax, [])
        full = len(group) == LOT_INVOICES or sum(len(p.file) for p in group) + len(parcel.file) > LOT_BYTES
        if group and (full or any(p.number == parcel.number for p in group)):
            yield group
            group = open_[parcel.syntax] = []
        group.append(parcel)
        if len(parcel.file) > FLOW_BYTES:  # too large for any flow: Chorus shall say so of this one alone
            group.pop()
            yield [parcel]
    yield from (group for group in open_.values() if group)


def _alone(parcel: Parcel) -> Packet:
    return Packet(parcel.name, parcel.syntax, parcel.file, (parcel,))


def _together(parcels: Sequence[Parcel]) -> Packet:
    if len(parcels) == 1:
        return _alone(parcels[0])
    content = _archive(parcels)
    return Packet(f"{parcels[0].syntax}_lot.tar.gz", parcels[0].syntax, content, tuple(parcels))


def _archive(parcels: Sequence[Parcel]) -> bytes:
    """A tar.gz of these files; the same files give the same bytes: no hour, no owner, no name of ours in it."""
    packed = io.BytesIO()
    taken: set[str] = set()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for parcel in parcels:
            member = tarfile.TarInfo(_member(parcel, taken))
            member.size = len(parcel.file)
            archive.addfile(member, io.BytesIO(parcel.file))
    return gzip.compress(packed.getvalue(), mtime=0)


def _member(parcel: Parcel, taken: set[str]) -> str:
    """A name inside the archive: no folder, none twice."""
    name = _NOT_IN_NAMES.sub("-", parcel.name).lstrip(".")[-80:] or "-"
    if name in taken:
        name = f"{parcel.document}-{name}"
    taken.add(name)
    return name


# ---------------------------------------------------------------- what a call has come to

# Of these nobody knows whether the flow was taken: the service may have had it before the answer was lost.
_IN_DOUBT = frozenset(("unknown", "garbled"))
# Where HTTP says that all is well, a refusal is believed that gives a reason, and not one that gives the message of
# success (GCU_MSG_01_000, TRA_MSG_00.000): such an answer contradicts itself.
_OK = 200
_REFUSAL = re.compile(r"(?!GCU_MSG_01[._]000|TRA_MSG_00[._]000)[A-Z]{3}_MSG_[0-9]{2}[._][0-9]{3}")
# These hold for everything that is sent: one alert and one waiting for all, instead of a thousand failures.
QUEUE_STOPPED = "queue_stopped"
_FOR_ALL = frozenset(("maintenance", "quota", "unreachable"))


def doubtful(trouble: Trouble) -> bool:
    """Whether a flow may have been taken by a deposit that met this trouble."""
    if trouble.kind == "refused":
        return trouble.status == _OK and not _REFUSAL.fullmatch(trouble.code)
    return trouble.sent and trouble.kind in _IN_DOUBT


def after_call(taken: Taken, answer: Deposited | Trouble, now: datetime, pace: Pace, chance: Chance) -> Conclusion:
    """What the call that deposited a flow has come to."""
    assert taken.flow is not None
    if isinstance(answer, Deposited):
        return accepted(taken, taken.flow, answer.flow, now, pace)
    if doubtful(answer):
        return in_doubt(taken.flow, met(answer), now, pace)
    if answer.kind == "refused":
        return _refused(taken.flow, answer, now)
    waiting = replace(taken.flow, state="intended", trouble=met(answer))
    return replace(hindered(taken, answer, now, pace, chance), flow=waiting)


def accepted(taken: Taken, flow: Flow, number: str, now: datetime, pace: Pace) -> Conclusion:
    """A flow that Chorus has: it is followed from here on. That says nothing yet of the invoices in it."""
    known = tuple(replace(d, outcome="") if d.outcome == "in_doubt" else d for d in flow.deposits)
    sent = replace(flow, state="sent", number=number, sent_at=flow.sent_at or now, deposits=known)
    assert sent.sent_at is not None
    follow = Job(flow.platform, "follow_flow", str(flow.id), pace.flow(sent.sent_at, now))
    events = told(sent, "sent", now, number)
    return Conclusion(flow=sent, deposits=known, events=events, planned=(follow,), queue=opened(taken, now))


def in_doubt(flow: Flow, trouble: Met, now: datetime, pace: Pace) -> Conclusion:
    """A flow of which nobody knows whether it was taken: it is looked for, and holds up nothing else."""
    doubtful_ones = tuple(d if d.outcome else replace(d, outcome="in_doubt") for d in flow.deposits)
    since = flow.sent_at or now
    doubt = replace(flow, state="in_doubt", number="", doubt_since=since, trouble=trouble, deposits=doubtful_ones)
    look = Job(flow.platform, "look_up", str(flow.id), pace.look_up(since, now))
    comment = trouble.kind if not trouble.status else f"{trouble.kind} {trouble.status}"
    return Conclusion(flow=doubt, deposits=doubtful_ones, events=told(doubt, "in_doubt", now, comment), planned=(look,))


def _refused(flow: Flow, trouble: Trouble, now: datetime) -> Conclusion:
    """Chorus refused the very call: one document is refused; the documents of a lot are sent again, each alone."""
    said = Said(cut(trouble.text), trouble.code)
    if len(flow.deposits) > 1:
        return replace(
            sent_apart(flow, [d.document for d in flow.deposits], now), flow=_ended(flow, "refused", trouble)
        )
    refused = tuple(replace(d, outcome="refused", errors=(said,)) for d in flow.deposits)
    return Conclusion(
        flow=replace(_ended(flow, "refused", trouble), deposits=refused),
        deposits=refused,
        events=told(flow, "refused", now, f"{said.code} {said.text}".strip()),
    )


def _ended(flow: Flow, state: Literal["refused", "given_up"], trouble: Trouble) -> Flow:
    return replace(flow, state=state, trouble=met(trouble))


def sent_apart(flow: Flow, documents: Sequence[int], now: datetime) -> Conclusion:
    """Documents of a lot that another one spoiled: each goes on its own, its number free for that."""
    freed = tuple(replace(d, outcome="given_up") for d in flow.deposits if d.document in documents)
    return Conclusion(
        deposits=freed,
        events=tuple(Event(d.document, "ours", "sent_apart", now) for d in freed),
        again=(Again(flow.id, tuple(documents), apart=True),),
    )


# ---------------------------------------------------------------- troubles


def hindered(taken: Taken, trouble: Trouble, now: datetime, pace: Pace, chance: Chance) -> Conclusion:
    """A job that met a trouble goes on later; a trouble that holds for all stops or delays the platform's queue."""
    attempts = taken.job.attempts + 1
    again = pace.later(attempts, now, chance, trouble.after)
    later = replace(taken.job, run_at=again, attempts=attempts, trouble=met(trouble))
    if trouble.kind == "settings":
        # The job itself is not to blame: it goes on as soon as the queue is open again.
        waits = replace(later, run_at=now, attempts=taken.job.attempts)
        facts = {"platform": waits.platform, "step": trouble.step, "status": str(trouble.status), "code": trouble.code}
        stopped = Queue(waits.platform, "stopped", met(trouble), since=now)
        return Conclusion(next=waits, queue=stopped, alerts=(Alert(QUEUE_STOPPED, facts),))
    if trouble.kind in _FOR_ALL:
        return Conclusion(next=later, queue=_waiting(taken, trouble, now, pace, chance))
    return Conclusion(next=later)


def _waiting(taken: Taken, trouble: Trouble, now: datetime, pace: Pace, chance: Chance) -> Queue:
    """The queue waits, longer each time."""
    queue = taken.queue or Queue(taken.job.platform)
    until = pace.later(queue.attempts, now, chance, trouble.after)
    since = queue.since if queue.state == "waiting" else now
    return Queue(queue.platform, "waiting", met(trouble), since, until, queue.attempts + 1)


def moves(queue: Queue | None, to: Queue, now: datetime) -> bool:
    """Whether a job's end changes the queue as it stands by now.

    Only a setting or a person opens one that is stopped, and it is told once; a trouble of a call that began before
    the queue waited is no news.
    """
    if queue is None or queue.state == "open":
        return to.state != "open"
    if queue.state == "stopped":
        return False
    return to.state != "waiting" or queue.until is None or queue.until <= now


def opened(taken: Taken, now: datetime) -> Queue | None:
    """After a call that went well nothing stands in the way; None where nothing did before."""
    queue = taken.queue
    return Queue(queue.platform, since=now) if queue is not None and queue.state == "waiting" else None


def met(trouble: Trouble) -> Met:
    """A trouble as it is kept."""
    text, code = cut(trouble.text), cut(trouble.code)
    return Met(trouble.kind, trouble.step, trouble.status, code, text, cut(trouble.request_id))


def cut(text: str) -> str:
    """What was said, of a length that can be kept."""
    return text[:SAID_CHARACTERS]


# ---------------------------------------------------------------- is it ours?

Likeness = Literal["same", "other", "unsure"]


def likeness(paper: Deposit | Invoice, buyer: str, gross: int, found: Found) -> Likeness:
    """Whether an invoice that Chorus has is this one: the same date, buyer and amount.

    Where Chorus does not say one of them nothing is concluded.
    """
    figure = decimal(found.amount)
    amount = figure.exact(paper.currency) if figure is not None else None
    credit = paper.type in CREDIT_NOTES
    said = (
        (found.date, paper.date),
        (found.recipient or None, buyer),
        (abs(amount) if amount is not None else None, gross),
        (found.currency or paper.currency.code, paper.currency.code),
        (found.type == "AVOIR" if found.type in ("AVOIR", "FACTURE") else credit, credit),
    )
    if any(theirs is not None and theirs != ours for theirs, ours in said):
        return "other"
    return "unsure" if any(theirs is None for theirs, _ in said) else "same"


def ours_among(deposit: Deposit, found: Sequence[Found]) -> tuple[Likeness, Found | None]:
    """The invoice that was sent among those that Chorus has under its number; else whether there is another one."""
    alike = [(likeness(deposit, deposit.buyer, deposit.gross, f), f) for f in found if f.number == deposit.number]
    for wanted in ("same", "unsure", "other"):
        for kind, candidate in alike:
            if kind == wanted:
                return kind, candidate
    return "unsure", None


# ---------------------------------------------------------------- in doubt


def doubted(flow: Flow, now: datetime) -> datetime:
    """Since when a flow is in doubt: one that a person has looked for may never have been in doubt before."""
    return flow.doubt_since or flow.sent_at or flow.intended_at or now


def after_look_up(taken: Taken, found: Mapping[str, Sequence[Found]], now: datetime, pace: Pace) -> Conclusion:
    """What looking for the documents of a flow in doubt has come to; `found` by number."""
    flow, job = taken.flow, taken.job
    assert flow is not None
    since = doubted(flow, now)
    judged = [(d, *ours_among(d, found.get(d.number, ()))) for d in flow.deposits]
    open_ = [d for d, _, _ in judged if d.outcome == "in_doubt"]
    traced = next((f.flow for d, kind, f in judged if f is not None and kind == "same" and f.flow), "")
    if traced:
        # One of a flow is there: all of it was taken, and its report tells of each.
        return accepted(taken, flow, traced, now, pace)
    settled = [_linked(d, kind, f, now) for d, kind, f in judged if d.outcome == "in_doubt"]
    changed = tuple(c.deposits[0] for c in settled if c is not None)
    rest = [d for d in open_ if d.document not in {c.document for c in changed}]
    events = tuple(event for c in settled if c is not None for event in c.events)
    alerts = tuple(alert for c in settled if c is not None for alert in c.alerts)
    planned = tuple(job for c in settled if c is not None for job in c.planned)
    made = Conclusion(deposits=changed, events=events, alerts=alerts, planned=planned, queue=opened(taken, now))
    if not rest:
        arrived = flow.state == "sent" or any(d.outcome == "integrated" for d in changed)
        sent = replace(flow, state="sent", sent_at=flow.sent_at or since)
        ended = sent if arrived else replace(flow, state="given_up")
        return replace(made, flow=_with(ended, changed))
    if any(found.get(d.number) for d in rest) or job.payload.get("keep") or not pace.forgotten(since, now):
        look = replace(job, run_at=pace.look_up(since, now), attempts=0, trouble=None)
        return replace(made, next=look, flow=_with(flow, changed))
    return _merged(made, forgotten(flow, rest, changed, now))


def forgotten(flow: Flow, rest: Sequence[Deposit], changed: Sequence[Deposit], now: datetime) -> Conclusion:
    """Deposits without a trace for long enough: given up, and sent again as a new flow."""
    freed = tuple(replace(d, outcome="given_up") for d in rest)
    return Conclusion(
        flow=_with(replace(flow, state="given_up"), (*changed, *freed)),
        deposits=freed,
        events=tuple(Event(d.document, "ours", "given_up", now) for d in freed),
        again=(Again(flow.id, tuple(d.document for d in freed), apart=len(freed) < len(flow.deposits)),),
    )


def _linked(deposit: Deposit, kind: Likeness, found: Found | None, now: datetime) -> Conclusion | None:
    """A deposit that was found: Chorus has it, or has another of its number. None where nothing can be said."""
    if found is None or kind == "unsure":
        return None
    return integrated(deposit, found, now) if kind == "same" else numbering_error(deposit, found, now)


def integrated(deposit: Deposit, found: Found, now: datetime) -> Conclusion:
    """Chorus has this invoice: from here on its own history tells."""
    has = replace(deposit, outcome="integrated", chorus_id=found.id, followed=True, errors=())
    return Conclusion(deposits=(has,), events=(Event(deposit.document, "ours", "integrated", now, comment=found.id),))


def numbering_error(deposit: Deposit, found: Found, now: datetime) -> Conclusion:
    """Chorus has an invoice of this number that is not ours: a mistake in our numbering, which a person must mend."""
    seen = f"{found.date or '-'} {found.recipient or '-'} {found.amount or '-'} {found.currency}".strip()
    said = Said(seen, "numbering_error")
    facts = {"number": deposit.number, "found": seen}
    return Conclusion(
        deposits=(replace(deposit, outcome="numbering_error", errors=(said,)),),
        events=(Event(deposit.document, "ours", "numbering_error", now, comment=seen),),
        alerts=(Alert("numbering_error", facts),),
    )


def _with(flow: Flow, changed: Sequence[Deposit]) -> Flow:
    """A flow with some of its deposits as they are now."""
    latest = {d.document: d for d in changed}
    return replace(flow, deposits=tuple(latest.get(d.document, d) for d in flow.deposits))


def _merged(one: Conclusion, other: Conclusion) -> Conclusion:
    """Both, where the second says what becomes of the flow."""
    return replace(
        other,
        deposits=(*one.deposits, *other.deposits),
        events=(*one.events, *other.events),
        planned=(*one.planned, *other.planned),
        alerts=(*one.alerts, *other.alerts),
        queue=one.queue,
    )


def told(flow: Flow, code: str, now: datetime, comment: str = "") -> tuple[Event, ...]:
    """The same event of our own for every document of a flow."""
    return tuple(Event(d.document, "ours", code, now, comment=comment) for d in flow.deposits)


def stands(outcome: Outcome) -> bool:
    """Whether the number of a deposit may not be sent again."""
    return outcome in STANDING
