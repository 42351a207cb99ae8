"""A payments report (flow 10) before its official schema and sheet, as the pyfrctc package carries them.

The sheet gives its faults no identifier of their own: a rule's name stands in brackets before what it says.
"""

import re

from lxml import etree

from lettrage.adapters.rules import files
from lettrage.adapters.rules.engine import FAILED, report
from lettrage.adapters.rules.judge import schema_findings
from lettrage.adapters.rules.places import text_of
from lettrage.adapters.rules.waivers import waives_in_report
from lettrage.guard.xml_safe import parse
from lettrage.invoicing.checks.official import Verdict
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.formats.read import unreadable
from lettrage.invoicing.formats.reading import path_of
from lettrage.refusal import Unreadable

_RULE = re.compile(r"\s*\[([\w.-]+)\]\s*")
_SOURCE = " | Source : "  # what stands behind it names the rule's origin
_REPORTS = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)  # of our own engine


def judge(xml: bytes) -> Verdict:
    """What the official rules say of a payments report. Never raises for what is in the file."""
    package = files.package(files.REPORT_SHEET)
    try:
        root = parse(xml)
    except Unreadable as refused:
        return Verdict((unreadable(refused),), package)
    found, waived = list(schema_findings(root, files.REPORT_SCHEMA)), set()
    text = etree.tostring(root, encoding="unicode")
    for fault in etree.fromstring(report(files.path(files.REPORT_SHEET), text), _REPORTS):
        place = _place(root, fault.get("location", ""))
        finding = _finding(fault, place)
        if place is not None and waives_in_report(finding.code, place):
            waived.add(finding.code)
        else:
            found.append(finding)
    judging = tuple(files.rule_file(name) for name in (files.REPORT_SCHEMA, files.REPORT_SHEET))
    return Verdict(tuple(found), package, judging, tuple(sorted(waived)))


def _place(root: etree._Element, location: str) -> etree._Element | None:
    """The element that the sheet names by a path without prefixes."""
    try:
        found = root.xpath(location) if location else []
    except etree.XPathError:
        return None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None


def _finding(fault: etree._Element, place: etree._Element | None) -> Finding:
    if fault.tag == FAILED:
        return Finding("not_computed", raw=fault.text or "", facts={"sheet": files.REPORT_SHEET.rpartition("/")[2]})
    said = " ".join("".join(fault.itertext()).split())
    rule = _RULE.match(said)
    code = rule[1] if rule else "G"
    raw = (said[rule.end() :] if rule else said).partition(_SOURCE)[0]
    if place is None:
        return Finding(code, fault.get("location", ""), raw=raw, facts={"rule": code})
    return Finding(code, path_of(place), text_of(place), raw=raw, facts={"rule": code})
