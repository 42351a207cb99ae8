"""VAT on receipts: every invoice whose VAT waits for its payment, with all that was done to it; what the ledger says.

Eight questions in streams, each in the order of the invoices, so that one invoice at a time is held.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from lettrage.adapters.store.looks.memo import Memo
from lettrage.adapters.store.outbox import as_keys
from lettrage.adapters.store.reading import Reader, held, vat_lines
from lettrage.adapters.store.sql import run
from lettrage.books.vat_due import Cause, Due, Followed, Receipt, Sale, Taken, Used, by_origin
from lettrage.books.vat_report import Gathering, Posted, VatReport
from lettrage.company.dossier import Company
from lettrage.settlement.document import Vat

_day = date.fromisoformat
_WAITS = "v.dossier = ?1 AND v.vat_due = 'receipts'"
_OF_THESE = f"FROM invoice v JOIN due_item d ON d.dossier = v.dossier AND d.invoice = v.id WHERE {_WAITS}"
_TOUCHED = f"""
(SELECT DISTINCT d.invoice, a."transaction", a."order" FROM invoice v
 JOIN due_item d ON d.dossier = v.dossier AND d.invoice = v.id
 JOIN allocation a ON a.dossier = d.dossier AND a.item = d.id WHERE {_WAITS}) h
"""
# The rank and day of a transaction's own entry, and of the one that took it back.
_POSTED = """
JOIN entry e ON e.dossier = t.dossier AND e."transaction" = t.number AND e.reversal_of IS NULL
LEFT JOIN entry r ON r.dossier = t.dossier AND r."transaction" = t.number AND r.reversal_of IS NOT NULL
"""
_SALES = f"""
SELECT v.id, v.ledger, v.third_party, v.prefix || v.number, e.date, v.currency, v.amount, v.home, v.vat
FROM invoice v JOIN entry e ON e.dossier = v.dossier AND e.posting = v.posting WHERE {_WAITS} ORDER BY v.id
"""
_DUES = f"""
SELECT d.invoice, d.id, d.previous, d.due_date, d.origin_amount, d.origin_carried, d.parked
{_OF_THESE} ORDER BY d.invoice, d.id
"""
_TAKEN = f"""
SELECT d.invoice, a."transaction", a."order", a.item,
       CAST(sum(CASE WHEN a.operation <> 'WPA' THEN a.amount ELSE 0 END) AS BIGINT),
       CAST(sum(a.relieved_home) AS BIGINT),
       CAST(sum(CASE WHEN a.operation = 'WE' THEN a.amount ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN a.operation = 'WE' THEN a.relieved_home ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN a.operation = 'WDR' THEN a.amount ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN a.operation = 'WDR' THEN a.relieved_home ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN a.operation = 'WDC' THEN a.amount ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN a.operation = 'WDC' THEN a.relieved_home ELSE 0 END) AS BIGINT)
FROM invoice v JOIN due_item d ON d.dossier = v.dossier AND d.invoice = v.id
JOIN allocation a ON a.dossier = d.dossier AND a.item = d.id
JOIN "transaction" t ON t.dossier = a.dossier AND t.number = a."transaction"
WHERE {_WAITS} AND t.kind <> 'unpaid'
GROUP BY d.invoice, a."transaction", a."order", a.item ORDER BY d.invoice, a."transaction", a."order", a.item
"""
_MOVES = f"""
SELECT d.invoice, m."transaction", m."order", m.item, m.line, m.vat_home, m.freed_home
FROM invoice v JOIN due_item d ON d.dossier = v.dossier AND d.invoice = v.id
JOIN vat_move m ON m.dossier = d.dossier AND m.item = d.id
WHERE {_WAITS} ORDER BY d.invoice, m."transaction", m."order", m.item, m.line
"""
_RECEIPTS = f"""
SELECT h.invoice, h."transaction", h."order", t.kind, e.date, e.posting, r.date, r.posting, i.state,
       coalesce(u.undone_transaction, 0), coalesce(u.undone_order, 0)
