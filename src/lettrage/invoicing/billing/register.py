"""What becomes of each invoice of a file: posted, linked to the one the books have, kept as a correction, or refused.

The books come first: an invoice that is posted does not change, whatever Chorus Pro says of its document. So a document
of a number that the customer has already must have the same date and total; another amount is a credit note and a new
number. A document may take the place of an earlier one as long as none of this number stands on the platform.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from datetime import datetime
from fractions import Fraction
from typing import Literal, Protocol

import msgspec

from lettrage.books.chain import Posted
from lettrage.company.customer import Customer
from lettrage.company.dossier import Company
from lettrage.invoicing.billing import advances
from lettrage.invoicing.billing.compose import content_of
from lettrage.invoicing.billing.intake import Judged
from lettrage.invoicing.billing.sale import Due, Sale
from lettrage.money import Amount, Currency, percent_text
from lettrage.opening.document import Load, LoadedDueItem, LoadedInvoice, Opening, Present
from lettrage.opening.plan import plan
from lettrage.opening.read import digest_of
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.document import Ledger, Vat
from lettrage.settlement.terms import period_faults

Key = tuple[str, str]  # the customer's code, and the number as printed
Became = Literal["posted", "linked", "corrected", "already", "refused"]
_WAITS = {True: " (vat_due receipts)", False: " (vat_due debits)"}
replace = msgspec.structs.replace


class Booked(msgspec.Struct, frozen=True):
    """An invoice that the books have; amounts below zero for a credit note. No `vat`: a load said nothing of it.

    `parked`: its VAT waits for the receipts. `open`: what of it is not settled yet.
    """

    id: int
    date: Day
    currency: Currency
    amount: int
    vat: tuple[Vat, ...]
    parked: bool
    dues: tuple[Due, ...]
    open: int


class Filed(msgspec.Struct, frozen=True):
    """The latest document of a number. `stands`: Chorus Pro has one of this number, or may have it."""

    id: int
    digest: str
    invoice: int | None
    stands: bool = False


class Facts(msgspec.Struct, frozen=True):
    """What the books hold already of what a file names."""

    booked: dict[Key, Booked]
    filed: dict[Key, Filed]
    present: Present
    next_document: int


class Entered(msgspec.Struct, frozen=True):
    """What became of one invoice. `id`: of its document, 0 for a refused one."""

    path: str
    number: str
    third_party: str
    became: Became
    id: int = 0
    sale: Sale | None = None
    content: str = ""
    digest: str = ""
    invoice: int | None = None
    corrects: int | None = None
    reasons: tuple[Refusal, ...] = ()
    warnings: tuple[Refusal, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether its document is to be kept."""
        return self.became in ("posted", "linked", "corrected")


class Documents(Protocol):
    """What the books hold of invoices as documents."""

    def third_party_records(self, codes: Collection[str] | None) -> Mapping[str, tuple[Ledger, Customer]]:
        """What is known of these third parties; None for all customers."""

    def chorus_choices(self) -> Mapping[tuple[str, str], str]:
        """The settings of Chorus Pro that hold on both platforms, by establishment ("" for the dossier) and name."""

    def document_facts(self, keys: Sequence[Key], currencies: Sequence[str]) -> Facts:
        """What the books hold of these customers' numbers, and the rates of these currencies."""

    def record_documents(
        self, documents: Sequence["Entered"], opening: Opening | None, at: datetime, by: str
    ) -> list[Posted]:
        """Write documents, with the entries, invoices and due items of those that are new to the books."""


def keys_of(judged: Sequence[Judged]) -> list[Key]:
    """What the books are asked about: the invoices themselves, and the advance invoices that final ones name."""
    sales = [one.sale for one in judged if one.sale is not None]
    own = [(sale.third_party, sale.invoice.number) for sale in sales]
    return list(dict.fromkeys([*own, *(key for sale in sales for key in advances.named(sale))]))


def signed_total(sale: Sale) -> int:
    """The total including VAT as the books have it: below zero for a credit note."""
    totals = sale.invoice.totals
    return _sign(sale) * (totals.gross - (0 if sale.adds is None else totals.prepaid or 0))


def entered(
    judged: Sequence[Judged], company: Company, facts: Facts, today: Day
) -> tuple[list[Entered], Opening | None]:
    """Each invoice of a file by itself, in its order, and what all of them write into the books."""
    desk = _Desk(company, facts, today)
    done = [desk.enter(one) for one in judged]
    return done, desk.opening()


