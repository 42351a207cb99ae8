"""A lifecycle message read from UN/CEFACT CDAR: every datum that we know by name, the rest told as not kept.

Faults are findings with their place; codes that nobody knows are kept as they came.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from lxml import etree

from lettrage.dates import PARIS
from lettrage.guard import xml_safe
from lettrage.invoicing.document import Identifier, Note
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.formats.read import unknown_root, unreadable
from lettrage.invoicing.formats.reading import NAMESPACES, Node, Report
from lettrage.invoicing.lifecycle.message import (
    Acknowledgement,
    Attachment,
    Characteristic,
    Detail,
    Message,
    Party,
    Reference,
)
from lettrage.money import Amount, currency
from lettrage.refusal import Unreadable

YEARS = range(1900, 3000)  # beyond, a moment in one zone may be none in another
ROOT = f"{{{NAMESPACES['cdar']}}}CrossDomainAcknowledgementAndResponse"
_LOCAL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?)?", re.ASCII)
_OFFSET = re.compile(r"([0-9]{14})([+-])([0-9]{2}):?([0-9]{2})", re.ASCII)


class ReadMessage(msgspec.Struct, frozen=True):
    """What a file says. `message` is None where a finding blocks: it cannot be told what the file means."""

    message: Message | None
    findings: tuple[Finding, ...] = ()


def read(data: bytes) -> ReadMessage:
    """Read a file; whatever it is, the answer is data. Bounded in time and memory by `limits.XML`."""
    try:
        root = xml_safe.parse(data)
    except Unreadable as fault:
        return ReadMessage(None, (unreadable(fault),))
    if root.tag != ROOT:
        return ReadMessage(None, (no_lifecycle(root),))
    report = Report()
    message = _message(Node(report, root))
    report.leftovers(root)
    findings = tuple(report.findings)
    return ReadMessage(None if any(found.blocks for found in findings) else message, findings)


def no_lifecycle(root: etree._Element) -> Finding:
    """A root element that is no lifecycle message's."""
    return msgspec.structs.replace(unknown_root(root), code="xml_no_lifecycle", expected=etree.QName(ROOT).localname)


def _message(root: Node) -> Message:
    context, heading = root.at("cdar:ExchangedDocumentContext"), root.at("cdar:ExchangedDocument")
    told = root.all("cdar:AcknowledgementDocument")
    if not told:
        root.add("xml_missing", term="MDG-25", below="/cdar:AcknowledgementDocument")
    return Message(
        guideline=_needed(context, "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", "MDT-3"),
        id=_needed(heading, "ram:ID", "MDT-4"),
        acknowledgements=tuple(map(_acknowledgement, told)),
        issued_at=_at(heading, "ram:IssueDateTime", "MDT-8"),
        process=context.text("ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"),
        name=heading.text("ram:Name"),
        sender=_party(heading.at("ram:SenderTradeParty")),
        issuer=_party(heading.at("ram:IssuerTradeParty")),
        recipients=tuple(map(_party, heading.all("ram:RecipientTradeParty"))),
    )


def _needed(node: Node, path: str, term: str) -> str:
    """A text without which nothing can be told."""
    return node.needed(node.text(path) or None, "", path, term)


def _party(node: Node) -> Party:
    return Party(
        role=node.text("ram:RoleCode"),
        ids=tuple(_identifiers(node.all("ram:GlobalID"))),
        name=node.text("ram:Name"),
        endpoint=next(_identifiers(node.all("ram:URIUniversalCommunication/ram:URIID")), None),
    )


def _identifiers(nodes: Iterable[Node]) -> Iterator[Identifier]:
    """Identifiers, but for those that have no more than a scheme."""
    found = [Identifier(node.text(), node.get("schemeID")) for node in nodes]
    return (one for one in found if one.id)


def _acknowledgement(node: Node) -> Acknowledgement:
    told = node.all("ram:ReferenceReferencedDocument")
    if not told:
        node.add("xml_missing", term="MDG-32", below="/ram:ReferenceReferencedDocument")
    return Acknowledgement(
        phase=_needed(node, "ram:TypeCode", "MDT-77"),
        references=tuple(map(_reference, told)),
        at=_at(node, "ram:IssueDateTime", "MDT-78"),
        multiple=bool(_flag(node, "ram:MultipleReferencesIndicator", "MDT-74")),
    )


