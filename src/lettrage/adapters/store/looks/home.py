"""What the home page shows: what waits for a person, what runs, what came in and what is announced."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import msgspec

from lettrage.adapters.store.logbook import WAITING
from lettrage.adapters.store.looks.memo import Memo
from lettrage.adapters.store.outbox import decoded
from lettrage.adapters.store.reading import STANDING, Reader
from lettrage.books.today import Announced, Batch, Begun, Kind, Received, Running, Waiting
from lettrage.dates import PARIS
from lettrage.invoicing.doors import siblings
from lettrage.invoicing.sending.outbox import Said
from lettrage.invoicing.settings import WARN_DAYS

# The last deposit of each number on a platform, where a person has to do something: see `ix_deposit_stuck`.
_STUCK = (
    "(p.outcome IN ('rejected', 'refused', 'numbering_error', 'in_doubt', 'given_up')"
    " OR p.status IN ('REJETEE', 'SUSPENDUE', 'A_RECYCLER'))"
)
# What is left to pay of an invoice, on all its due items; what a cancelled transaction made is withdrawn.
_LEFT = (
    "FROM due_item i WHERE i.dossier = ?1 AND i.third_party = v.third_party AND i.prefix = v.prefix"
    ' AND i.piece = v.number AND i.open <> 0 AND (i."transaction" IS NULL OR'
    f" {STANDING.replace('d.', 'i.')})"
)
_NEWEST = """
  AND p.flow = (SELECT max(q.flow) FROM deposit q
                WHERE q.dossier = ?1 AND q.document = p.document AND q.platform IN (?2, ?4))
  AND d.id = (SELECT max(n.id) FROM sales_document n
              WHERE n.dossier = ?1 AND n.number = d.number AND n.third_party = d.third_party)
"""
# What the customers of an approved platform stopped is among what is followed there: see `ix_deposit_followed`.
_STOPPED = "p.followed = 1 AND p.status IN ('207', '208', '210', '213', '221')"
# As the views of the list of invoices have them: what a customer rejected is over once it is credited or replaced.
_BY_STATE = f"""
SELECT CAST('invoice' AS VARCHAR), s.state, count(*), CAST(sum(s.carried) AS BIGINT), min(s.sent_at),
       CAST('' AS VARCHAR)
FROM (SELECT CASE WHEN p.outcome = 'integrated' THEN p.status ELSE p.outcome END AS state, f.sent_at,
             coalesce((SELECT sum(i.carried) {_LEFT}), 0) AS carried,
             (SELECT count(*) {_LEFT}) AS still,
             (SELECT count(*) FROM sales_document c WHERE c.dossier = ?1 AND c.corrects = d.id) AS replaced
      FROM deposit p
      JOIN sales_document d ON d.dossier = p.dossier AND d.id = p.document
      JOIN flow f ON f.dossier = p.dossier AND f.id = p.flow
      JOIN invoice v ON v.dossier = d.dossier AND v.id = d.invoice
      WHERE p.dossier = ?1 AND {{which}} {_NEWEST}) s
WHERE s.state NOT IN ('REJETEE', '210', '213') OR (s.still > 0 AND s.replaced = 0) GROUP BY s.state
"""
_STUCK_BY_STATE = _BY_STATE.format(which=f"p.platform IN (?2, ?4) AND {_STUCK}")
_STOPPED_BY_STATE = _BY_STATE.format(which=f"p.platform = ?4 AND {_STOPPED}")
# What an approved platform was told and did not take, until somebody lets it be told again.
_MESSAGES = """
SELECT 'messages', coalesce(CAST(min(m.document) AS VARCHAR), ''), count(*), 0, min(m.made_at),
       coalesce(min(m.errors), '') FROM message m
WHERE m.dossier = ?1 AND m.platform = ?4 AND m.outcome IN ('rejected', 'given_up') AND m.stands = 1
"""
_REFUSED = f"""
SELECT 'refused', l.caller, r.n, 0, l.received_at, CAST(r.latest AS VARCHAR)
FROM (SELECT count(*) AS n, max(o.document) AS latest {WAITING}) r
JOIN document l ON l.dossier = ?1 AND l.id = r.latest
"""
# A payment that came back and was neither presented again nor replaced: what it had settled is still open.
STILL_UNPAID = """
FROM unpaid u
JOIN third_party p ON p.dossier = u.dossier AND p.code = u.third_party
JOIN "transaction" t ON t.dossier = u.dossier AND t.number = u."transaction" AND t.status <> 'cancelled'
JOIN instrument i ON i.dossier = u.dossier AND i.id = u.instrument
WHERE u.dossier = ?1 AND (
    (SELECT count(*) FROM allocation a JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
     WHERE a.dossier = ?1 AND a."transaction" = u."transaction" AND d.open <> 0)
    + (SELECT count(*) FROM due_item d
       WHERE d.dossier = ?1 AND d."transaction" = u."transaction" AND d.open <> 0)) > 0