class _Desk:
    def __init__(self, company: Company, facts: Facts, today: Day) -> None:
        self.company = company
        self.today = today
        self.booked, self.filed = facts.booked, dict(facts.filed)
        self.present = facts.present
        self.next_document = facts.next_document
        self.met: dict[Key, str] = {}  # what this file has brought so far, by its digest
        self.planned: list[Opening] = []

    def enter(self, judged: Judged) -> Entered:
        """What becomes of one invoice."""
        sale = judged.sale
        if sale is None:
            return Entered(judged.path, judged.number, judged.buyer, "refused", reasons=judged.faults)
        content = content_of(sale.invoice)
        digest = hashlib.sha256(content.encode()).hexdigest()
        key = (sale.third_party, sale.invoice.number)
        sale, kept = self._beside_advances(sale, key)
        one = Entered(sale.path, sale.invoice.number, sale.third_party, "refused", 0, sale, content, digest)
        reasons = self._against(sale, key, digest)
        if reasons:
            return replace(one, reasons=tuple(reasons))
        filed = self.filed.get(key)
        if filed is not None and filed.digest == digest:
            return replace(one, became="already", id=filed.id, invoice=filed.invoice)
        booked = self.booked.get(key)
        if booked is not None:
            done = self._numbered(one, "corrected" if filed else "linked", booked.id, filed)
            done = replace(done, warnings=tuple(_kept(sale, booked)))
        else:
            opening, faults = self._plan(sale)
            if opening is None:
                return replace(one, reasons=tuple(faults))
            done = self._numbered(one, "posted", opening.invoices[0].id, None)
            done = replace(done, warnings=tuple(_assumed(sale, kept)))
            self.booked[key] = _booked(sale, opening.invoices[0].id)
        self.met[key] = digest
        self.filed[key] = Filed(done.id, digest, done.invoice)
        return done

    def _numbered(self, one: Entered, became: Became, invoice: int, filed: Filed | None) -> Entered:
        number = self.next_document
        self.next_document += 1
        return replace(one, became=became, id=number, invoice=invoice, corrects=filed.id if filed else None)

    def _beside_advances(self, sale: Sale, key: Key) -> tuple[Sale, list[str]]:
        """What a final invoice adds to its advance invoices; the numbers of those that cannot be taken off.

        One that the books have whole stays whole.
        """
        before = self.booked.get(key)
        if before is not None and before.amount == signed_total(sale):
            return sale, []
        return advances.considered(sale, self._charged)

    def _charged(self, key: Key) -> advances.Charged | None:
        booked = self.booked.get(key)
        return None if booked is None else (booked.currency.code, booked.amount, booked.vat)

    def _against(self, sale: Sale, key: Key, digest: str) -> list[Refusal]:
        """Why this document cannot be taken beside what is there."""
        if self.met.get(key, digest) != digest:
            return [Refusal("record_twice", _at(sale, "number"), sale.invoice.number)]
        booked, filed = self.booked.get(key), self.filed.get(key)
        invoice = sale.invoice
        if booked is not None:
            seen = _said(invoice.date, signed_total(sale), invoice.currency)
            there = _said(booked.date, booked.amount, booked.currency)
            if seen == there and booked.vat:  # the tax in the books is the tax on the paper
                seen += _charged(_vat(sale), invoice.currency)
                there += _charged(booked.vat, booked.currency)
            if seen == there and any(line.amount for line in booked.vat) and invoice.vat_due:
                seen += _WAITS[invoice.vat_waits]
                there += _WAITS[booked.parked]
            if seen != there:
                return [Refusal("number_posted", _at(sale, "number"), seen, there, {"number": invoice.number})]
        if filed is not None and filed.stands and filed.digest != digest:
            return [Refusal("document_sent", _at(sale, "number"), invoice.number)]
        return []

    def _plan(self, sale: Sale) -> tuple[Opening | None, list[Refusal]]:
        """The sales entry and the due items of a new invoice: what a load makes of one."""
        faults = list(period_faults(self.company, sale.invoice.date, self.today, _at(sale, "date")))
        if faults:
            return None, faults
        load = Load(self.company.code, "", {}, self.company, (), (), (_loaded(sale),), (), ())
        rates = tuple(rate for rate in self.present.rates if rate.currency == sale.invoice.currency.code)
        parties: dict[str, Ledger] = {sale.third_party: "customer"}
        opening, faults = plan(load, replace(self.present, third_parties=parties, rates=rates))
        if opening is not None:
            self.planned.append(opening)
            after = self.present.next_invoice + len(opening.invoices)
            self.present = replace(self.present, next_item=opening.next_item, next_invoice=after)
        return opening, faults

    def opening(self) -> Opening | None:
        """Everything that is written into the books, as of one load; None where there is nothing."""
        if not self.planned:
            return None
        last = self.planned[-1]
        return replace(
            last,
            invoices=tuple(replace(o.invoices[0], entry=at) for at, o in enumerate(self.planned)),  # one entry each
            items=tuple(item for o in self.planned for item in o.items),
            entries=tuple(one for o in self.planned for one in o.entries),
        )


