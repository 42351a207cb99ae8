"""What was done, read back whole in order to give it back; and the writing of returns and cancellations."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.batch import Batch
from lettrage.adapters.store.reading import INSTRUMENT_COLUMNS, ITEM_COLUMNS, ITEM_JOINS, Reader, held, instrument, item
from lettrage.adapters.store.sql import run, run_many
from lettrage.books.entry import Entry, Line
from lettrage.settlement.desk import Snapshot, Wanted
from lettrage.settlement.document import Allocation, Item, Plan, Task, ThirdParty, Transaction, VatMove
from lettrage.settlement.past import Cancellation, Deed, Life, Numbers, Past, PastTask, Returned, Unpaid

_json = msgspec.json.Encoder().encode
_day = date.fromisoformat

_THESE = 'FROM json_each(?2) k CROSS JOIN {0} ON {1}.dossier = ?1 AND {1}."transaction" = CAST(k.value->>0 AS BIGINT)'
_HEADERS = (
    'SELECT h."transaction", h."order", t.kind, t.direction, t.date, t.establishment, h.third_party, h.currency,'
    f" h.amount, h.home, h.bank, h.lines {_THESE.format('header h', 'h')}"
    ' JOIN "transaction" t ON t.dossier = h.dossier AND t.number = h."transaction"'
    ' ORDER BY h."transaction", h."order"'
)
_LINES = (
    'SELECT e."transaction", l.account, l.debit - l.credit, l.currency, l.amount, l.third_party, l.item'
    f" {_THESE.format('entry e', 'e')} AND e.reversal_of IS NULL"
    " CROSS JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting ORDER BY l.posting, l.line"
)
_ALLOCATIONS = (
    'SELECT a."transaction", a."order", a.item, a.operation, a.amount, a.relieved_home, a.value_home, a.paid,'
    f' a.successor {_THESE.format("allocation a", "a")} ORDER BY a."transaction", a.line'
)
_VAT_MOVES = (
    'SELECT v."transaction", v."order", v.item, v.line, v.rate, v.vat_home, v.freed_home'
    f' {_THESE.format("vat_move v", "v")} ORDER BY v."transaction", v."order", v.item, v.line'
)
_TASKS = (
    'SELECT w."transaction", w."order", w.kind, w.item, w.amount_home, w.vat_home, w.done_by'
    f' {_THESE.format("task w", "w")} ORDER BY w."transaction", w."order", w.item'
)
_ITEMS = (
    f"WITH touched(id) AS (SELECT a.item {_THESE.format('allocation a', 'a')}"
    f" UNION SELECT m.id {_THESE.format('due_item m', 'm')})"
    f" SELECT {ITEM_COLUMNS} FROM touched CROSS JOIN due_item d ON d.dossier = ?1 AND d.id = touched.id"
    f"{ITEM_JOINS} ORDER BY d.id"
)
_THESE_INSTRUMENTS = (
    f"SELECT {INSTRUMENT_COLUMNS} FROM json_each(?2) k CROSS JOIN instrument i ON i.dossier = ?1"
    " AND i.id = CAST(k.value->>0 AS BIGINT)"
)
_BEFORE = """
SELECT i.previous, i."transaction", i."order", t.kind FROM instrument i
JOIN "transaction" t ON t.dossier = i.dossier AND t.number = i."transaction" WHERE i.dossier = ?1 AND i.id = ?2
"""
_TRANSACTION = 'SELECT kind, date, status, slip FROM "transaction" WHERE dossier = ?1 AND number = ?2'
_PARTY = "SELECT ledger, means FROM third_party WHERE dossier = ?1 AND code = ?2"
_MADE = f'SELECT {INSTRUMENT_COLUMNS} FROM instrument i WHERE i.dossier = ?1 AND i."transaction" = ?2 ORDER BY i.id'
_ENDED = f"""
SELECT {INSTRUMENT_COLUMNS} FROM instrument m JOIN instrument i ON i.dossier = m.dossier AND i.id = m.previous
WHERE m.dossier = ?1 AND m."transaction" = ?2 ORDER BY i.id
"""
_MOVED_ON = """
SELECT DISTINCT n."transaction" FROM instrument m
JOIN instrument n ON n.dossier = m.dossier AND n.previous = m.id
JOIN "transaction" t ON t.dossier = n.dossier AND t.number = n."transaction"
WHERE m.dossier = ?1 AND m."transaction" = ?2 AND t.status <> 'cancelled' ORDER BY 1
"""
# What a transaction made, or opened again, and that a later one has touched.
_BUILT_ON = """
WITH own(id) AS (
    SELECT d.id FROM due_item d WHERE d.dossier = ?1 AND d."transaction" = ?2
    UNION
    SELECT a.item FROM allocation a JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
    WHERE a.dossier = ?1 AND a."transaction" = ?2 AND a.operation <> 'WPA'
    GROUP BY a.item, d.amount HAVING sum(a.amount) * d.amount < 0
)
SELECT DISTINCT a."transaction" FROM own CROSS JOIN allocation a ON a.dossier = ?1 AND a.item = own.id
JOIN "transaction" t ON t.dossier = a.dossier AND t.number = a."transaction"
WHERE a."transaction" > ?2 AND t.status <> 'cancelled' ORDER BY 1
"""
_ENTRY = """
SELECT posting, date, journal, label, piece, "transaction", slip FROM entry
WHERE dossier = ?1 AND "transaction" = ?2 AND reversal_of IS NULL
"""
_RETURNED = f"""
SELECT u."transaction", u.undone_transaction, u.undone_order {_THESE.format("unpaid u", "u")}
"""
_RETURNS = """
SELECT count(*) FROM unpaid u JOIN "transaction" t ON t.dossier = u.dossier AND t.number = u."transaction"
WHERE u.dossier = ?1 AND u.third_party = ?2 AND t.status <> 'cancelled'
"""
_ACTIVE = "UPDATE instrument SET active = ?3 WHERE dossier = ?1 AND id = ?2"
_WITHDRAW = (
    'UPDATE task SET done_by = \'\' WHERE dossier = ?1 AND "transaction" = ?2 AND "order" = ?3 AND done_by IS NULL'
)
_WANT_AGAIN = (
    'UPDATE task SET done_by = NULL WHERE dossier = ?1 AND "transaction" = ?2 AND "order" = ?3 AND done_by = \'\''
)
_UNDONE = 'SELECT undone_transaction, undone_order FROM unpaid WHERE dossier = ?1 AND "transaction" = ?2'
_CANCELLED = "UPDATE \"transaction\" SET status = 'cancelled' WHERE dossier = ?1 AND number = ?2"

BRINGS_IN = ("settlement", "represented", "loaded")  # kinds of transaction


class Undoing(Reader):
    """Reads what was done, and writes what gives it back."""

    # ------------------------------------------------------------ reading

    def past(self, transactions: Iterable[int]) -> list[Past]:
        """Every header of these transactions, with all that it did."""
        keys = _json([[number] for number in transactions]).decode()
        headers = self.rows(_HEADERS, keys)
        headers_of = Counter(row[0] for row in headers)
        lines = _by(1, self.rows(_LINES, keys))
        allocations, moves, tasks = (_by(2, self.rows(sql, keys)) for sql in (_ALLOCATIONS, _VAT_MOVES, _TASKS))
        items = {found.id: found for found in map(item, self.rows(_ITEMS, keys))}
        made = _made(items.values())
        at: dict[int, int] = defaultdict(int)
        found = []
        for header in headers:
            number, order, count = header[0], header[1], header[-1]
            own = lines[number,]
            if headers_of[number] > 1:
                own, at[number] = own[at[number] : at[number] + count], at[number] + count
            key = number, order
            found.append(_past(header, own, allocations[key], moves[key], tasks[key], items, made[key]))
        return found

    def lives(self, transaction: int) -> list[Life]:
        """Each instrument that a transaction made, with the one that stands for it now."""
        made = {i.id: i for i in map(instrument, self.rows(_MADE, transaction))}
        moved = self.moved_on(made)
        keys = _json([[row[1]] for row in moved.values()]).decode()
        last = {i.id: i for i in map(instrument, self.rows(_THESE_INSTRUMENTS, keys))}
        own = self.rows(_TRANSACTION, transaction)
        lives = []
        for first in made.values():
            row = moved.get(first.id)
            kind, status = (own[0][0], own[0][2]) if row is None else row[3:]
            lives.append(Life(first, first if row is None else last[row[1]], kind, status))
        return lives

    def brought_in_by(self, instrument_id: int) -> Past:
        """The header that had brought an instrument in: a receipt, a presentation after a return, or a load."""
        at: int | None = instrument_id
        while at is not None:
            ((at, number, order, kind),) = self.rows(_BEFORE, at)
            if kind in BRINGS_IN:
                return next(past for past in self.past([number]) if past.order == order)
        raise AssertionError(instrument_id)

    def deed(self, transaction: int) -> Deed | None:
        """A transaction with all that it did, and what stands in the way of cancelling it."""
        rows = self.rows(_TRANSACTION, transaction)
        if not rows:
            return None
        kind, day, status, slip = rows[0]
        posting, entry = self._own_entry(transaction)
        return Deed(
            transaction, kind, _day(day), status, slip or "",
            tuple(self.past([transaction])),
            tuple(map(instrument, self.rows(_MADE, transaction))),
            tuple(map(instrument, self.rows(_ENDED, transaction))),
            tuple(row[0] for row in self.rows(_MOVED_ON, transaction)),
            tuple(row[0] for row in self.rows(_BUILT_ON, transaction)),
            posting, entry,
        )  # fmt: skip

    def _own_entry(self, transaction: int) -> tuple[int | None, Entry | None]:
        """The entry that a transaction made; none while it awaits its slip, or where a slip made it."""
        rows = self.rows(_ENTRY, transaction)
        if not rows:
            return None, None
        posting, day, journal, label, piece, number, slip = rows[0]
        lines = tuple(_line(row[1:]) for row in self.rows(_LINES, _json([[transaction]]).decode()))
        return posting, Entry(_day(day), journal, label, piece, lines, number, slip)

    def status(self, transaction: int) -> str:
        """What a transaction's status is; "" when there is no such transaction."""
        rows = self.rows(_TRANSACTION, transaction)
        return str(rows[0][2]) if rows else ""

    def third_party(self, code: str) -> ThirdParty:
        """A third party that the books name."""
        ((ledger, means),) = self.rows(_PARTY, code)
        return ThirdParty(code, ledger, means)

    def numbers(self) -> Numbers:
        """The numbers that come next."""
        counters = self.counters
        return Numbers(counters["next_transaction"], counters["next_item"], counters["next_instrument"])

    def returns(self, third_party: str) -> int:
        """How many payments of a third party have come back unpaid."""
        return int(self.rows(_RETURNS, third_party)[0][0])

    def snapshot(self, wanted: Wanted) -> Snapshot:
        """What the books hold of all that a document names; the returned payments only where some are presented."""
        found = super().snapshot(wanted)
        if not wanted.returned:
            return found
        rows = self.rows(_RETURNED, _json([[number] for number in wanted.returned]).decode())
        known = {past.key: past for past in self.past({number for row in rows for number in row[:2]})}
        returned = tuple(Returned(known[unpaid, 1], known[undone, order]) for unpaid, undone, order in rows)
        return msgspec.structs.replace(found, returned=returned)

    # ------------------------------------------------------------ writing

    def record_return(self, done: Transaction, unpaid: Unpaid) -> None:
        """Write an unpaid transaction; its entry is posted already. The undone header's open tasks are withdrawn."""
        batch = Batch()
        writing.write_plan(batch, self.dossier, None, Plan((), (done,), ()))
        row = (
            self.dossier, done.number, unpaid.instrument, unpaid.undone_transaction, unpaid.undone_order,
            unpaid.third_party, unpaid.currency, unpaid.fees, unpaid.fees_vat, unpaid.reason,
        )  # fmt: skip
        batch.insert(schema.unpaid, [row])
        batch.write(self.connection)
        run(self.connection, _WITHDRAW, (self.dossier, unpaid.undone_transaction, unpaid.undone_order))
        (made,) = done.instruments_made
        numbers = {"next_transaction": done.number + 1, "next_instrument": made.id + 1}
        if done.items_made:
            numbers["next_item"] = done.items_made[-1].id + 1
        self.advance(numbers)

    def record_cancellation(self, cancelled: Cancellation) -> None:
        """Write that a transaction no longer counts; its reversal is posted already."""
        deed = cancelled.deed
        batch = Batch()
        writing.update_items(batch, self.dossier, cancelled.items)
        batch.write(self.connection)
        active = [(self.dossier, i.id, 0) for i in deed.made] + [(self.dossier, i.id, 1) for i in deed.ended]
        run_many(self.connection, _ACTIVE, active)
        run_many(self.connection, _WITHDRAW, [(self.dossier, deed.number, past.order) for past in deed.headers])
        undone = self.rows(_UNDONE, deed.number)
        run_many(self.connection, _WANT_AGAIN, [(self.dossier, *row) for row in undone])
        run(self.connection, _CANCELLED, (self.dossier, deed.number))


