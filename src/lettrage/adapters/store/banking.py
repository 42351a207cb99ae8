"""Statements of account in the database: files, statements, lines, and what each line was matched with."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from lettrage.adapters.store import schema
from lettrage.adapters.store.batch import Batch
from lettrage.adapters.store.reading import INSTRUMENT_COLUMNS, Reader, held, instrument
from lettrage.adapters.store.sql import run
from lettrage.bank.lines import Kept, LedgerLine, Listed, Mark, Match
from lettrage.bank.statements.document import Original, Part, Statement, StatementLine
from lettrage.bank.statements.keeping import NEAR_DAYS, NOTIFICATION, KeptLine, KeptStatement, Verdict
from lettrage.books.chain import shown
from lettrage.books.entry import Entry, Line
from lettrage.settlement.document import Instrument

_json = msgspec.json.Encoder().encode
_day = date.fromisoformat

_FILE = "SELECT id FROM bank_file WHERE dossier = ?1 AND sha256 = ?2"
_STATEMENTS = """
SELECT s.id, s.file, f.name, f.format, s.position, s.bank, s.number, s.currency, s.start, s."end", s.opening, s.closing
FROM json_each(?2) k CROSS JOIN bank_statement s ON s.dossier = ?1 AND s.bank = k.value->>0
JOIN bank_file f ON f.dossier = s.dossier AND f.id = s.file ORDER BY s.id
"""
_LINES_AROUND = """
SELECT l.statement, l.id, l.date, l.amount, l.reference, l.end_to_end, coalesce(t.twin, b.line), m.id
FROM json_each(?2) k
CROSS JOIN bank_statement s ON s.dossier = ?1 AND s.bank = k.value->>0 AND s."end" >= ?3 AND s.start <= ?4
CROSS JOIN bank_line l ON l.dossier = s.dossier AND l.statement = s.id
LEFT JOIN bank_line_twin t ON t.dossier = l.dossier AND t.line = l.id
LEFT JOIN bank_line_twin b ON b.dossier = l.dossier AND b.twin = l.id
LEFT JOIN bank_match m ON m.dossier = l.dossier AND m.line = l.id AND m.ended = 0
ORDER BY l.statement, l.position
"""
LINE_COLUMNS = (
    "l.id, l.position, l.date, l.value_date, l.currency, l.amount, l.code, l.text, l.name, l.iban, l.end_to_end,"
    " l.reference, l.mandate, l.reason, l.fees, l.details"
)
_MATCH_COLUMNS = (
    "m.id, m.line, m.kind, m.automatic, m.at, m.by, m.proposal, m.transactions, m.postings, m.ended_at, m.ended_by,"
    " m.why"
)
_WIDTH, _MATCH_WIDTH = LINE_COLUMNS.count(",") + 1, _MATCH_COLUMNS.count(",") + 1
# A line with its statement, what it was taken for, and the notification that tells more of it.
_KEPT_FROM = """
FROM bank_line l
JOIN bank_statement s ON s.dossier = l.dossier AND s.id = l.statement
JOIN bank_file f ON f.dossier = s.dossier AND f.id = s.file
LEFT JOIN bank_match m ON m.dossier = l.dossier AND m.line = l.id AND m.ended = 0
LEFT JOIN bank_line_twin t ON t.dossier = l.dossier AND t.line = l.id
LEFT JOIN bank_line_twin b ON b.dossier = l.dossier AND b.twin = l.id
LEFT JOIN bank_line d ON d.dossier = b.dossier AND d.id = b.line
"""
_KEPT = (
    f"SELECT {LINE_COLUMNS}, {LINE_COLUMNS.replace('l.', 'd.')}, {_MATCH_COLUMNS},"
    " s.bank, s.id, f.name, t.twin,"
    " (SELECT count(*) FROM bank_match u WHERE u.dossier = ?1 AND u.line = l.id AND u.ended = 1)"
    f" {_KEPT_FROM} WHERE l.dossier = ?1"
)
_ORDERED = " ORDER BY s.bank, l.date, l.id"
_LISTED = """
SELECT s.id, f.name, f.format, s.bank, s.number, s.currency, s.start, s."end", s.opening, s.closing,
       count(l.id), count(CASE WHEN m.id IS NULL AND t.line IS NULL THEN l.id END), f.received_at, f.by
