"""What is on its way through either door, in the database: flows, deposits, events, queues.

Sending five hundred documents is a handful of statements.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.reading import Reader, held
from lettrage.adapters.store.sql import run, run_many
from lettrage.invoicing.doors import is_approved, siblings
from lettrage.invoicing.sending import deposit as sending
from lettrage.invoicing.sending.arrive import received_now
from lettrage.invoicing.sending.outbox import (
    Again,
    Deposit,
    Event,
    Flow,
    FlowState,
    Job,
    JobKind,
    Met,
    Packet,
    Parcel,
    Queue,
    Said,
)
from lettrage.limits import PAGE_MOST

_encode = msgspec.json.Encoder().encode
replace = msgspec.structs.replace

_FLOW = (
    "f.id, f.platform, f.syntax, f.name, f.sha256, f.state, f.number, f.again, f.asked_by, f.intended_at, f.sent_at,"
    " f.doubt_since, f.trouble, f.reported, f.tracking"
)
DEPOSIT = (
    "d.flow, d.document, d.number, s.type, s.date, d.supplier, d.buyer, s.gross, s.currency, d.preceding, d.outcome,"
    " d.chorus_id, d.errors, d.found, d.status, d.followed"
)
DOCUMENT_OF = "CROSS JOIN sales_document s ON s.dossier = d.dossier AND s.id = d.document"
JOB = "j.platform, j.kind, j.subject, j.run_at, j.payload, j.attempts, j.trouble, j.since"
_QUEUE = "q.platform, q.state, q.reason, q.since, q.until, q.attempts"

_ONE_FLOW = f"SELECT {_FLOW} FROM flow f WHERE f.dossier = ?1 AND f.id = ?2"
_OF_FLOW = f"SELECT {DEPOSIT} FROM deposit d {DOCUMENT_OF} WHERE d.dossier = ?1 AND d.flow = ?2 ORDER BY d.document"
_OF_DOCUMENT = (
    f"SELECT {DEPOSIT} FROM deposit d {DOCUMENT_OF}"
    " WHERE d.dossier = ?1 AND d.document = ?2 AND d.platform = ?3 ORDER BY d.flow DESC"
)
_STANDING = f"""
SELECT {DEPOSIT} FROM json_each(?3) k CROSS JOIN deposit d ON d.dossier = ?1 AND d.platform = ?2
AND d.supplier = k.value->>0 AND d.number = k.value->>1 AND d.stands = 1 {DOCUMENT_OF}
"""
# A number that stands, through whichever of some doors; who the supplier is, each door says in its own way.
_ELSEWHERE = f"""
SELECT d.platform, {DEPOSIT} FROM json_each(?2) k CROSS JOIN sales_document s ON s.dossier = ?1
AND s.number = k.value->>0 CROSS JOIN json_each(?3) p CROSS JOIN deposit d ON d.dossier = ?1 AND d.document = s.id
AND d.platform = p.value->>0 AND d.stands = 1
"""
_EVENTS = """
SELECT document, origin, code, at, history_id, comment, sequence, heard_at FROM status_event
WHERE dossier = ?1 AND document = ?2 AND platform = ?3 ORDER BY sequence
"""
# A job that is there already runs at the earlier of both times and keeps what it knows; whoever has it learns that it
# was asked for again by `since`. The older cursor of a search holds: nothing between the two was asked for yet.
_PLAN = """
INSERT INTO job (dossier, platform, kind, subject, run_at, lease_until, holder, attempts, payload, trouble, since)
VALUES (?1, ?2, ?3, ?4, ?5, '', '', 0, ?6, '', ?7)
ON CONFLICT (dossier, platform, kind, subject) DO UPDATE SET since = excluded.since,
payload = CASE WHEN excluded.payload = '{}' OR job.kind IN ('follow_changes', 'receive') THEN job.payload
ELSE excluded.payload END,
run_at = CASE WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END
"""
_SET_FLOW = """
UPDATE flow SET state = ?3, number = ?4, sent_at = ?5, doubt_since = ?6, trouble = ?7, reported = ?8
WHERE dossier = ?1 AND id = ?2
"""
_SET_DEPOSIT = """
UPDATE deposit SET outcome = ?4, stands = ?5, chorus_id = ?6, errors = ?7, status = ?8, followed = ?9
WHERE dossier = ?1 AND flow = ?2 AND document = ?3
"""
_SET_QUEUE = """
INSERT INTO chorus_queue (dossier, platform, state, reason, since, until, attempts)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (dossier, platform) DO UPDATE SET state = excluded.state,
reason = excluded.reason, since = excluded.since, until = excluded.until, attempts = excluded.attempts
"""
_LAST_EVENTS = """
SELECT e.document, max(e.sequence) FROM json_each(?3) k CROSS JOIN status_event e
ON e.dossier = ?1 AND e.platform = ?2 AND e.document = CAST(k.value->>0 AS BIGINT) GROUP BY e.document
"""
_KEPT_FILES = """
SELECT d.document, d.number, d.supplier, d.buyer, d.name, f.syntax, d.file, d.preceding FROM json_each(?3) k
CROSS JOIN deposit d ON d.dossier = ?1 AND d.flow = ?2 AND d.document = CAST(k.value->>0 AS BIGINT)
JOIN flow f ON f.dossier = d.dossier AND f.id = d.flow ORDER BY d.document
"""
_TRY_AGAIN = """
UPDATE job SET run_at = ?3 WHERE dossier = ?1 AND platform = ?2 AND attempts > 0 AND run_at > ?3
"""
_JOBS = """
SELECT j.kind, j.subject, j.run_at, j.attempts, j.trouble FROM job j
WHERE j.dossier = ?1 AND j.platform = ?2 ORDER BY j.run_at, j.kind, j.subject LIMIT ?3
"""
_NUMBERS_OF_FLOWS = """
SELECT DISTINCT d.flow, d.number FROM json_each(?2) k
CROSS JOIN deposit d ON d.dossier = ?1 AND d.flow = CAST(k.value->>0 AS BIGINT) ORDER BY d.flow, d.number
"""
_NUMBERS_OF_DOCUMENTS = """
SELECT s.id, s.number FROM json_each(?2) k
CROSS JOIN sales_document s ON s.dossier = ?1 AND s.id = CAST(k.value->>0 AS BIGINT)
"""
# A deposit that stands: with the job that tells more of it.
_STANDING_OF = """
SELECT d.document, d.flow, d.outcome, f.state FROM json_each(?3) k
CROSS JOIN deposit d ON d.dossier = ?1 AND d.document = CAST(k.value->>0 AS BIGINT) AND d.platform = ?2 AND d.stands = 1
JOIN flow f ON f.dossier = d.dossier AND f.id = d.flow
"""
# What was said of a document and is not answered yet: the flow that carries it.
_SAID_OF = """
SELECT m.flow, f.state FROM json_each(?3) k
CROSS JOIN message m ON m.dossier = ?1 AND m.document = CAST(k.value->>0 AS BIGINT) AND m.platform = ?2
JOIN flow f ON f.dossier = m.dossier AND f.id = m.flow WHERE m.stands = 1 AND m.outcome = ''
"""
_FOLLOWED = """
SELECT DISTINCT d.number FROM deposit d WHERE d.dossier = ?1 AND d.platform = ?2 AND d.stands = 1
AND (d.followed = 1 OR d.outcome <> 'integrated') ORDER BY d.number
"""
_NEVER_SENT = """
SELECT s.number FROM sales_document s
WHERE s.dossier = ?1 AND NOT EXISTS (SELECT 1 FROM sales_document l
WHERE l.dossier = ?1 AND l.number = s.number AND (l.id > s.id OR EXISTS
(SELECT 1 FROM deposit d WHERE d.dossier = ?1 AND d.document = l.id AND d.platform IN (?2, ?3)))) ORDER BY s.id
"""
# By its outcome, or where nothing is known yet by its flow's state: what tells more of a deposit.
_TELLS: dict[str, JobKind] = {"in_doubt": "look_up", "sent": "follow_flow", "integrated": "follow_document"}


class Flows(Reader):
    """The flows of one dossier, their deposits and their events."""

    # ------------------------------------------------------------ what may be sent

    def documents_never_sent(self, platform: str) -> list[str]:
        """The numbers of documents that were never given to this platform, nor to the other door's, as they came."""
        return [number for (number,) in self.rows(_NEVER_SENT, *siblings(platform))]

    # ------------------------------------------------------------ intentions

    def standing(self, platform: str, numbers: Collection[tuple[str, str]]) -> dict[tuple[str, str], Deposit]:
        """The deposits that stand for these numbers, each of a supplier."""
        found = map(as_deposit, self.rows(_STANDING, platform, as_keys(numbers)))
        return {(d.supplier, d.number): d for d in found}

    def standing_elsewhere(self, platform: str, numbers: Collection[str]) -> list[tuple[str, Deposit]]:
        """The deposits that stand for these numbers through another door of the same environment, with its name."""
        others = as_keys((name,) for name in siblings(platform) if name != platform)
        rows = self.rows(_ELSEWHERE, as_keys((number,) for number in numbers), others)
        return [(name, as_deposit(row)) for name, *row in rows]

    def intend(self, packets: Sequence[Packet], platform: str, asked_by: str, now: datetime) -> list[int]:
        """Keep flows that are to be sent, with a job for each; their numbers. The bytes are kept before any call."""
        numbered = list(zip(self.keep_flows(packets, platform, asked_by, now), packets, strict=True))
        writing.insert(
            self.connection, schema.deposit, (self._row(n, platform, q) for n, p in numbered for q in p.parcels)
        )
        self.plan([Job(platform, "send", str(number), now, since=now) for number, _ in numbered])
        self.tell(platform, [Event(q.document, "ours", "intended", now) for _, p in numbered for q in p.parcels], now)
        return [number for number, _ in numbered]

    def keep_flows(
        self, packets: Sequence[Packet], platform: str, asked_by: str, now: datetime, state: FlowState = "intended"
    ) -> list[int]:
        """Keep flows with their bytes and nothing else; their numbers. One that is `sent` was so now."""
        ((last,),) = self.rows("SELECT coalesce(max(id), 0) FROM flow WHERE dossier = ?1")
        at = now.isoformat()
        sent_at = at if state == "sent" else ""
        numbers = list(range(last + 1, last + 1 + len(packets)))
        rows = (
            (
                self.dossier, number, platform, p.syntax, p.name, _sha256(p.content), p.content, state, "", asked_by,
                p.again, at, sent_at, "", "", "", self._tracking(platform, number, p, at),
            )
            for number, p in zip(numbers, packets, strict=True)
        )  # fmt: skip
        writing.insert(self.connection, schema.flow, rows)
        return numbers

    def _tracking(self, platform: str, number: int, packet: Packet, at: str) -> str:
        """Our own name for a flow on an approved platform: that of the flow before it, or one that was never given.

        The moment and the bytes are in it, so that books restored from an older copy do not give it to another flow.
        """
        if not is_approved(platform):
            return ""
        made_of = (self.dossier, platform, str(number), at, _sha256(packet.content))
        return packet.tracking or _sha256("\n".join(made_of).encode())

    def _row(self, flow: int, platform: str, p: Parcel) -> tuple[object, ...]:
        preceding = as_text(p.preceding) if p.preceding else ""
        return (
            self.dossier, flow, p.document, platform, p.supplier, p.number, p.buyer, preceding, p.file, p.name,
            _sha256(p.file), "", 1, "", "", "", "", 0,
        )  # fmt: skip

    def send_again(self, again: Again, asked_by: str, now: datetime) -> list[int]:
        """Keep flows with the bytes of one before, which stands no longer."""
        flow = self.flow(again.flow)
        rows = self.rows(_KEPT_FILES, again.flow, as_keys((d,) for d in again.documents))
        parcels = [replace(Parcel(*own), preceding=decoded(preceding, tuple[str, ...], ())) for *own, preceding in rows]
        if again.apart:
            alone = [replace(p, again=flow.again + 1) for p in sending.packets(parcels, lots=False)]
            return self.intend(alone, flow.platform, asked_by, now)
        content = self.content(flow.id)
        same = Packet(flow.name, flow.syntax, content, tuple(parcels), flow.again + 1, flow.tracking)
        return self.intend([same], flow.platform, asked_by, now)

    def plan(self, jobs: Iterable[Job]) -> None:
        """Plan jobs; one that is there already is moved to the earlier time."""
        run_many(
            self.connection,
            _PLAN,
            [
                (
                    self.dossier, j.platform, j.kind, j.subject, j.run_at.isoformat(), as_text(j.payload),
                    (j.since or j.run_at).isoformat(),
                )
                for j in jobs
            ],
        )  # fmt: skip

    # ------------------------------------------------------------ writing

    def set_flow(self, f: Flow) -> None:
        """Let a flow be as this says; its bytes never change."""
        trouble = as_text(f.trouble) if f.trouble else ""
        row = (self.dossier, f.id, f.state, f.number, _iso(f.sent_at), _iso(f.doubt_since), trouble, f.reported)
        run(self.connection, _SET_FLOW, row)

    def set_deposits(self, deposits: Iterable[Deposit]) -> None:
        """Let deposits be as these say; what was sent never changes."""
        run_many(
            self.connection,
            _SET_DEPOSIT,
            [
                (
                    self.dossier, d.flow, d.document, d.outcome, int(sending.stands(d.outcome)), d.chorus_id,
                    as_text(d.errors) if d.errors else "", d.status, int(d.followed),
                )
                for d in deposits
            ],
        )  # fmt: skip

    def tell(self, platform: str, events: Sequence[Event], now: datetime) -> None:
        """Append events to the histories of their documents."""
        if not events:
            return
        documents = sorted({e.document for e in events})
        rows = self.rows(_LAST_EVENTS, platform, as_keys((d,) for d in documents))
        next_: dict[int, int] = defaultdict(int, [tuple(row) for row in rows])
        made = []
        for e in events:
            next_[e.document] += 1
            made.append(
                (
                    self.dossier, e.document, platform, next_[e.document], e.origin, e.code, _iso(e.at),
                    e.history_id, e.comment, now.isoformat(),
                )
            )  # fmt: skip
        writing.insert(self.connection, schema.status_event, made)

    # ------------------------------------------------------------ queues

    def queues(self) -> list[Queue]:
        """The ways to all platforms, those in which something stands or stood."""
        rows = self.rows(f"SELECT {_QUEUE} FROM chorus_queue q WHERE q.dossier = ?1 ORDER BY q.platform")
        return [
            Queue(platform, state, decoded(reason, Met, None), as_moment(since), as_moment(until), attempts)
            for platform, state, reason, since, until, attempts in rows
        ]

    def set_queue(self, q: Queue) -> None:
        """Let a queue be as this says."""
        reason = as_text(q.reason) if q.reason else ""
        row = (self.dossier, q.platform, q.state, reason, _iso(q.since), _iso(q.until), q.attempts)
        run(self.connection, _SET_QUEUE, row)

    def reopen(self, platform: str, now: datetime) -> None:
        """Let everything go on that waits for this platform: a setting was changed, or a person says so."""
        self.set_queue(Queue(platform, since=now))
        run(self.connection, _TRY_AGAIN, (self.dossier, platform, now.isoformat()))

    def follow_now(self, documents: Collection[int], platform: str, now: datetime) -> list[Job]:
        """Plan what tells more of these documents, and of what was said of them, at once; the jobs."""
        keys = as_keys((d,) for d in documents)
        rows = self.rows(_STANDING_OF, platform, keys)
        wanted: dict[tuple[JobKind, str], Job] = {}
        for document, flow, outcome, state in rows:
            kind = _TELLS.get(outcome if outcome else state)
            if kind == "follow_document" and is_approved(platform):
                wanted["receive", ""] = received_now(platform, now)
            elif kind is not None:
                subject = str(document if kind == "follow_document" else flow)
                wanted[kind, subject] = Job(platform, kind, subject, now)
        for flow, state in self.rows(_SAID_OF, platform, keys) if is_approved(platform) else ():
            if state in _TELLS:
                wanted[_TELLS[state], str(flow)] = Job(platform, _TELLS[state], str(flow), now)
        self.plan(wanted.values())
        return list(wanted.values())

    def numbers_followed(self, platform: str) -> list[str]:
        """The numbers of which more is to come."""
        return [number for (number,) in self.rows(_FOLLOWED, platform)]

    def queue_shown(self, platform: str) -> dict[str, Any]:
        """What is waiting on a platform, the next first, and what stands in its way."""
        queue = next((q for q in self.queues() if q.platform == platform), Queue(platform))
        jobs = self.rows(_JOBS, platform, PAGE_MOST)
        about: dict[bool, set[int]] = {True: set(), False: set()}
        for kind, subject, *_ in jobs:
            if subject:
                about[kind == "follow_document"].add(int(subject))
        numbers: dict[tuple[bool, int], list[str]] = defaultdict(list)
        for of_document, sql in ((True, _NUMBERS_OF_DOCUMENTS), (False, _NUMBERS_OF_FLOWS)):
            for subject, number in self.rows(sql, as_keys((n,) for n in sorted(about[of_document]))):
                numbers[of_document, subject].append(number)
        return {
            "platform": platform,
            "state": queue.state,
            "reason": msgspec.to_builtins(queue.reason),
            "since": _iso(queue.since) or None,
            "until": _iso(queue.until) or None,
            "jobs": [
                {
                    "kind": kind,
                    "numbers": numbers[kind == "follow_document", int(subject)] if subject else [],
                    "run_at": run_at,
                    "attempts": attempts,
                    "trouble": msgspec.json.decode(trouble) if trouble else None,
                }
                for kind, subject, run_at, attempts, trouble in jobs
            ],
        }

    # ------------------------------------------------------------ reading

    def deposits_of(self, document: int, platform: str) -> list[Deposit]:
        """Every deposit of a document on a platform, the latest first."""
        return [as_deposit(row) for row in self.rows(_OF_DOCUMENT, document, platform)]

    def events(self, document: int, platform: str) -> list[Event]:
        """Everything that happened to a document on a platform, in the order in which it was heard of."""
        return [as_event(row) for row in self.rows(_EVENTS, document, platform)]

    def flow(self, number: int) -> Flow:
        """A flow with its deposits, by our own number."""
        (row,) = self.rows(_ONE_FLOW, number)
        *plain, intended, sent, doubt, trouble, reported, tracking = row
        return replace(
            Flow(*plain),
            intended_at=as_moment(intended),
            sent_at=as_moment(sent),
            doubt_since=as_moment(doubt),
            trouble=decoded(trouble, Met, None),
            reported=reported,
            tracking=tracking,
            deposits=tuple(as_deposit(d) for d in self.rows(_OF_FLOW, number)),
        )

    def content(self, flow: int) -> bytes:
        """The very bytes of a flow."""
        ((content,),) = self.rows("SELECT content FROM flow WHERE dossier = ?1 AND id = ?2", flow)
        return bytes(content)


