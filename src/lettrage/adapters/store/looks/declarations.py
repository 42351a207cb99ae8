"""Payments of sales, and what decides about them: customer, document, and the door that carried it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from typing import Any

import msgspec

from lettrage.adapters.store.looks.memo import Memo
from lettrage.adapters.store.looks.vat import VatLooks
from lettrage.adapters.store.outbox import as_keys
from lettrage.adapters.store.reading import vat_lines
from lettrage.adapters.store.sql import Row, run
from lettrage.company.customer import Customer, kept
from lettrage.invoicing.document import SIREN, SIRET
from lettrage.invoicing.doors import door_of, siblings
from lettrage.reporting.books import Moved
from lettrage.reporting.circumstances import Sold, Written
from lettrage.reporting.concerned import Carrier, VatDue
from lettrage.reporting.received import Payment, of_all

# The newest document of a sale, and the platform that its number stands on: of one that replaced another one too.
_FACTS = """
SELECT v.id, v.third_party, t.record, v.vat_due, v.vat,
       (SELECT d.content FROM sales_document d WHERE d.dossier = ?1 AND d.number = v.prefix || v.number
        AND d.third_party = v.third_party AND d.invoice = v.id ORDER BY d.id DESC LIMIT 1),
       (SELECT min(p.platform) FROM sales_document d
        JOIN deposit p ON p.dossier = ?1 AND p.document = d.id
        WHERE d.dossier = ?1 AND d.number = v.prefix || v.number AND d.third_party = v.third_party
        AND d.invoice = v.id AND p.stands = 1 AND p.platform IN (?3, ?4))
FROM json_each(?2) k CROSS JOIN invoice v ON v.dossier = ?1 AND v.id = CAST(k.value->>0 AS BIGINT)
JOIN third_party t ON t.dossier = ?1 AND t.code = v.third_party
WHERE v.ledger = 'customer'
"""
# Transactions of which something was posted from a day to a day, also as part of a slip; after a moment.
_MOVED = """
SELECT t.number FROM (
    SELECT n.number FROM (SELECT e."transaction" AS number FROM entry e WHERE e.dossier = ?1 AND e.date >= ?2
        AND e.date <= ?3 AND e.posted_at > ?4 AND e."transaction" IS NOT NULL ORDER BY e.date LIMIT ?5) n
    UNION SELECT x."transaction" FROM (SELECT e.slip FROM entry e WHERE e.dossier = ?1 AND e.date >= ?2
        AND e.date <= ?3 AND e.posted_at > ?4 AND e.slip IS NOT NULL ORDER BY e.date LIMIT ?5) s
    CROSS JOIN slip_transaction x ON x.dossier = ?1 AND x.slip = s.slip) t
LIMIT ?5
"""
# The sales with VAT on receipts that these took something of, or whose receipt they moved on; those that fell due from
# a day to a day and were paid. What no platform carried goes first.
_SALES_MOVED = """
SELECT w.id FROM (SELECT v.id, (SELECT count(*) FROM sales_document s
         JOIN deposit p ON p.dossier = s.dossier AND p.document = s.id AND p.stands = 1
         WHERE s.dossier = ?1 AND s.number = v.prefix || v.number AND s.third_party = v.third_party) AS carried
    FROM (
        SELECT a.item AS id FROM json_each(?2) k
        CROSS JOIN allocation a ON a.dossier = ?1 AND a."transaction" = CAST(k.value->>0 AS BIGINT)
        UNION SELECT a.item FROM json_each(?2) k
        CROSS JOIN instrument n ON n.dossier = ?1 AND n."transaction" = CAST(k.value->>0 AS BIGINT)
        CROSS JOIN instrument i ON i.dossier = ?1 AND i.id = n.previous
        CROSS JOIN allocation a ON a.dossier = ?1 AND a."transaction" = i."transaction"
        UNION SELECT b.item FROM json_each(?2) k
        CROSS JOIN instrument n ON n.dossier = ?1 AND n."transaction" = CAST(k.value->>0 AS BIGINT)
        CROSS JOIN instrument i ON i.dossier = ?1 AND i.id = n.previous
        CROSS JOIN due_item w ON w.dossier = ?1 AND w.third_party = i.third_party AND w.prefix = '' AND w.piece = ''
             AND w.kind = 'advance' AND w."transaction" = i."transaction"
        CROSS JOIN allocation a ON a.dossier = ?1 AND a.item = w.id
        CROSS JOIN allocation b ON b.dossier = ?1 AND b."transaction" = a."transaction" AND b."order" = a."order"
        UNION SELECT u.id FROM (SELECT d.id FROM due_item d WHERE d.dossier = ?1 AND d.due_date >= ?3
            AND d.due_date <= ?4 AND EXISTS (SELECT 1 FROM allocation g WHERE g.dossier = ?1 AND g.item = d.id)
            ORDER BY d.due_date LIMIT ?5) u) t
    CROSS JOIN due_item d ON d.dossier = ?1 AND d.id = t.id
    CROSS JOIN invoice v ON v.dossier = ?1 AND v.id = d.invoice
    WHERE v.ledger = 'customer' AND v.vat_due = 'receipts'
    GROUP BY v.id, v.prefix, v.number, v.third_party) w
