"""What the files say that are deposited: invoices in UBL and CII, lifecycle messages, reports. Read for what counts."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "cdar": "urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
CREDIT_NOTES = ("261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532")
SIREN, SIRET, ADDRESS = "0002", "0009", "0225"


class Party(msgspec.Struct, frozen=True):
    """Who sells or buys. `siren` is empty for somebody from elsewhere; `address`: the electronic one, scheme 0225."""

    siren: str = ""
    siret: str = ""
    name: str = ""
    address: str = ""
    country: str = ""


class Enclosed(msgspec.Struct, frozen=True):
    """A file inside an invoice: its name, and how many characters of base64 it is."""

    name: str
    size: int


class Invoice(msgspec.Struct, frozen=True):
    """An invoice. `gross`: by VAT rate, what is to be paid with that rate."""

    number: str
    day: date
    type: str
    profile: str
    seller: Party
    buyer: Party
    gross: dict[Decimal, Decimal]
    service: str = ""
    order: str = ""
    enclosed: tuple[Enclosed, ...] = ()

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note."""
        return self.type in CREDIT_NOTES


class Status(msgspec.Struct, frozen=True):
    """What a lifecycle message says of one invoice. `received`: by VAT rate, what came in (MEN)."""

    code: str
    number: str
    day: date | None
    seller: str
    received: dict[Decimal, Decimal]


class Message(msgspec.Struct, frozen=True):
    """A lifecycle message: who says it (SIREN), and what."""

    id: str
    issuer: str
    statuses: tuple[Status, ...]


class Report(msgspec.Struct, frozen=True):
    """A report of flow 10. `kind`: IN initial, RE replacing; `covers`: invoices (unitary), days (aggregated)."""

    id: str
    kind: str
    declarant: str
    first: str
    last: str
    payments: bool
    covers: frozenset[str]


def text(node: Any, path: str) -> str:
    """The text at the first place of this path; "" where there is none."""
    found = node.xpath(path, namespaces=NAMESPACES)
    return " ".join((found[0].text or "").split()) if found else ""


# ---------------------------------------------------------------- invoices

_UBL = {
    "number": "cbc:ID",
    "day": "cbc:IssueDate",
    "type": "cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode",
    "profile": "cbc:CustomizationID",
    "service": "cbc:BuyerReference",
    "order": "cac:OrderReference/cbc:ID",
    "seller": "cac:AccountingSupplierParty/cac:Party",
    "buyer": "cac:AccountingCustomerParty/cac:Party",
    "legal": "cac:PartyLegalEntity/cbc:CompanyID",
    "ids": "cac:PartyIdentification/cbc:ID",
    "name": "cac:PartyLegalEntity/cbc:RegistrationName | cac:PartyName/cbc:Name",
    "endpoint": "cbc:EndpointID",
    "country": "cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "rates": "cac:TaxTotal[1]/cac:TaxSubtotal",
    "rate": "cac:TaxCategory/cbc:Percent",
    "base": "cbc:TaxableAmount",
    "tax": "cbc:TaxAmount",
    "files": "cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject",
}
_TRADE = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTrade"
_CII = {
    "number": "rsm:ExchangedDocument/ram:ID",
    "day": "rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString",
    "type": "rsm:ExchangedDocument/ram:TypeCode",
    "profile": "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
    "service": f"{_TRADE}Agreement/ram:BuyerReference",
    "order": f"{_TRADE}Agreement/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
    "seller": f"{_TRADE}Agreement/ram:SellerTradeParty",
    "buyer": f"{_TRADE}Agreement/ram:BuyerTradeParty",
    "legal": "ram:SpecifiedLegalOrganization/ram:ID",
    "ids": "ram:ID | ram:GlobalID",
    "name": "ram:Name",
    "endpoint": "ram:URIUniversalCommunication/ram:URIID",
    "country": "ram:PostalTradeAddress/ram:CountryID",
    "rates": f"{_TRADE}Settlement/ram:ApplicableTradeTax",
    "rate": "ram:RateApplicablePercent",
    "base": "ram:BasisAmount",
    "tax": "ram:CalculatedAmount",
    "files": f"{_TRADE}Agreement/ram:AdditionalReferencedDocument/ram:AttachmentBinaryObject",
}