FROM {_TOUCHED} JOIN "transaction" t ON t.dossier = ?1 AND t.number = h."transaction" {_POSTED}
LEFT JOIN instrument i ON i.dossier = ?1 AND i."transaction" = h."transaction" AND i."order" = h."order"
LEFT JOIN unpaid u ON u.dossier = ?1 AND u."transaction" = h."transaction"
ORDER BY h.invoice, h."transaction", h."order"
"""
# What moved an instrument on from where its receipt had put it: to the bank, whatever the state is called.
_CREDITED = f"""
SELECT h.invoice, h."transaction", h."order", t.number, coalesce(e.date, s.date), coalesce(e.posting, s.posting),
       r.date, r.posting
FROM {_TOUCHED} JOIN instrument i ON i.dossier = ?1 AND i."transaction" = h."transaction" AND i."order" = h."order"
JOIN instrument n ON n.dossier = ?1 AND n.previous = i.id AND substr(n.state, 2) NOT IN ('30', '90')
JOIN "transaction" t ON t.dossier = ?1 AND t.number = n."transaction"
LEFT {_POSTED.strip()}
LEFT JOIN slip s ON s.dossier = t.dossier AND s.number = t.slip
WHERE e.posting IS NOT NULL OR s.posting IS NOT NULL
ORDER BY h.invoice, h."transaction", h."order", t.number
"""
# Advances that a header used (one of the other direction pays them back), with the money that it brought itself (less
# what of that is a new advance), and where the instrument of the advance stands; what moved that one on.
_ADVANCES = f"""
SELECT h.invoice, h."transaction", h."order", w.id, CAST(abs(sum(a.amount)) AS BIGINT),
       coalesce(m.amount, 0) - (SELECT CAST(coalesce(sum(abs(f.origin_amount)), 0) AS BIGINT) FROM due_item f
           WHERE f.dossier = ?1 AND f.third_party = m.third_party AND f.prefix = '' AND f.piece = ''
           AND f.kind = 'advance' AND f."transaction" = h."transaction" AND f."order" = h."order"), i.state
