"""The one door for writing: rows by the thousand, each table in one statement."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Table

from lettrage.adapters.store import schema
from lettrage.adapters.store.batch import INSTRUMENT, ITEM, Batch, insert_sql
from lettrage.adapters.store.sql import Row, run, run_many
from lettrage.books.chain import Counters, Posted, post
from lettrage.books.entry import Entry
from lettrage.books.logbook import SETTLEMENT
from lettrage.caller import Request
from lettrage.limits import NUMBER_DIGITS
from lettrage.opening.document import Opening, OpeningInvoice, OpeningTransaction
from lettrage.refusal import Refusal
from lettrage.settlement.document import Instrument, Item, Outcome, Plan, Transaction
from lettrage.settlement.once import Receipt

_json = msgspec.json.Encoder().encode
_PARTIES = """
SELECT p.code, p.means, p.record FROM json_each(?2) k
CROSS JOIN third_party p ON p.dossier = ?1 AND p.code = k.value->>0
"""


def insert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows, in the order of the table's columns, at once."""
    batch = Batch()
    batch.insert(table, rows)
    batch.write(connection)


def write_plan(batch: Batch, dossier: str, number: int | None, plan: Plan) -> None:
    """Write the transactions of a document (`number`; None for an act): made rows inserted, changed ones updated."""
    done = plan.transactions
    batch.insert(schema.transaction, (_transaction(dossier, number, t) for t in done))
    batch.insert(schema.header, _headers(dossier, done))
    _write_instruments_moved(batch, dossier, done)
    _write_items(batch, dossier, done)
    batch.insert(schema.allocation, _allocations(dossier, done))
    batch.insert(
        schema.vat_move,
        (
            (dossier, t.number, m.order, m.item, m.line, str(m.rate), m.vat_home, m.freed_home)
            for t in done
            for m in t.vat_moves
        ),
    )
    batch.insert(
        schema.task,
        ((dossier, t.number, k.order, k.item, k.kind, k.amount_home, k.vat_home, None) for t in done for k in t.tasks),
    )


def _write_instruments_moved(batch: Batch, dossier: str, done: Sequence[Transaction]) -> None:
    """Insert what was made, in its last state: a later group of the same document may have moved it on."""
    made = {i.id: i for t in done for i in t.instruments_made}
    ended = {i for t in done for i in t.instruments_ended}
    replace = msgspec.structs.replace
    write_instruments(batch, dossier, ((replace(i, active=False) if i.id in ended else i, "") for i in made.values()))
    batch.add(INSTRUMENT, ((dossier, i, 0) for i in sorted(ended - made.keys())))


def _transaction(dossier: str, document: int | None, t: Transaction) -> Row:
    status = "posted" if t.entry is not None else "awaiting_slip"
    return (
        dossier, t.number, t.kind, t.direction, t.date.isoformat(), t.establishment, t.label, status, document, None,
    )  # fmt: skip


def _headers(dossier: str, done: Sequence[Transaction]) -> Iterable[Row]:
    for t in done:
        for h in t.headers:
            yield (
                dossier, t.number, h.order, h.change.code, h.third_party, h.currency.code, h.amount, h.home,
                h.bank, h.label, h.number, h.lines,
            )  # fmt: skip


def write_instruments(batch: Batch, dossier: str, instruments: Iterable[tuple[Instrument, str]]) -> None:
    """Insert instruments, each with the digest of the record it was loaded from ("" for our own)."""
    batch.insert(schema.instrument,
        (
            (
                dossier, i.id, i.transaction, i.order, i.state, i.direction, i.third_party, i.currency.code,
                i.amount, i.home, i.date.isoformat(), i.bank, i.previous, int(i.active), digest,
            )
            for i, digest in instruments
        ),
    )  # fmt: skip


def _write_items(batch: Batch, dossier: str, done: Sequence[Transaction]) -> None:
    """Insert what was made, in its last state; update what was there before."""
    latest: dict[int, Item] = {}
    made: set[int] = set()
    for t in done:
        made.update(i.id for i in t.items_made)
        latest.update({i.id: i for i in t.items_changed})
        latest.update({i.id: i for i in t.items_made})
    batch.insert(schema.due_item, (item_row(dossier, latest[i]) for i in sorted(made)))
    update_items(batch, dossier, [i for i in latest.values() if i.id not in made])


