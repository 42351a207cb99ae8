"""Invoices as documents in the database: what is known of seller and buyer, the documents there, writing new ones."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.batch import Batch
from lettrage.adapters.store.reading import Reader, held, vat_lines
from lettrage.adapters.store.sql import Row
from lettrage.books.chain import Posted
from lettrage.company.customer import Customer, kept
from lettrage.company.dossier import Company
from lettrage.invoicing.billing.register import Booked, Entered, Facts, Filed, Key
from lettrage.invoicing.billing.sale import Due
from lettrage.opening.document import LoadedRate, Opening, Present
from lettrage.settlement.document import Ledger

_json = msgspec.json.Encoder().encode
_day = date.fromisoformat

_THIRD_PARTIES = """
SELECT t.code, t.ledger, t.record FROM json_each(?2) k
CROSS JOIN third_party t ON t.dossier = ?1 AND t.code = k.value->>0
"""
_CUSTOMERS = "SELECT code, ledger, record FROM third_party WHERE dossier = ?1 AND ledger = 'customer' ORDER BY code"
_CHOICES = "SELECT establishment, name, value FROM chorus_setting WHERE dossier = ?1 AND platform = '' AND sealed = 0"
# A loaded invoice may have its number in two parts, the prefix apart.
_BOOKED = """
SELECT v.third_party, v.prefix || v.number, v.id, v.date, v.currency, v.amount, v.vat, v.vat_due
FROM json_each(?2) k
CROSS JOIN invoice v ON v.dossier = ?1 AND v.third_party = k.value->>0 AND v.prefix = k.value->>1
AND v.number = k.value->>2 ORDER BY v.id
"""
# What was opened with the invoice; what came back unpaid is another matter.
_DUES = """
SELECT i.invoice, i.due_date, i.amount, i.open FROM json_each(?2) k
CROSS JOIN due_item i ON i.dossier = ?1 AND i.third_party = k.value->>0 AND i.prefix = k.value->>1
AND i.piece = k.value->>2 AND i.kind IN ('invoice', 'credit_note') AND i.previous IS NULL
AND i.invoice IS NOT NULL ORDER BY i.id
"""
_FILED = """
SELECT d.third_party, d.number, d.id, d.digest, d.invoice,
       (SELECT count(*) FROM deposit p WHERE p.dossier = ?1 AND p.document = d.id AND p.platform = ?3
        AND p.stands = 1)
FROM json_each(?2) k
CROSS JOIN sales_document d ON d.dossier = ?1 AND d.number = k.value->>1 AND d.third_party = k.value->>0 ORDER BY d.id
"""
_NEXT = (
    "SELECT (SELECT coalesce(max(id), 0) + 1 FROM invoice WHERE dossier = ?1),"
    " (SELECT coalesce(max(id), 0) + 1 FROM sales_document WHERE dossier = ?1)"
)
_RATES = """
SELECT r.currency, r.date, r.rate FROM json_each(?2) k
CROSS JOIN rate r ON r.dossier = ?1 AND r.currency = k.value->>0 ORDER BY r.currency, r.date
"""


class Documents(Reader):
    """The invoices of one dossier as documents. Satisfies the port `Documents`."""

    company: Company
    today: date

    def third_party_records(self, codes: Collection[str] | None) -> Mapping[str, tuple[Ledger, Customer]]:
        """What is known of these third parties; None for all customers."""
        rows = self.rows(_CUSTOMERS) if codes is None else self.rows(_THIRD_PARTIES, _keys((c,) for c in codes))
        return {code: (ledger, kept(msgspec.json.decode(record))) for code, ledger, record in rows}

    def chorus_choices(self) -> Mapping[tuple[str, str], str]:
        """The settings of Chorus Pro that hold on both platforms, by establishment ("" for the dossier) and name."""
        return {(establishment, name): value for establishment, name, value in self.rows(_CHOICES)}

    def document_facts(self, keys: Sequence[Key], currencies: Sequence[str]) -> Facts:
        """What the books hold of these customers' numbers, and the rates of these currencies."""
        platform = self.chorus_choices().get(("", "platform"), "qualification")
        pieces = _keys(part for key in keys for part in self._parts(*key))
        booked = self.rows(_BOOKED, pieces)
        dues: defaultdict[int, list[tuple[Due, int]]] = defaultdict(list)
        for id_, day, amount, left in self.rows(_DUES, pieces):
            dues[id_].append((Due(_day(day), amount), left))
        filed: dict[Key, Filed] = {}
        for party, number, id_, digest, invoice, stands in self.rows(_FILED, _keys(keys), platform):
            before = filed.get((party, number))
            filed[party, number] = Filed(id_, digest, invoice, bool(stands) or (before is not None and before.stands))
        ((next_invoice, next_document),) = self.rows(_NEXT)
        rates = self.rows(_RATES, _keys((code,) for code in currencies)) if currencies else ()
        return Facts(
            {
                (p, n): Booked(
                    id_, _day(day), held(code), amount, vat_lines(vat), vat_due == "receipts",
                    tuple(due for due, _ in dues[id_]), sum(left for _, left in dues[id_]),
                )
                for p, n, id_, day, code, amount, vat, vat_due in booked
            },
            filed,
            Present(
                None, frozenset(), {}, tuple(LoadedRate(c, _day(day), rate) for c, day, rate in rates), {}, {}, 0, 0,
                self.counters["next_item"], self.counters["next_instrument"], next_invoice,
            ),
            next_document,
        )  # fmt: skip

    def _parts(self, party: str, number: str) -> Iterator[tuple[str, str, str]]:
        """The ways in which a number may be kept: whole, or where the dossier uses prefixes with one in front."""
        for length in range(len(number)) if self.company.uses_prefixes else (0,):
            yield party, number[:length], number[length:]

    def record_documents(
        self, documents: Sequence[Entered], opening: Opening | None, at: datetime, by: str
    ) -> list[Posted]:
        """Write documents, with the entries, invoices and due items of those that are new to the books."""
        batch = Batch()
        posted: list[Posted] = []
        changes: dict[str, Any] = {}
        if opening is not None:
            entries = list(opening.entries)
            posted, changes = writing.post_entries(
                batch, self.dossier, self.counters, entries, self.today, at.isoformat()
            )
            writing.write_opening(batch, self.dossier, opening, posted)
            changes["next_item"] = opening.next_item
        batch.insert(schema.sales_document, (self._document(one, at, by) for one in documents))
        batch.write(self.connection)
        if changes:
            self.advance(changes)
        return posted

    def _document(self, one: Entered, at: datetime, by: str) -> Row:
        sale = one.sale
        assert sale is not None, one.number
        invoice = sale.invoice
        return (
            self.dossier, one.id, one.number, invoice.type, invoice.date.isoformat(), one.third_party,
            sale.establishment, invoice.currency.code, invoice.totals.gross, one.content, sale.original, sale.source,
            one.digest, one.invoice, one.corrects, at.isoformat(), by,
        )  # fmt: skip


def _keys(rows: Any) -> str:
    return _json([list(row) for row in rows]).decode()
