"""Reading an invoice's XML: a place in the tree that gives texts, amounts and dates, and remembers what was asked for.

Faults are collected, never raised; what nobody asked for is told at the end, so that no business term is lost silently.
Names are written with the prefixes below, whatever prefixes the file has.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import date as Day  # noqa: N812
from functools import cache
from typing import TypeVar

from lxml import etree
from msgspec.structs import replace

from lettrage.invoicing.document import SIRET, Identifier, Note, PaymentMeans, Totals
from lettrage.invoicing.finding import Finding
from lettrage.limits import INVOICE_LINES, MINOR_UNITS, READ_FINDINGS
from lettrage.money import Amount, Currency, Figure, currency, decimal
from lettrage.refusal import quoted

_CII = "urn:un:unece:uncefact:data:standard:"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMESPACES = {
    "ubl": _UBL + "Invoice-2",
    "cn": _UBL + "CreditNote-2",
    "cac": _UBL + "CommonAggregateComponents-2",
    "cbc": _UBL + "CommonBasicComponents-2",
    "rsm": _CII + "CrossIndustryInvoice:100",
    "cdar": _CII + "CrossDomainAcknowledgementAndResponse:100",
    "ram": _CII + "ReusableAggregateBusinessInformationEntity:100",
    "udt": _CII + "UnqualifiedDataType:100",
    "qdt": _CII + "QualifiedDataType:100",
}
_PREFIXES = {namespace: prefix for prefix, namespace in NAMESPACES.items()}
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2}|T[0-9:.]{1,20}Z?)?", re.ASCII)
_YES_NO = {"true": True, "1": True, "false": False, "0": False}
_SUBJECT = re.compile(r"#([A-Z]{3})#", re.ASCII)
NO_DAY, NO_FIGURE = Day(1900, 1, 1), Figure(0, 0)  # stand in for what is missing; a finding then blocks
_NO_CURRENCY = Currency("", 2)
_BEFORE = etree.XPath("count(preceding-sibling::*[local-name() = $name and namespace-uri() = $namespace])")
_Value = TypeVar("_Value")


@cache
def _clark(path: str) -> str:
    """`cac:Party/cbc:Name` as lxml wants it."""
    steps = [step.split(":") for step in path.split("/")]
    return "/".join(f"{{{NAMESPACES[prefix]}}}{name}" for prefix, name in steps)


class Report:
    """What reading one file has brought up so far. `currency` is the invoice's, once it is known."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.currency = _NO_CURRENCY
        self._asked: set[etree._Element] = set()

    def asked(self, element: etree._Element) -> None:
        """This element's text has been understood."""
        self._asked.add(element)

    def add(
        self, code: str, element: etree._Element, seen: str = "", term: str = "", expected: str = "", below: str = ""
    ) -> None:
        """A finding about this element, or what is missing `below` it, where there is room for another."""
        if len(self.findings) < READ_FINDINGS:
            facts = {"line": str(element.sourceline or 1)}
            place = path_of(element) + below
            self.findings.append(Finding(code, place, quoted(seen), expected, facts=facts, term=term))

    def leftovers(self, root: etree._Element) -> None:
        """A warning for each text that nobody asked for."""
        for element in root.iter(etree.Element):
            if len(element) == 0 and element not in self._asked and (text := (element.text or "").strip()):
                self.add("xml_not_kept", element, text)


