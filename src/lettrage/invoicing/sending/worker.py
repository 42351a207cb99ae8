"""Who does what is due: takes a job, asks the platform, writes what it came to. Any number may work side by side.

A flow is marked as being sent in the commit that takes it, before the call; what the call came to is written in the
commit that takes the next job. No call is made inside a transaction, and none before the commit that intends it. Who
is killed in between leaves a mark, by which the next one knows that the flow may have arrived.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from lettrage.invoicing.doors import EVERYWHERE, is_approved
from lettrage.invoicing.flow_service import FlowService
from lettrage.invoicing.portal import Deposited, FlowReport, Found, Portal, Trouble
from lettrage.invoicing.sending import at_service, deposit, follow
from lettrage.invoicing.sending.deposit import hindered
from lettrage.invoicing.sending.outbox import Alert, Conclusion, Holding, Outbox, Taken
from lettrage.invoicing.sending.schedule import Chance, Pace
from lettrage.ports import Clock

T = TypeVar("T")
SAMPLE = 10  # documents of a lot in doubt that are looked for: one that is there tells of all


class Outboxes(Protocol):
    """Where the outboxes of all dossiers are."""

    def write(self, dossier: str, work: Callable[[Outbox], T]) -> T:
        """Run work on a dossier's outbox and commit: what it returns is durable."""


def _no_service() -> FlowService:
    raise Trouble("settings", step="settings", code="no_flow_service", sent=False)


class Way(msgspec.Struct, frozen=True):
    """How to ask one platform for one dossier, and how fast its time passes: `portal` where its door is Chorus Pro's,
    `service` where it is an approved platform's. Both raise Trouble (settings)."""

    portal: Callable[[], Portal]
    pace: Pace
    service: Callable[[], FlowService] = _no_service


def nothing(_point: str) -> None:
    """Where a worker may be stopped by a test: taken, calling, called, recorded."""


def undeclared(_dossier: str, _taken: Taken) -> Conclusion:
    """Of a worker without books to look into: nothing is told of payments."""
    return Conclusion()


