"""What an archive of a financial year holds, read in streams: entries, third parties, due items, documents, proofs.

Only what a year says for good: what may still change after it (how much of an item is open today) is not here, so a
closed year gives the same files whenever it is archived.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, CursorResult

from lettrage.adapters.store.reading import held
from lettrage.adapters.store.sql import on_postgresql, run
from lettrage.books.chain import GENESIS, shown
from lettrage.company.dossier import Company, Year
from lettrage.money import decimal_text

ROWS = 2_000  # held at a time
HEAVY_ROWS = 4  # of those with files in them
Cells = Sequence[object]
_json = msgspec.json.Encoder().encode
_NUMBERED = re.compile(r"\?([0-9])")

_OF_YEAR = "e.dossier = ?1 AND e.year = ?2"
_LINES = f"""
SELECT e.posting, e.number, e.date, e.valid_date, e.posted_at, e.journal, e.label, e.piece, e."transaction", e.slip,
       r.year, r.number, l.line, l.account, l.third_party, l.debit, l.credit, l.currency, l.amount, l.item
FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
LEFT JOIN entry r ON r.dossier = e.dossier AND r.posting = e.reversal_of
WHERE {_OF_YEAR} ORDER BY e.number, l.line
"""
# As books/chain.py puts them together; entries of two years may be chained in turns.
_CHAINED = f"""
SELECT b.hash, e.hash, e.posting, e.year, e.number, e.date, e.valid_date, e.posted_at, e.journal, e.label, e.piece,
       e."transaction", e.slip, e.reversal_of,
       l.account, l.third_party, l.debit - l.credit, l.currency, l.amount, l.item
FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
LEFT JOIN entry b ON b.dossier = e.dossier AND b.posting = e.posting - 1
WHERE {_OF_YEAR} ORDER BY e.posting, l.line
"""
_BEFORE = "SELECT hash FROM entry WHERE dossier = ?1 AND posting = ?2"
_SPAN = f"""
SELECT count(*), coalesce(min(e.posting), 0), coalesce(max(e.posting), 0) FROM entry e WHERE {_OF_YEAR}
"""
_PARTIES = f"""
SELECT p.code, p.ledger, p.record FROM third_party p WHERE p.dossier = ?1 AND p.code IN (
    SELECT l.third_party FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
    WHERE {_OF_YEAR} AND l.third_party <> '')
ORDER BY p.code
"""
_DUES = """
SELECT d.id, d.kind, d.ledger, d.third_party, d.prefix, d.piece, d.date, d.due_date, d.currency, d.amount,
       d.origin_carried, d.previous, d."transaction"
FROM due_item d WHERE d.dossier = ?1 AND d.date BETWEEN ?3 AND ?4 ORDER BY d.id
"""
# Documents of the year: received then, or behind a transaction of then.
_IN_YEAR = """
d.dossier = ?1 AND ((d.received_at >= ?3 AND d.received_at < ?5) OR d.id IN (
    SELECT t.document FROM "transaction" t WHERE t.dossier = ?1 AND t.date BETWEEN ?3 AND ?4))
"""
_DOCUMENTS = f"""
SELECT d.id, d.kind, d.caller, d.origin, d.source, d.received_at, d.digest, d.key, d.remarks, d.raw
FROM document d WHERE {_IN_YEAR} ORDER BY d.id
"""
_OUTCOMES = f"""
SELECT o.document, o.position, o.reglement_num, o.resultcode, o."transaction", o."order", o.replayed, o.reasons
FROM outcome o JOIN document d ON d.dossier = o.dossier AND d.id = o.document
WHERE {_IN_YEAR} ORDER BY o.document, o.position
"""
_SALES = """
SELECT s.id, s.number, s.syntax, s.original FROM sales_document s
WHERE s.dossier = ?1 AND s.date BETWEEN ?3 AND ?4 ORDER BY s.id
"""
_SENT = """
SELECT s.id, s.number, x.platform, x.flow, x.name, x.outcome, x.sha256, x.file FROM deposit x
JOIN sales_document s ON s.dossier = x.dossier AND s.id = x.document
WHERE s.dossier = ?1 AND s.date BETWEEN ?3 AND ?4 ORDER BY s.id, x.flow
"""
_SLIPS = "SELECT number FROM slip WHERE dossier = ?1 AND date BETWEEN ?3 AND ?4 ORDER BY number"
_BANK = """
SELECT f.id, f.name, f.format, f.sha256, f.received_at, f.content FROM bank_file f
WHERE f.dossier = ?1 AND ((f.received_at >= ?3 AND f.received_at < ?5) OR f.id IN (
    SELECT s.file FROM bank_statement s WHERE s.dossier = ?1 AND s."end" >= ?3 AND s.start <= ?4))