def _by(keys: int, rows: Iterable[Any]) -> dict[tuple[int, ...], list[Any]]:
    """Rows by their first columns."""
    found: dict[tuple[int, ...], list[Any]] = defaultdict(list)
    for row in rows:
        found[tuple(row[:keys])].append(row[keys:])
    return found


def _made(items: Iterable[Item]) -> dict[tuple[int | None, int | None], list[Item]]:
    """Items by the transaction and order that made them."""
    found: dict[tuple[int | None, int | None], list[Item]] = defaultdict(list)
    for one in items:
        found[one.transaction, one.order].append(one)
    return found


def _line(row: Any) -> Line:
    account, home, code, amount, party, of_item = row
    return Line(account, home, held(code), amount, party, of_item)


def _past(
    header: Any,
    lines: Sequence[Any],
    allocations: Sequence[Any],
    moves: Sequence[Any],
    tasks: Sequence[Any],
    items: dict[int, Item],
    made: Sequence[Item],
) -> Past:
    number, order, kind, direction, day, establishment, party, code, amount, home, bank, count = header
    own = tuple(Allocation(order, *row) for row in allocations)
    touched = {row.item for row in own}
    return Past(
        number, order, kind, direction, _day(day), establishment, party, held(code), amount, home, bank,
        tuple(map(_line, lines)),
        own,
        tuple(VatMove(order, id_, line, Fraction(rate), vat, freed) for id_, line, rate, vat, freed in moves),
        tuple(PastTask(Task(what, order, id_, worth, vat), by) for what, id_, worth, vat, by in tasks),
        tuple(items[id_] for id_ in sorted(touched)),
        tuple(made),
        bool(count) or kind != "settlement",
    )  # fmt: skip