ORDER BY CASE WHEN w.carried = 0 THEN 0 ELSE 1 END, w.id LIMIT ?6
"""
_TRANSACTIONS = 2_000  # of a period that are looked at for the sales that they moved
_payments: Memo[Sequence[Payment]] = Memo(2)
_few: Memo[Sequence[Payment]] = Memo(64)
_moved: Memo[Moved] = Memo(256)


class _Identifier(msgspec.Struct, frozen=True):
    id: str = ""
    scheme: str = ""


class _Address(msgspec.Struct, frozen=True):
    country: str = ""


class _Buyer(msgspec.Struct, frozen=True):
    ids: tuple[_Identifier, ...] = ()
    legal_id: _Identifier | None = None
    vat_number: str = ""
    address: _Address = _Address()


class _Breakdown(msgspec.Struct, frozen=True):
    category: str = ""
    exemption_code: str = ""


class _Content(msgspec.Struct, frozen=True):
    """What of an invoice's document decides about its payments; the rest is not decoded."""

    buyer: _Buyer = _Buyer()
    vat: tuple[_Breakdown, ...] = ()
    frame: str = ""
    vat_due: str = ""


_content = msgspec.json.Decoder(_Content).decode
_record = msgspec.json.Decoder(dict[str, Any]).decode


class DeclarationLooks(VatLooks):
    """Payments of sales, and the facts that decide about them. Satisfies the port `SalesBook`."""

    def payments_since(self, day: date) -> Sequence[Payment]:
        """Every payment whose receipt counted on this day or after it. Kept while the books stay."""
        key = (self.dossier, self.counters["head"], self._written, day)
        return _payments.or_else(self.connection.engine, key, lambda: self._payments_since(day))

    def _payments_since(self, day: date) -> Sequence[Payment]:
        found = of_all(self.followed(), self.company.vat_dates, self.company.currency)
        return [payment for payment in found if payment.since >= day]

    def sales_moved(self, first: date, last: date, most: int, posted: datetime | None = None) -> Moved:
        """The sales of which something was received, or came back, from a day to a day. Kept while the books stay."""
        since = posted.isoformat() if posted is not None else ""
        key = (self.dossier, self.counters["head"], self._written, first, last, most, since)
        return _moved.or_else(self.connection.engine, key, lambda: self._sales_moved(first, last, most, since))

    def _sales_moved(self, first: date, last: date, most: int, since: str) -> Moved:
        days = first.isoformat(), last.isoformat()
        found = self.rows(_MOVED, *days, since, _TRANSACTIONS)
        due = () if since else days  # what was posted since a moment has a day of its own, whatever fell due
        keys = as_keys((number,) for (number,) in found)
        rows = self.rows(_SALES_MOVED, keys, *(due or ("9", "0")), _TRANSACTIONS, most + 1)
        return Moved(tuple(id_ for (id_,) in rows[:most]), len(rows) > most or len(found) >= _TRANSACTIONS)

    def payments_of(self, sales: Collection[int]) -> Sequence[Payment]:
        """Every payment of these sales. Kept while the books stay."""
        key = (self.dossier, self.counters["head"], self._written, tuple(sorted(sales)))
        return _few.or_else(self.connection.engine, key, lambda: self._payments_of(sales))

    def _payments_of(self, sales: Collection[int]) -> Sequence[Payment]:
        return list(of_all(self.followed(sales), self.company.vat_dates, self.company.currency)) if sales else []

    def sold(self, invoices: Collection[int], environment: str) -> Mapping[int, Sold]:
        """What is known of these sales, by their number in the books. `environment`: of the doors, as one is on."""
        listed = msgspec.json.encode([[one] for one in sorted(set(invoices))]).decode()
        return dict(self._facts((self.dossier, listed, *siblings(environment))))

    def _facts(self, parameters: Row) -> Iterator[tuple[int, Sold]]:
        customers: dict[str, Customer] = {}
        with closing(run(self.connection, _FACTS, parameters, stream=True)) as rows:
            for id_, party, record, vat_due, vat, content, platform in map(tuple, rows):
                if party not in customers:
                    customers[party] = kept(_record(record))
                taxed = any(line.rate for line in vat_lines(vat))  # a few cents may bear none
                said = _content(content) if content else None
                yield (
                    id_,
                    Sold(
                        customers[party],
                        _carrier(platform),
                        _vat_due(vat_due, said),
                        taxed,
                        None if said is None else _written(said),
                    ),
                )


def _carrier(platform: str | None) -> Carrier:
    if platform is None:
        return "none"
    return "chorus" if door_of(platform) == "chorus" else "platform"


def _vat_due(of_books: str, said: _Content | None) -> VatDue:
    """When VAT falls due: the books tell what waits for the receipt from what does not, the document delivery too."""
    if of_books == "receipts":
        return "receipts"
    return "delivery" if said is not None and said.vat_due == "delivery" else "debits"


def _written(said: _Content) -> Written:
    legal = said.buyer.legal_id
    numbers = [] if legal is None or legal.scheme not in ("", SIREN) else [legal.id]
    numbers += [one.id for one in said.buyer.ids if one.scheme == SIRET]
    return Written(
        said.frame,
        tuple((one.category, one.exemption_code) for one in said.vat),
        next(iter(numbers), ""),
        said.buyer.vat_number,
        said.buyer.address.country,
    )