def update_items(batch: Batch, dossier: str, items: Iterable[Item]) -> None:
    """Update due items and advances that are there already."""
    batch.add(ITEM, ((dossier, i.id, i.open, i.settled, i.passed_on, i.carried, _parked(i), i.account) for i in items))


def _parked(item: Item) -> str:
    return _json(item.parked).decode() if item.parked else ""


def item_row(dossier: str, i: Item, settled_before: int = 0, digest: str = "") -> Row:
    """A due item or an advance as a row."""
    return (
        dossier, i.id, i.kind, i.ledger, i.third_party, i.prefix, i.piece, i.date.isoformat(),
        i.due_date.isoformat(), i.currency.code, i.amount, i.open, i.settled, i.passed_on, settled_before,
        i.carried, i.origin_amount, i.origin_carried, _parked(i), int(i.disputed), i.previous, i.invoice,
        i.transaction, i.order, digest, i.account,
    )  # fmt: skip


def _allocations(dossier: str, done: Sequence[Transaction]) -> Iterable[Row]:
    for t in done:
        for line, a in enumerate(t.allocations, 1):
            yield (
                dossier, t.number, line, a.order, a.item, a.operation, a.amount, a.relieved_home, a.value_home,
                a.paid, a.successor,
            )  # fmt: skip


def write_entries(batch: Batch, dossier: str, posted: Sequence[Posted]) -> None:
    """Append numbered entries with their lines."""
    batch.insert(schema.entry,
        (
            (
                dossier, p.posting, p.year, p.number, p.entry.date.isoformat(), p.valid_date.isoformat(),
                p.posted_at, p.entry.journal, p.entry.label, p.entry.piece, p.entry.transaction, p.entry.slip,
                p.entry.reversal_of, p.hash,
            )
            for p in posted
        ),
    )  # fmt: skip
    batch.insert(schema.entry_line,
        (
            (
                dossier, p.posting, number, line.account, line.third_party, max(line.home, 0),
                max(-line.home, 0), line.currency.code, line.amount, line.item,
            )
            for p in posted
            for number, line in enumerate(p.entry.lines, 1)
        ),
    )  # fmt: skip


def post_entries(
    batch: Batch,
    dossier: str,
    counters: dict[str, Any],
    entries: list[tuple[str, Entry]],
    today: date,
    at: str,
) -> tuple[list[Posted], dict[str, Any]]:
    """Number, chain and append entries; what changes in the dossier's counters."""
    numbering = Counters(counters["postings"], counters["head"], msgspec.json.decode(counters["years"]))
    posted = post(entries, numbering, today, at)
    write_entries(batch, dossier, posted)
    years = _json(dict(sorted(numbering.years.items()))).decode()
    return posted, {"postings": numbering.posting, "head": numbering.head, "years": years}


def write_receipt(batch: Batch, dossier: str, number: int, receipt: Receipt, plan: Plan) -> None:
    """The document itself, with its warnings and how many of its settlements were done."""
    told = [(r.position, r.refusal) for r in plan.remarks]
    refused = sum(1 for outcome in plan.outcomes if outcome.reasons)
    replayed = sum(1 for outcome in plan.outcomes if outcome.replayed)
    row = (
        dossier, number, receipt.caller, receipt.origin, receipt.at.isoformat(), receipt.document.digest,
        receipt.key, receipt.raw, _json(told).decode(), SETTLEMENT, receipt.source, len(plan.outcomes) - refused,
        refused, replayed, len(told), None,
    )  # fmt: skip
    batch.insert(schema.document, [row])


def write_request(batch: Batch, dossier: str, number: int, request: Request, reasons: Iterable[Refusal]) -> None:
    """An act, with every reason against it."""
    told = [(None, reason) for reason in reasons]
    refused = bool(told)
    row = (
        dossier, number, request.caller, request.origin, request.at.isoformat(), request.digest, request.key,
        request.raw, _json(told).decode(), request.kind, request.source, int(not refused), int(refused), 0, 0,
        _about(request),
    )  # fmt: skip
    batch.insert(schema.document, [row])


