"""From a file to sales: our own form as JSON or as a table, or an invoice that is XML already (UBL, CII, Factur-X).

    opened(data)         what kind of file it is, its invoices not yet looked at; Unreadable
    File.buyers          the third parties that it names
    File.paths           the attachments that it names
    judged(file, ...)    each invoice: a sale, or every reason against it

What it is shows in the content, never in the file's name.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from lettrage.company.form import Form
from lettrage.invoicing.billing.compose import Files, compose
from lettrage.invoicing.billing.parties import recognised, said_of
from lettrage.invoicing.billing.sale import Due, Masters, Sale, Source, dues_of
from lettrage.invoicing.billing.table import records_of
from lettrage.invoicing.document import CENTURY, Invoice, Party
from lettrage.invoicing.formats.read import Read, read
from lettrage.limits import INVOICE_FILE, INVOICE_MARKS, INVOICE_TABLE, MINOR_UNITS
from lettrage.money import Amount
from lettrage.opening.table import first_line
from lettrage.refusal import Refusal, Unreadable, quoted
from lettrage.settlement import dialect
from lettrage.settlement.dialect import Node, Pairs

_UNKNOWN = {"seller": "unknown_seller", "buyer": "unknown_buyer"}
_SEVERAL = {"seller": "several_sellers", "buyer": "several_buyers"}


class Whom(msgspec.Struct, frozen=True):
    """Between whom a document of ours is: nobody needs to be recognised in it."""

    customer: str
    establishment: str


class File(msgspec.Struct, frozen=True):
    """A file of invoices: records of our own form, or one document that was read."""

    source: Source
    data: bytes
    records: tuple[tuple[str, Node], ...] = ()  # each with its place in the file
    document: Read | None = None
    whom: Whom | None = None  # of a document of ours that was mended

    @property
    def buyers(self) -> frozenset[str] | None:
        """The codes of the customers that are named; None where whoever is meant must be recognised among all."""
        if self.whom is not None:
            return frozenset((self.whom.customer,))
        if self.document is not None:
            return None
        return frozenset(Form(record, path, []).code("buyer") for path, record in self.records) - {""}

    @property
    def paths(self) -> list[str]:
        """The attachments that stand beside the file, each once."""
        named: dict[str, None] = {}
        for path, record in self.records:
            for row in Form(record, path, []).rows("attachments"):
                named[row.text("path")] = None
        return [name for name in named if name]

    @property
    def numbers(self) -> list[str]:
        """The numbers of its invoices, as far as they can be read."""
        if self.document is not None:
            return [self.document.invoice.number] if self.document.invoice else []
        return [Form(record, path, []).code("number") for path, record in self.records]


class Judged(msgspec.Struct, frozen=True):
    """An invoice of a file: the sale that it is, or every reason against it."""

    path: str
    number: str
    buyer: str
    sale: Sale | None
    faults: tuple[Refusal, ...]


def opened(data: bytes) -> File:
    """What kind of file this is. Raises Unreadable for a text that is none, or is beyond a limit."""
    start = data[:1_024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"%PDF", b"<")) or b"\0" in start:
        document = read(data)
        if document.syntax is None:
            raise Unreadable(Refusal("not_an_invoice", seen=_said(document)))
        return File(document.syntax, data, document=document)
    text = dialect.decode(data, INVOICE_FILE)
    if start.startswith((b"{", b"[", b"'")):
        _bounded(text, "{[\n", INVOICE_MARKS)
        return _limited(File("json", data, tuple(_of_json(dialect.parse(text, INVOICE_FILE).tree))))
    if "number" not in first_line(text):
        raise Unreadable(Refusal("not_an_invoice", seen=quoted(text.strip()[:40]) or "-"))
    if len(data) > INVOICE_TABLE.document_bytes:
        raise Unreadable(Refusal("too_large", seen=str(len(data)), expected=str(INVOICE_TABLE.document_bytes)))
    _bounded(text, "\n", INVOICE_TABLE.details)
    return _limited(File("csv", data, tuple((f"{row.get('number', '')}", row) for row in records_of(text))))


def _bounded(text: str, marks: str, most: int) -> None:
    """A tree takes many times its text in memory: what is counted here bounds it before it is built.

    Raises Unreadable beyond the objects, lists or table's lines that a file of the most invoices has.
    """
    for mark in marks:
        if (seen := text.count(mark)) > most:
            raise Unreadable(Refusal("too_many_invoices", seen=f"{seen} × {mark!r}", expected=str(most)))


def _said(document: Read) -> str:
    """What reading it met first."""
    return quoted(" ; ".join(finding.say(finding.text.fr) for finding in document.findings[:3])) or "-"


def _of_json(tree: Node) -> list[tuple[str, Node]]:
    """The invoices of a text, each with its place: one, a list, or a list under `invoices`."""
    if isinstance(tree, dict) and "invoices" in tree and "lines" not in tree:
        return _rows(tree["invoices"], "invoices")
    return _rows(tree, "") if type(tree) is list else [("", tree)]


def _rows(node: Node, place: str) -> list[tuple[str, Node]]:
    rows = node if isinstance(node, list) and not isinstance(node, Pairs) else [node]
    return [(f"{place}[{at}]", row) for at, row in enumerate(rows)]


def _limited(file: File) -> File:
    """The same file. Raises Unreadable beyond a limit, or where there is nothing in it."""
    if not file.records:
        raise Unreadable(Refusal("not_an_invoice", seen="[ ]"))
    if len(file.records) > INVOICE_FILE.headers:
        most = str(INVOICE_FILE.headers)
        raise Unreadable(Refusal("too_many_invoices", seen=str(len(file.records)), expected=most))
    return file


# ---------------------------------------------------------------- judging


def judged(file: File, masters: Masters, files: Files) -> list[Judged]:
    """Each invoice of a file, in its order."""
    if file.document is not None:
        return [_of_document(file, file.document, masters)]
    return [_of_record(path, record, file.source, masters, files) for path, record in file.records]


def _of_record(path: str, record: Node, source: Source, masters: Masters, files: Files) -> Judged:
    form = Form(record, path, [])
    number, buyer = form.code("number"), form.code("buyer")
    form.faults.clear()  # told again where the form is read
    if not isinstance(record, dict | Pairs):
        form.fault("not_an_object", "", quoted(record if isinstance(record, str) else "[ ]"), "{ }")
        return Judged(path, "", "", None, tuple(form.faults))
    sale = compose(form, masters, files, msgspec.json.encode(form.record), source)
    return Judged(path, number, buyer, sale, tuple(form.faults))


def _of_document(file: File, document: Read, masters: Masters) -> Judged:
    """A document that is an invoice already: seller and buyer are recognised, the rest is taken as it stands."""
    invoice = document.invoice
    if invoice is None:
        return Judged("", "", "", None, tuple(_unread(document)))
    faults = list(_against(invoice))
    if file.whom is not None:
        sale = None if faults else _sale(file, invoice, file.whom)
        return Judged("", invoice.number, file.whom.customer, sale, tuple(faults))
    if not recognised(invoice.seller, masters.sellers.values()) and recognised(invoice.buyer, masters.sellers.values()):
        bought = Refusal(
            "bought_by_us", "buyer", quoted(said_of(invoice.buyer)), quoted(said_of(invoice.seller)) or "-"
        )
        return Judged("", invoice.number, "", None, (*faults, bought))
    establishment = _recognised("seller", invoice.seller, masters.sellers.values(), faults)
    customer = _recognised("buyer", invoice.buyer, masters.customers.values(), faults)
    if faults or establishment is None or customer is None:
        return Judged("", invoice.number, customer.code if customer else "", None, tuple(faults))
    sale = _sale(file, invoice, Whom(customer.code, establishment.code))
    return Judged("", invoice.number, customer.code, sale, ())


def _sale(file: File, invoice: Invoice, whom: Whom) -> Sale:
    """A document with what the books must know beside it: what is left to pay is due in one sum."""
    due = Due(invoice.due_date or invoice.date, invoice.totals.payable)
    dues = dues_of(invoice.totals, invoice.date, (due,))
    return Sale("", invoice, whom.customer, whom.establishment, dues, file.data, file.source)


def _unread(document: Read) -> Iterator[Refusal]:
    """Why a document cannot be taken for what it says."""
    for finding in document.findings:
        if finding.blocks:
            facts = {"what": finding.say(finding.text.fr), "what_en": finding.say(finding.text.en)}
            yield Refusal("unread_in_document", finding.place or "document", finding.seen, finding.expected, facts)


def _recognised(what: str, party: Party, known: Any, faults: list[Refusal]) -> Any:
    found = recognised(party, known)
    if len(found) == 1:
        return found[0]
    if found:
        codes = ", ".join(sorted(one.code for one in found))
        faults.append(Refusal(_SEVERAL[what], what, quoted(said_of(party)), codes))
    else:
        codes = ", ".join(sorted(one.code for one in known)) if what == "seller" else ""
        faults.append(Refusal(_UNKNOWN[what], what, quoted(said_of(party)) or "-", codes or "-"))
    return None


def _against(invoice: Invoice) -> Iterator[Refusal]:
    """What the books cannot take; what Chorus Pro could not take is the check's to say."""
    if invoice.date.year not in CENTURY:
        yield Refusal("year_beyond", "date", invoice.date.isoformat(), "2000-2099")
    totals, held = invoice.totals, invoice.currency
    parts = sum(row.base + row.amount for row in invoice.vat)
    if parts != totals.gross:
        seen, expected = Amount(parts, held), Amount(totals.gross, held)
        yield Refusal("vat_differs", "vat", seen.text, expected.text, {"currency": held.code})
    left = totals.gross - (totals.prepaid or 0) + (totals.rounding or 0)
    if left != totals.payable:
        yield Refusal("payable_differs", "totals", Amount(totals.payable, held).text, Amount(left, held).text)
    if not totals.gross:
        yield Refusal("zero_amount", "totals", "0")
    if abs(totals.gross) > MINOR_UNITS:
        yield Refusal("amount_too_large", "totals", Amount(totals.gross, held).text)
