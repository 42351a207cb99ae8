"""Invoices as documents: each is what was kept of it, and the invoice that the books have is the same one."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from lettrage.books.laws.finding import Finding, equal, same
from lettrage.books.laws.rows import Row, currency_of


class DocumentRow(Row, frozen=True):
    """A document beside its invoice in the books and the document that it takes the place of (None: not there)."""

    id: int
    number: str
    type: str
    date: str
    third_party: str
    currency: str
    gross: int
    content: str
    digest: str
    invoice: int | None
    invoice_number: str | None  # with its prefix
    invoice_party: str | None
    invoice_date: str | None
    invoice_currency: str | None
    invoice_amount: int | None
    corrects: int | None
    corrected_number: str | None
    corrected_party: str | None
    first: int  # the first document of this number


class _Held(msgspec.Struct):
    code: str


class _Sums(msgspec.Struct):
    gross: int
    prepaid: int | None = None


class _Said(msgspec.Struct):
    """Of a document's content, what its row says too."""

    number: str
    type: str
    date: str
    currency: _Held
    totals: _Sums
    frame: str = ""

    @property
    def in_books(self) -> tuple[int, ...]:
        """What its invoice may amount to: a final one (B4, S4, M4) adds to its advance invoices what was not paid."""
        gross, paid = self.totals.gross, self.totals.prepaid or 0
        return (gross, gross - paid) if paid and self.frame.endswith("4") else (gross,)


def documents(rows: Iterable[DocumentRow]) -> Iterator[Finding]:
    """A document's content is unchanged and says what its row says; its invoice has its number, customer and total."""
    for row in rows:
        place = f"document {row.id} ({row.number} {row.third_party})"
        digest = hashlib.sha256(row.content.encode("utf-8", "surrogatepass")).hexdigest()
        yield from same("document_content", place, "Empreinte du contenu", digest, row.digest)
        said = _read(row)
        if said is None:
            yield Finding("unreadable", "Contenu illisible.", place)
        else:
            yield from _content(row, said, place)
        if row.invoice is not None:
            yield from _invoice(row, said, place)
        begins_a_number = row.id == row.first and row.corrected_number is not None  # what a rejection may ask for
        if row.corrects is not None and not begins_a_number:
            before = (row.corrected_number, row.corrected_party)
            yield from same("document_corrects", place, "Document corrigé", before, (row.number, row.third_party))


def _read(row: DocumentRow) -> _Said | None:
    with suppress(msgspec.MsgspecError):
        return msgspec.json.decode(row.content.encode("utf-8", "surrogatepass"), type=_Said)
    return None


def _content(row: DocumentRow, said: _Said, place: str) -> Iterator[Finding]:
    seen = (said.number, said.type, said.date, said.currency.code, said.totals.gross)
    yield from same(
        "document_content", place, "Contenu", seen, (row.number, row.type, row.date, row.currency, row.gross)
    )


def _invoice(row: DocumentRow, said: _Said | None, place: str) -> Iterator[Finding]:
    seen = (row.invoice_number, row.invoice_party, row.invoice_date, row.invoice_currency)
    yield from same(
        "document_invoice", place, "Facture des livres", seen, (row.number, row.third_party, row.date, row.currency)
    )
    amount = abs(row.invoice_amount or 0)
    if said is None or amount not in said.in_books:
        yield from equal(
            "document_invoice", place, "Total de la facture", amount, abs(row.gross), currency_of(row.currency)
        )