FROM bank_statement s
JOIN bank_file f ON f.dossier = s.dossier AND f.id = s.file
LEFT JOIN bank_line l ON l.dossier = s.dossier AND l.statement = s.id
LEFT JOIN bank_match m ON m.dossier = l.dossier AND m.line = l.id AND m.ended = 0
LEFT JOIN bank_line_twin t ON t.dossier = l.dossier AND t.line = l.id
WHERE s.dossier = ?1 AND (?2 = '' OR s.bank = ?2) AND (?3 = 0 OR s.id = ?3)
GROUP BY s.id, f.name, f.format, s.bank, s.number, s.currency, s.start, s."end", s.opening, s.closing, f.received_at,
         f.by
ORDER BY s."end" DESC, s.id DESC
"""
_INSTRUMENTS = (
    f"SELECT {INSTRUMENT_COLUMNS} FROM json_each(?2) k CROSS JOIN instrument i ON i.dossier = ?1"
    " AND i.id = CAST(k.value->>0 AS BIGINT) ORDER BY i.id"
)
_OF_TRANSACTIONS = """
SELECT l.posting, l.line, l.amount, e.year, e.number FROM json_each(?2) k
CROSS JOIN entry e ON e.dossier = ?1 AND e."transaction" = CAST(k.value->>0 AS BIGINT) AND e.reversal_of IS NULL
CROSS JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting AND l.account = ?3
ORDER BY l.posting, l.line
"""
_OF_POSTINGS = """
SELECT l.posting, l.line, l.amount, e.year, e.number FROM json_each(?2) k
CROSS JOIN entry e ON e.dossier = ?1 AND e.posting = CAST(k.value->>0 AS BIGINT)
CROSS JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting AND l.account = ?3
ORDER BY l.posting, l.line
"""
_LEFT = """
SELECT l.posting, l.line, l.amount - CAST(coalesce(sum(CASE WHEN m.ended = 0 THEN x.amount ELSE 0 END), 0) AS BIGINT)
FROM json_each(?2) k
CROSS JOIN entry_line l ON l.dossier = ?1 AND l.posting = CAST(k.value->>0 AS BIGINT)
     AND l.line = CAST(k.value->>1 AS BIGINT) AND l.account = ?3
LEFT JOIN bank_match_line x ON x.dossier = l.dossier AND x.posting = l.posting AND x.line = l.line
LEFT JOIN bank_match m ON m.dossier = x.dossier AND m.id = x."match"
GROUP BY l.posting, l.line, l.amount
"""
_ENTRY = 'SELECT date, journal, label, piece, "transaction", slip FROM entry WHERE dossier = ?1 AND posting = ?2'
_ENTRY_LINES = (
    "SELECT account, debit - credit, currency, amount, third_party, item FROM entry_line"
    " WHERE dossier = ?1 AND posting = ?2 ORDER BY line"
)
_END = (
    "UPDATE bank_match SET ended = 1, ended_at = ?3, ended_by = ?4, why = ?5 WHERE dossier = ?1 AND id = ?2"
    " AND ended = 0"
)
_RECONCILED = """
SELECT DISTINCT m.line FROM entry e
JOIN bank_match_line x ON x.dossier = e.dossier AND x.posting = e.posting
JOIN bank_match m ON m.dossier = x.dossier AND m.id = x."match" AND m.ended = 0
WHERE e.dossier = ?1 AND {} ORDER BY m.line
"""
_RECONCILED_TRANSACTION = _RECONCILED.format('e."transaction" = ?2')
_RECONCILED_POSTING = _RECONCILED.format("e.posting = ?2")


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a line beside its columns."""

    references: tuple[str, ...] = ()
    original: Original | None = None
    reversal: bool = False
    parts: tuple[Part, ...] = ()


_details = msgspec.json.Decoder(Details).decode


