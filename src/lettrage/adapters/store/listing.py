"""What people and programs read: due items, entries, transactions with their lineage, the portfolio, tasks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from lettrage.adapters.store.lettering import Letters
from lettrage.adapters.store.reading import (
    INSTRUMENT_COLUMNS,
    ITEM_COLUMNS,
    ITEM_JOINS,
    STANDING,
    held,
    instrument,
    item,
)
from lettrage.adapters.store.sql import run
from lettrage.books import shapes
from lettrage.books.chain import shown
from lettrage.books.entry import Entry, Line
from lettrage.books.lettering import Letter
from lettrage.money import Currency, decimal_text
from lettrage.settlement.document import Item

# Which transaction comes right before which: by an instrument moved on, or by an item made earlier and settled later.
_STEPS = """
    SELECT o."transaction" AS earlier, n."transaction" AS later
      FROM instrument n JOIN instrument o ON o.dossier = n.dossier AND o.id = n.previous WHERE n.dossier = ?1
    UNION
    SELECT d."transaction", a."transaction"
      FROM allocation a JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
     WHERE a.dossier = ?1 AND d."transaction" IS NOT NULL
"""

ENTRY_COLUMNS = (
    'e.posting, e.year, e.number, e.date, e.journal, e.label, e.piece, e."transaction", e.slip, r.year, r.number'
    " FROM entry e LEFT JOIN entry r ON r.dossier = e.dossier AND r.posting = e.reversal_of"
)

TASKS = (
    'SELECT k."transaction", k."order", k.item, k.kind, d.third_party, d.prefix, d.piece, k.amount_home, k.vat_home'
    " FROM task k JOIN due_item d ON d.dossier = k.dossier AND d.id = k.item"
    " WHERE k.dossier = ?1 AND k.done_by IS NULL"
)
TASK_ORDER = 'ORDER BY k."transaction", k."order", k.item'


def task_shape(row: Any, home: Currency) -> dict[str, Any]:
    """A row of TASKS in the shape of the interface."""
    transaction, order, _, kind, party, prefix, piece, amount, vat = row
    return {
        "transaction": str(transaction),
        "order": str(order),
        "kind": kind,
        "third_party": party,
        "prefix": prefix,
        "piece": piece,
        "amount": decimal_text(amount, home.decimals),
        "vat": decimal_text(vat, home.decimals),
    }


def by_date_then_piece(value: Item) -> tuple[object, ...]:
    """The order of due items: by due date; then advances (no piece), numbers as numbers, what is no number."""
    piece = value.piece
    rank = 0 if not piece else 1 if piece.isdecimal() else 2
    return value.due_date, rank, int(piece) if rank == 1 else 0, piece, value.id


def _code(letter: Letter | None) -> str:
    return letter.code if letter else ""


class Lists(Letters):
    """The lists of one dossier, in the shapes of `books/shapes.py`."""

    def has_third_party(self, code: str) -> bool:
        """Whether there is a third party of this code."""
        return bool(self.rows("SELECT 1 FROM third_party WHERE dossier = ? AND code = ?", code))

    def items(self, today: date, third_party: str, *, everything: bool) -> list[dict[str, Any]]:
        """Due items and open advances by due date then piece; the settled ones too when everything is asked for."""
        sql = (
            f"SELECT {ITEM_COLUMNS} FROM due_item d{ITEM_JOINS} WHERE d.dossier = ?1"
            " AND (?2 = '' OR d.third_party = ?2) AND (?3 = 'all' OR d.open <> 0)"
            f" AND {STANDING} ORDER BY d.due_date, d.piece, d.id"
        )
        found = sorted(map(item, self.rows(sql, third_party, "all" if everything else "open")), key=by_date_then_piece)
        return [shapes.item(i, today, None if i.transaction is None else str(i.transaction)) for i in found]

    def entries(self, home: Currency, first: str = "", last: str = "") -> list[dict[str, Any]]:
        """Entries dated between two days (ISO, "" for open), by year and number."""
        where = "WHERE e.dossier = ?1 AND (?2 = '' OR e.date >= ?2) AND (?3 = '' OR e.date <= ?3)"
        lines = self._lines(where, first, last)
        rows = self.rows(f"SELECT {ENTRY_COLUMNS} {where} ORDER BY e.year, e.number", first, last)
        return self._shaped(rows, home, lines, self._reglement_nums(), self._on_slip())

    def _shaped(
        self,
        rows: Sequence[Any],
        home: Currency,
        lines: dict[int, list[Line]],
        numbers: dict[int, list[str]],
        on_slip: dict[str | None, list[int]],
    ) -> list[dict[str, Any]]:
        """Rows of ENTRY_COLUMNS in the shape of the interface, with what belongs to them."""
        shaped = []
        letters = self.letters(row[0] for row in rows)
        for posting, year, number, day, journal, label, piece, transaction, slip, of_year, of_number in rows:
            value = Entry(date.fromisoformat(day), journal, label, piece, tuple(lines[posting]), transaction, slip)
            made_by = on_slip[slip] if transaction is None else [transaction]
            shaped.append(
                shapes.entry(
                    value,
                    home,
                    shown(year, number),
                    [str(t) for t in made_by],
                    [n for t in made_by for n in numbers[t]],
                    shown(of_year, of_number) if of_year else None,
                    [_code(letters.get((posting, line))) for line in range(1, len(value.lines) + 1)],
                )
            )
        return shaped

    def _lines(self, where: str, *parameters: str) -> dict[int, list[Line]]:
        sql = (
            "SELECT l.posting, l.account, l.debit - l.credit, l.currency, l.amount, l.third_party, l.item"
            " FROM entry_line l JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting"
            f" {where} ORDER BY l.posting, l.line"
        )
        lines: dict[int, list[Line]] = defaultdict(list)
        for posting, account, home, code, amount, party, item_id in self.rows(sql, *parameters):
            lines[posting].append(Line(account, home, held(code), amount, party, item_id))
        return lines

    def _reglement_nums(self) -> dict[int, list[str]]:
        numbers: dict[int, list[str]] = defaultdict(list)
        sql = (
            "SELECT \"transaction\", reglement_num FROM header WHERE dossier = ? AND reglement_num <> ''"
            ' ORDER BY "transaction", "order"'
        )
        for transaction, number in self.rows(sql):
            numbers[transaction].append(number)
        return numbers

    def _on_slip(self) -> dict[str | None, list[int]]:
        """The transactions of each slip: they share its entry."""
        transactions: dict[str | None, list[int]] = defaultdict(list)
        for slip, number in self.rows(
            'SELECT slip, "transaction" FROM slip_transaction WHERE dossier = ? ORDER BY slip, "transaction"'
        ):
            transactions[slip].append(number)
        return transactions

    def transaction(self, number: int, home: Currency) -> dict[str, Any] | None:
        """One transaction with its orders, instruments, entries and lineage; None when there is none."""
        found = self.rows('SELECT status, date FROM "transaction" WHERE dossier = ? AND number = ?', number)
        if not found:
            return None
        status, day = found[0]
        orders = self.rows(
            'SELECT "order", state_change, reglement_num, label FROM header WHERE dossier = ? AND "transaction" = ?'
            ' ORDER BY "order"',
            number,
        )
        return {
            "number": str(number),
            "status": status,
            "date": day,
            "orders": [
                {"order": str(order), "state_change": change, "reglement_num": num, "label": label}
                for order, change, num, label in orders
            ],
            "instruments": [shapes.instrument(i, home, str(i.id)) for i in self._instruments_made(number)],
            "lineage": self._lineage(number),
            "entries": self._entry_numbers(number),
        }

    def _instruments_made(self, number: int) -> Iterable[Any]:
        sql = (
            f"SELECT {INSTRUMENT_COLUMNS} FROM instrument i WHERE i.dossier = ?"
            ' AND i."transaction" = ? ORDER BY i."order", i.id'
        )
        return map(instrument, self.rows(sql, number))

    def _entry_numbers(self, number: int) -> list[str]:
        """The entries of a transaction, its slips' included; a loaded one has its opening entry."""
        sql = (
            'SELECT e.year, e.number FROM entry e WHERE e.dossier = ?1 AND (e."transaction" = ?2 OR'
            " (e.\"transaction\" IS NULL AND e.journal = 'AN' AND e.piece = ?3 AND EXISTS (SELECT 1 FROM"
            " \"transaction\" t WHERE t.dossier = ?1 AND t.number = ?2 AND t.kind = 'loaded'))"
            " OR e.posting IN (SELECT s.posting FROM slip_transaction x JOIN slip s ON s.dossier = x.dossier AND"
            ' s.number = x.slip WHERE x.dossier = ?1 AND x."transaction" = ?2'
            " UNION SELECT s.reversal FROM slip_transaction x JOIN slip s ON s.dossier = x.dossier AND"
            ' s.number = x.slip WHERE x.dossier = ?1 AND x."transaction" = ?2))'
            " ORDER BY e.posting"
        )
        return [shown(*row) for row in self.rows(sql, number, str(number))]

    def _lineage(self, number: int) -> list[str]:
        """Every transaction before and after this one, step by step along the payment's life."""
        sql = (
            f"WITH RECURSIVE step AS MATERIALIZED ({_STEPS}),"
            " before(number) AS (SELECT ?2 UNION SELECT earlier FROM step JOIN before ON later = number),"
            " after(number) AS (SELECT ?2 UNION SELECT later FROM step JOIN after ON earlier = number)"
            " SELECT number FROM before UNION SELECT number FROM after ORDER BY 1"
        )
        return [str(row[0]) for row in self.rows(sql, number) if row[0] != number]

    def portfolio(self, home: Currency, state: str = "") -> list[dict[str, Any]]:
        """The active instruments, by transaction and order."""
        sql = (
            f"SELECT {INSTRUMENT_COLUMNS}, t.slip FROM instrument i"
            ' JOIN "transaction" t ON t.dossier = i.dossier AND t.number = i."transaction"'
            " WHERE i.dossier = ?1 AND i.active = 1 AND (?2 = '' OR i.state = ?2)"
            ' ORDER BY i."transaction", i."order", i.id'
        )
        return [shapes.portfolio_line(instrument(row[:-1]), home, row[-1]) for row in self.rows(sql, state)]

    def tasks(self, home: Currency) -> list[dict[str, Any]]:
        """What a person still has to do: credit notes to issue, or to receive, for discounts with their VAT."""
        return [task_shape(row, home) for row in self.rows(f"{TASKS} {TASK_ORDER}")]

    def close_task(self, transaction: int, piece: str, credit_note: str) -> int:
        """Give the number of the credit note that a task asked for; how many tasks that closed."""
        sql = (
            'UPDATE task SET done_by = ?4 WHERE dossier = ?1 AND "transaction" = ?2 AND done_by IS NULL AND item IN'
            " (SELECT id FROM due_item WHERE dossier = ?1 AND piece = ?3)"
        )
        closed: int = run(self.connection, sql, (self.dossier, transaction, piece, credit_note)).rowcount
        return closed
