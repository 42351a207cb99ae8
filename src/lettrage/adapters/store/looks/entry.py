"""What the entry of a settlement by hand looks at: third parties by code or name, what one of them has open."""

from collections.abc import Collection
from datetime import date

import msgspec

from lettrage.adapters.store.listing import by_date_then_piece
from lettrage.adapters.store.reading import ITEM_COLUMNS, ITEM_JOINS, STANDING, Reader, item
from lettrage.books.owed import Owed, Party, Received

_PARTIES = """
SELECT code, ledger, record FROM third_party WHERE dossier = ?1 AND (lower(code) LIKE ?2 OR lower(record) LIKE ?3)
ORDER BY CASE WHEN lower(code) LIKE ?2 THEN 0 ELSE 1 END, code LIMIT ?4
"""
_OPEN = f"d.dossier = ?1 AND d.third_party = ?2 AND d.open <> 0 AND {STANDING}"
_SUMS = f"""
SELECT d.currency, count(*), CAST(sum(d.open) AS BIGINT) FROM due_item d WHERE {_OPEN} GROUP BY d.currency
ORDER BY d.currency
"""
_ITEMS = f"""
SELECT {ITEM_COLUMNS} FROM due_item d{ITEM_JOINS} WHERE {_OPEN} AND d.currency = ?3 AND d.disputed = 0
AND (lower(d.piece) LIKE ?4 OR d.id IN (SELECT CAST(k.value->>0 AS BIGINT) FROM json_each(?5) k))
ORDER BY d.due_date, d.piece, d.id LIMIT ?6
"""
_ALIKE = """
SELECT max(i."transaction") FROM instrument i WHERE i.dossier = ?1 AND i.active = 1 AND i.third_party = ?2
AND i.state = ?3 AND i.amount = ?4 AND i.currency = ?5 AND i.date = ?6
"""
_RECEIVED = """
SELECT m.raw, o.resultcode, h.by FROM document m
JOIN outcome o ON o.dossier = m.dossier AND o.document = m.id AND o.position = ?3
LEFT JOIN handled h ON h.dossier = o.dossier AND h.document = o.document AND h.position = o.position
WHERE m.dossier = ?1 AND m.id = ?2
"""


class _Named(msgspec.Struct):
    """What of a third party's record is shown here."""

    name: str = ""


_named = msgspec.json.Decoder(_Named).decode


class EntryLooks(Reader):
    """What a settlement by hand is made of."""

    def parties_like(self, text: str, limit: int) -> list[Party]:
        """Third parties whose code begins with a text, then those whose name has it."""
        words = text.casefold()
        found = []
        for code, ledger, record in self.rows(_PARTIES, _escaped(words) + "%", f"%{_escaped(words)}%", 25 * limit):
            party = Party(code, ledger, _named(record).name)
            if code.casefold().startswith(words) or words in party.name.casefold():
                found.append(party)
        return found[:limit]

    def party(self, code: str) -> Party | None:
        """A third party by its code, in capitals or not."""
        sql = "SELECT code, ledger, record FROM third_party WHERE dossier = ?1 AND code IN (?2, ?3) ORDER BY code"
        for found, ledger, record in self.rows(sql, code, code.upper()):
            return Party(found, ledger, _named(record).name)
        return None

    def owed(self, third_party: str, currency: str, search: str, chosen: Collection[int], limit: int) -> Owed:
        """What is open of a third party in a currency and may be settled: pieces like the search, and those chosen.

        Two statements, by the index of what is open of a third party.
        """
        sums = {code: (count, balance) for code, count, balance in self.rows(_SUMS, third_party)}
        count, balance = sums.pop(currency, (0, 0))
        others = {code: count for code, (count, _) in sums.items()}
        if not count:
            return Owed(others=others)
        keys = msgspec.json.encode([[id_] for id_ in sorted(chosen)]).decode()
        rows = self.rows(_ITEMS, third_party, currency, f"%{_escaped(search.lower())}%", keys, limit)
        items = sorted(map(item, rows), key=by_date_then_piece)
        return Owed(tuple(items), count, balance, others)

    def alike(self, third_party: str, state: str, amount: int, currency: str, day: date) -> int | None:
        """The last transaction with the same money: from the same third party, in the same way, on the same day."""
        found: int | None = self.rows(_ALIKE, third_party, state, amount, currency, day.isoformat())[0][0]
        return found

    def received(self, document: int, position: int) -> Received | None:
        """One settlement of a document that was received."""
        for raw, resultcode, by in self.rows(_RECEIVED, document, position):
            return Received(bytes(raw), resultcode != 0, by is not None)
        return None


def _escaped(text: str) -> str:
    """A text to look for: its own signs for "anything" mean nothing special, and one sign stands for each."""
    return text.replace("%", "_").replace('"', "_").replace("\\", "_")