class Banking(Reader):
    """The bank statements of one dossier."""

    # ------------------------------------------------------------ statements

    def bank_file(self, sha256: str) -> int | None:
        """The number of the file with these bytes; None where it was never kept."""
        rows = self.rows(_FILE, sha256)
        return int(rows[0][0]) if rows else None

    def kept_statements(self, banks: Sequence[str], start: date, end: date) -> list[KeptStatement]:
        """The statements of these banks; with their lines where they touch this time."""
        keys, near = _json([[bank] for bank in banks]).decode(), timedelta(days=NEAR_DAYS)
        first, last = max(start, date.min + near) - near, min(end, date.max - near) + near
        around = self.rows(_LINES_AROUND, keys, first.isoformat(), last.isoformat())
        lines: dict[int, list[KeptLine]] = defaultdict(list)
        for statement, id_, day, amount, reference, end_to_end, twin, match in around:
            lines[statement].append(
                KeptLine(id_, _day(day), amount, reference, end_to_end, twin, match is not None)
            )  # fmt: skip
        return [
            KeptStatement(
                row[0], row[1], row[2], row[3], row[4], row[5], row[6], held(row[7]), _day(row[8]), _day(row[9]),
                row[10], row[11], tuple(lines[row[0]]),
            )
            for row in self.rows(_STATEMENTS, keys)
        ]  # fmt: skip

    def record_statements(
        self,
        file: int | None,
        name: str,
        format_: str,
        sha256: str,
        content: bytes,
        at: datetime,
        by: str,
        verdicts: Sequence[Verdict],
    ) -> dict[int, int]:
        """Write the new ones, and the file where it is new; the number of each statement by its position."""
        batch = Batch()
        number = file or self._next_of("bank_file")
        if file is None:
            row = (self.dossier, number, name, format_, sha256, at.isoformat(), by, content)
            batch.insert(schema.bank_file, [row])
        statement, line = self._next_of("bank_statement"), self._next_of("bank_line")
        made: dict[int, int] = {}
        for verdict in verdicts:
            if not verdict.new:
                continue
            own = verdict.statement
            batch.insert(schema.bank_statement, [self._bank_statement_row(statement, number, verdict.bank, own)])
            batch.insert(schema.bank_line, self._bank_line_rows(own.lines, statement, line))
            batch.insert(schema.bank_line_twin, self._twin_rows(verdict, format_, line))
            made[own.position] = statement
            statement, line = statement + 1, line + len(own.lines)
        batch.write(self.connection)
        return made

    def _bank_statement_row(self, id_: int, file: int, bank: str, s: Statement) -> tuple[object, ...]:
        return (
            self.dossier, id_, file, s.position, bank, s.number, s.currency.code, s.start.isoformat(),
            s.end.isoformat(), s.opening, s.closing,
        )  # fmt: skip

    def _bank_line_rows(
        self, lines: Iterable[StatementLine], statement: int, first: int
    ) -> Iterator[tuple[object, ...]]:
        for number, line in enumerate(lines, first):
            details = Details(line.references, line.original, line.reversal, line.parts)
            text = _json(details).decode()
            yield (
                self.dossier, number, statement, line.position, line.date.isoformat(), line.value_date.isoformat(),
                line.currency.code, line.amount, line.code, line.text, line.name, line.iban, line.end_to_end,
                line.reference, line.mandate, line.reason, line.fees, "" if text == "{}" else text,
            )  # fmt: skip

    def _twin_rows(self, verdict: Verdict, format_: str, first: int) -> Iterator[tuple[object, ...]]:
        """The statement's line is matched, unless the notification's was before the statement came."""
        for number, line in enumerate(verdict.statement.lines, first):
            if kept := verdict.twins.get(line.position):
                new_is_matched_there = format_ == NOTIFICATION or kept.matched
                yield (self.dossier, number, kept.id) if new_is_matched_there else (self.dossier, kept.id, number)

    def _next_of(self, table: str) -> int:
        return int(self.rows(f"SELECT coalesce(max(id), 0) + 1 FROM {table} WHERE dossier = ?1")[0][0])

    def bank_statements(self, bank: str = "", statement: int = 0) -> list[Listed]:
        """The statements, the latest first; of one bank, or one alone, where that is asked."""
        return [
            Listed(
                row[0], row[1], row[2], row[3], row[4], held(row[5]), _day(row[6]), _day(row[7]), row[8], row[9],
                row[10], row[11], row[12], row[13],
            )
            for row in self.rows(_LISTED, bank, statement)
        ]  # fmt: skip

    # ------------------------------------------------------------ lines

    def bank_line(self, line: int) -> Kept | None:
        """A line of a statement, and what became of it."""
        rows = self.rows(f"{_KEPT} AND l.id = ?2", line)
        return _kept(rows[0]) if rows else None

    def bank_lines(self, statement: int = 0, *, open_only: bool = False) -> list[Kept]:
        """The lines of every statement, or of one, by bank and day; each movement once."""
        condition = f"{' AND l.statement = ?2' if statement else ' AND t.line IS NULL'}"
        if open_only:
            condition += " AND m.id IS NULL AND t.line IS NULL"
        parameters = (statement,) if statement else ()
        return [_kept(row) for row in self.rows(f"{_KEPT}{condition}{_ORDERED}", *parameters)]

    def named_instruments(self, ids: Sequence[int]) -> list[Instrument]:
        """Instruments by their numbers."""
        return [instrument(row) for row in self.rows(_INSTRUMENTS, _json([[id_] for id_ in ids]).decode())]

    # ------------------------------------------------------------ the ledger's lines

    def ledger_lines(self, account: str, transactions: Sequence[int], postings: Sequence[int]) -> list[LedgerLine]:
        """The lines on an account of these transactions' own entries, and of these entries."""
        found: list[Any] = []
        for sql, numbers in ((_OF_TRANSACTIONS, transactions), (_OF_POSTINGS, postings)):
            if numbers:
                found += self.rows(sql, _json([[number] for number in numbers]).decode(), account)
        return [LedgerLine(posting, line, amount, shown(year, number)) for posting, line, amount, year, number in found]

    def ledger_left(self, lines: Sequence[tuple[int, int]], account: str) -> dict[tuple[int, int], int]:
        """What of these lines on a bank's account no statement's line accounts for; those that are there."""
        rows = self.rows(_LEFT, _json([list(line) for line in lines]).decode(), account)
        return {(posting, line): left for posting, line, left in rows}

    def posted_entry(self, posting: int) -> Entry:
        """An entry as it was posted."""
        ((day, journal, label, piece, transaction, slip),) = self.rows(_ENTRY, posting)
        lines = tuple(
            Line(account, home, held(code), amount, party, item)
            for account, home, code, amount, party, item in self.rows(_ENTRY_LINES, posting)
        )
        return Entry(_day(day), journal, label, piece, lines, transaction, slip)

    # ------------------------------------------------------------ matches

    def record_match(self, mark: Mark, at: datetime) -> int:
        """Write what a line was taken for; its number."""
        number = self._next_of("bank_match")
        batch = Batch()
        row = (
            self.dossier, number, mark.line, mark.kind, int(mark.automatic), at.isoformat(), mark.by,
            _json(mark.proposal).decode(), _json(mark.transactions).decode(), _json(mark.postings).decode(), 0, None,
            None, None,
        )  # fmt: skip
        batch.insert(schema.bank_match, [row])
        batch.insert(schema.bank_match_line, ((self.dossier, number, x.posting, x.line, x.amount) for x in mark.ledger))
        batch.write(self.connection)
        return number

    def end_match(self, match: int, at: datetime, by: str, why: str) -> None:
        """Write that a match stands no more."""
        run(self.connection, _END, (self.dossier, match, at.isoformat(), by, why))

    def reconciled(self, transaction: int) -> list[int]:
        """The lines of statements that account for what a transaction posted at the bank."""
        return [row[0] for row in self.rows(_RECONCILED_TRANSACTION, transaction)]

    def reconciled_entry(self, posting: int) -> list[int]:
        """The lines of statements that account for lines of an entry."""
        return [row[0] for row in self.rows(_RECONCILED_POSTING, posting)]


