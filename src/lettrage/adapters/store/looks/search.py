"""The search: exact identifiers first, then what begins so, names, amounts that are open, days. Always from the books.

Identifiers and days go by indexes. A name is looked for in every third party's record, an amount in every open item.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from lettrage.adapters.store.reading import STANDING, Reader, held
from lettrage.books.found import Hit
from lettrage.limits import NUMBER_DIGITS

MOST = 9  # of a kind: one more than is shown
_LAST = "\U0010ffff"  # sorts behind every character that may follow

_INVOICE = "'invoice', CAST(d.id AS VARCHAR), d.number, d.third_party, d.gross, d.currency, d.date"
_ITEM = "'item', d.third_party, d.prefix || d.piece, d.third_party, d.open, d.currency, d.due_date"
_TRANSACTION = """
SELECT 'transaction', CAST(t.number AS VARCHAR), t.label, coalesce(h.third_party, ''), h.amount, h.currency, t.date
FROM "transaction" t LEFT JOIN header h ON h.dossier = t.dossier AND h."transaction" = t.number AND h."order" =
     (SELECT min(o."order") FROM header o WHERE o.dossier = ?1 AND o."transaction" = t.number)
"""
_NEWEST = """
d.id = (SELECT max(n.id) FROM sales_document n
        WHERE n.dossier = ?1 AND n.number = d.number AND n.third_party = d.third_party)
"""
_NOTHING = "CAST(NULL AS BIGINT), '', ''"
_EXACTLY = f"""
SELECT {_INVOICE} FROM sales_document d WHERE d.dossier = ?1 AND d.number = ?2 AND {_NEWEST}
UNION ALL
SELECT {_INVOICE} FROM flow f CROSS JOIN deposit p ON p.dossier = f.dossier AND p.flow = f.id
JOIN sales_document d ON d.dossier = p.dossier AND d.id = p.document
WHERE f.dossier = ?1 AND f.platform IN ('qualification', 'production') AND f.number = ?2 AND f.number <> ''
UNION ALL
SELECT {_ITEM} FROM due_item d WHERE d.dossier = ?1 AND d.piece = ?2 AND d.piece <> '' AND {STANDING}
UNION ALL
SELECT 'party', p.code, p.record, p.code, {_NOTHING} FROM third_party p WHERE p.dossier = ?1 AND p.code = ?2
UNION ALL
SELECT 'slip', s.number, s.number, s.bank, s.total, s.currency, s.date FROM slip s
WHERE s.dossier = ?1 AND s.number = ?2
UNION ALL
SELECT 'document', CAST(o.document AS VARCHAR), o.reglement_num, o.caller, CAST(NULL AS BIGINT), '', o.received_at
FROM outcome o WHERE o.dossier = ?1 AND o.reglement_num = ?2 AND o.reglement_num <> ''
"""
_BY_NUMBER = f"""
{_TRANSACTION} WHERE t.dossier = ?1 AND t.number = ?2
UNION ALL
SELECT 'document', CAST(m.id AS VARCHAR), CAST(m.id AS VARCHAR), m.caller, CAST(NULL AS BIGINT), '', m.received_at
FROM document m WHERE m.dossier = ?1 AND m.id = ?2
"""
_ENTRY = """
SELECT 'entry', e.year, e.label, CAST(e.number AS VARCHAR), CAST(NULL AS BIGINT), '', e.date FROM entry e
WHERE e.dossier = ?1 AND e.year = ?2 AND e.number = ?3
"""
_BEGINNING = f"""
SELECT * FROM (SELECT {_INVOICE} FROM sales_document d
 WHERE d.dossier = ?1 AND d.number >= ?2 AND d.number < ?3 AND {_NEWEST} ORDER BY d.number LIMIT {MOST}) i
UNION ALL
SELECT * FROM (SELECT {_ITEM} FROM due_item d
 WHERE d.dossier = ?1 AND d.piece >= ?2 AND d.piece < ?3 AND d.piece <> '' AND {STANDING}
 ORDER BY d.piece LIMIT {MOST}) d
