"""Jobs in the database: taking the one that is due, and writing what it has come to.

Both happen inside a writing transaction, where nobody else writes to the dossier. A job is held for a time; whoever
finds it after that takes it over. What a holder comes back with when the job is no longer his is not written, but for
one thing: that a flow has arrived.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec

from lettrage.adapters.store.arrivals import Arrivals
from lettrage.adapters.store.outbox import JOB, as_job, as_keys, as_moment, as_text, decoded
from lettrage.adapters.store.sql import run, run_many
from lettrage.invoicing.doors import EVERYWHERE, is_approved
from lettrage.invoicing.portal import Structure
from lettrage.invoicing.sending import deposit as sending
from lettrage.invoicing.sending.arrive import received_now
from lettrage.invoicing.sending.carried import BY_ITSELF
from lettrage.invoicing.sending.outbox import Alert, Conclusion, Deposit, Flow, Holding, Job, Met, Queue, Taken
from lettrage.invoicing.sending.schedule import REFERRED, Paces, lease

replace = msgspec.structs.replace

_DUE = f"""
SELECT {JOB} FROM job j
WHERE j.dossier = ?1 AND j.platform = ?2 AND j.run_at <= ?3 AND j.lease_until <= ?3
ORDER BY j.run_at, j.kind, j.subject LIMIT 1
"""
_DUE_OF = f"""
SELECT {JOB} FROM json_each(?4) k CROSS JOIN job j ON j.dossier = ?1 AND j.platform = ?2
AND j.kind = k.value->>0 AND j.subject = k.value->>1
WHERE j.run_at <= ?3 AND j.lease_until <= ?3 ORDER BY j.run_at, j.kind, j.subject LIMIT 1
"""
_HOLD = """
UPDATE job SET lease_until = ?5, holder = ?6 WHERE dossier = ?1 AND platform = ?2 AND kind = ?3 AND subject = ?4
"""
_HELD_BY = "SELECT holder, since, payload FROM job WHERE dossier = ?1 AND platform = ?2 AND kind = ?3 AND subject = ?4"
_IN_HAND = """
SELECT holder FROM job WHERE dossier = ?1 AND platform = ?2 AND subject = ?3 AND lease_until > ?4
AND kind IN ('send', 'look_up', 'follow_flow')
"""
_DROP = "DELETE FROM job WHERE dossier = ?1 AND platform = ?2 AND kind = ?3 AND subject = ?4"
_GO_ON = """
UPDATE job SET run_at = ?5, lease_until = '', holder = '', attempts = ?6, payload = ?7, trouble = ?8
WHERE dossier = ?1 AND platform = ?2 AND kind = ?3 AND subject = ?4
"""
# Those before it that may yet arrive: their outcome decides whether Chorus knows what this one refers to.
_REFERRED = """
SELECT d.number FROM json_each(?4) k CROSS JOIN deposit d ON d.dossier = ?1 AND d.platform = ?2
AND d.supplier = k.value->>0 AND d.number = k.value->>1 AND d.stands = 1 AND d.flow <> ?3
JOIN flow f ON f.dossier = d.dossier AND f.id = d.flow WHERE f.state IN ('intended', 'sending', 'in_doubt')
"""
_CHANGED = """
SELECT d.flow, d.document, d.chorus_id FROM json_each(?3) k CROSS JOIN deposit d ON d.dossier = ?1 AND d.platform = ?2
AND d.chorus_id = k.value->>0 WHERE d.followed = 1 AND d.found <> k.value->>1
"""
_SET_FOUND = "UPDATE deposit SET found = ?4 WHERE dossier = ?1 AND flow = ?2 AND document = ?3"
_YOUNGEST = """
SELECT max(f.sent_at) FROM deposit d CROSS JOIN flow f ON f.dossier = d.dossier AND f.id = d.flow
WHERE d.dossier = ?1 AND d.platform = ?2 AND d.followed = 1
"""
# An approved platform may always have something for us: how often it is asked goes by what it was given last.
_LAST_SENT = "SELECT intended_at FROM flow WHERE dossier = ?1 AND platform = ?2 ORDER BY id DESC LIMIT 1"


class Jobs(Arrivals):
    """What is still to be done for one dossier. With `Arrivals` it satisfies the port `Outbox`."""

    # ------------------------------------------------------------ taking a job

    def take(self, holding: Holding, paces: Paces, only: Collection[tuple[str, str]] | None = None) -> Taken | None:
        """The job that is due first, in this holder's hands; of these kinds and subjects only. None: nothing is due."""
        queues = {q.platform: q for q in self.queues()}
        for platform in EVERYWHERE:
            queue = queues.get(platform)
            if queue is not None and not _passable(queue, holding.now):
                continue
            while (job := self._due(platform, holding.now, only)) is not None:
                taken = self._held(job, holding, paces, queue)
                if taken is not None:
                    return taken
        return None

    def _due(self, platform: str, now: datetime, only: Collection[tuple[str, str]] | None) -> Job | None:
        if only is None:
            rows = self.rows(_DUE, platform, now.isoformat())
        else:
            rows = self.rows(_DUE_OF, platform, now.isoformat(), as_keys(only))
        return as_job(rows[0]) if rows else None

    def _held(self, job: Job, holding: Holding, paces: Paces, queue: Queue | None) -> Taken | None:
        """A job that is due, in this holder's hands; None where there is nothing to do about it now."""
        until = holding.now + lease(job.kind)
        self._of_job(_HOLD, job, until.isoformat(), holding.holder)
        taken = Taken(job, holding.holder, queue=queue, until=until)
        if job.kind == "send":
            return self._to_send(taken, holding.now, paces)
        if job.kind in ("look_up", "follow_flow"):
            flow = self.flow(int(job.subject))
            return replace(taken, flow=flow)
        if job.kind == "follow_document":
            return self._with_document(taken)
        rows = self.rows(_LAST_SENT if job.kind == "receive" else _YOUNGEST, job.platform)
        return replace(taken, youngest=next((as_moment(at or "") for (at,) in rows), None))

    def _to_send(self, taken: Taken, now: datetime, paces: Paces) -> Taken | None:
        """A flow marked as being sent. One that was marked already, by somebody who never came back, is in doubt."""
        job, pace = taken.job, paces(taken.job.platform)
        flow = self.flow(int(job.subject))
        if flow.state == "sending":
            interrupted = Met("interrupted")
            self._write_all(taken, sending.in_doubt(flow, interrupted, now, pace), now)
            return None
        if flow.state != "intended":
            self._of_job(_DROP, job)
            return None
        if self._waits(flow):
            later = replace(job, run_at=now + pace.ours(REFERRED), trouble=Met("referred"))
            self._go_on(later)
            return None
        sending_now = replace(flow, state="sending")
        self.set_flow(sending_now)
        return replace(taken, flow=sending_now, content=self.content(flow.id))

    def _waits(self, flow: Flow) -> bool:
        """Whether a document of it refers to one that may yet arrive."""
        referred = [(d.supplier, number) for d in flow.deposits for number in d.preceding]
        return bool(referred and self.rows(_REFERRED, flow.platform, flow.id, as_keys(referred)))

    def _with_document(self, taken: Taken) -> Taken | None:
        deposits = self.deposits_of(int(taken.job.subject), taken.job.platform)
        found = [d for d in deposits if d.outcome == "integrated"]
        if not found:
            self._of_job(_DROP, taken.job)
            return None
        kept = tuple(e for e in self.events(found[0].document, taken.job.platform) if e.origin == "history")
        return replace(taken, deposit=found[0], kept=kept, unreported=self._unreported(found[0], taken.job.platform))

    def _unreported(self, deposit: Deposit, platform: str) -> bool:
        sql = "SELECT record FROM chorus_structure WHERE dossier = ?1 AND platform = ?2 AND identifier = ?3"
        records = [record for (record,) in self.rows(sql, platform, deposit.buyer) if record]
        return any(decoded(r, Structure, Structure("", "")).payment_not_reported for r in records)

    def anything_due(self, now: datetime) -> bool:
        """Whether a worker would find something to do."""
        passable = {q.platform: _passable(q, now) for q in self.queues()}
        return any(passable.get(p, True) and self._due(p, now, None) is not None for p in EVERYWHERE)

    def receive_now(self, platform: str, now: datetime) -> None:
        """Have an approved platform asked at once for what it has for us."""
        self.plan([received_now(platform, now)])

    def in_hand(self, platform: str, flow: int, now: datetime) -> bool:
        """Whether somebody is at work on a flow right now."""
        return bool(self.rows(_IN_HAND, platform, str(flow), now.isoformat()))

    # ------------------------------------------------------------ what a job has come to

    def conclude(self, taken: Taken, conclusion: Conclusion, now: datetime) -> tuple[Alert, ...]:
        """Write what a job has come to; what is to be told. Where it is somebody else's by now, only what is sure."""
        job = taken.job
        holders = self.rows(_HELD_BY, job.platform, job.kind, job.subject)
        if holders and holders[0][0] == taken.holder:
            asked_again = as_moment(holders[0][1]) != job.since
            alerts = self._write_all(taken, conclusion, now)
            if asked_again:
                payload = decoded(holders[0][2], dict[str, str], {})
                self.plan([replace(job, run_at=now, since=now, payload=payload)])
            return alerts
        if job.kind == "send" and conclusion.flow is not None and conclusion.flow.state == "sent":
            return self._arrived_late(taken, conclusion, conclusion.flow, now)
        return ()

    def _arrived_late(self, taken: Taken, conclusion: Conclusion, sent: Flow, now: datetime) -> tuple[Alert, ...]:
        """A call that was taken for lost did arrive: that is sure, whoever has the flow in hand meanwhile."""
        flow = self.flow(sent.id)
        if flow.number:
            return ()
        known = tuple(replace(d, outcome="") if d.outcome == "in_doubt" else d for d in flow.deposits)
        looked_up = replace(taken, job=Job(flow.platform, "look_up", str(flow.id), now))
        late = replace(conclusion, flow=replace(sent, deposits=known), deposits=known)
        return self._write_all(looked_up, late, now)

    def _write_all(self, taken: Taken, conclusion: Conclusion, now: datetime) -> tuple[Alert, ...]:
        """Write everything that a conclusion says; what is to be told."""
        if conclusion.flow is not None:
            self.set_flow(conclusion.flow)
        self.set_deposits(conclusion.deposits)
        if conclusion.message is not None:
            self.set_messages([conclusion.message])
        if conclusion.sayings:
            self.say(conclusion.sayings, taken.job.platform, BY_ITSELF, now)
        self.tell(taken.job.platform, conclusion.events, now)
        if is_approved(taken.job.platform):
            told: set[int] = set()
            if conclusion.arrivals:
                told, alerts = self.keep_arrivals(taken.job.platform, conclusion.arrivals, now)
                conclusion = replace(conclusion, alerts=(*conclusion.alerts, *alerts))
            told |= {d.document for d in conclusion.deposits} | {e.document for e in conclusion.events}
            self.restate(taken.job.platform, told)
        if conclusion.next is not None:
            self._go_on(conclusion.next)
        else:
            self._of_job(_DROP, taken.job)
        if conclusion.changed:
            self._changed(taken.job.platform, conclusion.changed, now)
        self.plan(conclusion.planned)
        by = taken.flow.asked_by if taken.flow is not None else ""
        for again in conclusion.again:
            self.send_again(again, by, now)
        return self._move_queue(conclusion, now)

    def doubt_ended(self, flow: int, conclusion: Conclusion, now: datetime) -> None:
        """Write what a person said of a flow in doubt."""
        before = self.flow(flow)
        look = Job(before.platform, "look_up", str(flow), now)
        self._write_all(Taken(look, "", flow=before), conclusion, now)

    def _move_queue(self, conclusion: Conclusion, now: datetime) -> tuple[Alert, ...]:
        """Let the queue be as the conclusion says, where that is news; the alerts that are."""
        to = conclusion.queue
        if to is None:
            return conclusion.alerts
        stands = next((q for q in self.queues() if q.platform == to.platform), None)
        if sending.moves(stands, to, now):
            self.set_queue(to)
            return conclusion.alerts
        return tuple(alert for alert in conclusion.alerts if alert.code != sending.QUEUE_STOPPED)

    def _changed(self, platform: str, said: Iterable[tuple[str, str]], now: datetime) -> None:
        """Plan a look at the history of each followed invoice of which the search says something new."""
        latest = dict(said)
        changed = self.rows(_CHANGED, platform, as_keys(latest.items()))
        run_many(self.connection, _SET_FOUND, [(self.dossier, flow, doc, latest[c]) for flow, doc, c in changed])
        self.plan(
            Job(platform, "follow_document", str(doc), now, {"status": latest[c].rpartition(" ")[0]})
            for _, doc, c in changed
        )

    def _go_on(self, job: Job) -> None:
        trouble = as_text(job.trouble) if job.trouble else ""
        self._of_job(_GO_ON, job, job.run_at.isoformat(), job.attempts, as_text(job.payload), trouble)

    def _of_job(self, sql: str, job: Job, *values: object) -> None:
        run(self.connection, sql, (self.dossier, job.platform, job.kind, job.subject, *values))


def _passable(queue: Queue, now: datetime) -> bool:
    if queue.state == "waiting":
        return queue.until is not None and queue.until <= now
    return queue.state == "open"
