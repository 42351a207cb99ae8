"""Bringing invoices in: their documents are kept, their sales entries posted, their due items opened, in one commit."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.books.chain import Posted, shown
from lettrage.invoicing.billing.compose import Files
from lettrage.invoicing.billing.intake import File, judged
from lettrage.invoicing.billing.register import Entered, entered, keys_of
from lettrage.invoicing.billing.sale import Masters
from lettrage.money import Amount
from lettrage.opening.document import Opening
from lettrage.refusal import quoted
from lettrage.settlement.answer import reason_shape


class ImportInvoices(msgspec.Struct, frozen=True):
    """Take the invoices of a file, each by itself: one that is refused keeps no other back. Satisfies the port `Act`.

    A file of invoices is no document with a meaning as a whole, as a settlement document's groups have: what is right
    is owed, and waits for nothing. `strict`: refuse the whole when any is refused, as for a form with one invoice.
    """

    file: File
    files: Files
    by: str  # who brings it
    name: str = ""  # of the file
    strict: bool = False

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "invoice"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked: the file and its attachments by their digests."""
        parts = {path: _digest(found) for path, found in sorted(self.files.items()) if isinstance(found, bytes)}
        numbers = [quoted(number) for number in self.file.numbers]
        return {"file": self.name, "sha256": _digest(self.file.data), "attachments": parts, "invoices": numbers}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """What became of each invoice."""
        done, opening = considered(self.file, self.files, books, moment)
        if self.strict and (reasons := [reason for one in done for reason in one.reasons]):
            raise Refused(*reasons)
        posted = books.record_documents([one for one in done if one.is_new], opening, moment.at, self.by)
        return shape(done, opening, posted)


def considered(file: File, files: Files, books: ActBooks, moment: Moment) -> tuple[list[Entered], Opening | None]:
    """What would become of each invoice of a file; nothing is written."""
    masters = Masters.of(books.company, books.third_party_records(file.buyers), books.chorus_choices())
    found = judged(file, masters, files)
    facts = books.document_facts(keys_of(found), currencies_of(found, books))
    return entered(found, books.company, facts, moment.today)


def currencies_of(found: list[Any], books: ActBooks) -> list[str]:
    """The foreign currencies whose rates the table may have to give."""
    codes = {one.sale.invoice.currency.code for one in found if one.sale is not None}
    return sorted(codes - {books.company.currency.code})


def shape(done: list[Entered], opening: Opening | None, posted: list[Posted]) -> dict[str, Any]:
    """What became of each invoice, and how many of each. `posted` is [] where nothing was written."""
    entries: Mapping[int, str] = {}
    if opening is not None and posted:
        entries = {o.id: shown(posted[o.entry].year, posted[o.entry].number) for o in opening.invoices}
    counts = {name: sum(1 for one in done if one.became == name) for name in _BECAME}
    return {**counts, "invoices": [_one(one, entries) for one in done]}


_BECAME = ("posted", "linked", "corrected", "already", "refused")


def _one(one: Entered, entries: Mapping[int, str]) -> dict[str, Any]:
    """One invoice: what became of it, of a refused one every reason, and what should be known of one that was taken."""
    sale = one.sale
    invoice = sale.invoice if sale else None
    return {
        "path": one.path,
        "number": one.number,
        "third_party": one.third_party,
        "outcome": one.became,
        "document": str(one.id) if one.id else None,
        "corrects": str(one.corrects) if one.corrects else None,
        "type": invoice.type if invoice else None,
        "date": invoice.date.isoformat() if invoice else None,
        "currency": invoice.currency.code if invoice else None,
        "total": Amount(invoice.totals.gross, invoice.currency).text if invoice else None,
        "entry": entries.get(one.invoice or 0) if one.became == "posted" else None,
        "reasons": [reason_shape(reason) for reason in one.reasons],
        "warnings": [reason_shape(warning) for warning in one.warnings],
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
