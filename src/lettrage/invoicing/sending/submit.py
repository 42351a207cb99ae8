"""What becomes of a flow at an approved platform: submitted, traced where it is in doubt, acknowledged. Pure.

The states and the rules of doubt are those of `deposit`. What differs is what the platform can be asked: a flow bears a
name of ours, its tracking, under which it is found again without looking into any invoice; and its acknowledgement
says of the whole of it whether it was taken. A flow carries one invoice, or one message.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from lettrage.invoicing.flow_service import Complaint, FlowSyntax, Seen, Submitted
from lettrage.invoicing.portal import Deposited, Trouble
from lettrage.invoicing.sending import deposit as sending
from lettrage.invoicing.sending.arrive import received_from
from lettrage.invoicing.sending.follow import still_open
from lettrage.invoicing.sending.outbox import Alert, Conclusion, Deposit, Event, Flow, Job, Message, Met, Said, Taken
from lettrage.invoicing.sending.refused import alert, joined
from lettrage.invoicing.sending.schedule import Chance, Pace

replace = msgspec.structs.replace

OK, ERROR = "Ok", "Error"
EXISTS = "AlreadyExistingFlow"
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)

# ---------------------------------------------------------------- the call


def after_submit(taken: Taken, answer: Submitted | Trouble, now: datetime, pace: Pace, chance: Chance) -> Conclusion:
    """What the call that submitted a flow has come to."""
    assert taken.flow is not None
    got = Deposited(answer.flow, None) if isinstance(answer, Submitted) else answer
    made = sending.after_call(taken, got, now, pace, chance)
    message = taken.flow.message
    if message is None or made.flow is None or made.flow.state != "refused":
        return made
    assert isinstance(got, Trouble)
    return _merged(made, _refused(message, "rejected", (Said(sending.cut(got.text), sending.cut(got.code)),)))


# ---------------------------------------------------------------- in doubt


def after_trace(taken: Taken, seen: Sequence[Seen], now: datetime, pace: Pace) -> Conclusion:
    """What looking for a flow in doubt by our name has come to.

    A flow that is there was taken, whatever its acknowledgement says: that is heard by following it.
    """
    flow, job = taken.flow, taken.job
    assert flow is not None
    there = taken_among(seen) or max(seen, key=_age, default=None)
    if there is not None:
        return sending.accepted(taken, flow, there.flow, now, pace)
    since = sending.doubted(flow, now)
    if job.payload.get("keep") or not pace.forgotten(since, now):
        look = replace(job, run_at=pace.look_up(since, now), attempts=0, trouble=None)
        return Conclusion(next=look, flow=flow, queue=sending.opened(taken, now))
    if flow.message is not None and flow.again >= pace.redeposits:
        ended = Conclusion(flow=replace(flow, state="given_up"), queue=sending.opened(taken, now))
        return _merged(ended, _refused(flow.message, "given_up", ()))
    return replace(sending.forgotten(flow, flow.deposits, (), now), queue=sending.opened(taken, now))


def syntax_of(flow: Flow) -> FlowSyntax:
    """What the platform calls what a flow carries."""
    syntax: FlowSyntax = msgspec.convert(flow.syntax, FlowSyntax)
    return syntax


def taken_among(seen: Sequence[Seen]) -> Seen | None:
    """The flow under our name that the platform did not refuse, the first where it should have two."""
    return min((one for one in seen if one.ack != ERROR), key=_age, default=None)


def _age(seen: Seen) -> tuple[datetime, str]:
    return seen.submitted_at or _BEFORE_ALL, seen.flow


# ---------------------------------------------------------------- the acknowledgement


def exists_already(seen: Seen | None) -> bool:
    """Whether the platform says that it has this flow, or this number, already: it is looked for by our name."""
    return seen is not None and seen.ack == ERROR and any(one.code == EXISTS for one in _errors(seen))


def after_ack(taken: Taken, seen: Seen | None, traced: Sequence[Seen], now: datetime, pace: Pace) -> Conclusion:
    """What the acknowledgement of a flow has come to; `traced`: every flow under our name, where it exists already."""
    flow = taken.flow
    assert flow is not None
    assert flow.sent_at is not None
    if seen is None and pace.strange(flow.sent_at, now):
        # The number that the deposit was answered with is none: nobody knows what became of the flow.
        return sending.in_doubt(flow, Met("garbled", "v1/flows", text=flow.number), now, pace)
    queue = sending.opened(taken, now)
    heard = _heard(flow, seen)
    reported = replace(flow, reported=sending.cut(seen.ack)) if seen is not None else flow
    ours = taken_among(traced)
    # A flow that was sent again may meet the one before it, which does not show itself yet.
    meets = exists_already(seen) and ours is None and flow.again > 0 and not pace.overdue(flow.sent_at, now)
    if seen is None or seen.ack not in (OK, ERROR) or meets:
        waits = Conclusion(flow=reported, events=heard, queue=queue)
        return still_open(taken, reported, waits, now, pace)
    if seen.ack == OK:
        ended = _has(reported, seen, now)
    elif exists_already(seen):
        ended = _doubled(reported, seen, ours, now)
    else:
        ended = _rejected(reported, seen, now)
    return replace(ended, events=(*heard, *ended.events), queue=queue)


def _heard(flow: Flow, seen: Seen | None) -> tuple[Event, ...]:
    """The acknowledgement, for the document that waits for it; once."""
    if seen is None or seen.ack == flow.reported:
        return ()
    code = sending.cut(seen.ack)
    return tuple(Event(d.document, "flow", code, seen.updated_at) for d in flow.deposits)


def _has(flow: Flow, seen: Seen, now: datetime) -> Conclusion:
    """The platform has the invoice, or the message: from here on it tells of the invoice by itself."""
    if flow.message is not None:
        return _accepted(flow, flow.message, now)
    has = tuple(replace(d, outcome="integrated", chorus_id=seen.flow, followed=True, errors=()) for d in flow.deposits)
    return Conclusion(
        flow=replace(flow, number=seen.flow, deposits=has),
        deposits=has,
        events=tuple(Event(d.document, "ours", "integrated", now, comment=seen.flow) for d in has),
        planned=(
            received_from(flow.platform, seen.submitted_at or now, now),
            Job(flow.platform, "declare", "", now),
        ),
    )


def _accepted(flow: Flow, message: Message, now: datetime) -> Conclusion:
    """The platform has a message: a status is from now on one of the invoice's own."""
    told = Event(message.document, "ours", message.code, message.at) if message.document is not None else None
    return Conclusion(
        flow=flow,
        message=replace(message, outcome="accepted", errors=()),
        events=(told,) if told is not None else (),
        planned=(received_from(flow.platform, now, now),),
    )


