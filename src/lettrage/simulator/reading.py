"""Opens what was deposited: XML, Factur-X PDF, tar.gz of either. Everything in it is hostile until it is read.

Whatever is wrong with a file ends as `Unreadable` with the technical errors that the flow is then refused for.
"""

import gzip
import io
import logging
import tarfile
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
from lxml import etree
from pypdf import PdfReader

from lettrage.simulator.claims import Enclosed
from lettrage.simulator.settings import MEGABYTE

# Bounds of what one flow may make the platform read, each above anything an invoice needs.
MOST_FILES = 500
MOST_UNPACKED = 240 * MEGABYTE
MOST_IN_A_FILE = 120 * MEGABYTE
MOST_ENCLOSED = 200
MOST_ERRORS = 100  # more than 53 were never seen
GZIP = b"\x1f\x8b"
PDF = b"%PDF-"
_FACTURX_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it writes what it reads, and what it reads is not ours


class Technical(msgspec.Struct, frozen=True):
    """A technical error: it refuses the whole flow."""

    code: str
    text: str
    nature: str = "TECHNIQUE"


class Unreadable(Exception):
    """A file that cannot be read."""

    def __init__(self, errors: tuple[Technical, ...]) -> None:
        super().__init__(errors[0].text)
        self.errors = errors


class Document(msgspec.Struct, frozen=True):
    """One invoice file, opened. `xml`: the bytes that `root` was read from; `beside`: the other files of its PDF."""

    name: str
    xml: bytes
    root: Any
    beside: tuple[Enclosed, ...] = ()


def unreadable(text: str, code: str = "ERR_XSD_001", line: int = 1, position: int = 1) -> Unreadable:
    """The refusal of a file that is not even well formed."""
    return Unreadable((irreceivable(text, line, position, code),))


def irreceivable(text: str, line: int, position: int, code: str = "ERR_XSD_001") -> Technical:
    """The error as the platform writes it."""
    return Technical(code, f"IRRECEVABILITE: {text} - ligne: {line} - position: {position}")


def documents(name: str, data: bytes, facturx: bool) -> Iterator[Document]:
    """The invoices of a deposited file, one after the other. Raise `Unreadable`."""
    for inner, content in files(name, data):
        yield document(inner, content, facturx)


def files(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a lot, or the file itself where it is none. Raise `Unreadable`."""
    if data.startswith(GZIP):
        yield from _unpacked(data)
    else:
        yield name, data


def document(name: str, data: bytes, facturx: bool) -> Document:
    """One invoice file, opened. Raise `Unreadable`."""
    if not facturx:
        return Document(name, data, tree(data))
    if not data.startswith(PDF):
        raise unreadable("Le fichier n'est pas un PDF.", "ERR_PDF_001")
    enclosed = pdf_files(data)
    xml = next((content for inner, content in enclosed if inner.lower() in _FACTURX_NAMES), None)
    if xml is None:
        raise unreadable("Le PDF ne contient pas de fichier factur-x.xml.", "ERR_PDF_002")
    beside = tuple(Enclosed(inner, len(content)) for inner, content in enclosed if inner.lower() not in _FACTURX_NAMES)
    return Document(name, xml, tree(xml), beside)


def tree(data: bytes) -> Any:
    """The root of a well-formed XML file without a document type. Raise `Unreadable`."""
    try:
        _refuse_document_type(data)
        # Long texts are allowed (an attachment of 10 MB is one), now that nothing is left that could multiply; how
        # deep elements may stand is bounded even so.
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True,
            remove_pis=True, target=None,
        )  # fmt: skip
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, position = error.position
        raise unreadable(_ascii(error.msg), line=line, position=max(position, 1)) from None
    except ValueError as error:
        raise unreadable(_ascii(str(error))) from None


def _refuse_document_type(data: bytes) -> None:
    """Look at the prolog under the parser's tightest limits, whatever the encoding, and read no further."""
    options: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False}
    for _, element in etree.iterparse(io.BytesIO(data), events=("start",), **options):
        if element.getroottree().docinfo.internalDTD is not None:
            raise unreadable('DOCTYPE is disallowed when the feature "disallow-doctype-decl" set to true.')
        return


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()


# ---------------------------------------------------------------- archives


class _Bounded(io.RawIOBase):
    """What an archive unpacks to, up to a bound."""

    def __init__(self, data: bytes) -> None:
        self._inner = gzip.GzipFile(fileobj=io.BytesIO(data))
        self._left = MOST_UNPACKED

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        got = self._inner.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(got)
        if self._left < 0:
            raise unreadable("L'archive depasse la taille autorisee.", "ERR_ARC_002")
        return got


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    number = 0
    try:
        with tarfile.open(fileobj=_Bounded(data), mode="r|", errorlevel=0) as archive:
            for member in archive:
                if member.isdir():
                    continue
                number += 1
                yield _member(archive, member, number)
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, RecursionError, OverflowError):
        raise unreadable("L'archive ne peut pas etre lue.", "ERR_ARC_001") from None
    if not number:
        raise unreadable("L'archive est vide.", "ERR_ARC_001")


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, number: int) -> tuple[str, bytes]:
    if number > MOST_FILES:
        raise unreadable(f"L'archive contient plus de {MOST_FILES} fichiers.", "ERR_ARC_003")
    source = archive.extractfile(member) if member.isreg() else None
    if source is None or member.issparse():
        raise unreadable("L'archive contient autre chose que des fichiers.", "ERR_ARC_001")
    if member.size > MOST_IN_A_FILE:
        raise unreadable("Un fichier de l'archive depasse la taille autorisee.", "ERR_ARC_002")
    return member.name, source.read()


# ---------------------------------------------------------------- PDF


def pdf_files(data: bytes) -> list[tuple[str, bytes]]:
    """The files embedded in a PDF. Raise `Unreadable`."""
    found: list[tuple[str, bytes]] = []
    left = MOST_IN_A_FILE
    try:
        for enclosed in PdfReader(io.BytesIO(data)).attachment_list:
            content = enclosed.content
            left -= len(content)
            if left < 0 or len(found) == MOST_ENCLOSED:
                raise unreadable("Les fichiers du PDF depassent la taille autorisee.", "ERR_PDF_003")
            found.append((enclosed.name, content))
    except Unreadable:
        raise
    except Exception:  # a hostile PDF makes the library raise anything
        raise unreadable("Le PDF ne peut pas etre lu.", "ERR_PDF_001") from None
    return found