def invoice(root: Any, family: str) -> Invoice:
    """What an invoice says that its schema takes. Raise `ValueError` for a date or an amount that is none."""
    paths = _UBL if family == "ubl" else _CII
    at = {name: text(root, paths[name]) for name in ("number", "day", "type", "profile", "service", "order")}
    seller, buyer = (_party(root, paths, side) for side in ("seller", "buyer"))
    gross: dict[Decimal, Decimal] = {}
    for part in root.xpath(paths["rates"], namespaces=NAMESPACES):
        rate = number(text(part, paths["rate"]) or "0")
        gross[rate] = gross.get(rate, Decimal()) + number(text(part, paths["base"])) + number(text(part, paths["tax"]))
    files = root.xpath(paths["files"], namespaces=NAMESPACES)
    enclosed = tuple(Enclosed(one.get("filename", ""), len((one.text or "").strip())) for one in files)
    parts = (at["number"], day(at["day"]), at["type"], at["profile"], seller, buyer, gross)
    return Invoice(*parts, at["service"], at["order"], enclosed)


def _party(root: Any, paths: dict[str, str], side: str) -> Party:
    node = root.xpath(paths[side], namespaces=NAMESPACES)[0]
    known = [
        (one.get("schemeID", ""), (one.text or "").strip())
        for name in ("legal", "ids", "endpoint")
        for one in node.xpath(paths[name], namespaces=NAMESPACES)
    ]
    by_scheme = dict(reversed(known))  # the first of a scheme is meant
    siret = by_scheme.get(SIRET, "")
    address = by_scheme.get(ADDRESS, "")
    siren = by_scheme.get(SIREN) or siret[:9] or address.partition("_")[0]
    return Party(siren, siret, text(node, paths["name"]), address, text(node, paths["country"]))


def number(written: str) -> Decimal:
    """An amount or a rate, comparable with any other way of writing it. Raise `ValueError`."""
    try:
        return Decimal(written).normalize() + 0
    except InvalidOperation:
        raise ValueError(f"no number: {written}") from None


def day(written: str) -> date:
    """A day as UBL or CII writes it. Raise `ValueError`."""
    return date.fromisoformat(written[:8] if written[:8].isdigit() else written[:10])


# ---------------------------------------------------------------- messages and reports


def message(root: Any) -> Message:
    """What a lifecycle message says that its schema takes. Raise `ValueError`."""
    statuses = root.xpath("cdar:AcknowledgementDocument/ram:ReferenceReferencedDocument", namespaces=NAMESPACES)
    issuer = text(root, f"cdar:ExchangedDocument/ram:IssuerTradeParty/ram:GlobalID[@schemeID='{SIREN}']")
    return Message(text(root, "cdar:ExchangedDocument/ram:ID"), issuer, tuple(map(_status, statuses)))


def _status(node: Any) -> Status:
    received: dict[Decimal, Decimal] = {}
    path = "ram:SpecifiedDocumentStatus/ram:SpecifiedDocumentCharacteristic[ram:TypeCode = 'MEN']"
    for part in node.xpath(path, namespaces=NAMESPACES):
        if not text(part, "ram:ValuePercent"):
            continue  # the official rules speak of it
        rate = number(text(part, "ram:ValuePercent"))
        received[rate] = received.get(rate, Decimal()) + number(text(part, "ram:ValueAmount"))
    issued = text(node, "ram:FormattedIssueDateTime/qdt:DateTimeString")
    return Status(
        text(node, "ram:ProcessConditionCode"),
        text(node, "ram:IssuerAssignedID"),
        day(issued) if issued else None,
        text(node, f"ram:IssuerTradeParty/ram:GlobalID[@schemeID='{SIREN}']"),
        received,
    )


def report(root: Any) -> Report:
    """What a report says that its schema takes."""
    body = root.xpath("PaymentsReport | TransactionsReport")
    names = {child.tag for part in body for child in part}
    return Report(
        text(root, "ReportDocument/Id"),
        text(root, "ReportDocument/TypeCode"),
        text(root, "ReportDocument/Issuer/Id"),
        text(root, "*/ReportPeriod/StartDate"),
        text(root, "*/ReportPeriod/EndDate"),
        bool(root.xpath("PaymentsReport")),
        frozenset(names & {"Invoice", "Transactions"}),
    )