def _doubled(flow: Flow, seen: Seen, ours: Seen | None, now: datetime) -> Conclusion:
    """The platform has such a flow: it goes on as ours where it bears our name, and is another's mistake otherwise."""
    if ours is not None and ours.flow != seen.flow:
        # Taken before, and its acknowledgement is to be heard: it may still be pending.
        found = replace(flow, number=ours.flow, reported="")
        return Conclusion(flow=found, planned=(Job(flow.platform, "follow_flow", str(flow.id), now),))
    if flow.message is not None:
        return _rejected(flow, seen, now)
    parts = [_numbering_error(d, _errors(seen), now) for d in flow.deposits]
    doubled = tuple(d for part in parts for d in part.deposits)
    return Conclusion(
        flow=replace(flow, deposits=doubled),
        deposits=doubled,
        events=tuple(event for part in parts for event in part.events),
        alerts=tuple(alert for part in parts for alert in part.alerts),
    )


def _numbering_error(deposit: Deposit, said: tuple[Said, ...], now: datetime) -> Conclusion:
    """The platform has an invoice of this number that did not come from here."""
    text = joined(said)
    return Conclusion(
        deposits=(replace(deposit, outcome="numbering_error", errors=said),),
        events=(Event(deposit.document, "ours", "numbering_error", now, comment=text),),
        alerts=(Alert("numbering_error", {"number": deposit.number, "found": text}),),
    )


def _rejected(flow: Flow, seen: Seen, now: datetime) -> Conclusion:
    """The platform refused what the flow carries, and has none of it."""
    said = _errors(seen) or (Said(sending.cut(seen.ack)),)
    if flow.message is not None:
        return _merged(Conclusion(flow=flow), _refused(flow.message, "rejected", said))
    rejected = tuple(replace(d, outcome="rejected", errors=said) for d in flow.deposits)
    return Conclusion(
        flow=replace(flow, deposits=rejected),
        deposits=rejected,
        events=tuple(Event(d.document, "ours", "rejected", now, comment=joined(said)) for d in rejected),
    )


def _errors(seen: Seen) -> tuple[Said, ...]:
    """What an acknowledgement says against a flow; warnings stop nothing."""
    return tuple(_said(one) for one in seen.complaints if one.level != "Warning")


def _said(one: Complaint) -> Said:
    text = f"{one.item}: {one.text}" if one.item else one.text
    return Said(sending.cut(text), sending.cut(one.code))


# ---------------------------------------------------------------- a message


def _refused(message: Message, outcome: Literal["rejected", "given_up"], said: tuple[Said, ...]) -> Conclusion:
    """A message that the platform does not have: somebody must look, for it is told no more by itself."""
    return Conclusion(message=replace(message, outcome=outcome, errors=said), alerts=(alert(message, said),))


def _merged(made: Conclusion, of_message: Conclusion) -> Conclusion:
    return replace(made, message=of_message.message, alerts=(*made.alerts, *of_message.alerts))
