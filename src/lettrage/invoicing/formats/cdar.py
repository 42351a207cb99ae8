"""A lifecycle message written as UN/CEFACT CDAR D22B, in the order of its schema.

Source: XP Z12-012, Annexe B; the schema and the sheet BR-FR-CDV. Moments are written in Paris time, to the second.
"""

from datetime import datetime

from lettrage.dates import PARIS
from lettrage.invoicing.document import Identifier
from lettrage.invoicing.formats.cii_settlement import moment
from lettrage.invoicing.formats.markup import amount, binary, document, group, leaf, marks
from lettrage.invoicing.lifecycle.message import (
    Acknowledgement,
    Attachment,
    Characteristic,
    Detail,
    Message,
    Party,
    Reference,
)

_STANDARD = "urn:un:unece:uncefact:data:standard:"
_NAMESPACES = (
    f' xmlns:rsm="{_STANDARD}CrossDomainAcknowledgementAndResponse:100"'
    f' xmlns:ram="{_STANDARD}ReusableAggregateBusinessInformationEntity:100"'
    f' xmlns:udt="{_STANDARD}UnqualifiedDataType:100"'
    f' xmlns:qdt="{_STANDARD}QualifiedDataType:100"'
)
_TO_THE_SECOND = marks(format="204")


def render(message: Message) -> bytes:
    """The message as a file in UTF-8; the same message gives the same bytes."""
    return document(
        "rsm:CrossDomainAcknowledgementAndResponse",
        _NAMESPACES,
        group(
            "rsm:ExchangedDocumentContext",
            group("ram:BusinessProcessSpecifiedDocumentContextParameter", leaf("ram:ID", message.process)),
            group("ram:GuidelineSpecifiedDocumentContextParameter", leaf("ram:ID", message.guideline)),
        ),
        group(
            "rsm:ExchangedDocument",
            leaf("ram:ID", message.id),
            leaf("ram:Name", message.name),
            _at("ram:IssueDateTime", message.issued_at),
            _party("ram:SenderTradeParty", message.sender),
            _party("ram:IssuerTradeParty", message.issuer),
            *(_party("ram:RecipientTradeParty", party) for party in message.recipients),
        ),
        *map(_acknowledgement, message.acknowledgements),
    )


def _at(element: str, when: datetime | None) -> str:
    """A moment, to the second; nothing where there is none."""
    if when is None:
        return ""
    # Not strftime: what it makes of years before 1000 depends on the system.
    digits = when.astimezone(PARIS).isoformat(timespec="seconds")[:19].translate({ord(c): "" for c in "-:T"})
    return group(element, leaf("udt:DateTimeString", digits, _TO_THE_SECOND))


def _identifier(element: str, found: Identifier) -> str:
    return leaf(element, found.id, marks(schemeID=found.scheme))


def _party(element: str, party: Party) -> str:
    return group(
        element,
        *(_identifier("ram:GlobalID", known) for known in party.ids),
        leaf("ram:Name", party.name),
        leaf("ram:RoleCode", party.role),
        group("ram:URIUniversalCommunication", _identifier("ram:URIID", party.endpoint)) if party.endpoint else "",
    )


def _flag(element: str, inside: str, value: bool | None) -> str:
    return "" if value is None else group(element, leaf(inside, "true" if value else "false"))


def _acknowledgement(told: Acknowledgement) -> str:
    return group(
        "rsm:AcknowledgementDocument",
        _flag("ram:MultipleReferencesIndicator", "udt:Indicator", told.multiple),
        leaf("ram:TypeCode", told.phase),
        _at("ram:IssueDateTime", told.at),
        *map(_reference, told.references),
    )


def _reference(told: Reference) -> str:
    return group(
        "ram:ReferenceReferencedDocument",
        leaf("ram:IssuerAssignedID", told.number),
        leaf("ram:StatusCode", told.document),
        leaf("ram:TypeCode", told.type),
        _at("ram:ReceiptDateTime", told.received_at),
        *map(_attachment, told.attachments),
        leaf("ram:ReferenceTypeCode", told.reference_type),
        moment("ram:FormattedIssueDateTime", told.date, "qdt:DateTimeString"),
        leaf("ram:ProcessConditionCode", told.code),
        leaf("ram:ProcessCondition", told.label),
        _party("ram:IssuerTradeParty", told.issuer),
        *(_party("ram:RecipientTradeParty", party) for party in told.recipients),
        *map(_detail, told.details),
    )


def _attachment(attached: Attachment) -> str:
    named = marks(mimeCode=attached.mime, filename=attached.filename)
    return f"<ram:AttachmentBinaryObject{named}>{binary(attached.content)}</ram:AttachmentBinaryObject>"


def _detail(detail: Detail) -> str:
    return group(
        "ram:SpecifiedDocumentStatus",
        leaf("ram:ReasonCode", detail.reason),
        leaf("ram:Reason", detail.text),
        leaf("ram:ProcessConditionCode", detail.status),
        leaf("ram:RequestedActionCode", detail.action),
        leaf("ram:RequestedAction", detail.action_text),
        leaf("ram:InvalidInformation", detail.invalid),
        leaf("ram:SequenceNumeric", "" if detail.sequence is None else str(detail.sequence)),
        *(
            group("ram:IncludedNote", leaf("ram:Content", note.text), leaf("ram:SubjectCode", note.subject))
            for note in detail.notes
        ),
        *map(_characteristic, detail.data),
    )


def _characteristic(datum: Characteristic) -> str:
    paid = datum.amount
    return group(
        "ram:SpecifiedDocumentCharacteristic",
        leaf("ram:ID", datum.id),
        leaf("ram:TypeCode", datum.type),
        _flag("ram:ValueChangedIndicator", "udt:IndicatorString", datum.changed),
        leaf("ram:Name", datum.name),
        leaf("ram:Location", datum.location),
        leaf("ram:Value", datum.value),
        amount("ram:ValueAmount", paid.minor, paid.currency) if paid is not None else "",
        moment("ram:ValueDateTime", datum.date),
        leaf("ram:ValuePercent", datum.percent.text if datum.percent is not None else ""),
    )
