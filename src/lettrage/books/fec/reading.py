"""The bytes of an FEC as records: which characters, which separator, lines of a bounded length, one after the other."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from lettrage.books.fec.columns import known
from lettrage.limits import FEC_LINE_BYTES

_CHUNK = 1024 * 1024
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OF_WINDOWS = re.compile(rb"[\x80-\x9f]")
SEPARATORS = {"tab": "\t", "pipe": "|"}
_FEWEST = 9  # columns by which a separator is known


class Form(msgspec.Struct, frozen=True):
    """How a file is written. `refused`: characters of no encoding that the law allows; "" for none."""

    encoding: str
    start: int = 0  # bytes of a mark before the text
    refused: str = ""
    xml: bool = False


def form_of(file: BinaryIO) -> Form:
    """Look through a whole file for its encoding: UTF-8 when it is that, else ISO 8859-15. It is left at its start."""
    file.seek(0)
    head = file.read(_CHUNK)
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    xml = head[start:].lstrip()[:1] == b"<"
    found = _encoding(file, head)
    file.seek(0)
    return Form(found.encoding, start, found.refused, xml)


def _encoding(file: BinaryIO, head: bytes) -> Form:
    decoder = codecs.getincrementaldecoder("utf-8")()
    ascii_only = unicode = True
    windows = False
    chunk = head
    if head.startswith(_UTF_16) or b"\0" in head[:4096]:
        return Form("utf-16", refused="UTF-16")
    while chunk:
        ascii_only = ascii_only and chunk.isascii()
        windows = windows or (not chunk.isascii() and _OF_WINDOWS.search(chunk) is not None)
        unicode = unicode and _decodes(decoder, chunk)
        chunk = file.read(_CHUNK)
    if unicode and _decodes(decoder, b"", final=True):
        return Form("ascii" if ascii_only else "utf-8")
    return Form("cp1252", refused="Windows-1252") if windows else Form("iso-8859-15")


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def lines(file: BinaryIO, form: Form) -> Iterator[tuple[int, str | None]]:
    """Each line with its number from 1, without its end; None for one that is longer than a line may be."""
    file.seek(form.start)
    number, rest, lost = 0, b"", False
    while chunk := file.read(_CHUNK):
        pieces = (rest + chunk).splitlines(keepends=True)
        # A return at the very end may be the first half of a line's end.
        rest = pieces.pop() if pieces and not pieces[-1].endswith(b"\n") else b""
        for piece in pieces:
            number += 1
            yield number, None if lost or len(piece) > FEC_LINE_BYTES else _text(piece, form)
            lost = False
        if len(rest) > FEC_LINE_BYTES and not rest.endswith(b"\r"):
            rest, lost = b"-", True
    if rest:
        yield number + 1, None if lost or len(rest) > FEC_LINE_BYTES else _text(rest, form)


def _text(line: bytes, form: Form) -> str:
    return line.rstrip(b"\r\n").decode(form.encoding, "replace")


def separator_of(heading: str) -> str:
    """The separator of the first line: the tab where it makes nine columns, else `|`."""
    return "\t" if heading.count("\t") >= _FEWEST - 1 else "|"


def other_separator(heading: str) -> str:
    """The separator that this first line seems to have instead; "" where it has a good one or none is seen."""
    if heading.count(separator_of(heading)) >= _FEWEST - 1:
        return ""
    return next((mark for mark in ";," if sum(known(part) is not None for part in heading.split(mark)) >= _FEWEST), "")
