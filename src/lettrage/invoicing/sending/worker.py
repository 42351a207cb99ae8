"""Who does what is due: takes a job, asks Chorus Pro, writes what it came to. Any number may work side by side.

A flow is marked as being sent in the commit that takes it, before the call; what the call came to is written in the
commit that takes the next job. No call is made inside a transaction, and none before the commit that intends it. Who
is killed in between leaves a mark, by which the next one knows that the flow may have arrived.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

from lettrage.invoicing.portal import Deposited, FlowReport, Found, Portal, Trouble
from lettrage.invoicing.sending import deposit, follow
from lettrage.invoicing.sending.deposit import hindered
from lettrage.invoicing.sending.outbox import Alert, Conclusion, Holding, Outbox, Taken
from lettrage.invoicing.sending.schedule import Chance, Pace
from lettrage.invoicing.settings import PLATFORMS
from lettrage.ports import Clock

T = TypeVar("T")
SAMPLE = 10  # documents of a lot in doubt that are looked for: one that is there tells of all


class Outboxes(Protocol):
    """Where the outboxes of all dossiers are."""

    def write(self, dossier: str, work: Callable[[Outbox], T]) -> T:
        """Run work on a dossier's outbox and commit: what it returns is durable."""


class Way(msgspec.Struct, frozen=True):
    """How to ask one platform for one dossier, and how fast its time passes. `portal` raises Trouble (settings)."""

    portal: Callable[[], Portal]
    pace: Pace


def nothing(_point: str) -> None:
    """Where a worker may be stopped by a test: taken, calling, called, recorded."""


class Worker:
    """One worker, by its name; `ways`: a dossier's way to a platform; `tell` hears what is to be looked at."""

    def __init__(
        self,
        outboxes: Outboxes,
        ways: Callable[[str, str], Way],
        clock: Clock,
        name: str,
        chance: Chance,
        tell: Callable[[str, Alert], None],
        at: Callable[[str], None] = nothing,
    ) -> None:
        self.outboxes = outboxes
        self.ways = ways
        self.clock = clock
        self.name = name
        self.chance = chance
        self.tell = tell
        self.at = at

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
            conclusion = self.do(dossier, taken)
            done += 1
            taken = self._next(dossier, (taken, conclusion), only if going_on() else ())
            self.at("recorded")
        return done

    def _next(
        self, dossier: str, done: tuple[Taken, Conclusion] | None, only: Collection[tuple[str, str]] | None
    ) -> Taken | None:
        """Write what the last job came to and take the next, in one commit."""
        now = self.clock.now()
        paces: dict[str, Pace] = {platform: self.ways(dossier, platform).pace for platform in PLATFORMS}

        def commit(outbox: Outbox) -> tuple[tuple[Alert, ...], Taken | None]:
            alerts = outbox.conclude(*done, now) if done is not None else ()
            return alerts, outbox.take(Holding(self.name, now), paces.__getitem__, only)

        alerts, taken = self.outboxes.write(dossier, commit)
        for alert in alerts:
            self.tell(dossier, alert)
        return taken

    def do(self, dossier: str, taken: Taken) -> Conclusion:
        """Ask what the job is about; what that came to."""
        way = self.ways(dossier, taken.job.platform)
        try:
            portal = way.portal()
            return _ASKED[taken.job.kind](self, taken, portal, way.pace)
        except Trouble as trouble:
            # Of a deposit (`_send`) every trouble is judged where it was met: here nothing was sent.
            now = self.clock.now()
            made = hindered(taken, trouble, now, way.pace, self.chance)
            if taken.job.kind == "send" and taken.flow is not None:
                made = msgspec.structs.replace(made, flow=msgspec.structs.replace(taken.flow, state="intended"))
            return made

    def _send(self, taken: Taken, portal: Portal, pace: Pace) -> Conclusion:
        assert taken.flow is not None
        answer: Deposited | Trouble
        self.at("calling")
        try:
            self._still_ours(taken)
            answer = portal.deposit(taken.content, taken.flow.name, taken.flow.syntax)
        except Trouble as trouble:
            answer = trouble
        self.at("called")
        return deposit.after_call(taken, answer, self.clock.now(), pace, self.chance)

    def _still_ours(self, taken: Taken) -> None:
        """Raises Trouble for a job that slept in our hands (a suspended machine): it may be another's by now."""
        if taken.until is not None and self.clock.now() >= taken.until:
            raise Trouble("unreachable", step="lease", sent=False)

    def _look_up(self, taken: Taken, portal: Portal, pace: Pace) -> Conclusion:
        assert taken.flow is not None
        now = self.clock.now()
        assert taken.flow.doubt_since is not None
        doubtful = [d for d in taken.flow.deposits if d.outcome == "in_doubt"]
        last = pace.forgotten(taken.flow.doubt_since, now)
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