def _reference(node: Node) -> Reference:
    return Reference(
        number=_needed(node, "ram:IssuerAssignedID", "MDT-87"),
        code=_needed(node, "ram:ProcessConditionCode", "MDT-105"),
        type=node.text("ram:TypeCode"),
        date=node.day("ram:FormattedIssueDateTime/qdt:DateTimeString", "MDT-100"),
        label=node.texts("ram:ProcessCondition"),
        document=node.text("ram:StatusCode"),
        received_at=_at(node, "ram:ReceiptDateTime", "MDT-95"),
        reference_type=node.text("ram:ReferenceTypeCode"),
        attachments=tuple(map(_attachment, node.all("ram:AttachmentBinaryObject"))),
        issuer=_party(node.at("ram:IssuerTradeParty")),
        recipients=tuple(map(_party, node.all("ram:RecipientTradeParty"))),
        details=tuple(map(_detail, node.all("ram:SpecifiedDocumentStatus"))),
    )


def _attachment(node: Node) -> Attachment:
    return Attachment(node.get("filename"), node.get("mimeCode"), node.content())


def _detail(node: Node) -> Detail:
    return Detail(
        reason=node.text("ram:ReasonCode"),
        text=node.texts("ram:Reason"),
        status=node.text("ram:ProcessConditionCode"),
        action=node.text("ram:RequestedActionCode"),
        action_text=node.texts("ram:RequestedAction"),
        invalid=node.text("ram:InvalidInformation"),
        sequence=_sequence(node),
        notes=tuple(
            Note(one.texts("ram:Content"), one.text("ram:SubjectCode")) for one in node.all("ram:IncludedNote")
        ),
        data=tuple(map(_characteristic, node.all("ram:SpecifiedDocumentCharacteristic"))),
    )


def _sequence(node: Node) -> int | None:
    """A running number; a finding where it is no whole number."""
    found = node.figure("ram:SequenceNumeric", "MDT-124-2")
    if found is None:
        return None
    if found.fraction.denominator != 1:
        node.at("ram:SequenceNumeric").add("xml_figure", found.text, "MDT-124-2")
    return int(found.fraction)


def _characteristic(node: Node) -> Characteristic:
    return Characteristic(
        type=node.text("ram:TypeCode"),
        amount=_amount(node.at("ram:ValueAmount")),
        percent=node.figure("ram:ValuePercent", "MDT-224"),
        changed=_flag(node, "ram:ValueChangedIndicator", "MDT-209"),
        id=node.text("ram:ID"),
        name=node.texts("ram:Name"),
        location=node.text("ram:Location"),
        value=node.texts("ram:Value"),
        date=node.day("ram:ValueDateTime/udt:DateTimeString", "MDT-219"),
    )


def _amount(node: Node) -> Amount | None:
    """An amount in the currency that it names itself; a finding where it names none that there is."""
    if not node:
        return None
    named = node.get("currencyID")
    money = currency(named)
    if money is None:
        node.known(node)
        node.add("xml_currency", named, "MDT-215")
        return None
    minor = node.amount("", "MDT-215", money)
    return None if minor is None else Amount(minor, money)


def _flag(node: Node, path: str, term: str) -> bool | None:
    """A yes or no, in either of the schema's two spellings; None where nothing is said."""
    inside = next(
        (one for name in ("udt:Indicator", "udt:IndicatorString") if (one := node.at(f"{path}/{name}"))), None
    )
    return inside.yes("", term) if inside else None


def _at(node: Node, path: str, term: str) -> datetime | None:
    """A moment (formats 102, 203, 204, 205 of UNTDID 2379); a finding and None where it is none."""
    inside = node.at(f"{path}/udt:DateTimeString")
    if not (text := inside.text()):
        return None
    try:
        found = _moment(text)
    except ValueError:
        found = None
    if found is None:
        inside.add("xml_date", text, term)
    return found


def _moment(text: str) -> datetime | None:
    """Paris time, unless an offset stands behind it. Raises ValueError for one that no calendar has."""
    if found := _OFFSET.fullmatch(text):
        offset = timedelta(hours=int(found[3]), minutes=int(found[4]))
        exact = _local(found[1]).replace(tzinfo=UTC)
        return exact - offset if found[2] == "+" else exact + offset
    return _local(text).replace(tzinfo=PARIS).astimezone(UTC) if _LOCAL.fullmatch(text) else None


def _local(text: str) -> datetime:
    found = _LOCAL.fullmatch(text)
    assert found is not None, "who calls has looked"
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    if year not in YEARS:
        raise ValueError(year)
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  (made aware by who calls)
