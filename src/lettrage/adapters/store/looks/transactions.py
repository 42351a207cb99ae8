"""One transaction: its orders, entries, instruments, what it settled, and the payment's life around it."""

from datetime import date

import msgspec

from lettrage.adapters.store.lettering import Letters
from lettrage.adapters.store.reading import held
from lettrage.books.lineage import Carried, Deed, Kin, Order, Posting, Settled

_day = date.fromisoformat

_HEAD = """
SELECT t.kind, t.direction, t.date, t.establishment, t.label, t.status, coalesce(t.slip, ''), t.document,
       coalesce(d.caller, ''), coalesce(d.received_at, '')
FROM "transaction" t LEFT JOIN document d ON d.dossier = t.dossier AND d.id = t.document
WHERE t.dossier = ?1 AND t.number = ?2
"""
_ORDERS = """
SELECT h."order", h.state_change, h.third_party, p.record, h.currency, h.amount, h.home, h.bank, h.label,
       h.reglement_num
FROM header h LEFT JOIN third_party p ON p.dossier = h.dossier AND p.code = h.third_party
WHERE h.dossier = ?1 AND h."transaction" = ?2 ORDER BY h."order"
"""
# Its own entries, those of its slips, and of a loaded one its opening entry.
_POSTINGS = """
SELECT e.posting, l.line, e.year, e.number, e.date, e.journal, e.label, e.reversal_of, l.account, l.third_party,
       p.record, coalesce(i.prefix, ''), coalesce(i.piece, ''), l.debit, l.credit
FROM (SELECT posting FROM entry WHERE dossier = ?1 AND "transaction" = ?2
      UNION SELECT s.posting FROM slip_transaction x JOIN slip s ON s.dossier = x.dossier AND s.number = x.slip
            WHERE x.dossier = ?1 AND x."transaction" = ?2
      UNION SELECT s.reversal FROM slip_transaction x JOIN slip s ON s.dossier = x.dossier AND s.number = x.slip
            WHERE x.dossier = ?1 AND x."transaction" = ?2 AND s.reversal IS NOT NULL) n
JOIN entry e ON e.dossier = ?1 AND e.posting = n.posting
JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
LEFT JOIN due_item i ON i.dossier = l.dossier AND i.id = l.item
LEFT JOIN third_party p ON p.dossier = l.dossier AND p.code = l.third_party
ORDER BY e.posting, l.line LIMIT 2000
"""
_INSTRUMENTS = """
SELECT i.id, i."order", i.state, i.currency, i.amount, i.third_party, i.bank, i.active, 0 FROM instrument i
WHERE i.dossier = ?1 AND i."transaction" = ?2
UNION ALL
SELECT b.id, i."order", b.state, b.currency, b.amount, b.third_party, b.bank, b.active, 1 FROM instrument i
JOIN instrument b ON b.dossier = i.dossier AND b.id = i.previous
WHERE i.dossier = ?1 AND i."transaction" = ?2 AND b."transaction" <> i."transaction"
ORDER BY 2, 9 DESC, 1
"""
_SETTLED = """
SELECT a."order", a.operation, i.third_party, i.prefix, i.piece, i.due_date, i.currency, a.amount, i.open
FROM allocation a JOIN due_item i ON i.dossier = a.dossier AND i.id = a.item
WHERE a.dossier = ?1 AND a."transaction" = ?2 ORDER BY a.line
"""
# One step along a payment's life from each of these, on the side that its key names: by an instrument that moved on, or
# by an item made earlier and settled later.
_STEP = """
SELECT k.value->>1, o."transaction" FROM json_each(?2) k
CROSS JOIN instrument n ON n.dossier = ?1 AND n."transaction" = CAST(k.value->>0 AS BIGINT) AND k.value->>1 = 'before'
JOIN instrument o ON o.dossier = n.dossier AND o.id = n.previous
UNION
SELECT k.value->>1, n."transaction" FROM json_each(?2) k
CROSS JOIN instrument o ON o.dossier = ?1 AND o."transaction" = CAST(k.value->>0 AS BIGINT) AND k.value->>1 = 'after'
JOIN instrument n ON n.dossier = o.dossier AND n.previous = o.id
UNION
SELECT k.value->>1, d."transaction" FROM json_each(?2) k
CROSS JOIN allocation a ON a.dossier = ?1 AND a."transaction" = CAST(k.value->>0 AS BIGINT) AND k.value->>1 = 'before'
JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item AND d."transaction" IS NOT NULL
UNION
SELECT k.value->>1, a."transaction" FROM json_each(?2) k
CROSS JOIN due_item d ON d.dossier = ?1 AND d."transaction" = CAST(k.value->>0 AS BIGINT) AND k.value->>1 = 'after'
JOIN allocation a ON a.dossier = d.dossier AND a.item = d.id
"""
_KIN = """
SELECT t.number, t.kind, t.date, t.status, coalesce(t.slip, ''), t.document FROM json_each(?2) k
CROSS JOIN "transaction" t ON t.dossier = ?1 AND t.number = CAST(k.value->>0 AS BIGINT) ORDER BY t.number
"""
_json = msgspec.json.Encoder().encode
_KIN_MOST = 200


class _Record(msgspec.Struct):
    name: str = ""


_name = msgspec.json.Decoder(_Record).decode


def _named(record: str | None) -> str:
    return _name(record).name if record else ""


class TransactionLooks(Letters):
    """Transactions of one dossier."""

    def deed_seen(self, number: int) -> Deed | None:
        """A transaction with everything that it did; None when there is none."""
        rows = self.rows(_HEAD, number)
        if not rows:
            return None
        kind, direction, day, establishment, label, status, slip, document, caller, at = rows[0]
        return Deed(
            number, kind, direction, _day(day), establishment, label, status, slip, document, caller, at,
            orders=[
                Order(order, change, party, _named(record), held(code), *more)
                for order, change, party, record, code, *more in self.rows(_ORDERS, number)
            ],
            postings=self._postings_of(number),
            instruments=[
                Carried(id_, order, state, held(code), amount, party, bank, bool(active), bool(ended))
                for id_, order, state, code, amount, party, bank, active, ended in self.rows(_INSTRUMENTS, number)
            ],
            settled=[
                Settled(order, operation, party, prefix, piece, _day(due), held(code), amount, open_)
                for order, operation, party, prefix, piece, due, code, amount, open_ in self.rows(_SETTLED, number)
            ],
            lineage=self._lineage_of(number),
        )  # fmt: skip

    def _postings_of(self, number: int) -> list[Posting]:
        rows = self.rows(_POSTINGS, number)
        letters = self.letters(row[0] for row in rows)
        return [
            Posting(
                year, entry, _day(on), journal, text, reversal_of is not None, account, party, _named(record),
                f"{prefix}{piece}", debit, credit, letters[posting, line].code if (posting, line) in letters else "",
            )
            for posting, line, year, entry, on, journal, text, reversal_of, account, party, record, prefix, piece,
            debit, credit in rows
        ]  # fmt: skip

    def _lineage_of(self, number: int) -> list[Kin]:
        """Every transaction before and after it along the payment's life: a statement for each step of it."""
        met = {("before", number), ("after", number)}
        at = set(met)
        while at and len(met) < _KIN_MOST:
            keys = _json([[of, side] for side, of in sorted(at)]).decode()
            at = {(side, found) for side, found in self.rows(_STEP, keys)} - met
            met |= at
        numbers = _json([[of] for of in sorted({of for _, of in met})]).decode()
        return [
            Kin(of, kind, _day(day), status, slip, document)
            for of, kind, day, status, slip, document in self.rows(_KIN, numbers)
        ]