FROM {_TOUCHED}
LEFT JOIN instrument m ON m.dossier = ?1 AND m."transaction" = h."transaction" AND m."order" = h."order"
JOIN allocation a ON a.dossier = ?1 AND a."transaction" = h."transaction" AND a."order" = h."order"
AND a.operation = 'WAR'
JOIN due_item w ON w.dossier = ?1 AND w.id = a.item AND w.kind = 'advance'
LEFT JOIN instrument i ON i.dossier = ?1 AND i."transaction" = w."transaction" AND i."order" = w."order"
WHERE m.id IS NULL OR CASE WHEN m.direction = 'encashment' THEN 'customer' ELSE 'supplier' END = w.ledger
GROUP BY h.invoice, h."transaction", h."order", w.id, i.state, m.amount, m.third_party
ORDER BY h.invoice, h."transaction", h."order", w.id
"""
_ADVANCED = f"""
SELECT DISTINCT h.invoice, w.id, t.number, coalesce(e.date, s.date), coalesce(e.posting, s.posting), r.date, r.posting
FROM {_TOUCHED}
JOIN allocation a ON a.dossier = ?1 AND a."transaction" = h."transaction" AND a."order" = h."order"
AND a.operation = 'WAR'
JOIN due_item w ON w.dossier = ?1 AND w.id = a.item AND w.kind = 'advance'
JOIN instrument i ON i.dossier = ?1 AND i."transaction" = w."transaction" AND i."order" = w."order"
JOIN instrument n ON n.dossier = ?1 AND n.previous = i.id AND substr(n.state, 2) NOT IN ('30', '90')
JOIN "transaction" t ON t.dossier = ?1 AND t.number = n."transaction"
LEFT {_POSTED.strip()}
LEFT JOIN slip s ON s.dossier = t.dossier AND s.number = t.slip
WHERE e.posting IS NOT NULL OR s.posting IS NOT NULL
ORDER BY h.invoice, w.id, t.number
"""
_EVERY = (_SALES, _DUES, _TAKEN, _MOVES, _RECEIPTS, _CREDITED, _ADVANCES, _ADVANCED)
_AMONG = " AND v.id IN (SELECT CAST(k.value->>0 AS BIGINT) FROM json_each(?2) k)"
_CHOSEN = tuple(sql.replace(_WAITS, _WAITS + _AMONG) for sql in _EVERY)
_COLLECTED = """
SELECT CAST(coalesce(sum(l.credit - l.debit), 0) AS BIGINT) FROM entry_line l
JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting
WHERE l.dossier = ?1 AND l.account = ?2 AND e."transaction" IS NOT NULL AND e.date BETWEEN ?3 AND ?4
"""
_WAITING = """
SELECT CAST(coalesce(sum(l.credit - l.debit), 0) AS BIGINT) FROM entry_line l
JOIN entry e ON e.dossier = l.dossier AND e.posting = l.posting
WHERE l.dossier = ?1 AND l.account = ?2 AND e.date <= ?3
"""
_DISCOUNTS = """
SELECT CAST(coalesce(sum(CASE WHEN e.reversal_of IS NULL THEN m.vat_home ELSE -m.vat_home END), 0) AS BIGINT)
FROM entry e JOIN vat_move m ON m.dossier = e.dossier AND m."transaction" = e."transaction"
JOIN due_item d ON d.dossier = m.dossier AND d.id = m.item AND d.ledger = 'customer'
JOIN invoice v ON v.dossier = d.dossier AND v.id = d.invoice AND v.vat_due <> 'receipts'
WHERE e.dossier = ?1 AND e.date BETWEEN ?2 AND ?3
"""
_reports: Memo[VatReport] = Memo(2)


class VatLooks(Reader):
    """VAT on receipts."""

    company: Company

    def vat_report(self, first: date, last: date) -> VatReport:
        """What became due from a day to a day, what waits at its end, and the proof. Kept while the books stay."""
        key = (self.dossier, self.counters["head"], self._written, first, last)
        return _reports.or_else(self.connection.engine, key, lambda: self._vat_report(first, last))

    @property
    def _written(self) -> tuple[object, ...]:
        return self.counters["next_transaction"], self.counters["next_document"], str(self.company.vat_dates)

    def _vat_report(self, first: date, last: date) -> VatReport:
        gathering = Gathering(first, last, self.company.vat_dates)
        for followed in self.followed():
            gathering.add(followed)
        return gathering.report(self._ledger(first, last), self.company.currency)

    def followed(self, only: Collection[int] | None = None) -> Iterator[Followed]:
        """Every invoice with VAT on receipts, or these of them, with all that was done to it."""
        chosen = () if only is None else (as_keys((id_,) for id_ in only),)
        with ExitStack() as streams:
            sales, *others = (
                streams.enter_context(closing(run(self.connection, sql, (self.dossier, *chosen), stream=True)))
                for sql in (_EVERY if only is None else _CHOSEN)
            )
            dues, taken, moves, receipts, credited, advances, advanced = map(_by_invoice, others)
            for row in sales:
                sale = _sale(row, dues(row[0]))
                headers = _receipts(receipts(sale.id), credited(sale.id))
                used = _used(advances(sale.id), advanced(sale.id))
                found = _taken(taken(sale.id), moves(sale.id))
                parts = [p for one in found for p in by_origin(sale, one, used.get((one.transaction, one.order), ()))]
                yield Followed(sale, headers, parts, used)

    def _ledger(self, first: date, last: date) -> Posted:
        accounts, begin, end = self.company.accounts, first.isoformat(), last.isoformat()
        ((collected,),) = self.rows(_COLLECTED, accounts.vat_collected, begin, end)
        ((waiting,),) = self.rows(_WAITING, accounts.vat_parked, end)
        ((discounts,),) = self.rows(_DISCOUNTS, begin, end)
        return Posted(accounts.vat_collected, accounts.vat_parked, collected, waiting, discounts)


def _by_invoice(rows: Iterable[Any]) -> Callable[[int], Sequence[Any]]:
    """A function that gives an invoice's rows, less the invoice; it must be asked in the order of the invoices."""
    return partial(_of, groupby(rows, itemgetter(0)), [])