# ---------------------------------------------------------------- rows


def statement_line(row: Sequence[Any]) -> StatementLine:
    """A StatementLine from a row of LINE_COLUMNS."""
    (
        id_, position, day, value_date, code, amount, operation, text, name, iban, end_to_end, reference, mandate,
        reason, fees, details,
    ) = row  # fmt: skip
    more = _details(details) if details else Details()
    return StatementLine(
        position, _day(day), _day(value_date), held(code), amount, operation, text, name, iban, end_to_end, reference,
        mandate, reason, fees, more.references, more.original, more.reversal, more.parts, id_,
    )  # fmt: skip


def completed(line: StatementLine, told: StatementLine) -> StatementLine:
    """A statement's line with what a notification tells more of the same movement."""
    own = {name: getattr(line, name) or getattr(told, name) for name in _TOLD_TOO}
    text = line.text if not told.text or told.text in line.text else f"{line.text} {told.text}".strip()
    return msgspec.structs.replace(line, **own, text=text)


_TOLD_TOO = (
    "name", "iban", "end_to_end", "reference", "mandate", "reason", "fees", "references", "original", "parts",
)  # fmt: skip


def _kept(row: Sequence[Any]) -> Kept:
    line, told = row[:_WIDTH], row[_WIDTH : 2 * _WIDTH]
    matched = row[2 * _WIDTH : 2 * _WIDTH + _MATCH_WIDTH]
    bank, statement, name, twin, undone = row[2 * _WIDTH + _MATCH_WIDTH :]
    own = statement_line(line)
    if told[0] is not None:
        own = completed(own, statement_line(told))
    match = _match(matched) if matched[0] is not None else None
    return Kept(own, bank, statement, name, match, twin, bool(undone))


def _match(row: Sequence[Any]) -> Match:
    id_, line, kind, automatic, at, by, proposal, transactions, postings, ended_at, ended_by, why = row
    decode = msgspec.json.decode
    return Match(
        id_, line, kind, bool(automatic), at, by, decode(proposal), tuple(decode(transactions)),
        tuple(decode(postings)), ended_at or "", ended_by or "", why or "",
    )  # fmt: skip
