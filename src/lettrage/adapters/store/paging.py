"""The lists in pages: each goes on from the last line of the page before, by an index.

A page of due items costs as much as the due items of its days; the others cost as much as they show.
"""

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

import msgspec

from lettrage.adapters.store.listing import ENTRY_COLUMNS, TASK_ORDER, TASKS, Lists, task_shape
from lettrage.adapters.store.reading import INSTRUMENT_COLUMNS, ITEM_COLUMNS, ITEM_JOINS, STANDING, instrument, item
from lettrage.books import shapes
from lettrage.money import Currency
from lettrage.refusal import Refusal, Stop, quoted

_json = msgspec.json.Encoder().encode
Position = tuple[int | str, ...]  # of the last line of a page, in the order of its list
_NUMBERS = 2**63  # what a column of numbers holds is below

# By due date, then piece: advances have none, numbers count as numbers, then what is no number.
_RANK = "CASE WHEN d.piece = '' THEN 0 WHEN trim(d.piece, '0123456789') = '' THEN 1 ELSE 2 END"
_FIGURE = "CASE WHEN trim(d.piece, '0123456789') = '' THEN ltrim(d.piece, '0') ELSE '' END"
_ITEM_ORDER = f"d.due_date, {_RANK}, length({_FIGURE}), {_FIGURE}, d.piece, d.id"
_ENTRY_POSTINGS = "WHERE e.dossier = ?1 AND e.posting IN (SELECT CAST(k.value->>0 AS BIGINT) FROM json_each(?2) k)"
_INSTRUMENT_ORDER = 'i."transaction", i."order", i.id'


class Page(NamedTuple):
    """Lines of a list, and the position of the last one; None where the list ends."""

    lines: list[dict[str, Any]]
    last: Position | None


class Pages(Lists):
    """The lists of one dossier, page by page. `after`: the position where the page before ended; () at the start."""

    def items_page(self, today: date, third_party: str, after: Position, limit: int, *, everything: bool) -> Page:
        """Due items and open advances by due date then piece; the settled ones too when everything is asked for."""
        position = begun(after, ("", -1, -1, "", "", -1))
        where = [
            "WHERE d.dossier = ?1 AND d.due_date >= ?2",
            f"AND ({_ITEM_ORDER}) > (?2, ?3, ?4, ?5, ?6, ?7) AND {STANDING}",
            *([] if everything else ["AND d.open <> 0"]),
            *(["AND d.third_party = ?9"] if third_party else []),
        ]
        shown = f"SELECT d.* FROM due_item d {' '.join(where)} ORDER BY {_ITEM_ORDER} LIMIT ?8"
        sql = f"SELECT {_ITEM_ORDER}, {ITEM_COLUMNS} FROM ({shown}) d{ITEM_JOINS} ORDER BY {_ITEM_ORDER}"
        rows = self.rows(sql, *position, limit + 1, *([third_party] if third_party else []))
        found = [item(row[6:]) for row in rows[:limit]]
        lines = [shapes.item(i, today, None if i.transaction is None else str(i.transaction)) for i in found]
        return page(lines, [tuple(row[:6]) for row in rows], limit)

    def entries_page(self, home: Currency, first: str, last: str, after: Position, limit: int) -> Page:
        """Entries dated between two days (ISO, "" for open), by year and number."""
        where = [
            "WHERE e.dossier = ?1 AND (e.year, e.number) > (?2, ?3)",
            "AND (?5 = '' OR e.date >= ?5) AND (?6 = '' OR e.date <= ?6)",
        ]
        sql = f"SELECT {ENTRY_COLUMNS} {' '.join(where)} ORDER BY e.year, e.number LIMIT ?4"
        rows = self.rows(sql, *begun(after, ("", 0)), limit + 1, first, last)
        shown = rows[:limit]
        lines = self._lines(_ENTRY_POSTINGS, _json([[row[0]] for row in shown]).decode())
        on_slip = self._on_these(sorted({row[8] for row in shown if row[8]}))
        transactions = {row[7] for row in shown if row[7]}.union(*on_slip.values())
        numbers = self._numbers_of(sorted(transactions))
        return page(self._shaped(shown, home, lines, numbers, on_slip), [(row[1], row[2]) for row in rows], limit)

    def _on_these(self, slips: list[str]) -> dict[str | None, list[int]]:
        sql = (
            'SELECT s.slip, s."transaction" FROM json_each(?2) k CROSS JOIN slip_transaction s ON s.dossier = ?1'
            ' AND s.slip = k.value->>0 ORDER BY s.slip, s."transaction"'
        )
        transactions: dict[str | None, list[int]] = defaultdict(list)
        for slip, number in self.rows(sql, _json([[slip] for slip in slips]).decode()):
            transactions[slip].append(number)
        return transactions

    def _numbers_of(self, transactions: list[int]) -> dict[int, list[str]]:
        sql = (
            'SELECT h."transaction", h.reglement_num FROM json_each(?2) k CROSS JOIN header h ON h.dossier = ?1'
            " AND h.\"transaction\" = CAST(k.value->>0 AS BIGINT) AND h.reglement_num <> ''"
            ' ORDER BY h."transaction", h."order"'
        )
        numbers: dict[int, list[str]] = defaultdict(list)
        for transaction, number in self.rows(sql, _json([[number] for number in transactions]).decode()):
            numbers[transaction].append(number)
        return numbers

    def portfolio_page(self, home: Currency, state: str, after: Position, limit: int) -> Page:
        """The active instruments, by transaction and order."""
        sql = (
            f"SELECT {INSTRUMENT_COLUMNS}, t.slip FROM instrument i"
            ' JOIN "transaction" t ON t.dossier = i.dossier AND t.number = i."transaction"'
            f" WHERE i.dossier = ?1 AND i.active = 1 AND ({_INSTRUMENT_ORDER}) > (?2, ?3, ?4)"
            f" AND (?6 = '' OR i.state = ?6) ORDER BY {_INSTRUMENT_ORDER} LIMIT ?5"
        )
        rows = self.rows(sql, *begun(after, (0, 0, 0)), limit + 1, state)
        lines = [shapes.portfolio_line(instrument(row[:-1]), home, row[-1]) for row in rows[:limit]]
        return page(lines, [(row[1], row[2], row[0]) for row in rows], limit)

    def tasks_page(self, home: Currency, after: Position, limit: int) -> Page:
        """What a person still has to do."""
        sql = f'{TASKS} AND (k."transaction", k."order", k.item) > (?2, ?3, ?4) {TASK_ORDER} LIMIT ?5'
        rows = self.rows(sql, *begun(after, (0, 0, 0)), limit + 1)
        return page([task_shape(row, home) for row in rows[:limit]], [tuple(row[:3]) for row in rows], limit)


def begun(after: Position, start: Position) -> Position:
    """Where a page goes on: `start` is before the first line. Raises Stop for a position of no list of this kind."""
    fits = [type(part) for part in after] == [type(part) for part in start]
    if after and not (fits and all(map(_is_stored, after))):
        raise Stop(Refusal("other_cursor", "cursor", quoted(str(after))))
    return after or start


def _is_stored(part: int | str) -> bool:
    """Whether a column can hold this, on every database."""
    return "\0" not in part if isinstance(part, str) else abs(part) < _NUMBERS


def page(lines: list[dict[str, Any]], positions: list[Position], limit: int) -> Page:
    """A page of `limit` lines at most, where one more was asked for to see whether the list goes on."""
    return Page(lines, positions[limit - 1] if len(positions) > limit else None)