class Worker:
    """One worker, by its name; `ways`: a dossier's way to a platform; `tell` hears what is to be looked at.

    `declare`: what a dossier still has to tell a platform of payments (`acts/telling`).
    """

    def __init__(
        self,
        outboxes: Outboxes,
        ways: Callable[[str, str], Way],
        clock: Clock,
        name: str,
        chance: Chance,
        tell: Callable[[str, Alert], None],
        at: Callable[[str], None] = nothing,
        declare: Callable[[str, Taken], Conclusion] = undeclared,
    ) -> None:
        self.outboxes = outboxes
        self.ways = ways
        self.clock = clock
        self.name = name
        self.chance = chance
        self.tell = tell
        self.at = at
        self.declare = declare

    def work(
        self,
        dossier: str,
        only: Collection[tuple[str, str]] | None = None,
        going_on: Callable[[], bool] = lambda: True,
    ) -> int:
        """Do everything that is due for a dossier, of these kinds and subjects only; how many jobs that was."""
        done = 0
        taken = self._next(dossier, None, only) if going_on() else None
        while taken is not None:
            self.at("taken")
            conclusion = self.do(dossier, taken, going_on)
            done += 1
            taken = self._next(dossier, (taken, conclusion), only if going_on() else ())
            self.at("recorded")
        return done

    def _next(
        self, dossier: str, done: tuple[Taken, Conclusion] | None, only: Collection[tuple[str, str]] | None
    ) -> Taken | None:
        """Write what the last job came to and take the next, in one commit."""
        now = self.clock.now()
        paces: dict[str, Pace] = {platform: self.ways(dossier, platform).pace for platform in EVERYWHERE}

        def commit(outbox: Outbox) -> tuple[tuple[Alert, ...], Taken | None]:
            alerts = outbox.conclude(*done, now) if done is not None else ()
            return alerts, outbox.take(Holding(self.name, now), paces.__getitem__, only)

        alerts, taken = self.outboxes.write(dossier, commit)
        for alert in alerts:
            self.tell(dossier, alert)
        return taken

    def do(self, dossier: str, taken: Taken, going_on: Callable[[], bool] = lambda: True) -> Conclusion:
        """Ask what the job is about; what that came to."""
        way = self.ways(dossier, taken.job.platform)
        try:
            if is_approved(taken.job.platform):
                hand = self._hand(dossier, taken.job.platform, going_on)
                return at_service.ASKED[taken.job.kind](hand, taken, way.service(), way.pace)
            return _ASKED[taken.job.kind](self, taken, way.portal(), way.pace)
        except Trouble as trouble:
            # Of a deposit (`_send`) every trouble is judged where it was met: here nothing was sent.
            now = self.clock.now()
            made = hindered(taken, trouble, now, way.pace, self.chance)
            if taken.job.kind == "send" and taken.flow is not None:
                made = msgspec.structs.replace(made, flow=msgspec.structs.replace(taken.flow, state="intended"))
            return made

    def _hand(self, dossier: str, platform: str, going_on: Callable[[], bool]) -> at_service.Hand:
        def not_arrived(numbers: Collection[str]) -> Collection[str]:
            return self.outboxes.write(dossier, lambda outbox: outbox.not_arrived(platform, numbers))

        declare = partial(self.declare, dossier)
        return at_service.Hand(self.clock, self.chance, self.at, self.still_ours, not_arrived, declare, going_on)

    def _send(self, taken: Taken, portal: Portal, pace: Pace) -> Conclusion:
        assert taken.flow is not None
        answer: Deposited | Trouble
        self.at("calling")
        try:
            self.still_ours(taken)
            answer = portal.deposit(taken.content, taken.flow.name, taken.flow.syntax)
        except Trouble as trouble:
            answer = trouble
        self.at("called")
        return deposit.after_call(taken, answer, self.clock.now(), pace, self.chance)

    def still_ours(self, taken: Taken) -> None:
        """Raises Trouble for a job that slept in our hands (a suspended machine): it may be another's by now."""
        if taken.until is not None and self.clock.now() >= taken.until:
            raise Trouble("unreachable", step="lease", sent=False)

    def _look_up(self, taken: Taken, portal: Portal, pace: Pace) -> Conclusion:
        assert taken.flow is not None
        now = self.clock.now()
        doubtful = [d for d in taken.flow.deposits if d.outcome == "in_doubt"]
        last = pace.forgotten(deposit.doubted(taken.flow, now), now)
        found: dict[str, Sequence[Found]] = {}
        for wanted in doubtful if last else doubtful[:SAMPLE]:
            found[wanted.number] = portal.find(number=wanted.number)
            if deposit.ours_among(wanted, found[wanted.number])[0] == "same":
                break
        self.at("called")
        return deposit.after_look_up(taken, found, now, pace)

    def _follow_flow(self, taken: Taken, portal: Portal, pace: Pace) -> Conclusion:
        flow = taken.flow
        assert flow is not None
        report: FlowReport = portal.flow(flow.number)
        integrated = follow.fate(report) is follow.Fate.INTEGRATED
        found: tuple[Found, ...] = tuple(portal.find(flow=flow.number)) if integrated else ()
        same_number = {d.number: portal.find(number=d.number) for d in follow.duplicates(flow, report)}
        self.at("called")
        return follow.after_report(taken, report, found, same_number, self.clock.now(), pace)

    def _follow_document(self, taken: Taken, portal: Portal, pace: Pace) -> Conclusion:
        assert taken.deposit is not None
        history = portal.history(taken.deposit.chorus_id)
        self.at("called")
        return follow.after_history(taken, history, self.clock.now(), pace)

    def _follow_changes(self, taken: Taken, portal: Portal, pace: Pace) -> Conclusion:
        since = datetime.fromisoformat(taken.job.payload["since"])
        found = portal.find(changed_since=since) if taken.youngest is not None else ()
        self.at("called")
        return follow.after_changes(taken, found, self.clock.now(), pace)


_ASKED: dict[str, Callable[[Worker, Taken, Portal, Pace], Conclusion]] = {
    "send": Worker._send,
    "look_up": Worker._look_up,
    "follow_flow": Worker._follow_flow,
    "follow_document": Worker._follow_document,
    "follow_changes": Worker._follow_changes,
}
