"""Entries typed by hand in the database: drafts, what they became, what they opened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from lettrage.adapters.store import schema
from lettrage.adapters.store.batch import Batch
from lettrage.adapters.store.reading import ITEM_COLUMNS, ITEM_JOINS, Reader, held, item
from lettrage.adapters.store.sql import run, run_many
from lettrage.adapters.store.writing import insert, item_row
from lettrage.books.chain import shown
from lettrage.books.drafts import Draft, DraftLine, KeptDraft, Typed
from lettrage.books.entry import Entry, Line
from lettrage.books.late import Claimed
from lettrage.settlement.document import Item, Ledger

_json = msgspec.json.Encoder().encode
_day = date.fromisoformat

_COLUMNS = (
    "f.id, f.date, f.journal, f.label, f.piece, f.made_at, f.made_by, f.changed_at, f.changed_by, e.year, e.number"
)
_ENTRY_OF = "LEFT JOIN entry e ON e.dossier = f.dossier AND e.posting = f.posting"
_THESE = (
    f"SELECT {_COLUMNS} FROM json_each(?2) k CROSS JOIN draft f ON f.dossier = ?1"
    f" AND f.id = CAST(k.value->>0 AS BIGINT) {_ENTRY_OF} ORDER BY f.id"
)
_OPEN = (
    f"SELECT {_COLUMNS} FROM draft f {_ENTRY_OF} WHERE f.dossier = ?1 AND f.posting IS NULL"
    " AND (f.date > ?2 OR (f.date = ?2 AND f.id > ?3)) ORDER BY f.date, f.id LIMIT ?4"
)
_LINES = """
SELECT l.draft, l.account, l.third_party, l.debit - l.credit, l.currency, l.amount, l.due_date FROM json_each(?2) k
CROSS JOIN draft_line l ON l.dossier = ?1 AND l.draft = CAST(k.value->>0 AS BIGINT) ORDER BY l.draft, l.line
"""
# A draft that claimed late interest and was dropped leaves its number unused: nothing else claims in its name.
_NEXT = """
SELECT coalesce(max(n), 0) + 1 FROM (SELECT max(id) AS n FROM draft WHERE dossier = ?1
                                     UNION ALL SELECT max(draft) FROM late_claim WHERE dossier = ?1) used
