"""Bulk deposits in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.document_lists import DOCUMENT, shelved
from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.sql import run
from lettrage.invoicing.doors import APPROVED_PREFIX, door_of
from lettrage.invoicing.sending.batch import Batch, BatchLine, BatchState, Due, LineState
from lettrage.invoicing.sending.shelf import NOT_SENT

_json = msgspec.json.Encoder().encode
_BATCHES = """
SELECT b.id, b.platform, b.state, b.asked_by, b.asked_at, b.ended_at, coalesce(max(l.at), ''),
       CAST(sum(CASE WHEN l.state = 'waiting' THEN 1 ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN l.state = 'sent' THEN 1 ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN l.state = 'refused' THEN 1 ELSE 0 END) AS BIGINT)
FROM batch b JOIN batch_line l ON l.dossier = b.dossier AND l.batch = b.id WHERE b.dossier = ?1 AND b.id = ?2
GROUP BY b.id, b.platform, b.state, b.asked_by, b.asked_at, b.ended_at
"""
# Those done with last stand first, as a list that fills up does; those that wait come after them in their order.
_LINES = f"""
SELECT l.position, d.id, d.number, d.third_party, t.record, d.gross, d.currency, l.state,
       CASE WHEN p.flow IS NULL THEN '{NOT_SENT}' WHEN p.outcome = 'integrated' AND p.status <> '' THEN p.status
            WHEN p.outcome <> '' THEN p.outcome ELSE f.state END, p.platform, l.at, l.trouble
FROM batch b JOIN batch_line l ON l.dossier = b.dossier AND l.batch = b.id
JOIN sales_document d ON d.dossier = l.dossier AND d.id = l.document
LEFT JOIN third_party t ON t.dossier = d.dossier AND t.code = d.third_party
LEFT JOIN deposit p ON p.dossier = d.dossier AND p.document = d.id
     AND p.platform IN (b.platform, '{APPROVED_PREFIX}' || b.platform)
     AND p.flow = (SELECT max(q.flow) FROM deposit q
                   WHERE q.dossier = ?1 AND q.document = d.id
                   AND q.platform IN (b.platform, '{APPROVED_PREFIX}' || b.platform))
LEFT JOIN flow f ON f.dossier = p.dossier AND f.id = p.flow
WHERE b.dossier = ?1 AND b.id = ?2 AND (?3 = '' OR l.state = ?3)
ORDER BY CASE WHEN l.state = 'waiting' THEN 1 ELSE 0 END, l.at DESC, l.position LIMIT ?4
"""
_DUE = f"""
SELECT b.id, l.position, b.platform, b.asked_by, {DOCUMENT} FROM batch b
JOIN batch_line l ON l.dossier = b.dossier AND l.batch = b.id AND l.state = 'waiting'
JOIN sales_document d ON d.dossier = l.dossier AND d.id = l.document
WHERE b.dossier = ?1 AND b.state = 'running' AND b.state <> 'ended' ORDER BY b.id, l.position LIMIT 1
"""
_STILL = """
SELECT 1 FROM batch b JOIN batch_line l ON l.dossier = b.dossier AND l.batch = b.id
WHERE b.dossier = ?1 AND b.id = ?2 AND l.position = ?3 AND l.state = 'waiting' AND b.state = 'running'
"""
_DONE = """
UPDATE batch_line SET state = ?4, trouble = ?5, at = ?6 WHERE dossier = ?1 AND batch = ?2 AND position = ?3
"""
_END = """
UPDATE batch SET state = 'ended', ended_at = ?3 WHERE dossier = ?1 AND id = ?2
AND NOT EXISTS (SELECT 1 FROM batch_line l WHERE l.dossier = ?1 AND l.batch = ?2 AND l.state = 'waiting')
"""
_FETCH = """
UPDATE job SET run_at = ?3 WHERE dossier = ?1 AND platform = ?2 AND run_at > ?3
AND kind IN ('follow_changes', 'follow_flow', 'look_up', 'receive')
"""
_WAITS = "SELECT count(*) FROM job WHERE dossier = ?1 AND platform = ?2 AND (kind LIKE 'follow%' OR kind = 'receive')"


class _Record(msgspec.Struct):
    name: str = ""


_record = msgspec.json.Decoder(_Record).decode


class BatchBook(Reader):
    """The bulk deposits of one dossier. Satisfies the port `Batches`."""

    def batch_begun(self, platform: str, documents: Sequence[int], by: str, key: str, at: datetime) -> int:
        """Keep a bulk deposit that is to be worked on; its number, that of before for the same key."""
        if before := self.batch_of(key):
            return before
        ((number,),) = self.rows("SELECT coalesce(max(id), 0) + 1 FROM batch WHERE dossier = ?1")
        head = (self.dossier, number, platform, "running", key, by, at.isoformat(), "")
        writing.insert(self.connection, schema.batch, [head])
        rows = (
            (self.dossier, number, position, document, "waiting", "", "") for position, document in enumerate(documents)
        )
        writing.insert(self.connection, schema.batch_line, rows)
        return int(number)

    def batch_due(self) -> Due | None:
        """The next line of what runs."""
        for batch, position, platform, by, *document in self.rows(_DUE):
            return Due(batch, position, platform, by, shelved(document))
        return None

    def batch_moved(self, batch: int, state: BatchState, at: datetime) -> bool:
        """Let a bulk deposit pause or go on; whether it had not ended."""
        sql = "UPDATE batch SET state = ?3 WHERE dossier = ?1 AND id = ?2 AND state <> 'ended'"
        return run(self.connection, sql, (self.dossier, batch, state)).rowcount > 0

    def line_is_due(self, batch: int, position: int) -> bool:
        """Whether a line still waits and its bulk deposit runs."""
        return bool(self.rows(_STILL, batch, position))

    def line_done(
        self, batch: int, position: int, state: LineState, troubles: Sequence[dict[str, Any]], at: datetime
    ) -> None:
        """Write what came of a line; the bulk deposit ends with its last one."""
        told = _json(list(troubles)).decode() if troubles else ""
        run(self.connection, _DONE, (self.dossier, batch, position, state, told, at.isoformat()))
        run(self.connection, _END, (self.dossier, batch, at.isoformat()))

    def fetch_now(self, platform: str, now: datetime) -> int:
        """Have everything that tells of statuses asked now instead of later; how many calls wait."""
        run(self.connection, _FETCH, (self.dossier, platform, now.isoformat()))
        ((waiting,),) = self.rows(_WAITS, platform)
        return int(waiting)

    # ------------------------------------------------------------ looking

    def batch_of(self, key: str) -> int:
        """The bulk deposit that was asked for under a key; 0 for none."""
        found = self.rows("SELECT id FROM batch WHERE dossier = ?1 AND key = ?2", key)
        return int(found[0][0]) if found else 0

    def batch(self, number: int) -> Batch | None:
        """A bulk deposit with its counts; None where there is none of this number."""
        return next((Batch(*row) for row in self.rows(_BATCHES, number)), None)

    def batch_lines(self, number: int, state: str, limit: int) -> Sequence[BatchLine]:
        """Its invoices, those done with last first; `state` "" for all."""
        return [
            BatchLine(
                position, document, code, party, _record(record).name if record else "", gross, currency, own, standing,
                door_of(left_by) if left_by else "", at, msgspec.json.decode(trouble) if trouble else (),
            )
            for (
                position, document, code, party, record, gross, currency, own, standing, left_by, at, trouble,
            ) in self.rows(_LINES, number, state, limit)
        ]  # fmt: skip
