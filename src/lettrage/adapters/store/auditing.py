"""The integrity check of one dossier: reads what each law needs, in streams, and hands it over (see `books/laws`).

It only reports, and never raises for what it reads: a file, a table or a row that cannot be read is a finding too.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from lettrage.adapters.store import audited as asked_of
from lettrage.adapters.store import audited_bank as of_banks
from lettrage.adapters.store.postgresql import read_whole_tables
from lettrage.adapters.store.schema import metadata
from lettrage.adapters.store.sql import on_postgresql, run
from lettrage.books import laws
from lettrage.books.laws import Finding
from lettrage.books.opening import Turnover
from lettrage.company.dossier import Company

BATCH = 2_000  # rows held at a time
_HEAVY: dict[type, int] = {laws.DocumentRow: 20, laws.PaymentFileRow: 20}  # rows that may have attachments inside
SHOWN = 100  # findings of one code that are listed; the rest is counted
_TROUBLES = (SQLAlchemyError, sqlite3.Error, OverflowError, UnicodeError)
_UNTYPED = (msgspec.ValidationError, OverflowError)
_T = TypeVar("_T")
_P = ParamSpec("_P")


def audit(
    connection: Connection,
    dossier: str,
    company: Company,
    head: str | None = None,
    asked: Callable[[], None] = lambda: None,
) -> list[Finding]:
    """Everything in a dossier's books that breaks a law. `head`: the hash of an entry, kept elsewhere earlier.

    `asked` is called for each of the questions that the laws put to the store (`checks.QUESTIONS` in all).
    """
    if on_postgresql(connection):
        read_whole_tables(connection)
    audited = _Audit(connection, dossier, company, asked)
    return list(_shortened(audited.findings(head)))


def _shortened(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first findings of each code, then how many more there are."""
    counts: Counter[str] = Counter()
    for finding in findings:
        counts[finding.code] += 1
        if counts[finding.code] <= SHOWN:
            yield finding
    for code, count in counts.items():
        if count > SHOWN:
            yield Finding(code, f"Et {count - SHOWN} autre(s) constat(s) de ce genre.", "")