"""
_NEXT_CLAIM = "SELECT coalesce(max(id), 0) + 1 FROM late_claim WHERE dossier = ?1"
_CHANGE = """
UPDATE draft SET date = ?3, journal = ?4, label = ?5, piece = ?6, changed_at = ?7, changed_by = ?8
WHERE dossier = ?1 AND id = ?2
"""
_KINDS = """
SELECT p.code, p.ledger FROM json_each(?2) k CROSS JOIN third_party p ON p.dossier = ?1 AND p.code = k.value->>0
"""
_DUE = """
SELECT d.third_party, d.prefix, d.piece, d.due_date FROM json_each(?2) k CROSS JOIN due_item d ON d.dossier = ?1
AND d.third_party = k.value->>0 AND d.prefix = k.value->>1 AND d.piece = k.value->>2 WHERE d.due_date = k.value->>3
"""
_TYPED = """
SELECT e.posting, e.date, e.journal, e.label, e.piece, e."transaction", e.slip, e.reversal_of, f.id, r.year, r.number
FROM entry e
LEFT JOIN draft f ON f.dossier = e.dossier AND f.posting = e.posting
LEFT JOIN entry r ON r.dossier = e.dossier AND r.reversal_of = e.posting
WHERE e.dossier = ?1 AND e.year = ?2 AND e.number = ?3
"""
_ITS_LINES = """
SELECT account, debit - credit, currency, amount, third_party, item FROM entry_line
WHERE dossier = ?1 AND posting = ?2 ORDER BY line
"""
_OPENED = (
    f"SELECT {ITEM_COLUMNS} FROM json_each(?2) k CROSS JOIN due_item d ON d.dossier = ?1"
    f" AND d.id = CAST(k.value->>0 AS BIGINT){ITEM_JOINS} ORDER BY d.id"
)


class Drafts(Reader):
    """Reads and writes entries typed by hand. Satisfies the port `DraftBook`."""

    # ------------------------------------------------------------ drafts

    def drafts(self, numbers: Sequence[int]) -> list[KeptDraft]:
        """These drafts, those that are there."""
        return self._whole(self.rows(_THESE, _keys(dict.fromkeys(numbers))))

    def open_drafts(self, after: tuple[str, int] = ("", 0), limit: int = 100) -> list[KeptDraft]:
        """Drafts that are no entries yet, by date, from one on."""
        return self._whole(self.rows(_OPEN, *after, limit))

    def _whole(self, rows: Sequence[Any]) -> list[KeptDraft]:
        lines: dict[int, list[DraftLine]] = defaultdict(list)
        for number, account, party, home, code, amount, due in self.rows(_LINES, _keys(row[0] for row in rows)):
            due_date = _day(due) if due else None
            lines[number].append(DraftLine(account, home, held(code), amount, party, due_date))
        return [_kept(row, tuple(lines[row[0]])) for row in rows]

    def keep_drafts(self, drafts: Sequence[Draft], at: str, by: str) -> list[int]:
        """Keep new drafts; their numbers."""
        ((first,),) = self.rows(_NEXT)
        numbered = list(enumerate(drafts, first))
        insert(
            self.connection,
            schema.draft,
            (
                (self.dossier, number, d.date.isoformat(), d.journal, d.label, d.piece, at, by, at, by, None)
                for number, d in numbered
            ),
        )
        self._keep_lines(numbered)
        return [number for number, _ in numbered]

    def keep_claims(self, made: Sequence[tuple[int, Sequence[Claimed]]]) -> None:
        """Write what these drafts claim for late payment."""
        ((first,),) = self.rows(_NEXT_CLAIM)
        claims = [(draft, one) for draft, own in made for one in own]
        insert(
            self.connection,
            schema.late_claim,
            (
                (
                    self.dossier, number, draft, one.third_party, one.piece, one.due_date.isoformat(), one.base,
                    one.after.isoformat(), one.until.isoformat(), one.interest, one.indemnity,
                )
                for number, (draft, one) in enumerate(claims, first)
            ),
        )  # fmt: skip

    def change_draft(self, number: int, draft: Draft, at: str, by: str) -> None:
        """Put another text in its place."""
        values = (draft.date.isoformat(), draft.journal, draft.label, draft.piece, at, by)
        run(self.connection, _CHANGE, (self.dossier, number, *values))
        self._drop_lines(number)
        self._keep_lines([(number, draft)])

    def drop_draft(self, number: int) -> None:
        """Forget it."""
        self._drop_lines(number)
        run(self.connection, "DELETE FROM draft WHERE dossier = ?1 AND id = ?2", (self.dossier, number))

    def validated(self, became: Sequence[tuple[int, int]]) -> None:
        """Write which entry each draft became: its number, and the entry's rank."""
        sql = "UPDATE draft SET posting = ?3 WHERE dossier = ?1 AND id = ?2"
        run_many(self.connection, sql, [(self.dossier, *row) for row in became])

    def _drop_lines(self, number: int) -> None:
        run(self.connection, "DELETE FROM draft_line WHERE dossier = ?1 AND draft = ?2", (self.dossier, number))

    def _keep_lines(self, numbered: Iterable[tuple[int, Draft]]) -> None:
        insert(
            self.connection,
            schema.draft_line,
            (
                (
                    self.dossier, number, at, line.account, line.third_party, max(line.home, 0), max(-line.home, 0),
                    line.currency.code, line.amount, line.due_date.isoformat() if line.due_date else None,
                )
                for number, draft in numbered
                for at, line in enumerate(draft.lines, 1)
            ),
        )  # fmt: skip

    # ------------------------------------------------------------ validating

    def kinds(self, third_parties: Sequence[str]) -> dict[str, Ledger]:
        """Which of these third parties there are, and whether customer or supplier."""
        return dict(tuple(row) for row in self.rows(_KINDS, _keys(third_parties)))

    def due_already(self, items: Sequence[Item]) -> set[tuple[str, str, str, date]]:
        """Which of the third parties, prefixes, pieces and due dates of these there are in the books."""
        return {(party, prefix, piece, _day(due)) for party, prefix, piece, due in self._named_alike(items)}

    def _named_alike(self, items: Sequence[Item]) -> Sequence[Any]:
        named = {(i.third_party, i.prefix, i.piece, i.due_date.isoformat()) for i in items}
        return self.rows(_DUE, _json(sorted(named)).decode())

    def open_items(self, items: Sequence[Item]) -> None:
        """Write due items that an entry typed by hand opens."""
        if not items:
            return
        batch = Batch()
        batch.insert(schema.due_item, (item_row(self.dossier, one) for one in items))
        batch.write(self.connection)
        self.advance({"next_item": items[-1].id + 1})

    # ------------------------------------------------------------ taking back

    def typed(self, number: str) -> Typed | None:
        """The entry of this number, as taking it back looks at it."""
        year, _, counted = number.rpartition("-")
        if not (counted.isascii() and counted.isdigit() and len(counted) <= 15):
            return None
        rows = self.rows(_TYPED, year, int(counted))
        if not rows:
            return None
        posting, day, journal, label, piece, transaction, slip, reversal_of, draft, of_year, of_number = rows[0]
        lines = tuple(_line(row) for row in self.rows(_ITS_LINES, posting))
        entry = Entry(_day(day), journal, label, piece, lines, transaction, slip, reversal_of)
        by_hand = draft is not None
        named = [line.item for line in lines if line.item is not None] if by_hand else []
        opened = tuple(item(row) for row in self.rows(_OPENED, _keys(named)))
        taken_by = shown(of_year, of_number) if of_year else ""
        return Typed(posting, entry, by_hand, taken_by, opened, self._doubles(opened))

    def is_by_hand(self, posting: int) -> bool:
        """Whether an entry was typed by hand."""
        return bool(self.rows("SELECT 1 FROM draft WHERE dossier = ?1 AND posting = ?2", posting))

    def _doubles(self, opened: Sequence[Item]) -> dict[int, int]:
        counts: dict[tuple[object, ...], int] = defaultdict(int)
        for row in self._named_alike(opened):
            counts[tuple(row)] += 1
        return {i.id: counts[i.third_party, i.prefix, i.piece, i.due_date.isoformat()] for i in opened}


def _kept(row: Any, lines: tuple[DraftLine, ...]) -> KeptDraft:
    number, day, journal, label, piece, made_at, made_by, changed_at, changed_by, of_year, of_number = row
    draft = Draft(_day(day), journal, label, piece, lines)
    entry = shown(of_year, of_number) if of_year else ""
    return KeptDraft(number, draft, made_at, made_by, changed_at, changed_by, entry)


def _line(row: Any) -> Line:
    account, home, code, amount, party, of_item = row
    return Line(account, home, held(code), amount, party, of_item)


def _keys(values: Iterable[object]) -> str:
    return _json([[value] for value in values]).decode()