def _loaded(sale: Sale) -> LoadedInvoice:
    """The sale as a load would bring it; loaded as such later, it is known again."""
    invoice = sale.invoice
    sign = _sign(sale)
    vat = _vat(sale)
    vat_due: Literal["receipts", "debits"] = "receipts" if invoice.vat_waits else "debits"
    items = tuple(LoadedDueItem(due.date, sign * due.amount, sign * due.amount, False) for due in sale.dues)
    return LoadedInvoice(
        path=sale.path,
        third_party=sale.third_party,
        prefix="",
        number=invoice.number,
        date=invoice.date,
        currency=invoice.currency,
        rate=sale.rate,
        vat_due=vat_due,
        vat=vat,
        due_items=items,
        digest=digest_of(
            sale.third_party, "", invoice.number, invoice.date, invoice.currency.code, sale.rate, vat_due, vat, items,
        ),
    )  # fmt: skip


def _vat(sale: Sale) -> tuple[Vat, ...]:
    """Its VAT as the books have it: below zero for a credit note."""
    if sale.adds is not None:
        return sale.adds
    sign = _sign(sale)
    return tuple(
        Vat(row.rate.fraction if row.rate else Fraction(0), sign * row.base, sign * row.amount)
        for row in sale.invoice.vat
    )


def _charged(vat: Iterable[Vat], held: Currency) -> str:
    """The VAT of each rate that charges any, in words that are equal where the VAT is."""
    rates: dict[Fraction, int] = {}
    for line in vat:
        rates[line.rate] = rates.get(line.rate, 0) + line.amount
    charged = [
        f"{percent_text(Fraction(rate, 100))} {Amount(amount, held)}"
        for rate, amount in sorted(rates.items())
        if amount
    ]
    return f" (TVA {' + '.join(charged) or Amount(0, held)})"


def _booked(sale: Sale, id_: int) -> Booked:
    """A sale that was just posted, as the books have it from now on."""
    invoice, total, sign = sale.invoice, signed_total(sale), _sign(sale)
    dues = tuple(Due(due.date, sign * due.amount) for due in sale.dues)
    return Booked(id_, invoice.date, invoice.currency, total, _vat(sale), invoice.vat_waits, dues, total)


def _assumed(sale: Sale, kept: Sequence[str]) -> Iterator[Refusal]:
    """What the books take a new invoice for that it does not say itself. `kept`: advance invoices not taken off."""
    invoice = sale.invoice
    if kept:
        paid = Amount(invoice.totals.prepaid or 0, invoice.currency)
        yield Refusal("advance_not_deducted", _at(sale, "prepaid"), str(paid), ", ".join(map(quoted, kept)))
    if invoice.vat_waits and not invoice.vat_due and any(row.amount for row in invoice.vat):
        yield Refusal("vat_due_assumed", _at(sale, "vat_due"), quoted(invoice.frame))
    elif not invoice.vat_due and invoice.frame.startswith("M"):
        yield Refusal("vat_due_mixed", _at(sale, "vat_due"), quoted(invoice.frame))


def _kept(sale: Sale, booked: Booked) -> Iterator[Refusal]:
    """What the books keep although the document says otherwise."""
    held = booked.currency
    seen = _falling_due((Due(due.date, _sign(sale) * due.amount) for due in sale.dues), held)
    there = _falling_due(booked.dues, held)
    if seen != there:
        yield Refusal("due_dates_kept", _at(sale, "due_date"), seen, there)


def _falling_due(dues: Iterable[Due], held: Currency) -> str:
    return ", ".join(_said(due.date, due.amount, held) for due in sorted(dues, key=lambda due: due.date))


def _sign(sale: Sale) -> int:
    return -1 if sale.invoice.is_credit_note else 1


def _said(day: Day, amount: int, held: Currency) -> str:
    return f"{day} {Amount(amount, held)}"


def _at(sale: Sale, name: str) -> str:
    return f"{sale.path}.{name}" if sale.path else name