class _Audit:
    def __init__(self, connection: Connection, dossier: str, company: Company, asked: Callable[[], None]) -> None:
        self.asked = asked
        self.connection = connection
        self.dossier = dossier
        self.company = company
        self.unread: list[Finding] = []  # what the streams met, told when their law is done

    def findings(self, head: str | None) -> Iterator[Finding]:
        """The file first, then law by law."""
        yield from self._file()
        counters = next(self._rows(_COUNTERS, laws.CounterRow), None)
        if counters is None:
            yield from self._told([Finding("no_dossier", "Le dossier ne se lit pas.", f"dossier {self.dossier}")])
            return
        yield from self._entries(counters, head)
        yield from self._transactions(counters)
        yield from self._items()
        yield from self._balances()
        yield from self._vat()
        yield from self._by_hand()
        yield from self._letters()
        yield from self._years()
        yield from self._banks()

    def _entries(self, counters: laws.CounterRow, head: str | None) -> Iterator[Finding]:
        register = laws.Register(self.company, head)
        lines = self._rows(_LINES, laws.LineRow)
        yield from self._told(register.walk(self._rows(_ENTRIES, laws.EntryRow), lines))
        yield from self._told(register.close(counters, self._rows(_YEARS, laws.YearRow)))

    def _transactions(self, counters: laws.CounterRow) -> Iterator[Finding]:
        home = self.company.currency
        yield from laws.counters_ahead(counters)
        yield from self._judged(laws.transactions, _TRANSACTIONS, laws.TransactionRow, counters)
        yield from self._judged(laws.lost_entries, _LOST_ENTRIES, laws.LostEntryRow)
        yield from self._judged(laws.headers, _HEADERS, laws.HeaderRow, home)
        yield from self._judged(laws.allocations, _ALLOCATIONS, laws.AllocationRow)
        yield from self._judged(laws.instruments, _INSTRUMENTS, laws.InstrumentRow, home)
        yield from self._judged(laws.returns, _RETURNS, laws.ReturnRow)
        yield from self._judged(laws.slips, asked_of.SLIPS, laws.SlipRow, home)
        yield from self._judged(laws.on_slips, asked_of.ON_SLIPS, laws.OnSlipRow)
        yield from self._judged(laws.payment_files, asked_of.PAYMENT_FILES, laws.PaymentFileRow)
        yield from self._judged(laws.payment_lines, asked_of.PAYMENT_LINES, laws.PaymentLineRow)
        yield from self._judged(laws.outcomes, _OUTCOMES, laws.OutcomeRow)

    def _items(self) -> Iterator[Finding]:
        home = self.company.currency
        yield from self._judged(laws.items, _ITEMS, laws.ItemRow, home)
        yield from self._judged(laws.chains, _CHAINS, laws.ChainRow, home)
        yield from self._judged(laws.passed_on, _PASSED, laws.PassedRow)
        yield from self._judged(laws.strays, _STRAYS, laws.StrayRow)
        yield from self._judged(laws.invoices, _INVOICES, laws.InvoiceRow, home)
        yield from self._judged(laws.documents, asked_of.DOCUMENTS, laws.DocumentRow)

    def _balances(self) -> Iterator[Finding]:
        lines = self._rows(_BALANCES, laws.BalanceRow)
        carried = self._rows(_CARRIED, laws.CarriedRow)
        held = self._rows(_HELD, laws.HeldRow)
        parked = self._rows(_PARKED, laws.ParkedRow)
        yield from self._told(laws.balances(lines, carried, held, parked, self.company))

    def _by_hand(self) -> Iterator[Finding]:
        yield from self._judged(laws.drafts, asked_of.DRAFTS, laws.DraftRow)
        yield from self._judged(laws.opened_by_hand, asked_of.OPENED, laws.OpenedRow, self.company.currency)
        yield from self._judged(laws.taken_back, asked_of.TAKEN_BACK, laws.TakenBackRow)

    def _letters(self) -> Iterator[Finding]:
        yield from self._judged(laws.groups, asked_of.GROUPS, laws.GroupRow, self.company)
        yield from self._judged(laws.letterings, asked_of.LETTERINGS, laws.HandRow, self.company)
        yield from self._judged(laws.lettered_twice, asked_of.LETTERED_TWICE, laws.TwiceRow)

    def _years(self) -> Iterator[Finding]:
        closings = self._rows(asked_of.CLOSINGS, laws.ClosingRow)
        turnovers = self._rows(asked_of.TURNOVERS, Turnover)
        successors = self._rows(asked_of.SUCCESSORS, laws.SuccessorRow)
        yield from self._told(laws.closings(closings, turnovers, successors, self.company))
        yield from self._judged(laws.shut, asked_of.SHUT, laws.ShutRow)

    def _banks(self) -> Iterator[Finding]:
        yield from self._judged(laws.statements, of_banks.STATEMENTS, laws.StatementRow)
        yield from self._judged(laws.matches, of_banks.MATCHES, laws.MatchRow)
        yield from self._judged(laws.accounted, of_banks.ACCOUNTED, laws.AccountedRow, self.company)

    def _vat(self) -> Iterator[Finding]:
        posted = self._rows(asked_of.VAT_POSTED, laws.PostedVatRow)
        moved = self._rows(asked_of.VAT_MOVED, laws.MovedVatRow)
        yield from self._told(laws.vat_moves(posted, moved, self.company))
        waiting = self._rows(asked_of.VAT_WAITING, laws.WaitingRow)
        freed = self._rows(asked_of.VAT_FREED, laws.FreedRow)
        yield from self._told(laws.vat_waits(waiting, freed))

    # ------------------------------------------------------------ reading

    def _judged(
        self,
        law: Callable[Concatenate[Iterable[_T], _P], Iterator[Finding]],
        sql: str,
        kind: type[_T],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> Iterator[Finding]:
        """What a law finds in the rows of one query."""
        return self._told(law(self._rows(sql, kind), *given, **named))

    def _told(self, found: Iterable[Finding] = ()) -> Iterator[Finding]:
        """What a law found, then what could not be read for it."""
        yield from found
        yield from self.unread
        self.unread.clear()

    def _rows(self, sql: str, kind: type[_T]) -> Iterator[_T]:
        """A query's rows, typed, a batch at a time. What cannot be read is noted."""
        self.asked()
        try:
            held = _HEAVY.get(kind, BATCH)
            for part in run(self.connection, sql, (self.dossier,), stream=True).partitions(held):
                yield from self._typed([tuple(row) for row in part], kind)
        except _TROUBLES as trouble:
            self.unread.append(Finding("unreadable", f"Lecture interrompue : {_said(trouble)}", kind.__name__))

    def _typed(self, rows: list[tuple[Any, ...]], kind: type[_T]) -> Sequence[_T]:
        try:
            return msgspec.convert(rows, list[kind])  # type: ignore[valid-type]
        except _UNTYPED:
            return [typed for row in rows if (typed := self._one(row, kind)) is not None]

    def _one(self, row: tuple[Any, ...], kind: type[_T]) -> _T | None:
        try:
            return msgspec.convert(row, kind)
        except _UNTYPED as trouble:
            where = f"{kind.__name__} {row[0]!r}/{row[1]!r}"
            self.unread.append(Finding("unreadable", f"Ligne illisible : {trouble}", where))
            return None

    # ------------------------------------------------------------ the file

    def _file(self) -> Iterator[Finding]:
        """What the database itself says: on SQLite the file's pages and constraints; on both, references to nothing."""
        references: Counter[tuple[str, str]] = Counter()
        if on_postgresql(self.connection):
            for table, parent, sql in _references():
                references[table, parent] += sum(row[0] for row in self._plain(sql, self.dossier))
        else:
            for row in self._plain("PRAGMA integrity_check"):
                if row[0] != "ok":
                    yield Finding("file_damaged", f"Fichier endommagé : {row[0]}", "base")
            references.update((str(row[0]), str(row[2])) for row in self._plain("PRAGMA foreign_key_check"))
        for (table, parent), count in sorted((+references).items()):
            message = f"{count} ligne(s) de « {table} » renvoient à « {parent} » sans y rien trouver."
            yield Finding("foreign_key", message, f"table {table}")
        yield from self._told()

    def _plain(self, sql: str, *parameters: str) -> Iterator[Any]:
        try:
            yield from run(self.connection, sql, parameters)
        except _TROUBLES as trouble:
            self.unread.append(Finding("file_damaged", f"Contrôle interrompu : {_said(trouble)}", "base"))


def _references() -> Iterator[tuple[str, str, str]]:
    """Table, table referred to, and the question how many rows of a dossier refer to nothing: each foreign key's."""
    for table in metadata.sorted_tables:
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
            parent = key.referred_table.name
            pairs = [
                (f'c."{own.name}"', f'p."{e.column.name}"') for own, e in zip(key.columns, key.elements, strict=True)
            ]
            given = " AND ".join(f"{own} IS NOT NULL" for own, _ in pairs)
            met = " AND ".join(f"{theirs} = {own}" for own, theirs in pairs)
            yield (
                table.name,
                parent,
                f'SELECT count(*) FROM "{table.name}" c WHERE c.dossier = ?1 AND {given}'
                f' AND NOT EXISTS (SELECT 1 FROM "{parent}" p WHERE {met})',
            )


def _said(trouble: Exception) -> str:
    return str(getattr(trouble, "orig", None) or trouble).splitlines()[0]


# ---------------------------------------------------------------- what the laws read, column by column as their rows

_COUNTERS = (
    "SELECT first_transaction, next_transaction, next_item, next_instrument, next_document, postings, head,"
    " (SELECT coalesce(max(id), 0) FROM due_item WHERE dossier = ?1),"
    " (SELECT coalesce(max(id), 0) FROM instrument WHERE dossier = ?1),"
    " (SELECT coalesce(max(id), 0) FROM document WHERE dossier = ?1)"
    " FROM dossier WHERE code = ?1"
)
_YEARS = "SELECT k.key, k.value FROM dossier d CROSS JOIN json_each(d.years) k WHERE d.code = ?1"
_ENTRIES = (
    'SELECT posting, year, number, date, valid_date, posted_at, journal, label, piece, "transaction", slip,'
    " reversal_of, hash FROM entry WHERE dossier = ?1 ORDER BY posting"
)
_LINES = (
    "SELECT posting, line, account, third_party, debit, credit, currency, amount, item"
    " FROM entry_line WHERE dossier = ?1 ORDER BY posting, line"
)

# Through the entry itself, or through the entry of its slip, which several may share.
_TRANSACTIONS = """
SELECT t.number, t.kind, t.status, t.date, coalesce(e.entries, 0) + coalesce(s.entries, 0), e.day,
       coalesce(r.entries, 0), coalesce(e.entries, 0)
FROM "transaction" t
LEFT JOIN (SELECT "transaction" AS number, count(*) AS entries, min(CASE WHEN slip IS NULL THEN date END) AS day
           FROM entry WHERE dossier = ?1 AND "transaction" IS NOT NULL AND reversal_of IS NULL
           GROUP BY "transaction") e ON e.number = t.number
LEFT JOIN (SELECT slip, count(*) AS entries FROM entry
           WHERE dossier = ?1 AND slip IS NOT NULL AND "transaction" IS NULL AND reversal_of IS NULL
           GROUP BY slip) s ON s.slip = t.slip
LEFT JOIN (SELECT "transaction" AS number, count(*) AS entries FROM entry
           WHERE dossier = ?1 AND "transaction" IS NOT NULL AND reversal_of IS NOT NULL
           GROUP BY "transaction") r ON r.number = t.number
WHERE t.dossier = ?1 ORDER BY t.number
"""
_LOST_ENTRIES = """
SELECT e.year, e.number, e."transaction"
FROM entry e LEFT JOIN "transaction" t ON t.dossier = e.dossier AND t.number = e."transaction"
WHERE e.dossier = ?1 AND e."transaction" IS NOT NULL AND t.number IS NULL ORDER BY e.posting
"""

# `sense`: +1 where the header sees the item's own sense (see settlement/posting.py).
_HEADERS = """
SELECT h."transaction", h."order", t.kind, h.currency, h.amount, h.home,
       coalesce(a.n, 0), coalesce(a.paid, 0), coalesce(a.home, 0),
       coalesce(v.n, 0), coalesce(v.amount, 0), coalesce(v.home, 0),
       coalesce(i.n, 0), coalesce(i.amount, 0), coalesce(i.home, 0), coalesce(c.amount, 0), coalesce(c.home, 0)
FROM header h JOIN "transaction" t ON t.dossier = h.dossier AND t.number = h."transaction"
LEFT JOIN (SELECT "transaction", "order", count(*) AS n,
                  sum(CASE operation WHEN 'PAYMENT' THEN paid WHEN 'WAR' THEN sense * paid ELSE 0 END) AS paid,
                  sum(CASE WHEN operation IN ('PAYMENT', 'WAR') THEN sense * value_home ELSE 0 END) AS home
           FROM (SELECT a.*,
                        CASE WHEN (d.ledger = 'customer') = (t.direction = 'encashment') THEN 1 ELSE -1 END AS sense
                 FROM allocation a JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
                 JOIN "transaction" t ON t.dossier = a.dossier AND t.number = a."transaction"
                 WHERE a.dossier = ?1) a
           GROUP BY "transaction", "order") a ON a."transaction" = h."transaction" AND a."order" = h."order"
LEFT JOIN (SELECT "transaction", "order", count(*) AS n, -sum(amount) AS amount, -sum(origin_carried) AS home
           FROM due_item WHERE dossier = ?1 AND kind = 'advance' AND "transaction" IS NOT NULL
           GROUP BY "transaction", "order") v ON v."transaction" = h."transaction" AND v."order" = h."order"
LEFT JOIN (SELECT "transaction", "order", count(*) AS n, sum(amount) AS amount, sum(home) AS home
           FROM instrument WHERE dossier = ?1
           GROUP BY "transaction", "order") i ON i."transaction" = h."transaction" AND i."order" = h."order"
LEFT JOIN (SELECT "transaction", "order", sum(abs(amount)) AS amount, sum(abs(origin_carried)) AS home
           FROM due_item WHERE dossier = ?1 AND kind <> 'advance' AND previous IS NULL AND "transaction" IS NOT NULL
           GROUP BY "transaction", "order") c ON c."transaction" = h."transaction" AND c."order" = h."order"
WHERE h.dossier = ?1 ORDER BY h."transaction", h."order"
"""
_ALLOCATIONS = """
SELECT a."transaction", a.line, t.direction, h.currency, a.operation, a.amount, a.relieved_home, a.value_home, a.paid,
       a.successor, d.kind, d.ledger, d.currency
FROM allocation a
LEFT JOIN "transaction" t ON t.dossier = a.dossier AND t.number = a."transaction"
LEFT JOIN header h ON h.dossier = a.dossier AND h."transaction" = a."transaction" AND h."order" = a."order"
LEFT JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
WHERE a.dossier = ?1 ORDER BY a."transaction", a.line
"""
_INSTRUMENTS = """
SELECT i.id, i."transaction", i."order", i.direction, i.third_party, i.currency, i.amount, i.home, i.date, i.bank,
       i.active, i.previous, t.kind, t.status, t.direction, t.date, h.third_party, h.currency, h.bank,
       p.direction, p.third_party, p.currency, p.amount, p.home, coalesce(s.n, 0)
FROM instrument i
LEFT JOIN "transaction" t ON t.dossier = i.dossier AND t.number = i."transaction"
LEFT JOIN header h ON h.dossier = i.dossier AND h."transaction" = i."transaction" AND h."order" = i."order"
LEFT JOIN instrument p ON p.dossier = i.dossier AND p.id = i.previous
LEFT JOIN (SELECT i.previous AS id, count(*) AS n
           FROM instrument i JOIN "transaction" t ON t.dossier = i.dossier AND t.number = i."transaction"
           WHERE i.dossier = ?1 AND i.previous IS NOT NULL AND t.status <> 'cancelled'
           GROUP BY i.previous) s ON s.id = i.id
WHERE i.dossier = ?1 ORDER BY i.id
"""
_RETURNS = """
SELECT t.number, t.kind, u.instrument, i.previous, u.third_party, i.third_party, o.kind
FROM "transaction" t
LEFT JOIN unpaid u ON u.dossier = t.dossier AND u."transaction" = t.number
LEFT JOIN instrument i ON i.dossier = t.dossier AND i."transaction" = t.number
LEFT JOIN header h ON h.dossier = u.dossier AND h."transaction" = u.undone_transaction AND h."order" = u.undone_order
LEFT JOIN "transaction" o ON o.dossier = h.dossier AND o.number = h."transaction"
WHERE t.dossier = ?1 AND (t.kind = 'unpaid' OR u.instrument IS NOT NULL) ORDER BY t.number
"""
_OUTCOMES = """
SELECT o.document, o.position, o.resultcode, o."transaction", o."order", h."order"
FROM outcome o
LEFT JOIN header h ON h.dossier = o.dossier AND h."transaction" = o."transaction" AND h."order" = o."order"
WHERE o.dossier = ?1 ORDER BY o.document, o.position
"""

# What a cancelled transaction settled or made no longer counts.
_STANDING = """
FROM allocation a JOIN "transaction" t ON t.dossier = a.dossier AND t.number = a."transaction"
WHERE a.dossier = ?1 AND t.status <> 'cancelled'
"""
_ITEMS = f"""
SELECT d.id, d.ledger, d.third_party, d.piece, d.currency, d.amount, d.open, d.settled, d.passed_on, d.settled_before,
       d.carried, d.origin_amount, d.origin_carried, d.previous,
       coalesce(a.allocated, 0), coalesce(a.passed, 0), coalesce(a.relieved, 0), coalesce(l.home, 0)
FROM due_item d
LEFT JOIN (SELECT a.item, sum(CASE a.operation WHEN 'WPA' THEN 0 ELSE a.amount END) AS allocated,
                  sum(CASE a.operation WHEN 'WPA' THEN a.amount ELSE 0 END) AS passed, sum(a.relieved_home) AS relieved
           {_STANDING} GROUP BY a.item) a ON a.item = d.id
LEFT JOIN (SELECT item, sum(debit - credit) AS home FROM entry_line
           WHERE dossier = ?1 AND item IS NOT NULL GROUP BY item) l ON l.item = d.id
LEFT JOIN "transaction" t ON t.dossier = d.dossier AND t.number = d."transaction"
WHERE d.dossier = ?1 AND coalesce(t.status, '') <> 'cancelled' ORDER BY d.id
"""
_CHAINS = f"""
WITH RECURSIVE passed(item, successor) AS MATERIALIZED (
    SELECT a.item, a.successor {_STANDING} AND a.operation = 'WPA'
), chain(root, id) AS (
    SELECT d.id, d.id FROM due_item d
    WHERE d.dossier = ?1 AND d.previous IS NULL AND d.id IN (SELECT item FROM passed)
    UNION
    SELECT c.root, p.successor FROM chain c JOIN passed p ON p.item = c.id WHERE p.successor IS NOT NULL
), relieved(item, home) AS MATERIALIZED (
    SELECT a.item, sum(a.relieved_home) {_STANDING} GROUP BY a.item
)
SELECT r.id, r.amount, r.settled_before, r.origin_carried, sum(d.carried + coalesce(l.home, 0))
FROM chain c JOIN due_item r ON r.dossier = ?1 AND r.id = c.root
JOIN due_item d ON d.dossier = ?1 AND d.id = c.id
LEFT JOIN relieved l ON l.item = c.id
GROUP BY c.root, r.id, r.amount, r.settled_before, r.origin_carried ORDER BY c.root
"""
_SHARED = (
    "json_array({0}.kind, {0}.ledger, {0}.third_party, {0}.prefix, {0}.piece, {0}.date, {0}.due_date, {0}.currency,"
    " {0}.origin_amount, {0}.origin_carried, {0}.invoice)"
)
_PASSED = f"""
SELECT a."transaction", a."order", a.item, a.amount, a.successor, s.previous, s.amount, s."transaction", s."order",
       {_SHARED.format("d")}, {_SHARED.format("s")}
FROM allocation a JOIN "transaction" t ON t.dossier = a.dossier AND t.number = a."transaction"
LEFT JOIN due_item d ON d.dossier = a.dossier AND d.id = a.item
LEFT JOIN due_item s ON s.dossier = a.dossier AND s.id = a.successor
WHERE a.dossier = ?1 AND t.status <> 'cancelled' AND a.operation = 'WPA' ORDER BY a."transaction", a.line
"""
_STRAYS = """
SELECT d.id, d.previous FROM due_item d
WHERE d.dossier = ?1 AND d.previous IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM allocation a WHERE a.dossier = ?1 AND a.item = d.previous AND a.operation = 'WPA'
    AND a.successor = d.id)
ORDER BY d.id
"""
_INVOICES = """
SELECT v.id, v.third_party, v.number, v.currency, v.amount, v.home, coalesce(d.amount, 0), coalesce(d.home, 0)
FROM invoice v
LEFT JOIN (SELECT v.id, sum(d.amount) AS amount, sum(d.origin_carried) AS home
           FROM due_item d CROSS JOIN invoice v ON v.dossier = d.dossier AND v.id = d.invoice
           AND v.ledger = d.ledger AND v.third_party = d.third_party AND v.prefix = d.prefix AND v.number = d.piece
           AND v.currency = d.currency
           WHERE d.dossier = ?1 AND d.previous IS NULL GROUP BY v.id) d ON d.id = v.id
WHERE v.dossier = ?1 ORDER BY v.id
"""
_BALANCES = (
    "SELECT account, third_party, sum(debit - credit) FROM entry_line WHERE dossier = ?1 GROUP BY account, third_party"
)
_CARRIED = (
    "SELECT ledger, CASE kind WHEN 'advance' THEN 1 ELSE 0 END, third_party, account, sum(carried) FROM due_item"
    " WHERE dossier = ?1 GROUP BY 1, 2, 3, 4"
)
_PARKED = "SELECT id, ledger, parked FROM due_item WHERE dossier = ?1 AND parked NOT IN ('', '[]', '[0]') ORDER BY id"
_HELD = """
SELECT i.direction,
       CASE WHEN t.status <> 'awaiting_slip' THEN i.state ELSE coalesce(p.state, substr(i.state, 1, 1) || '30') END,
       sum(i.home)
FROM instrument i JOIN "transaction" t ON t.dossier = i.dossier AND t.number = i."transaction"
LEFT JOIN instrument p ON p.dossier = i.dossier AND p.id = i.previous
WHERE i.dossier = ?1 AND (i.active = 1 OR t.status = 'awaiting_slip')
GROUP BY 1, 2
"""
