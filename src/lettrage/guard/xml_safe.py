"""The one door for XML from outside: entities, DTDs, the network and other files stay out, and everything has a limit.

Only what is well-formed, without a document type and within `limits.XML` gets in. A document type is looked for before
the parser sees a byte of it, so none of its entities is ever expanded.
"""

import codecs
import re
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

from lxml import etree

from lettrage.limits import XML, XmlLimits
from lettrage.refusal import Refusal, Unreadable, quoted

# Comments, instructions and blanks may stand before the root element. Linear: nothing that repeats gives back.
_BEFORE_ROOT = re.compile(r"(?:\s++|<\?(?:[^?]|\?(?!>)|)*+\?>|<!--(?:[^-]|-(?!->)|)*+-->|)*+")
_DECLARED = re.compile(r"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.-]{0,39})["']""", re.ASCII)
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,300}?\?>", re.ASCII)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))  # UTF-16 without a byte order mark
# What else may be declared. Python knows many more codecs, some of which are no encodings of text at all.
_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
}
_HEAD_BYTES = 64 * 1024  # in which the root of a document that is walked through must begin
_TEXT_BYTES = 10_100_000  # from one tag to the next: libxml2 stops there too, at several times the text in memory
_HELD_MOST = 200_000  # elements held at a time while one is walked through
_STRICT: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
}
_ATTACHED = "EmbeddedDocumentBinaryObject", "AttachmentBinaryObject"


def parse(data: bytes, limits: XmlLimits = XML) -> etree._Element:
    """The root element of this document, without comments and instructions, whose text then reads as one.

    Entities, XInclude and schemas are not followed.

    Raises Unreadable: `too_large`, `not_text`, `empty_document`, `syntax` (a document type among it) or `too_deep`,
    the two latter with the facts `line` and `column`.
    """
    if len(data) > limits.document_bytes:
        raise Unreadable(Refusal("too_large", seen=str(len(data)), expected=str(limits.document_bytes)))
    text = _text(data)
    if not text.strip():
        raise Unreadable(Refusal("empty_document"))
    _no_document_type(text)
    _few_marks(text, limits)
    root = _tree(text)
    _within(root, limits)
    return root


def walk(file: BinaryIO, names: Collection[str]) -> Iterator[etree._Element]:
    """Elements of these names as they end, of a document too large to be held; none stands inside another of them.

    Each is gone once the next is asked for, and so is all that stands between them. Raises Unreadable as `parse` does.
    """
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    _no_document_type(head.decode(_codec(head), "replace").lstrip("\ufeff"))
    events = etree.iterparse(file, ("start", "end"), **_STRICT)
    try:
        yield from _walked(events, names)
    except etree.XMLSyntaxError as fault:
        line, column = fault.position
        raise _fault(max(line, 1), max(column, 1), fault.msg or "", "XML 1.0") from None


def _walked(events: Any, names: Collection[str]) -> Iterator[etree._Element]:
    held = before = 0
    inside: etree._Element | None = None  # one of them that has begun: nothing in it is let go
    for event, element in events:
        if event == "start":
            if element.getroottree().docinfo.internalDTD is not None:
                raise _fault(1, 1, "<!DOCTYPE", "0 × <!DOCTYPE")
            if held == _HELD_MOST:
                raise _fault(element.sourceline or 1, 1, f"> {held}", f"≤ {held}")
            if (seen := len(element.attrib)) > XML.attributes:
                raise _fault(element.sourceline or 1, 1, f"{seen} × @", f"≤ {XML.attributes}")
            if inside is None and etree.QName(element).localname in names:
                inside, before = element, held
            held += 1
        elif inside is None or inside is element:
            if inside is element:
                yield element
            inside, held = None, before if inside is element else held - 1
            _let_go(element)