"""
_UNPAID = f"""
SELECT 'unpaid', min(p.record), count(*), CAST(sum(i.home) AS BIGINT), min(t.date), min(u.reason) {STILL_UNPAID}
"""
_CHEQUES = """
SELECT 'cheques', i.bank, count(*), CAST(sum(i.home) AS BIGINT), min(i.date), '' FROM instrument i
WHERE i.dossier = ?1 AND i.active = 1 AND i.state = 'C30' AND i.direction = 'encashment' GROUP BY i.bank
"""
_SLIPS = """
SELECT 'slips', i.bank, count(*), CAST(sum(i.home) AS BIGINT), min(t.date), '' FROM "transaction" t
JOIN instrument i ON i.dossier = t.dossier AND i."transaction" = t.number
WHERE t.dossier = ?1 AND t.status = 'awaiting_slip' GROUP BY i.bank
"""
_TASKS = """
SELECT 'tasks', '', count(*), CAST(sum(k.amount_home) AS BIGINT), '', '' FROM task k
WHERE k.dossier = ?1 AND k.done_by IS NULL
"""
# Lines are never changed: those that are matched, or told by another one, are counted beside them.
_LINES_OPEN = """
SELECT 'lines', '', (SELECT count(*) FROM bank_line WHERE dossier = ?1)
    - (SELECT count(*) FROM bank_line_twin WHERE dossier = ?1)
    - (SELECT count(*) FROM bank_match WHERE dossier = ?1 AND ended = 0), 0, '', ''
"""
_EXPIRING = """
SELECT 'password', '', 1, 0, s.value, '' FROM chorus_setting s
WHERE s.dossier = ?1 AND s.platform = ?2 AND s.name = 'password_expires' AND s.value <= ?3
"""
_TO_DO = " UNION ALL ".join(
    (
        _STUCK_BY_STATE, _STOPPED_BY_STATE, _MESSAGES, _REFUSED, _UNPAID, _CHEQUES, _SLIPS, _LINES_OPEN, _TASKS,
        _EXPIRING,
    )
)  # fmt: skip

_BY_BANK = ("cheques", "slips")  # a line for each bank
_ORDER = get_args(Kind)  # the most pressing first
_BY_CHORUS = frozenset(("rejected", "refused", "numbering_error", "213"))  # the others are said by the customer
# Which states of an invoice are one line of what waits.
_LINES: Mapping[str, Kind] = {
    **dict.fromkeys(("rejected", "refused", "numbering_error", "REJETEE", "210", "213"), "rejected"),
    **dict.fromkeys(("SUSPENDUE", "A_RECYCLER", "207", "208", "221"), "suspended"),
    **dict.fromkeys(("in_doubt", "given_up"), "doubtful"),
}
_BATCHES = """
SELECT b.id, b.platform, b.state,
       CAST(sum(CASE WHEN l.state = 'sent' THEN 1 ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN l.state = 'refused' THEN 1 ELSE 0 END) AS BIGINT), count(l.position)
FROM batch b LEFT JOIN batch_line l ON l.dossier = b.dossier AND l.batch = b.id
WHERE b.dossier = ?1 AND b.state <> 'ended' GROUP BY b.id, b.platform, b.state ORDER BY b.id
"""
_RUNNING = """
SELECT (SELECT min(run_at) FROM job WHERE dossier = ?1 AND subject = '' AND
        ((platform = ?2 AND kind = 'follow_changes') OR (platform = ?4 AND kind = 'receive'))),
       (SELECT max(trouble) FROM job WHERE dossier = ?1 AND subject = '' AND
        ((platform = ?2 AND kind = 'follow_changes') OR (platform = ?4 AND kind = 'receive'))),
       (SELECT count(*) FROM deposit WHERE dossier = ?1 AND platform IN (?2, ?4) AND followed = 1),
       (SELECT count(*) FROM document WHERE dossier = ?1 AND received_at >= ?3 AND kind = 'settlement'),
       (SELECT count(*) FROM document WHERE dossier = ?1 AND received_at >= ?3 AND kind = 'settlement' AND refused > 0),
       (SELECT max(received_at) FROM document WHERE dossier = ?1 AND received_at >= ?3 AND kind = 'settlement')
"""
_ANNOUNCED = f"""
SELECT o.* FROM (
    SELECT d.id, d.number, t.record,
           (SELECT max(e.at) FROM status_event e WHERE e.dossier = ?1 AND e.document = d.id
            AND e.platform = p.platform AND e.code IN ('MISE_EN_PAIEMENT', '211')) AS at,
           (SELECT CAST(sum(i.carried) AS BIGINT) {_LEFT}) AS carried
    FROM (SELECT dossier, document, flow, platform FROM deposit
          WHERE dossier = ?1 AND platform = ?2 AND status = 'MISE_EN_PAIEMENT'
          UNION ALL SELECT dossier, document, flow, platform FROM deposit
          WHERE dossier = ?1 AND platform = ?3 AND followed = 1 AND status = '211') p
    JOIN sales_document d ON d.dossier = p.dossier AND d.id = p.document
    JOIN invoice v ON v.dossier = d.dossier AND v.id = d.invoice
    LEFT JOIN third_party t ON t.dossier = d.dossier AND t.code = d.third_party
    WHERE p.dossier = ?1 {_NEWEST.replace("?4", "?3")}) o