class Node:
    """A place in the file, or the absence of one, which gives empty answers."""

    __slots__ = ("element", "report")

    def __init__(self, report: Report, element: etree._Element | None) -> None:
        self.report = report
        self.element = element

    def __bool__(self) -> bool:
        return self.element is not None

    def at(self, path: str) -> "Node":
        """The first place of this path; this place where there is none."""
        if not path:
            return self
        if self.element is None:
            return self
        if "/" in path:
            return Node(self.report, self.element.find(_clark(path)))
        return Node(self.report, next(self.element.iterchildren(_clark(path)), None))  # three times as fast

    def all(self, path: str) -> "list[Node]":
        """Every place of this path, in the file's order."""
        if self.element is None:
            return []
        return [Node(self.report, found) for found in self.element.findall(_clark(path))]

    def lines(self, *paths: str) -> "list[Node]":
        """BG-25, as many as one invoice may have; a finding where there are more."""
        found = [node for path in paths for node in self.all(path)]
        for beyond in found[INVOICE_LINES : INVOICE_LINES + 1]:
            beyond.add("xml_lines", str(len(found)), "BG-25", expected=str(INVOICE_LINES))
        return found[:INVOICE_LINES]

    @property
    def words(self) -> str:
        """The text here, without having asked for it."""
        return "" if self.element is None else (self.element.text or "").strip()

    def text(self, path: str = "") -> str:
        """The text there, without the blanks around it; "" where there is none."""
        node = self.at(path)
        if node.element is not None:
            self.report.asked(node.element)
        return node.words

    def texts(self, path: str) -> str:
        """All texts of this path, one a line."""
        return "\n".join(text for node in self.all(path) if (text := node.text()))

    def either(self, *paths: str) -> str:
        """The same thing, which may stand in several places: the first that says something.

        Another that says the same is understood, one that says something else is told like any leftover.
        """
        found = [node for path in paths for node in self.all(path) if node.words]
        text = found[0].text() if found else ""
        self.known(*(node for node in found if node.words == text))
        return text

    def known(self, *others: "str | Node") -> None:
        """These say nothing that is not known already: all places of a path, or a place."""
        for other in others:
            for node in self.all(other) if isinstance(other, str) else [other]:
                if node.element is not None:
                    self.report.asked(node.element)

    def constant(self, path: str, *expected: str) -> None:
        """What every file says there; another text is told like any leftover."""
        self.known(*(node for node in self.all(path) if node.words in expected))

    def get(self, attribute: str) -> str:
        """An attribute; "" where there is none."""
        return "" if self.element is None else (self.element.get(attribute) or "").strip()

    def add(self, code: str, seen: str = "", term: str = "", expected: str = "", below: str = "") -> None:
        """A finding about this place."""
        if self.element is not None:
            self.report.add(code, self.element, seen, term, expected, below)

    # ------------------------------------------------------------ values

    def figure(self, path: str, term: str = "", money: Currency | None = None) -> Figure | None:
        """A decimal figure, exact; a finding and None where it is none, a finding where it names another currency."""
        node = self.at(path)
        if not (text := node.text()):
            return None
        expected = (money or self.report.currency).code
        if (named := node.get("currencyID")) and expected and named != expected:
            node.add("xml_currency_differs", named, term, expected=expected)
        if (found := decimal(text)) is None:
            node.add("xml_figure", text, term)
        return found

    def amount(self, path: str, term: str, money: Currency | None = None) -> int | None:
        """An amount in minor units of this currency (the invoice's); a finding and None where it is none."""
        money = money or self.report.currency
        found, node = self.figure(path, term, money), self.at(path)
        if found is None or not money.code:
            return None
        minor = found.exact(money)
        if minor is None:
            node.add("xml_decimals", found.text, term, expected=str(money.decimals))
        elif abs(minor) > MINOR_UNITS:
            node.add("xml_figure", found.text, term)
        return minor

    def owed(self, path: str, term: str, money: Currency | None = None) -> int:
        """An amount that no invoice can be without; 0, and a finding, where it is missing."""
        return self.needed(self.amount(path, term, money), 0, path, term)

    def day(self, path: str, term: str = "") -> Day | None:
        """A date, as UBL or as CII writes it; a finding and None where it is none."""
        node = self.at(path)
        if not (text := node.text()):
            return None
        try:
            return Day(*map(int, found.groups())) if (found := _DAY.fullmatch(text)) else self._no_day(node, term)
        except ValueError:
            return self._no_day(node, term)

    @staticmethod
    def _no_day(node: "Node", term: str) -> None:
        node.add("xml_date", node.text(), term)

    def yes(self, path: str, term: str = "") -> bool:
        """`true` or `false`, also as 1 and 0; a finding and False where it is neither."""
        node = self.at(path)
        found = _YES_NO.get(text := node.text())
        if found is None:
            (node or self).add("xml_yes_no", text, term)
        return bool(found)

    def coin(self, path: str, term: str) -> Currency | None:
        """A currency; a finding and None where ISO 4217 has none of that name."""
        node = self.at(path)
        if not (text := node.text()):
            return None
        if (found := currency(text)) is None:
            node.add("xml_currency", text, term)
        return found

    def content(self, path: str = "") -> bytes:
        """An embedded file; a finding and nothing where it is no base64."""
        node = self.at(path)
        try:
            return base64.b64decode("".join(node.text().split()), validate=True)
        except (binascii.Error, ValueError):
            node.add("xml_base64", node.text(), "BT-125")
            return b""

    def needed(self, value: _Value | None, instead: _Value, path: str, term: str) -> _Value:
        """The value, which must be there. Where it is not: a finding, unless what stands there has one already."""
        if value is None:
            node = self.at(path)
            if not node:
                self.add("xml_missing", term=term, below="/" + path)
            elif not node.text():
                node.add("xml_missing", term=term)
            return instead
        return value


