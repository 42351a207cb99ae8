"""An invoice file of any syntax read into our own values: UBL, CII, or the CII inside a Factur-X PDF.

All faults are told at once, each with its place (an XPath with the prefixes of `reading.NAMESPACES`) and its line.
What the file says and our model has no term for is a warning. Comments are not read.
"""

from typing import Any

import msgspec
from lxml import etree

from lettrage.guard import xml_safe
from lettrage.invoicing.document import Invoice, Syntax
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.formats import cii_read, ubl_read
from lettrage.invoicing.formats.inside_pdf import PdfTrouble, is_pdf, xml_inside
from lettrage.invoicing.formats.reading import NAMESPACES, Node, Report, path_of
from lettrage.refusal import Unreadable, quoted

_ROOTS: dict[str, tuple[Syntax, Any]] = {
    f"{{{NAMESPACES['ubl']}}}Invoice": ("ubl", ubl_read.invoice),
    f"{{{NAMESPACES['cn']}}}CreditNote": ("ubl", ubl_read.invoice),
    f"{{{NAMESPACES['rsm']}}}CrossIndustryInvoice": ("cii", cii_read.invoice),
}


class Read(msgspec.Struct, frozen=True):
    """What a file says. `invoice` is None where a finding blocks, `syntax` where the file is none of ours.

    `xml`: the file itself, or what a PDF has inside.
    """

    invoice: Invoice | None
    syntax: Syntax | None
    xml: bytes
    findings: tuple[Finding, ...]


def read(data: bytes) -> Read:
    """Read a file; whatever it is, the answer is data. Bounded in time and memory by `limits.XML` and `PDF_BYTES`."""
    if not is_pdf(data):
        return _read(data)
    try:
        inside = xml_inside(data)
    except PdfTrouble as trouble:
        return Read(None, None, b"", (trouble.finding,))
    found = _read(inside)
    return msgspec.structs.replace(found, syntax="facturx") if found.syntax == "cii" else found


def _read(xml: bytes) -> Read:
    try:
        root = xml_safe.parse(xml)
    except Unreadable as fault:
        return Read(None, None, xml, (unreadable(fault),))
    if root.tag not in _ROOTS:
        return Read(None, None, xml, (unknown_root(root),))
    syntax, reader = _ROOTS[root.tag]
    report = Report()
    invoice: Invoice = reader(Node(report, root))
    report.leftovers(root)
    findings = tuple(report.findings)
    return Read(None if any(found.blocks for found in findings) else invoice, syntax, xml, findings)


def unreadable(fault: Unreadable) -> Finding:
    """What keeps a file from being read as XML."""
    refusal = fault.refusal
    facts = {"fr": refusal.fr, "en": refusal.en, "line": refusal.facts.get("line", "")}
    return Finding("xml_unreadable", seen=refusal.seen, expected=refusal.expected, facts=facts)


def unknown_root(root: etree._Element) -> Finding:
    """A root element that is no invoice's."""
    name = etree.QName(root)
    seen = quoted(f"{name.localname} ({name.namespace or ''})")
    return Finding("xml_root_unknown", path_of(root), seen, "Invoice, CreditNote, CrossIndustryInvoice")
