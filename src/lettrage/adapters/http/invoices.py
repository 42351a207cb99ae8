"""Our own API, invoices as documents: bring in, look through, read as XML and as PDF."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from lettrage.acts.invoice import ImportInvoices
from lettrage.adapters.http import invoice_shapes, shapes
from lettrage.adapters.http.calls import Call, Cursor, Limit, allowed, shown
from lettrage.adapters.http.documented import CONTENT, JSON, operation
from lettrage.adapters.http.fields import PLAIN, SEGMENT, Code, Flag, Whole
from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.problems import API, Problem
from lettrage.adapters.http.reads import Reader
from lettrage.adapters.http.writes import CSV
from lettrage.invoicing.billing.compose import Files
from lettrage.invoicing.billing.intake import File, opened
from lettrage.invoicing.sending.format import file_of, xml_of
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.limits import PAGE
from lettrage.refusal import Refusal

router = APIRouter(prefix=API)

XML, TEXT_XML, PDF = "application/xml", "text/xml", "application/pdf"
NumberThere = Annotated[
    str,
    Path(min_length=1, max_length=80, pattern=PLAIN, description="An invoice's number; a slash in it is written %2F"),
    SEGMENT,
]
OnPlatform = Annotated[
    Literal["qualification", "production"] | None, Query(description="Absent: the platform that is on")
]
OfThirdParty = Annotated[Code | None, Query(description="This customer's, where several have the number")]
OfDocument = Annotated[Whole | None, Query(alias="id", description="This document; absent: the newest of the number")]


@router.post(
    "/invoices",
    **operation(
        "register_invoice",
        "Bring in one invoice",
        invoice_shapes.InvoiceBrought,
        *CONTENT,
        422,
        form=invoice_shapes.InvoiceForm,
    ),
)
def register(call: Annotated[Call, allowed("invoice", JSON)]) -> Response:
    """Keep an invoice or a credit note, post its sales entry, open its due items; or every reason against it."""
    file = _opened(call)
    if len(file.records) != 1 or file.records[0][0]:
        raise Problem(422, Refusal("not_an_object", "", "[ ]", "{ }"))
    act = ImportInvoices(file, _no_files(file), call.identity.name, "invoice.json", strict=True)
    return call.perform(act, pick=lambda result: result["invoices"][0])


@router.post(
    "/invoices/import",
    **operation(
        "import_invoices",
        "Bring in a file",
        invoice_shapes.InvoicesBrought,
        *CONTENT,
        422,
        form=invoice_shapes.InvoiceFile,
    ),
)
def import_(call: Annotated[Call, allowed("invoice", JSON, CSV, XML, TEXT_XML, PDF)]) -> Response:
    """A file of invoices: our own form (JSON, CSV), UBL, CII or Factur-X. Each invoice is taken or refused by itself.

    200 also when invoices were refused: each says what became of it. Attachments come inside (`content`, base64).
    """
    file = _opened(call)
    return call.perform(ImportInvoices(file, _no_files(file), call.identity.name, "import"))


def _opened(call: Call) -> File:
    """The content, of whatever kind it shows to be. Raises Unreadable."""
    with call.house.working(call.content):
        return opened(call.content)


def _no_files(file: File) -> Files:
    """Nothing stands beside what comes over HTTP."""
    return dict.fromkeys(file.paths, "attachment_outside")


# ---------------------------------------------------------------- looking


@router.get("/invoices", **operation("invoices", "Invoices", shapes.PageOf[invoice_shapes.InvoiceLine], 422))
def invoices(
    call: Reader,
    platform: OnPlatform = None,
    state: Annotated[Code | None, Query(description="Only in this state: not_sent, MISE_A_DISPOSITION, ...")] = None,
    third_party: Annotated[Code | None, Query(description="Only this customer's")] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response:
    """The newest document of each number, the latest first."""
    after = call.after(cursor, platform, state, third_party)
    with call.books() as books:
        asked = platform or books.platform_on()
        lines, last = books.documents_page(asked, state or "", third_party or "", after, limit)
    return call.page(lines, last, platform, state, third_party)


@router.get("/invoices/{number}/xml", **operation("invoice_xml", "An invoice as XML", None, 404, 422, file=XML))
def xml(
    call: Reader,
    number: NumberThere,
    syntax: Annotated[Literal["ubl", "cii"] | None, Query(description="Absent: as sent, or as set")] = None,
    sent: Annotated[Flag, Query(description="Only what was really sent")] = False,
    platform: OnPlatform = None,
    third_party: OfThirdParty = None,
    id_: OfDocument = None,
) -> Response:
    """The XML that was sent; before that, the one that would be."""
    with call.books() as books:
        found = _there(books, number, third_party, id_)[0]
        asked = books.platform_of([found], platform or books.platform_on())
        data = xml_of(books, found, asked, syntax or "", call.house.invoicing.rendered, sent=sent)
    return _file(data, f"facture-{number}.xml", XML)


@router.get("/invoices/{number}/pdf", **operation("invoice_pdf", "An invoice as Factur-X", None, 404, 422))
def pdf(call: Reader, number: NumberThere, third_party: OfThirdParty = None, id_: OfDocument = None) -> Response:
    """The invoice as a PDF that people read, with its data inside."""
    with call.books() as books:
        data = file_of(books, _there(books, number, third_party, id_)[0], "facturx", call.house.invoicing.rendered)
    return _file(data, f"facture-{number}.pdf", PDF)


@router.get("/invoices/{number}", **operation("invoice", "An invoice", invoice_shapes.InvoiceShown, 404, 422))
def invoice(
    call: Reader,
    number: NumberThere,
    platform: OnPlatform = None,
    third_party: OfThirdParty = None,
    id_: OfDocument = None,
) -> Response:
    """One invoice with its deposits and its timeline on a platform."""
    with call.books() as books:
        found = _there(books, number, third_party, id_)
        return shown(books.document_shown(found, books.platform_of(found, platform or books.platform_on())))


def _there(books: Readings, number: str, third_party: str | None, id_: int | None) -> list[Shelved]:
    """The documents of a number, the newest first. Raises Stop (404)."""
    return books.documents_of(number, third_party or "", id_ or 0)


def _file(data: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(data, headers=headers, media_type=media_type)