UNION ALL
SELECT * FROM (SELECT 'party', p.code, p.record, p.code, {_NOTHING} FROM third_party p
 WHERE p.dossier = ?1 AND (lower(p.record) LIKE lower(?4) OR lower(p.code) LIKE lower(?5))
 ORDER BY p.code LIMIT 200) p
UNION ALL
SELECT * FROM (SELECT 'slip', s.number, s.number, s.bank, s.total, s.currency, s.date FROM slip s
 WHERE s.dossier = ?1 AND s.number >= ?2 AND s.number < ?3 ORDER BY s.number DESC LIMIT {MOST}) s
"""
_OPEN = f"""
SELECT {_ITEM} FROM due_item d WHERE d.dossier = ?1 AND d.open <> 0 AND d.kind <> 'advance'
AND d.open BETWEEN ?2 AND ?3 AND (?4 = '' OR d.third_party = ?4) AND {STANDING} ORDER BY d.due_date, d.id LIMIT {MOST}
"""
_DAYS = f"""
SELECT * FROM (SELECT {_ITEM} FROM due_item d WHERE d.dossier = ?1 AND d.due_date >= ?2 AND d.due_date <= ?3
 AND d.open <> 0 AND d.kind <> 'advance' AND {STANDING} ORDER BY d.due_date, d.id LIMIT {MOST}) i
UNION ALL
SELECT * FROM (SELECT 'entry', e.year, e.label, CAST(e.number AS VARCHAR), CAST(NULL AS BIGINT), '', e.date FROM entry e
 WHERE e.dossier = ?1 AND e.date >= ?2 AND e.date <= ?3 ORDER BY e.date, e.posting LIMIT {MOST}) e
"""


class _Record(msgspec.Struct):
    name: str = ""
    siret: str = ""
    vat_number: str = ""


_record = msgspec.json.Decoder(_Record).decode


class SearchLooks(Reader):
    """What is found, each in one statement."""

    def found_exactly(self, text: str) -> list[Hit]:
        """What has this very identifier: an invoice, a piece, a flow, a third party, a slip, a REGLEMENTNUM."""
        return [_hit(row) for row in self.rows(_EXACTLY, text)]

    def found_by_number(self, number: int) -> list[Hit]:
        """The transaction and the document received of this number."""
        return [_hit(row) for row in self.rows(_BY_NUMBER, number)] if len(str(number)) <= NUMBER_DIGITS else []

    def found_entry(self, year: str, number: int) -> list[Hit]:
        """The entry of this number."""
        return [_hit(row) for row in self.rows(_ENTRY, year, number)]

    def found_beginning(self, text: str) -> list[Hit]:
        """What has an identifier that begins so, and third parties whose name, SIRET or VAT number has this in it."""
        pattern = f"%{_literal(text)}%"
        rows = self.rows(_BEGINNING, text, text + _LAST, pattern, f"{_literal(text)}%")
        return [hit for hit in map(_hit, rows) if hit.kind != "party" or _means(rows, hit, text)]

    def found_open(self, least: int, most: int, third_party: str = "") -> list[Hit]:
        """What is open between two amounts, of one third party where it is named."""
        return [_hit(row) for row in self.rows(_OPEN, least, most, third_party)]

    def found_between(self, first: date, last: date) -> list[Hit]:
        """What is due and open between two days, and the entries of these days."""
        return [_hit(row) for row in self.rows(_DAYS, first.isoformat(), last.isoformat())]


def _hit(row: Any) -> Hit:
    kind, key, title, code, amount, currency, day = row
    if kind == "party":
        title = _record(title).name or key
    if kind == "entry":
        key = f"{key}-{int(code):06}"
        code = ""
    return Hit(kind, key, title, code, amount, held(currency) if currency else None, day)


def _means(rows: Iterable[Any], hit: Hit, text: str) -> bool:
    """Whether a third party is meant: what was found in its record is in what people know of it."""
    record = next(_record(row[2]) for row in rows if row[0] == "party" and row[1] == hit.key)
    said = (hit.key, record.name, record.siret, record.vat_number)
    return any(text.casefold() in one.casefold() for one in said)


def _literal(text: str) -> str:
    """A text for LIKE without the two characters that would stand for others."""
    return text.replace("%", "").replace("_", "")