def path_of(element: etree._Element) -> str:
    """Its XPath, with the prefixes above: `/ubl:Invoice/cac:InvoiceLine[2]/cbc:ID`."""
    steps = []
    for at in (element, *element.iterancestors()):
        name = etree.QName(at)
        prefix = _PREFIXES.get(name.namespace or "")
        unknown = f"*[local-name()='{name.localname}']" if name.namespace else name.localname
        step = f"{prefix}:{name.localname}" if prefix else unknown
        before = int(_BEFORE(at, name=name.localname, namespace=name.namespace or ""))
        alone = before == 0 and next(at.itersiblings(at.tag), None) is None
        steps.append(step if alone else f"{step}[{before + 1}]")
    return "/" + "/".join(reversed(steps))


def filled(group: _Value) -> _Value | None:
    """The group; None where nothing in it says anything."""
    return None if group == type(group)() else group


def noted(text: str) -> Note:
    """BG-1, as UBL writes it: `#PMT#text`."""
    found = _SUBJECT.match(text)
    return Note(text[found.end() :].strip(), found[1]) if found else Note(text)


def joined(ways: list[PaymentMeans], way: PaymentMeans) -> None:
    """Add a way to pay: to the one before where it is the same to another account, for both syntaxes repeat it then.

    What else is said of the way may stand in the first only.
    """
    if ways and way.accounts and ways[-1].accounts and _says_no_more(way, ways[-1]):
        ways[-1] = replace(ways[-1], accounts=ways[-1].accounts + way.accounts)
    else:
        ways.append(way)


def _says_no_more(way: PaymentMeans, than: PaymentMeans) -> bool:
    others = (name for name in way.__struct_fields__ if name not in {"code", "accounts"})
    return way.code == than.code and all(getattr(way, name) in {"", getattr(than, name)} for name in others)


def in_order(ids: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """A party's identifiers: the SIRET first, then those without a scheme; the syntaxes differ in their order."""
    return tuple(sorted(ids, key=lambda known: (known.scheme != SIRET, known.scheme != "")))


def derived_lines(node: Node, path: str, totals: Totals) -> Totals:
    """BT-106: what the file says, else what BR-CO-13 makes it: BT-109 + BT-107 - BT-108, and a warning."""
    lines = node.amount(path, "BT-106")
    if lines is None:
        lines = totals.net + (totals.allowances or 0) - (totals.charges or 0)
        if not node.at(path).text() and node.report.currency.code:
            node.add("xml_derived", str(Amount(lines, node.report.currency)), "BT-106", below="/" + path)
    return replace(totals, lines=lines)
