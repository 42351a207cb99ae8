"""Factur-X: the readable invoice as PDF/A-3b, with the same invoice as CII inside, and its own attachments.

Source: Factur-X 1.09, section 6. Typst writes PDF/A-3b and attaches files; what makes a Factur-X of it is told in the
XMP metadata, under a schema of its own that PDF/A wants declared there. The metadata are replaced by an appended update
(ISO 32000-1, 7.5.6), so that every byte before it stays as Typst wrote it.
"""

import re
from collections.abc import Iterator
from mimetypes import guess_type
from xml.sax.saxutils import escape

from lettrage.adapters.pdf.invoice import Attached, invoice_pdf
from lettrage.guard.xml_safe import parse
from lettrage.invoicing.document import EN16931, Invoice

FILE = "factur-x.xml"
VERSION = "1.0"  # of the schema of the metadata, in every Factur-X up to 1.09
# BT-24 of each profile: its name in the metadata, and what the XML is to the paper. What has no lines is data only.
PROFILES = {
    "urn:factur-x.eu:1p0:minimum": ("MINIMUM", "data"),
    "urn:factur-x.eu:1p0:basicwl": ("BASIC WL", "data"),
    f"{EN16931}#compliant#urn:factur-x.eu:1p0:basic": ("BASIC", "alternative"),
    EN16931: ("EN 16931", "alternative"),
    f"{EN16931}#conformant#urn:factur-x.eu:1p0:extended": ("EXTENDED", "alternative"),
}
_PROFILE = "//*[local-name()='GuidelineSpecifiedDocumentContextParameter']/*[local-name()='ID']/text()"
_NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = {
    "DocumentFileName": "Name of the embedded XML invoice file",
    "DocumentType": "INVOICE",
    "Version": "Version of the XML schema of the embedded file",
    "ConformanceLevel": "Conformance level of the embedded file",
}
_BAG_END, _RDF_END = b"</rdf:Bag></pdfaExtension:schemas>", b"</rdf:RDF>"


def render(invoice: Invoice, cii_xml: bytes) -> bytes:
    """The Factur-X file of an invoice. `cii_xml`: the same invoice as CII, in a profile that Factur-X knows (BT-24).

    The same input gives the same bytes; every date in the file is the invoice's own. Raises KeyError for a profile that
    Factur-X does not know: who wrote the CII chose it.
    """
    level, relationship = PROFILES["".join(parse(cii_xml).xpath(_PROFILE)).strip()]
    own = Attached(FILE, cii_xml, "text/xml", relationship, "Factur-X")
    return _declared(invoice_pdf(invoice, [own, *_attachments(invoice)]), level)


def _attachments(invoice: Invoice) -> Iterator[Attached]:
    """The invoice's own files. Names are told apart, and none is taken for the invoice itself."""
    taken = {FILE}
    for at, document in enumerate(invoice.documents, 1):
        if document.content:
            name = re.sub(r"[\\/\x00-\x1f]", "_", document.filename or document.id)
            name = f"{at}-{name}" if name.lower() in taken else name
            taken.add(name.lower())
            mime = document.mime or guess_type(name)[0] or "application/octet-stream"
            yield Attached(name, document.content, mime, "supplement", document.description)


# ---------------------------------------------------------------- metadata


def _declared(pdf: bytes, level: str) -> bytes:
    """The PDF with metadata that say which Factur-X it is, as an update at its end."""
    start = pdf.rindex(b"<?xpacket begin")
    metadata = pdf[start : pdf.index(b"\nendstream", start)]
    assert metadata.count(_BAG_END) == metadata.count(_RDF_END) == 1, "Typst writes its metadata otherwise"
    metadata = metadata.replace(_BAG_END, _schema().encode() + _BAG_END)
    metadata = metadata.replace(_RDF_END, _description(level).encode() + _RDF_END)
    return _updated(pdf, pdf.rindex(b" 0 obj", 0, start), metadata)


def _updated(pdf: bytes, header: int, metadata: bytes) -> bytes:
    """Append a new state of the metadata object, whose old one has its header here, with the table that finds it."""
    number = pdf[pdf.rindex(b"\n", 0, header) + 1 : header]
    trailer, last = pdf[pdf.rindex(b"trailer\n") :].split(b"startxref\n")
    previous = last.split(b"\n")[0]
    content = b"%s 0 obj\n<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%s\nendstream\nendobj\n"
    update = b"\n" + content % (number, len(metadata), metadata)
    table = b"xref\n0 1\n0000000000 65535 f \n%s 1\n%010d 00000 n \n" % (number, len(pdf) + 1)
    ending = trailer.rstrip().removesuffix(b">>") + b"/Prev %s>>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + update + table + ending % (previous, len(pdf) + len(update))


def _schema() -> str:
    """PDF/A's declaration of the Factur-X schema, as one more entry of its list."""
    properties = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        f"<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{about}</pdfaProperty:description></rdf:li>"
        for name, about in _PROPERTIES.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{_NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )


def _description(level: str) -> str:
    values = {"DocumentFileName": FILE, "DocumentType": "INVOICE", "Version": VERSION, "ConformanceLevel": level}
    said = "".join(f"<fx:{name}>{escape(value)}</fx:{name}>" for name, value in values.items())
    return f'<rdf:Description rdf:about="" xmlns:fx="{_NAMESPACE}">{said}</rdf:Description>'