def _of(groups: Iterator[tuple[int, Iterator[Any]]], ahead: list[tuple[int, list[Any]]], invoice: int) -> Sequence[Any]:
    """The rows of this invoice, where the next group is its own."""
    if not ahead:
        with suppress(StopIteration):
            key, rows = next(groups)
            ahead.append((key, [tuple(row)[1:] for row in rows]))
    return ahead.pop()[1] if ahead and ahead[0][0] == invoice else ()


def _sale(row: Any, dues: Sequence[Any]) -> Sale:
    id_, ledger, party, piece, day, code, amount, home, vat = row
    found: dict[int, Due] = {}
    waits = 0
    for due, previous, due_date, whole, carried, parked in dues:
        root = found[previous].root if previous is not None else due
        found[due] = Due(root, _day(due_date), whole, carried)
        waits += sum(_parked(parked))
    lines = vat_lines(vat) or (Vat(Fraction(0), amount, 0),)  # loaded without a word of VAT: none, all of it net
    return Sale(id_, ledger, party, piece, _day(day), held(code), amount, home, lines, found, waits)


def _parked(text: str) -> list[int]:
    return [int(part) for part in text.strip("[]").split(",") if part.strip()]


def _receipts(rows: Sequence[Any], credited: Sequence[Any]) -> Mapping[tuple[int, int], Receipt]:
    """The headers that took something, each with what brought it back and what moved it on."""
    returned: dict[tuple[int, int], list[Cause]] = {}
    moved: dict[tuple[int, int], list[Cause]] = {}
    for number, _, kind, *posted, _, undone, order in rows:
        if kind == "unpaid":
            returned.setdefault((undone, order), []).append(_cause(number, *posted))
    for number, order, by, *posted in credited:
        moved.setdefault((number, order), []).append(_cause(by, *posted))
    found = {}
    for number, order, kind, *posted, state, _, _ in rows:
        key, at = (number, order), state or ""
        if kind != "unpaid":
            found[key] = Receipt(
                _cause(number, *posted), order, kind == "represented", at[:1], at[1:] not in ("", "30"),
                tuple(moved.get(key, ())), tuple(returned.get(key, ())),
            )  # fmt: skip
    return found


def _used(rows: Sequence[Any], credited: Sequence[Any]) -> Mapping[tuple[int, int], Sequence[Used]]:
    """The advances that headers used, each with what moved its instrument on."""
    moved: dict[int, list[Cause]] = {}
    for advance, by, *posted in credited:
        moved.setdefault(advance, []).append(_cause(by, *posted))
    found: dict[tuple[int, int], list[Used]] = {}
    for number, order, advance, amount, money, state in rows:
        at = state or ""
        one = Used(advance, amount, money, at[:1], at[1:] not in ("", "30"), tuple(moved.get(advance, ())))
        found.setdefault((number, order), []).append(one)
    return found


def _cause(number: int, day: str, posting: int, back: str | None, back_posting: int | None) -> Cause:
    taken_back = None if back is None or back_posting is None else (_day(back), back_posting)
    return Cause(number, _day(day), posting, taken_back)


def _taken(rows: Sequence[Any], moves: Sequence[Any]) -> Sequence[Taken]:
    by_line: dict[tuple[int, int, int], dict[int, tuple[int, int]]] = {}
    for number, order, item, line, vat, freed in moves:
        by_line.setdefault((number, order, item), {})[line] = (vat, freed)
    return [Taken(*figures, moves=by_line.get(figures[:3], {})) for figures in map(_plain, rows)]


_Figures = tuple[int, int, int, int, int, int, int, int, int, int, int]


def _plain(row: Any) -> _Figures:
    figures: _Figures = row
    return figures