def _let_go(element: etree._Element) -> None:
    """Empty an element that has ended, and drop those before it: the parser may still touch the last one."""
    element.clear(keep_tail=True)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _codec(data: bytes) -> str:
    """The codec of a document by its first bytes. Raises Unreadable for one that is not known."""
    codec = next((codec for mark, codec in _MARKS + _UNMARKED if data.startswith(mark)), None)
    if codec is None:
        found = _DECLARED.match(data[:300].decode("latin-1"))
        declared = found[1].lower() if found else "utf-8"
        codec = _CODECS.get(declared)
        if codec is None:
            raise _fault(1, 1, declared, "UTF-8, UTF-16, ISO-8859-1, Windows-1252")
    return codec


def _text(data: bytes) -> str:
    codec = _codec(data)
    if not codec.startswith("utf-16"):  # where so many bytes are half as many characters
        _no_long_text(data)
    try:
        return data.decode(codec).lstrip("\ufeff")  # each one more that libxml2 would pass over, and we would not
    except UnicodeDecodeError as fault:
        at = {"position": str(fault.start + 1)}
        shown = f"0x{data[fault.start]:02X}" if fault.start < len(data) else ""
        raise Unreadable(Refusal("not_text", seen=shown, expected=codec, facts=at)) from None


def _no_long_text(data: bytes) -> None:
    at = 0
    while len(data) - at > _TEXT_BYTES:
        at = data.rfind(b"<", at, at + _TEXT_BYTES) + 1
        if not at:
            raise _fault(1, 1, f"> {_TEXT_BYTES}", f"≤ {_TEXT_BYTES}")


def _no_document_type(text: str) -> None:
    before = _BEFORE_ROOT.match(text)
    at = before.end() if before else 0
    if text.startswith("<!", at):
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise _fault(line, column, text[at : at + 20], "0 × <!DOCTYPE")


def _few_marks(text: str, limits: XmlLimits) -> None:
    """A tree takes many times its text in memory: what is counted here bounds it before it is built."""
    for mark in "<", "=":
        if (seen := text.count(mark)) > limits.marks:
            raise _fault(1, 1, f"{seen} × {mark}", f"≤ {limits.marks}")


def _tree(text: str) -> etree._Element:
    parser = etree.XMLParser(encoding="utf-8", **_STRICT)
    # The text is ours now, in UTF-8: what it says of its encoding is no longer true.
    content = _DECLARATION.sub(_blank, text, count=1) if text.startswith("<?xml") else text
    try:
        root = etree.fromstring(content.encode(), parser)
        if root.getroottree().docinfo.internalDTD is not None:  # wherever it hid
            raise _fault(1, 1, "<!DOCTYPE", "0 × <!DOCTYPE")
        return root
    except etree.XMLSyntaxError as fault:
        line, column = fault.position
        if "depth" in str(fault):
            raise _fault(line, column, "", "256", "too_deep") from None
        raise _fault(max(line, 1), max(column, 1), fault.msg or "", "XML 1.0") from None
    except UnicodeEncodeError:  # half a character: UTF-16 lets it through
        raise Unreadable(Refusal("not_text", seen="0xD800", expected="UTF-16", facts={"position": "1"})) from None


def _blank(found: re.Match[str]) -> str:
    """As many lines and columns as before, so that places stay true."""
    return re.sub(r"[^\n]", " ", found[0])


def _within(root: etree._Element, limits: XmlLimits) -> None:
    """The limits that only the tree shows, each asked of libxml2 in one go."""
    for deep in root.xpath("/*" * limits.depth + "/*")[:1]:
        raise _fault(deep.sourceline, 1, "", str(limits.depth), "too_deep")
    for many in root.xpath("(//*[count(@*) > $most])[1]", most=limits.attributes):
        raise _fault(many.sourceline, 1, f"{len(many.attrib)} × @", f"≤ {limits.attributes}")
    own = " and ".join(f"local-name() != '{name}'" for name in _ATTACHED)
    for long in root.xpath(
        f"(//*[{own}][text()[string-length() > $most] or @*[string-length() > $most]])[1]", most=limits.text_characters
    ):
        raise _fault(long.sourceline, 1, etree.QName(long).localname, f"≤ {limits.text_characters}")


def _fault(line: int, column: int, seen: str, expected: str, code: str = "syntax") -> Unreadable:
    facts = {"line": str(line), "column": str(column)}
    return Unreadable(Refusal(code, "", quoted(seen), expected, facts))
