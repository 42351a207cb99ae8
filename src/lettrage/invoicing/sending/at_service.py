"""What a worker asks an approved platform: for each kind of job its calls, and what judges their answers.

A flow is found again by our own name for it, so that no question looks into an invoice. The kinds that follow one
invoice through Chorus Pro do not exist here: the platform brings what becomes of all of them (`arrive`).
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from lettrage.invoicing.flow_service import FlowService, Seen, Signalled, Submitted
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.sending import arrive, submit
from lettrage.invoicing.sending.outbox import Arrival, Conclusion, JobKind, Taken
from lettrage.invoicing.sending.schedule import Chance, Pace
from lettrage.limits import ROUND_BYTES, ROUND_SECONDS
from lettrage.ports import Clock

PROFILES: Mapping[str, str] = {"CII": "CIUS", "UBL": "CIUS", "Factur-X": "CIUS"}  # EN 16931 as France reads it


# Of these it is the one flow that cannot be had; of every other trouble all of them.
_OF_ONE = frozenset(("refused", "garbled"))
_ROUND = timedelta(seconds=ROUND_SECONDS)


class Hand(msgspec.Struct, frozen=True):
    """What a worker lends to the job in hand. `not_arrived`: which of the platform's flows are not here yet;
    `declare`: what is to be told of payments; `going_on`: whether there is time for more than the call in hand."""

    clock: Clock
    chance: Chance
    at: Callable[[str], None]
    still_ours: Callable[[Taken], None]
    not_arrived: Callable[[Collection[str]], Collection[str]]
    declare: Callable[[Taken], Conclusion]
    going_on: Callable[[], bool] = lambda: True


def send(hand: Hand, taken: Taken, service: FlowService, pace: Pace) -> Conclusion:
    """Submit a flow. Every trouble is judged here: whether it was taken may be in doubt."""
    assert taken.flow is not None
    answer: Submitted | Trouble
    hand.at("calling")
    try:
        hand.still_ours(taken)
        answer = service.submit(taken.content, signalled(taken))
    except Trouble as trouble:
        answer = trouble
    hand.at("called")
    return submit.after_submit(taken, answer, hand.clock.now(), pace, hand.chance)


def signalled(taken: Taken) -> Signalled:
    """What goes beside the file of a flow."""
    flow = taken.flow
    assert flow is not None
    syntax = submit.syntax_of(flow)
    return Signalled(flow.tracking, flow.name, syntax, flow.sha256, PROFILES.get(syntax, ""))


def look_up(hand: Hand, taken: Taken, service: FlowService, pace: Pace) -> Conclusion:
    """Look for a flow in doubt by our own name."""
    assert taken.flow is not None
    seen = service.traced(taken.flow.tracking)
    hand.at("called")
    return submit.after_trace(taken, seen, hand.clock.now(), pace)


def follow_flow(hand: Hand, taken: Taken, service: FlowService, pace: Pace) -> Conclusion:
    """Hear the acknowledgement of a flow."""
    assert taken.flow is not None
    seen = service.seen(taken.flow.number)
    traced = service.traced(taken.flow.tracking) if submit.exists_already(seen) else ()
    hand.at("called")
    return submit.after_ack(taken, seen, traced, hand.clock.now(), pace)


def receive(hand: Hand, taken: Taken, service: FlowService, pace: Pace) -> Conclusion:
    """Fetch what the platform has for us. What was fetched before a trouble is kept.

    A round ends early where its files are large, or slow to come: they are held until they are written.
    """
    seen = service.arrived(datetime.fromisoformat(taken.job.payload["since"]))
    unknown = hand.not_arrived({one.flow for one in seen})
    new = list({one.flow: one for one in seen if one.flow in unknown}.values())
    brought: list[Arrival] = []
    missed: list[tuple[Seen, Trouble]] = []
    hindered: Trouble | None = None
    until, size = hand.clock.now() + _ROUND, 0
    for one in arrive.in_turn(taken.job, new):
        if size > ROUND_BYTES or hand.clock.now() > until or not hand.going_on():
            break
        try:
            content = service.content(one.flow)
            size += len(content)
            brought.append(arrive.read(one, content))
        except Trouble as trouble:
            if trouble.kind not in _OF_ONE:
                hindered = trouble
                break
            missed.append((one, trouble))
    hand.at("called")
    return arrive.after_round(
        taken, arrive.Round(seen, new, brought, missed, hindered), hand.clock.now(), pace, hand.chance
    )


def declare(hand: Hand, taken: Taken, _service: FlowService, _pace: Pace) -> Conclusion:
    """Tell what was received. The platform is asked nothing: each status is a flow of its own."""
    return hand.declare(taken)


ASKED: Mapping[JobKind, Callable[[Hand, Taken, FlowService, Pace], Conclusion]] = {
    "send": send,
    "look_up": look_up,
    "follow_flow": follow_flow,
    "receive": receive,
    "declare": declare,
}
