"""Payments of sales, and what decides about them: customer, document, and the door that carried it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import Any

import msgspec

from lettrage.adapters.store.looks.memo import Memo
from lettrage.adapters.store.looks.vat import VatLooks
from lettrage.adapters.store.reading import vat_lines
from lettrage.adapters.store.sql import Row, run
from lettrage.company.customer import Customer, kept
from lettrage.invoicing.document import SIREN, SIRET
from lettrage.invoicing.doors import door_of, siblings
from lettrage.reporting.circumstances import Sold, Written
from lettrage.reporting.concerned import Carrier, VatDue
from lettrage.reporting.received import Payment, of_all

# The newest document of a sale, and the platform that its number stands on: of one that replaced another one too.
_FACTS = """
SELECT v.id, v.third_party, t.record, v.vat_due, v.vat,
       (SELECT d.content FROM sales_document d WHERE d.dossier = v.dossier AND d.number = v.prefix || v.number
        AND d.third_party = v.third_party AND d.invoice = v.id ORDER BY d.id DESC LIMIT 1),
       (SELECT min(p.platform) FROM sales_document d
        JOIN deposit p ON p.dossier = d.dossier AND p.document = d.id
        WHERE d.dossier = v.dossier AND d.number = v.prefix || v.number AND d.third_party = v.third_party
        AND d.invoice = v.id AND p.stands = 1 AND p.platform IN (?3, ?4))
FROM json_each(?2) k CROSS JOIN invoice v ON v.dossier = ?1 AND v.id = CAST(k.value->>0 AS BIGINT)
JOIN third_party t ON t.dossier = v.dossier AND t.code = v.third_party
WHERE v.ledger = 'customer'
"""
_payments: Memo[Sequence[Payment]] = Memo(2)


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
