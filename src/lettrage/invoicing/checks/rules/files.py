"""The files that go with an invoice, and the size of what is sent."""

from collections.abc import Iterator

from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.checks.rules.rule import CHORUS, PUBLIC, Rule
from lettrage.invoicing.document import Invoice, Supporting
from lettrage.invoicing.finding import Finding
from lettrage.money import decimal_text

MEGABYTE = 1024 * 1024
NAME_MOST = 50  # with its extension
ATTACHMENT_MOST = 10 * MEGABYTE
TOGETHER_MOST = 120 * MEGABYTE
FILE_MOST = 10 * MEGABYTE  # of one deposit by API; an archive of several may have 30
ARCHIVE_MOST = 30 * MEGABYTE
_EXTENSIONS = (
    "BMP GIF FAX ODT PPT TIFF XLS BZ2 GZ JPEG P7S RTF TXT XML CSV GZIP JPG PDF SVG XHTML XLSX DOC HTM ODP PNG TGZ XLC "
    "ZIP DOCX HTML ODS PPS TIF XLM PPTX"
)
EXTENSIONS = frozenset(_EXTENSIONS.split())


def _mib(size: int) -> str:
    """A size as a person reads it."""
    tenths = -(-size * 10 // MEGABYTE)
    return f"{decimal_text(tenths, 1)} Mo"


def attachments(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """Each has a name with an extension that Chorus Pro takes, is not empty and not too large."""
    for n, one in enumerate(invoice.documents):
        if one.content or one.filename:
            yield from _attachment(f"documents[{n}]", one)
    together = sum(len(one.content) for one in invoice.documents)
    if together > TOGETHER_MOST:
        yield Finding("attachments_together", "documents", _mib(together), _mib(TOGETHER_MOST))


def _attachment(place: str, one: Supporting) -> Iterator[Finding]:
    name, dot, extension = one.filename.rpartition(".")
    if len(one.filename) > NAME_MOST:
        facts = {"length": str(len(one.filename))}
        yield Finding("attachment_name_too_long", f"{place}.filename", one.filename, str(NAME_MOST), facts=facts)
    if not (name and dot) or extension.upper() not in EXTENSIONS:
        yield Finding("attachment_extension", f"{place}.filename", one.filename, ".pdf, .xlsx, .zip, …")
    if not one.content:
        yield Finding("attachment_empty", f"{place}.content", one.filename)
    elif len(one.content) > ATTACHMENT_MOST:
        yield Finding("attachment_too_large", f"{place}.content", _mib(len(one.content)), _mib(ATTACHMENT_MOST))


def same_names(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """No two attachments have the same name: one would hide the other."""
    seen: set[str] = set()
    for n, one in enumerate(invoice.documents):
        if one.filename and one.filename.lower() in seen:
            yield Finding("attachment_name_twice", f"documents[{n}].filename", one.filename)
        seen.add(one.filename.lower())


def file_size(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The rendered file fits a deposit by API."""
    if circumstances.file_bytes > FILE_MOST:
        yield Finding("file_too_large", "documents", _mib(circumstances.file_bytes), _mib(FILE_MOST))


RULES = (
    Rule(
        attachments,
        (
            "attachment_name_too_long",
            "attachment_extension",
            "attachment_empty",
            "attachment_too_large",
            "attachments_together",
        ),
        PUBLIC,
    ),
    Rule(same_names, ("attachment_name_twice",), PUBLIC),
    Rule(file_size, ("file_too_large",), CHORUS),
)