WHERE o.carried IS NOT NULL ORDER BY o.id DESC
"""
_RECEIVED = """
SELECT count(*), CAST(coalesce(sum(h.home), 0) AS BIGINT) FROM entry e
JOIN "transaction" t ON t.dossier = e.dossier AND t.number = e."transaction"
JOIN header h ON h.dossier = t.dossier AND h."transaction" = t.number
WHERE e.dossier = ?1 AND e.date >= ?2 AND e.date < ?3 AND e.reversal_of IS NULL
  AND t.kind = 'settlement' AND t.direction = 'encashment' AND t.status <> 'cancelled'
"""
_BEGUN = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM due_item WHERE dossier = ?1 AND kind <> 'advance' LIMIT 100) i),
       (SELECT count(*) FROM (SELECT 1 FROM "transaction" WHERE dossier = ?1 AND kind = 'settlement' LIMIT 1) t),
       (SELECT count(*) FROM (SELECT 1 FROM third_party WHERE dossier = ?1 AND ledger = 'customer' LIMIT 100) p)
"""
_received: Memo[Received] = Memo(256)


class _Record(msgspec.Struct):
    name: str = ""


_name = msgspec.json.Decoder(_Record).decode


def _line(kind: Kind, bank: str, rows: list[Any]) -> Waiting:
    """One line of what waits, of rows that belong to it: detail, how many, how much, since when, a fact."""
    count, amount = sum(row[1] for row in rows), sum(row[2] or 0 for row in rows)
    since = min((row[3] for row in rows if row[3]), default="")
    return Waiting(kind, count, amount, since, _facts(kind, bank, rows))


def _facts(kind: Kind, bank: str, rows: list[Any]) -> dict[str, str]:
    detail, count, _, _, fact = rows[0]
    if kind in _BY_BANK:
        return {"bank": bank}
    if kind == "rejected":
        by_chorus = sum(row[1] for row in rows if row[0] in _BY_CHORUS)
        return {"by_chorus": str(by_chorus), "by_customer": str(sum(row[1] for row in rows) - by_chorus)}
    if kind == "messages":
        said = decoded(fact, tuple[Said, ...], ())
        return {"document": detail, "code": said[0].code if said else "", "text": said[0].text if said else ""}
    if kind == "refused":
        return {"caller": detail, "document": fact}
    if kind == "unpaid" and count == 1:
        return {"name": _name(detail).name, "reason": fact}
    return {}


class HomeLooks(Reader):
    """What the home page asks, each in one statement."""

    def to_do(self, platform: str, today: date) -> list[Waiting]:
        """Everything that waits for a person, most pressing kinds first; nothing for what there is none of."""
        ends = (today + timedelta(WARN_DAYS)).isoformat()
        chorus, approved = siblings(platform)
        found: dict[tuple[Kind, str], list[Any]] = {}
        for kind, detail, count, amount, since, fact in self.rows(_TO_DO, chorus, ends, approved):
            if count:
                key = (_LINES[detail], "") if kind == "invoice" else (kind, detail if kind in _BY_BANK else "")
                found.setdefault(key, []).append((detail, count, amount, since, fact))
        lines = [_line(kind, bank, rows) for (kind, bank), rows in found.items()]
        return sorted(lines, key=lambda line: (_ORDER.index(line.kind), line.facts.get("bank", "")))

    def begun(self) -> Begun:
        """How far the books are from empty."""
        ((items, settlements, parties),) = self.rows(_BEGUN)
        return Begun(items, settlements, parties)

    def running(self, platform: str, today: date) -> Running:
        """What runs and what came today. Two statements."""
        midnight = datetime(today.year, today.month, today.day, tzinfo=PARIS).astimezone(UTC).isoformat()
        batches = tuple(Batch(*row) for row in self.rows(_BATCHES))
        chorus, approved = siblings(platform)
        ((run_at, trouble, followed, received, refused, last),) = self.rows(_RUNNING, chorus, midnight, approved)
        return Running(batches, run_at or "", trouble or "", followed, received, refused, last or "")

    def announced(self, platform: str) -> Sequence[Announced]:
        """Invoices whose payment was ordered and has not arrived, the newest first."""
        return [
            Announced(id_, number, _name(record).name if record else "", at or "", amount)
            for id_, number, record, at, amount in self.rows(_ANNOUNCED, *siblings(platform))
        ]

    def received_in(self, month: date) -> Received:
        """What customers paid in the month of this day, cancelled settlements aside."""
        first = month.replace(day=1)
        after = (first + timedelta(31)).replace(day=1)
        moving = tuple(self.counters[name] for name in ("postings", "head", "next_document"))
        return _received.or_else(
            self.connection.engine, (self.dossier, moving, first), lambda: self._received_between(first, after)
        )

    def _received_between(self, first: date, after: date) -> Received:
        ((count, amount),) = self.rows(_RECEIVED, first.isoformat(), after.isoformat())
        return Received(amount, count)
