"""One invoice as its page shows it: each part of the page is one statement."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from lettrage.adapters.store.document_lists import DOCUMENT, EVENTS, event, shelved
from lettrage.adapters.store.outbox import DEPOSIT, as_deposit, as_keys
from lettrage.adapters.store.reading import Reader, held
from lettrage.adapters.store.routes import platform_of
from lettrage.company.customer import Customer
from lettrage.company.customer import kept as customer_kept
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.doors import environment_of
from lettrage.invoicing.sending.case import DueItem, EntryLine, Kept, Papers, Placed, SalesEntry, Took
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.shelf import Sent, Shelved

_day = date.fromisoformat
_invoice = msgspec.json.Decoder(Invoice).decode

# The document itself, all of its number, the one that it replaces and those that replace it.
_KEPT = f"""
SELECT {DOCUMENT}, p.record,
       (SELECT c.value FROM chorus_setting c WHERE c.dossier = ?1 AND c.platform = '' AND c.establishment = ''
        AND c.name = 'platform'), d.invoice, v.posting, coalesce(v.number, ''), coalesce(v.home, 0), v.amount,
       (SELECT CAST(sum(i.open) AS BIGINT) FROM due_item i WHERE i.dossier = ?1
        AND i.third_party = v.third_party AND i.prefix = v.prefix AND i.piece = v.number),
       (SELECT min(i.due_date) FROM due_item i WHERE i.dossier = ?1
        AND i.third_party = v.third_party AND i.prefix = v.prefix AND i.piece = v.number)
FROM sales_document x
CROSS JOIN sales_document d ON d.dossier = x.dossier AND d.id IN (
    SELECT n.id FROM sales_document n WHERE n.dossier = ?1 AND n.number = x.number
    AND n.third_party = x.third_party
    UNION SELECT x.corrects UNION SELECT c.id FROM sales_document c WHERE c.dossier = ?1 AND c.corrects = x.id)
LEFT JOIN third_party p ON p.dossier = d.dossier AND p.code = d.third_party
LEFT JOIN invoice v ON v.dossier = d.dossier AND v.id = d.invoice
WHERE x.dossier = ?1 AND x.id = ?2 ORDER BY d.id DESC
"""
_PLACED = f"""
SELECT {DEPOSIT}, f.number, f.state, f.syntax, d.name, d.sha256, f.sent_at, f.asked_by FROM json_each(?2) k
CROSS JOIN deposit d ON d.dossier = ?1 AND d.document = CAST(k.value->>0 AS BIGINT) AND d.platform = ?3
JOIN sales_document s ON s.dossier = d.dossier AND s.id = d.document
JOIN flow f ON f.dossier = d.dossier AND f.id = d.flow ORDER BY d.flow DESC, d.document DESC
"""
_PAPERS = """
SELECT s.content, p.file FROM sales_document s
LEFT JOIN deposit p ON p.dossier = s.dossier AND p.document = s.id AND p.flow = ?3
WHERE s.dossier = ?1 AND s.id = ?2
"""
_ITEMS = """
SELECT i.id, i.kind, i.due_date, i.currency, i.amount, i.open, i.disputed, t.number, t.date, a.operation,
       CAST(sum(abs(a.amount)) AS BIGINT), t.status
FROM invoice v
CROSS JOIN due_item i ON i.dossier = v.dossier AND i.third_party = v.third_party AND i.prefix = v.prefix
     AND i.piece = v.number
LEFT JOIN allocation a ON a.dossier = i.dossier AND a.item = i.id
LEFT JOIN "transaction" t ON t.dossier = a.dossier AND t.number = a."transaction"
WHERE v.dossier = ?1 AND v.id = ?2
GROUP BY i.id, i.kind, i.due_date, i.currency, i.amount, i.open, i.disputed, t.number, t.date, a.operation, t.status
ORDER BY i.due_date, i.id, t.number, a.operation
"""
_ENTRY = """
SELECT e.posting, e.year, e.number, e.date, e.journal, e.label, l.account, l.third_party, l.debit, l.credit
FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
WHERE e.dossier = ?1 AND e.posting = ?2 ORDER BY l.line
"""
# The end of a content is enough: it is written with its names in order, and `service` stands behind what is long.
_TAIL = 6_000
_LATELY = 200  # invoices of a customer, the latest, that say which services take them
_TAKEN = f"""
SELECT CASE WHEN length(s.content) > {_TAIL} THEN substr(s.content, length(s.content) - {_TAIL}) ELSE s.content END
FROM (SELECT l.dossier, l.id, l.date, l.content FROM sales_document l WHERE l.dossier = ?1 AND l.third_party = ?2
      ORDER BY l.id DESC LIMIT {_LATELY}) s
