"""Where a message of Chorus Pro points to in the file that was really sent: dotted paths, lines and positions.

Chorus names an element by its local names joined with points: `AccountingCustomerParty.AccountingContact.ID`,
`FichierXml.ExchangedDocument.ID.value`. Any such path is found, whether the catalogue knows it or not. Places are told
as XPath with the file's own prefixes, and as line and column, both counted from 1, columns in characters.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from xml.parsers import expat

import msgspec
from lxml import etree

from lettrage.guard.xml_safe import parse
from lettrage.limits import SEEN_CHARACTERS
from lettrage.refusal import Refusal, Unreadable

_WRAPPER, _VALUE = "FichierXml", "value"  # what Chorus puts around its paths: the file itself, and an element's text
MOST_PLACES = 20  # of one message: the same fault on every line is told so many times
_PIECE = 1024 * 1024  # bytes of text handed over at once: attachments are long
_START_TAG = re.compile(rb"""<[^"'>]*+(?:"[^"]*+"[^"'>]*+|'[^']*+'[^"'>]*+|)*+>""")
_DECLARATION = re.compile(rb"\A(?:\xef\xbb\xbf|)*+<\?xml\s[^>]{0,300}?\?>")
_CAPITAL_WITHIN = re.compile(r"[a-z][A-Z]")
# Names joined by points; `…` stands for what a message leaves out.
PATH = re.compile(r"(?<![.…])[.…]*+[A-Za-z_]\w*+(?:[.…]++[A-Za-z_]\w*+|)*+", re.ASCII)


def _blank(found: re.Match[bytes]) -> bytes:
    return re.sub(rb"[^\n]", b" ", found[0])


class Element:
    """An element of the sent file; its span is in bytes of the file, `opened` where its start tag ends."""

    def __init__(
        self, name: str, parent: "Element | None", attributes: dict[str, str], start: int, opened: int
    ) -> None:
        self.qualified = name
        self.name = name.rpartition(":")[2]
        self.parent = parent
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""
        self.start, self.opened, self.end = start, opened, opened

    @property
    def xpath(self) -> str:
        """`/Invoice/cac:InvoiceLine[2]/cbc:ID`."""
        steps: list[str] = []
        element = self
        while element.parent is not None:
            alike = [child for child in element.parent.children if child.qualified == element.qualified]
            at = f"[{alike.index(element) + 1}]" if len(alike) > 1 else ""
            steps.append(element.qualified + at)
            element = element.parent
        return "/".join(["", element.qualified, *reversed(steps)])

    def named(self, name: str, *, begins: bool = False) -> list["Element"]:
        """The children of this local name, or whose name begins like it."""
        return [c for c in self.children if c.name == name or (begins and c.name.startswith(name))]

    def __iter__(self) -> Iterator["Element"]:
        """This element and all beneath it, in the order of the file."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


class Place(msgspec.Struct, frozen=True):
    """A place in the sent file. `missing`: what is not there, beneath the element that the place names."""

    xpath: str
    line: int
    column: int
    start: int  # of the element, in bytes of the file
    end: int
    seen: str = ""
    missing: str = ""


class SentFile:
    """The XML that was sent, with the place of everything in it. Raises Unreadable where it is no XML of ours."""

    def __init__(self, data: bytes) -> None:
        root = parse(data)
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = etree.tostring(root, encoding="utf-8")
        self.data = data
        self._lines = [0, *(found.end() for found in re.finditer(b"\n", data))]
        self.root = self._read()

    def _read(self) -> Element:
        parser = expat.ParserCreate("utf-8")  # whatever it says that it was
        parser.buffer_text, parser.buffer_size = True, _PIECE
        open_: list[Element] = []
        roots: list[Element] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            at = parser.CurrentByteIndex
            tag = _START_TAG.match(self.data, at)
            parent = open_[-1] if open_ else None
            element = Element(name, parent, attributes, at, tag.end() if tag else at)
            (parent.children if parent else roots).append(element)
            open_.append(element)

        def end(_name: str) -> None:
            element = open_.pop()
            if not self.data.endswith(b"/>", 0, element.opened):
                element.end = self.data.index(b">", parser.CurrentByteIndex) + 1

        def text(content: str) -> None:
            open_[-1].text += content

        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
        try:
            parser.Parse(_DECLARATION.sub(_blank, self.data, count=1), True)
        except expat.ExpatError as fault:  # the guarded door takes more beginnings of a file than this reader
            place = {"line": str(fault.lineno), "column": str(fault.offset + 1)}
            raise Unreadable(Refusal("syntax", expected="XML 1.0", facts=place)) from None
        return roots[0]

    @property
    def is_ubl(self) -> bool:
        """Whether the file is UBL; else it is CII."""
        return self.root.name in ("Invoice", "CreditNote")

    def position(self, byte: int) -> tuple[int, int]:
        """Line and column of a byte."""
        line = bisect_right(self._lines, byte)
        before = self.data[self._lines[line - 1] : byte].decode("utf-8", "replace")
        return line, len(before.removeprefix("\ufeff")) + 1

    def place(self, element: Element, missing: str = "", attribute: str = "") -> Place:
        """An element as a place; of a long content only the beginning is shown."""
        seen = element.attributes.get(attribute, "") if attribute else element.text.strip()
        line, column = self.position(element.start)
        xpath = f"{element.xpath}/@{attribute}" if attribute else element.xpath
        shown = "" if missing else seen[:SEEN_CHARACTERS]
        return Place(xpath, line, column, element.start, element.end, shown, missing)

    def at(self, line: int, position: int) -> Element:
        """The innermost element around a place that the schema's validator names: it speaks behind the tag it read."""
        line = min(max(line, 1), len(self._lines))
        first = self._lines[line - 1]
        last = self._lines[line] if line < len(self._lines) else len(self.data)
        before = self.data[first:last].decode("utf-8", "replace").removeprefix("\ufeff")[: max(position - 1, 0)]
        byte = first + len(before.encode())
        around = self.root
        while inner := next((c for c in reversed(around.children) if c.start < byte <= c.end), None):
            around = inner
        return around

    # ------------------------------------------------------------ dotted paths

    def faulty(self, path: str, *, demanded: bool, most: int | None = None, cut: bool = False) -> list[Place]:
        """The places that a message about this path means.

        `demanded`: something ought to be there, so those are meant where it is missing or empty. `most`: at most so
        many characters ought to be there. `cut`: the path itself may be cut off.
        """
        found, lacking, attribute = self._walk(names(path), cut=cut)
        if demanded and lacking:
            return self._missing(lacking)
        meant = found
        if demanded:
            meant = [e for e in found if not e.children and not e.text.strip()] or found
        if most is not None:
            meant = [e for e in found if len(e.text.strip()) > most] or found
        if meant:
            return [self.place(element, attribute=attribute) for element in meant[:MOST_PLACES]]
        return self._missing(lacking)

    def _missing(self, lacking: Sequence[tuple[Element, Sequence[str]]]) -> list[Place]:
        return [self.place(element, missing="/".join(rest)) for element, rest in lacking[:MOST_PLACES]]

    def without(self, path: str, other: str) -> list[Place]:
        """The elements at `other` beneath which `path` is missing: it is demanded of those that have the other."""
        holders, _, _ = self._walk(names(other))
        wanted = names(path)
        return self._missing([(e, wanted) for e in holders if not _beneath([e], wanted)])

    def _walk(
        self, segments: Sequence[str], *, cut: bool = False
    ) -> tuple[list[Element], list[tuple[Element, Sequence[str]]], str]:
        """What stands at a path, where the path ends too early, and the attribute that its last name is ("" for none).

        A path begins beneath the root element; one that does not begin there may begin anywhere.
        """
        segments = segments[1:] if segments and segments[0] == self.root.name else segments
        if not segments:
            return [], [], ""
        level = [self.root]
        if not self._begins_here(segments, cut):
            level = [e for e in self.root if e.name == segments[0]]
            segments = segments[1:]
        lacking: list[tuple[Element, Sequence[str]]] = []
        for at, name in enumerate(segments):
            last = at == len(segments) - 1
            begins = cut and last
            if last and any(name in e.attributes for e in level) and not any(e.named(name) for e in level):
                return [e for e in level if name in e.attributes], lacking, name
            lacking += [(e, segments[at:]) for e in level if not e.named(name, begins=begins)]
            level = [child for e in level for child in e.named(name, begins=begins)]
        return level, lacking, ""

    def _begins_here(self, segments: Sequence[str], cut: bool) -> bool:
        """Whether a path is one from the root: it begins there, or nowhere at all."""
        if self.root.named(segments[0], begins=cut and len(segments) == 1):
            return True
        return not any(e.name == segments[0] for e in self.root)

    def found(self, xpath: str) -> Element | None:
        """The element of an XPath as `Element.xpath` writes it; None where there is none."""
        first, *steps = xpath.partition("/@")[0].removeprefix("/").split("/")
        element = self.root if first == self.root.qualified else None
        for step in steps:
            name, _, at = step.removesuffix("]").partition("[")
            alike = [child for child in element.children if child.qualified == name] if element is not None else []
            place = int(at) - 1 if at.isdecimal() else 0
            element = alike[place] if 0 <= place < len(alike) else None
        return element

    def having(self, value: str) -> list[Place]:
        """The elements whose whole text is this value."""
        alike = (e for e in self.root if not e.children and e.text.strip() == value)
        return [self.place(e) for e in islice(alike, MOST_PLACES)]

    def named(self, name: str) -> list[Place]:
        """The elements of this local name."""
        return [self.place(e) for e in islice((e for e in self.root if e.name == name), MOST_PLACES)]


def _beneath(level: list[Element], segments: Sequence[str]) -> list[Element]:
    for name in segments:
        level = [child for element in level for child in element.named(name)]
    return level


def names(path: str) -> tuple[str, ...]:
    """The names of a dotted path, without what Chorus puts around it."""
    parts = [part for part in re.split(r"[.…]+", path) if part]
    parts = parts[1:] if parts[:1] == [_WRAPPER] else parts
    return tuple(parts[:-1] if len(parts) > 1 and parts[-1] == _VALUE else parts)


def paths_in(text: str) -> list[str]:
    """Every dotted path of a message, in its order."""
    return [found[0].strip(".…") for found in PATH.finditer(text) if is_path(found[0])]


def is_path(text: str) -> bool:
    """Whether this is the path of an element, or of a field of the API: `ID.value`, `destinataire.codeDestinataire`.

    Names of elements begin with a capital, those of the API have one within; words and codes with points have neither.
    """
    parts = [part for part in re.split(r"[.…]+", text) if part]
    begins = bool(parts) and parts[0][0].isupper() and not (parts[0].isupper() and parts[0] != "ID")
    return len(parts) > 1 and (begins or any(_CAPITAL_WITHIN.search(part) for part in parts))