def _about(request: Request) -> int | None:
    """The transaction that an act names, if it names one."""
    named = msgspec.json.decode(request.raw).get("transaction")
    return int(named) if isinstance(named, str) and named.isdecimal() and len(named) <= NUMBER_DIGITS else None


def write_outcomes(batch: Batch, dossier: str, number: int, receipt: Receipt, plan: Plan) -> None:
    """What became of each settlement of a document."""
    at = receipt.at.isoformat()
    identities = [s.identity for s in receipt.document.settlements]
    batch.insert(
        schema.outcome,
        (_outcome(dossier, number, receipt.caller, at, identities[o.position], o) for o in plan.outcomes),
    )


def _outcome(dossier: str, document: int, caller: str, at: str, identity: str, o: Outcome) -> Row:
    reasons = _json(o.reasons).decode() if o.reasons else "[]"
    return (
        dossier, document, o.position, caller, at, identity, o.number, o.resultcode, o.transaction, o.order,
        int(o.replayed), reasons,
    )  # fmt: skip


def advance_counters(connection: Connection, dossier: str, changes: dict[str, Any]) -> None:
    """Move the dossier's counters on."""
    columns = ", ".join(f'"{name}" = ?' for name in changes)
    run(connection, f"UPDATE dossier SET {columns} WHERE code = ?", (*changes.values(), dossier))


def write_master_data(connection: Connection, dossier: str, opening: Opening) -> None:
    """Write third parties and rates over those of the same key: of a third party, what a record leaves out stays."""
    codes = _json([[party.code] for party in opening.third_parties]).decode()
    found: Sequence[Any] = run(connection, _PARTIES, (dossier, codes)).all() if opening.third_parties else []
    known = {code: (means, msgspec.json.decode(record)) for code, means, record in found}
    rows = []
    for party in opening.third_parties:
        means, record = known.get(party.code, ("", {}))
        kept = means if "means" not in party.record else ""
        merged = _json(record | party.record).decode()
        rows.append((dossier, party.code, party.ledger, party.means or kept, merged))
    _replace(connection, schema.third_party, rows)
    _replace(connection, schema.rate, ((dossier, r.currency, r.date.isoformat(), r.rate) for r in opening.rates))


def write_opening(batch: Batch, dossier: str, opening: Opening, posted: Sequence[Posted]) -> None:
    """Write what a load adds beside its entries and its master data."""
    batch.insert(schema.invoice, (_invoice(dossier, o, posted) for o in opening.invoices))
    batch.insert(schema.transaction, (_loaded(dossier, t) for t in opening.transactions))
    batch.insert(schema.header, _loaded_headers(dossier, opening))
    write_instruments(batch, dossier, opening.instruments)
    batch.insert(
        schema.due_item,
        (item_row(dossier, item, before, digest) for item, before, digest in opening.items),
    )


def _replace(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert master data, or update what has the same key."""
    batch = list(rows)
    if not batch:
        return
    keys = [column.name for column in table.primary_key]
    others = [column.name for column in table.columns if column.name not in keys]
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    sql = f"{insert_sql(table)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {updates}"
    run_many(connection, sql, batch)


def _invoice(dossier: str, o: OpeningInvoice, posted: Sequence[Posted]) -> Row:
    i = o.invoice
    vat = _json([(str(line.rate), line.base, line.amount) for line in i.vat]).decode()
    return (
        dossier, o.id, o.ledger, i.third_party, i.prefix, i.number, i.date.isoformat(), i.currency.code,
        i.amount, o.home, i.vat_due, vat, i.digest, posted[o.entry].posting,
    )  # fmt: skip


def _loaded(dossier: str, t: OpeningTransaction) -> Row:
    status = "awaiting_slip" if t.awaiting_slip else "posted"
    return (dossier, t.number, "loaded", t.direction, t.date.isoformat(), "", "Reprise", status, None, None)


def _loaded_headers(dossier: str, opening: Opening) -> Iterable[Row]:
    for t in opening.transactions:
        for order, i in dict(t.orders).items():
            yield (
                dossier, t.number, order, "", i.third_party, i.currency.code, i.amount, i.home, i.bank, "Reprise", "",
                0,
            )  # fmt: skip