ORDER BY f.id
"""
_PAYMENTS = """
SELECT f.id, f.kind, f.version, f.bank, f.message, f.date, f.sha256, f.content FROM payment_file f
WHERE f.dossier = ?1 AND f.date BETWEEN ?3 AND ?4 ORDER BY f.id
"""
_CLOSING = """
SELECT year, "end", at, "by", posting, head, entries, result_home, balances FROM closing
WHERE dossier = ?1 AND year = ?2
"""

LINE_HEADS = (
    "entry", "date", "valid_date", "posted_at", "journal", "label", "piece", "transaction", "slip", "reversal_of",
    "line", "account", "third_party", "debit", "credit", "currency", "currency_amount", "item",
)  # fmt: skip
DUE_HEADS = (
    "id", "kind", "direction", "third_party", "prefix", "piece", "date", "due_date", "currency", "amount",
    "amount_home", "previous", "transaction",
)  # fmt: skip


_NOT_IN_NAMES = re.compile(r"[^\w.-]")
_LONGEST_NAME = 100  # characters of one part of a path


def _plain(name: str) -> str:
    """One part of a path: a number, or a name that came from outside, may hold anything."""
    ending = name.rpartition(".")[2] if len(name) > _LONGEST_NAME else ""
    short = name[: _LONGEST_NAME - len(ending)] + (f".{ending}" if 0 < len(ending) < 10 else "")
    return _NOT_IN_NAMES.sub("_", short).strip(".") or "_"


class YearFile(msgspec.Struct, frozen=True):
    """A file kept in the books: where it goes in the archive, what is known of it, its bytes."""

    name: str
    facts: dict[str, Any]
    content: bytes


class ArchiveReader:
    """Reads one financial year of one dossier through an open connection."""

    def __init__(self, connection: Connection, dossier: str, company: Company, year: Year) -> None:
        self._connection = connection
        if on_postgresql(connection):  # a long file is judged, and papers are printed, between two questions
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        self.company = company
        self.year = year
        after = year.end + timedelta(days=1)
        days = (year.start.isoformat(), year.end.isoformat(), after.isoformat())
        self._parameters = (dossier, year.name, *days)
        self._dossier = dossier

    # ------------------------------------------------------------ the books

    def lines(self) -> Iterator[list[Cells]]:
        """Every line of every entry, amounts as decimals, in the order of LINE_HEADS."""
        home = self.company.currency.decimals
        for part in self._parts(_LINES):
            yield [
                (
                    shown(self.year.name, row[1]), *row[2:10], shown(row[10], row[11]) if row[10] else "",
                    row[12], row[13], row[14], decimal_text(row[15], home), decimal_text(row[16], home),
                    row[17], decimal_text(row[18], held(row[17]).decimals), row[19],
                )
                for row in part
            ]  # fmt: skip

    def entries(self) -> Iterator[list[dict[str, Any]]]:
        """Every entry as its hash was made: SHA-256 of `before` (the hash before it) followed by `chained`."""
        entry: list[Any] = []
        for part in self._parts(_CHAINED):
            done = []
            for before, own, *columns, account, party, home, code, amount, item in part:
                if not entry or entry[2][0] != columns[0]:
                    done += [self._chained(*entry)] if entry else []
                    entry = [before or GENESIS, own, columns, []]
                entry[3].append((account, party, home, code, amount, item))
            yield done
        if entry:
            yield [self._chained(*entry)]

    def _chained(self, before: str, own: str, columns: list[Any], lines: list[Any]) -> dict[str, Any]:
        chained = _json([*columns, lines]).decode()
        return {"entry": shown(columns[1], columns[2]), "before": before, "chained": chained, "hash": own}

    def company_file(self) -> bytes:
        """The company file as it was loaded."""
        ((record,),) = self._rows("SELECT record FROM dossier WHERE code = ?1")
        return msgspec.json.format(str(record).encode()) + b"\n"

    def third_parties(self) -> Iterator[list[dict[str, Any]]]:
        """Those that the year's entries name, as they are known."""
        for part in self._parts(_PARTIES):
            yield [{"code": row[0], "direction": row[1], **msgspec.json.decode(row[2])} for row in part]

    def due_items(self) -> Iterator[list[Cells]]:
        """Due items and advances that the year opened, in the order of DUE_HEADS."""
        home = self.company.currency.decimals
        for part in self._parts(_DUES):
            yield [
                (
                    *row[:9], decimal_text(row[9], held(row[8]).decimals), decimal_text(row[10], home), *row[11:],
                )
                for row in part
            ]  # fmt: skip

    # ------------------------------------------------------------ documents

    def documents(self) -> Iterator[YearFile]:
        """What was received, word for word."""
        names = ("id", "kind", "caller", "origin", "source", "received_at", "digest", "key", "remarks")
        for row in self._each(_DOCUMENTS):
            facts = dict(zip(names, row[:9], strict=True)) | {"remarks": msgspec.json.decode(row[8] or "[]")}
            yield YearFile(f"documents/received/{row[0]:06}.txt", facts, row[9])

    def outcomes(self) -> Iterator[list[dict[str, Any]]]:
        """What became of each settlement of these documents."""
        names = ("document", "position", "reglement_num", "resultcode", "transaction", "order", "replayed")
        for part in self._parts(_OUTCOMES):
            yield [
                dict(zip(names, row[:7], strict=True)) | {"reasons": msgspec.json.decode(row[7] or "[]")}
                for row in part
            ]

    def invoices(self) -> Iterator[YearFile]:
        """Each invoice's file as it came, then those that were sent."""
        for id_, number, syntax, original in self._each(_SALES):
            ending = {"json": "json", "csv": "csv", "facturx": "pdf"}.get(syntax, "xml")
            facts = {"document": id_, "number": number, "syntax": syntax, "what": "original"}
            yield YearFile(f"documents/invoices/{_plain(f'{id_:06}-{number}')}/original.{ending}", facts, original)
        for id_, number, platform, flow, name, outcome, sha256, file in self._each(_SENT):
            facts = {"document": id_, "number": number, "platform": platform, "flow": flow, "outcome": outcome}
            facts |= {"what": "sent", "sha256": sha256}
            of = f"documents/invoices/{_plain(f'{id_:06}-{number}')}"
            yield YearFile(f"{of}/{_plain(f'{platform}-{flow}-{name}')}", facts, file)

    def slips(self) -> list[tuple[str, str]]:
        """The numbers of the year's deposit slips, each with the name of its file."""
        return [(row[0], f"documents/slips/{_plain(row[0])}.pdf") for part in self._parts(_SLIPS) for row in part]

    def bank_files(self) -> Iterator[YearFile]:
        """What the banks told, and what they were told."""
        for id_, name, form, sha256, received, content in self._each(_BANK):
            facts = {"id": id_, "format": form, "sha256": sha256, "received_at": received}
            yield YearFile(f"documents/bank/{_plain(f'{id_:06}-{name}')}", facts, content)
        for id_, kind, version, bank, message, day, sha256, content in self._each(_PAYMENTS):
            facts = {"id": id_, "format": version, "bank": bank, "message": message, "date": day, "sha256": sha256}
            ending = "xml" if kind.startswith("pain") else "txt"
            yield YearFile(f"documents/payments/{_plain(f'{id_:06}-{kind}.{ending}')}", facts, content)

    # ------------------------------------------------------------ proofs

    def chain(self) -> dict[str, Any]:
        """Where the chain of entries stood before the year's first entry, and with its last one."""
        ((count, first, last),) = self._rows(_SPAN)
        return {
            "entries": count,
            "first_posting": first,
            "last_posting": last,
            "hash_before": self._hash(first - 1),
            "head": self._hash(last),
        }

    def closed(self) -> dict[str, Any] | None:
        """What was kept when the year was closed; None while it is open."""
        rows = self._rows(_CLOSING)
        if not rows:
            return None
        names = ("year", "end", "at", "by", "posting", "head", "entries", "result_home")
        return dict(zip(names, rows[0][:8], strict=True)) | {"balances": msgspec.json.decode(rows[0][8])}

    def _hash(self, posting: int) -> str:
        rows = self._asked(_BEFORE, (self._dossier, posting), ROWS).all()
        return str(rows[0][0]) if rows else GENESIS

    # ------------------------------------------------------------ reading

    def _rows(self, sql: str) -> Sequence[Any]:
        return self._asked(sql, self._parameters, ROWS).all()

    def _parts(self, sql: str, at_once: int = ROWS) -> Iterator[Sequence[Any]]:
        with closing(self._asked(sql, self._parameters, at_once)) as rows:
            for part in rows.partitions(at_once):
                yield [tuple(row) for row in part]

    def _each(self, sql: str) -> Iterator[Any]:
        """Rows with files in them, one by one."""
        for part in self._parts(sql, HEAVY_ROWS):
            yield from part

    def _asked(self, sql: str, parameters: tuple[object, ...], at_once: int) -> CursorResult[Any]:
        """A statement with as many of these parameters as it names."""
        count = max(int(number) for number in _NUMBERED.findall(sql))
        return run(self._connection, sql, parameters[:count], stream=True, held=at_once)