WHERE s.date >= ?4 AND EXISTS (SELECT 1 FROM deposit p WHERE p.dossier = ?1 AND p.document = s.id
                               AND p.platform = ?3 AND p.outcome = 'integrated')
"""
_SERVICE = re.compile(r'"service":("(?:[^"\\]|\\.)*")')


class InvoiceLooks(Reader):
    """What the page of one invoice asks for."""

    def invoice_kept(self, id_: int) -> Kept | None:
        """A document with its kin and its customer; None where there is none of this number."""
        rows = self.rows(_KEPT, id_)
        own = next((row for row in rows if row[0] == id_), None)
        if own is None:
            return None
        *document, record, on, invoice, posting, piece, home, amount, open_, due = own
        code = document[4]
        customer = customer_kept(msgspec.json.decode(record)) if record else Customer(code)
        kin = tuple(shelved(row[:12]) for row in rows)
        platform = platform_of(self, kin, environment_of(on or ""))
        falls = _day(due) if due else None
        return Kept(shelved(document), kin, customer, platform, invoice, posting, piece, home, amount, open_, falls)

    def invoice_placed(self, documents: Sequence[Shelved], platform: str) -> list[Placed]:
        """The deposits of these documents with their flows, the latest first."""
        found = []
        for row in self.rows(_PLACED, as_keys((one.id,) for one in documents), platform):
            *own, number, state, syntax, name, sha256, sent_at, by = row
            deposit = as_deposit(own)
            texts = tuple(said.text for said in deposit.errors)
            sent = Sent(
                deposit.document, deposit.flow, number, state, syntax, name, sha256, sent_at, deposit.outcome,
                deposit.status, deposit.chorus_id, texts,
            )  # fmt: skip
            found.append(Placed(deposit, sent, by))
        return found

    def invoice_events(self, documents: Sequence[Shelved], platform: str) -> list[Event]:
        """Everything heard of these documents, of each in the order in which it was heard."""
        return [event(row) for row in self.rows(EVENTS, as_keys((one.id,) for one in documents), platform)]

    def invoice_papers(self, document: int, flow: int) -> Papers:
        """What a document says, and its file in this flow."""
        ((content, file),) = self.rows(_PAPERS, document, flow)
        return Papers(_invoice(content), bytes(file) if file else b"")

    def invoice_items(self, invoice: int) -> list[DueItem]:
        """The due items of an invoice in the books, with what settled each."""
        found: dict[int, DueItem] = {}
        for id_, kind, due, code, amount, open_, disputed, number, day, operation, took, status in self.rows(
            _ITEMS, invoice
        ):
            one = found.get(id_) or DueItem(id_, kind, _day(due), held(code), amount, open_, bool(disputed))
            if number is not None:
                more = Took(number, _day(day), operation, took, status == "cancelled")
                one = msgspec.structs.replace(one, took=(*one.took, more))
            found[id_] = one
        return list(found.values())

    def sales_entry(self, posting: int) -> SalesEntry | None:
        """The entry of this number; None where there is none."""
        rows = self.rows(_ENTRY, posting)
        if not rows:
            return None
        _, year, number, day, journal, label = rows[0][:6]
        lines = tuple(EntryLine(*row[6:]) for row in rows)
        return SalesEntry(posting, year, number, _day(day), journal, label, lines)

    def services_taken(self, third_party: str, platform: str, since: date) -> Mapping[str, int]:
        """How many invoices of a customer each of its services has taken in since a day, of the latest ones."""
        tails = (row[0] for row in self.rows(_TAKEN, third_party, platform, since.isoformat()))
        codes = [msgspec.json.decode(found[1], type=str) for tail in tails if (found := _SERVICE.search(tail))]
        return Counter(code for code in codes if code)
