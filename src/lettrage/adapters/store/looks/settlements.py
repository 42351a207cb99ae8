"""What came in: documents with their outcomes, what they brought, refusals that wait and those dealt with."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from lettrage.adapters.store.logbook import MONEY, RECEIVED_HOME, WAITING
from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.sql import run
from lettrage.books.logbook import reasons_from, remarks_from
from lettrage.books.received import Came, Counts, Fate, Handled, Received, Waiting

_json = msgspec.json.Encoder().encode

_COUNTS = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM document WHERE dossier = ?1 AND kind = 'settlement' LIMIT ?2) a),
       (SELECT count(*) FROM (SELECT 1 FROM document WHERE dossier = ?1 AND refused > 0 AND kind = 'settlement'
                              LIMIT ?2) r),
       (SELECT count(*) FROM (SELECT 1 FROM document WHERE dossier = ?1 AND origin = 'page' AND kind = 'settlement'
                              LIMIT ?2) p)
"""
_CAME = f"""
SELECT o.document, {RECEIVED_HOME}, count(DISTINCT h.third_party), min(h.third_party), min(p.record),
       CAST(sum(CASE WHEN o.resultcode <> 0 AND w.document IS NULL THEN 1 ELSE 0 END) AS BIGINT)
FROM json_each(?2) k CROSS JOIN outcome o ON o.dossier = ?1 AND o.document = CAST(k.value->>0 AS BIGINT){MONEY}
LEFT JOIN third_party p ON p.dossier = h.dossier AND p.code = h.third_party
LEFT JOIN handled w ON w.dossier = o.dossier AND w.document = o.document AND w.position = o.position
GROUP BY o.document
"""
_DOCUMENT = """
SELECT d.received_at, d.caller, d.origin, d.source, d.kind, d.key, d.raw, d.remarks, coalesce(k.answer, '')
FROM document d LEFT JOIN kept_answer k ON k.dossier = d.dossier AND k.caller = d.caller AND k.key = d.key
     AND k.document = d.id AND d.key <> ''
WHERE d.dossier = ?1 AND d.id = ?2
"""
_FATES = """
SELECT o.position, o.reglement_num, o."transaction", o."order", coalesce(t.status, ''), o.replayed, o.reasons,
       h.at, h.by, h.why
FROM outcome o LEFT JOIN handled h ON h.dossier = o.dossier AND h.document = o.document AND h.position = o.position
LEFT JOIN "transaction" t ON t.dossier = o.dossier AND t.number = o."transaction"
WHERE o.dossier = ?1 AND o.document = ?2 ORDER BY o.position
"""
_REFUSAL = """
SELECT h.document IS NULL FROM outcome o
LEFT JOIN handled h ON h.dossier = o.dossier AND h.document = o.document AND h.position = o.position
WHERE o.dossier = ?1 AND o.document = ?2 AND o.position = ?3 AND o.resultcode <> 0
"""
_MARK = "INSERT INTO handled (dossier, document, position, at, by, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
_NAMES = """
SELECT p.code, p.record FROM json_each(?2) k CROSS JOIN third_party p ON p.dossier = ?1 AND p.code = k.value->>0
"""


class _Record(msgspec.Struct):
    name: str = ""


_name = msgspec.json.Decoder(_Record).decode


class SettlementLooks(Reader):
    """Settlement documents of one dossier, and the refusals in them."""

    def received_counts(self, most: int) -> Counts:
        """How many documents each view has, counted no further than `most`."""
        return Counts(*self.rows(_COUNTS, most)[0])

    def refused_not_handled(self) -> Waiting:
        """Refused settlements that nobody has dealt with."""
        ((count, since),) = self.rows(f"SELECT count(*), min(o.received_at) {WAITING}")
        return Waiting(count, since or "")

    def came(self, documents: Iterable[int]) -> dict[int, Came]:
        """What each of these documents brought."""
        keys = _json([[number] for number in documents]).decode()
        return {
            number: Came(amount, parties, party or "", _name(record).name if record else "", waiting)
            for number, amount, parties, party, record, waiting in self.rows(_CAME, keys)
        }

    def document_received(self, number: int) -> Received | None:
        """A document or an act with all that is kept of it; None when there is none. Two statements."""
        rows = self.rows(_DOCUMENT, number)
        if not rows:
            return None
        at, caller, origin, source, kind, key, raw, remarks, answer = rows[0]
        fates = tuple(map(_fate, self.rows(_FATES, number)))
        told = tuple((remark.position, remark.refusal) for remark in remarks_from(remarks))
        return Received(number, at, caller, origin, source, kind, key, bytes(raw), told, answer, fates)

    def names(self, codes: Collection[str]) -> dict[str, str]:
        """The names of these third parties."""
        rows = self.rows(_NAMES, _json([[code] for code in sorted(codes)]).decode()) if codes else ()
        return {code: _name(record).name for code, record in rows}

    def refusal(self, document: int, position: int) -> Literal["", "waiting", "handled"]:
        """How a refused settlement stands; "" where there is none at this position of this document."""
        rows = self.rows(_REFUSAL, document, position)
        if not rows:
            return ""
        return "waiting" if rows[0][0] else "handled"

    def mark_handled(self, document: int, position: int, at: datetime, by: str, why: str) -> None:
        """Write that somebody has dealt with a refused settlement."""
        run(self.connection, _MARK, (self.dossier, document, position, at.isoformat(), by, why))


def _fate(row: Any) -> Fate:
    position, number, transaction, order, status, replayed, reasons, at, by, why = row
    handled = Handled(at, by, why) if at else None
    return Fate(position, number, transaction, order, status, bool(replayed), reasons_from(reasons), handled)
