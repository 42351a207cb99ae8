"""The XML inside a Factur-X PDF.

The PDF comes from outside: pypdf unpacks no stream beyond `limits.PDF_STREAM_BYTES`, only the files of the names below
are unpacked at all, and what comes out enters by `xml_safe`.
"""

import io
from itertools import islice

from lettrage.invoicing.finding import Finding
from lettrage.limits import PDF_ATTACHMENTS, PDF_BYTES, PDF_STREAM_BYTES

# What the standards call the file, in order of preference. ZUGFeRD mixed small letters and capitals.
_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
# pypdf's names for how much each way of packing may unpack to.
_UNPACKED = (
    "zlib_maximum_output_length",
    "lzw_maximum_output_length",
    "run_length_maximum_output_length",
    "array_based_stream_maximum_output_length",
)


class PdfTrouble(Exception):
    """There is no reading this PDF as an invoice; says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def is_pdf(data: bytes) -> bool:
    """Whether this calls itself a PDF: the mark may stand a little behind the beginning."""
    return b"%PDF-" in data[:1024]


def xml_inside(data: bytes) -> bytes:
    """The invoice's XML. Raises PdfTrouble."""
    if len(data) > PDF_BYTES:
        raise PdfTrouble(Finding("pdf_unreadable", seen=str(len(data)), expected=str(PDF_BYTES)))
    try:
        files = _files(data)
    except PdfTrouble:
        raise
    except Exception as fault:  # pypdf raises whatever a damaged file leads it to
        raise PdfTrouble(Finding("pdf_unreadable", seen=type(fault).__name__)) from None
    if not files:
        raise PdfTrouble(Finding("pdf_without_xml", expected=_NAMES[0]))
    return files[0]


def _files(data: bytes) -> list[bytes]:
    """The files of the names we know, the best name first, each at most once."""
    from pypdf import PdfReader, apply_configuration, get_configuration  # noqa: PLC0415  (slow, seldom needed)

    found: dict[str, bytes] = {}
    with apply_configuration(get_configuration().with_overwrites(**dict.fromkeys(_UNPACKED, PDF_STREAM_BYTES))):
        for attached in islice(PdfReader(io.BytesIO(data)).attachment_list, PDF_ATTACHMENTS):
            name = attached.name.lower()
            if name in _NAMES and name not in found:
                found[name] = attached.content
    return [found[name] for name in _NAMES if name in found]