def as_deposit(row: Any) -> Deposit:
    """A deposit as a row of DEPOSIT gives it."""
    (
        flow, document, number, type_, day, supplier, buyer, gross, code, preceding, outcome, chorus_id, errors, found,
        status, followed,
    ) = row  # fmt: skip
    return Deposit(
        flow, document, number, type_, date.fromisoformat(day), supplier, buyer, gross, held(code),
        decoded(preceding, tuple[str, ...], ()), outcome, chorus_id, decoded(errors, tuple[Said, ...], ()), found,
        status, bool(followed),
    )  # fmt: skip


def as_event(row: Any) -> Event:
    """An event as a row gives it."""
    document, origin, code, at, history_id, comment, sequence, heard = row
    return Event(document, origin, code, as_moment(at), history_id, comment, sequence, as_moment(heard))


def as_job(row: Any) -> Job:
    """A job as a row gives it."""
    platform, kind, subject, run_at, payload, attempts, trouble, since = row
    return Job(
        platform, kind, subject, datetime.fromisoformat(run_at), decoded(payload, dict[str, str], {}), attempts,
        decoded(trouble, Met, None), as_moment(since),
    )  # fmt: skip


def as_keys(values: Iterable[Iterable[object]]) -> str:
    """Keys as one JSON parameter."""
    return _encode([list(value) for value in values]).decode()


def as_text(value: object) -> str:
    """A value as JSON text."""
    return _encode(value).decode()


def decoded(text: str, kind: Any, absent: Any) -> Any:
    """The value of a JSON text; `absent` for none."""
    return msgspec.json.decode(text, type=kind) if text else absent


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def as_moment(text: str) -> datetime | None:
    """A moment; None for ""."""
    return datetime.fromisoformat(text) if text else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
