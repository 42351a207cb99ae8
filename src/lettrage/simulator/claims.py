"""What the platform reads in one invoice (*demande de paiement*), whatever its syntax. Reads only valid trees."""

import re
from collections.abc import Iterable, Mapping
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from decimal import Decimal
from typing import Any

import msgspec
from lxml import etree

CREDIT_NOTES = ("381", "396")
# How a file names the kind of an identifier: Chorus's own figures, then ISO 6523 as used since 2026.
IDENTIFIER_TYPES = {
    "1": "SIRET", "2": "UE_HORS_FRANCE", "3": "HORS_UE", "4": "RIDET", "5": "TAHITI", "6": "AUTRE", "8": "PARTICULIER",
    "0009": "SIRET", "0223": "UE_HORS_FRANCE", "0227": "HORS_UE", "0228": "RIDET", "0229": "TAHITI",
    "0226": "PARTICULIER", "0002": "SIRET",
}  # fmt: skip
_VAT_REGIMES = {
    "TVA DEBIT": "TVA_SUR_DEBIT", "5": "TVA_SUR_DEBIT",
    "TVA ENCAISSEMENT": "TVA_SUR_ENCAISSEMENT", "72": "TVA_SUR_ENCAISSEMENT",
}  # fmt: skip
# Figures of the platform have 19 positions; what is longer is no amount.
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,19}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})")
_Node = Any  # lxml's element: its stubs are not part of it


class Identity(msgspec.Struct, frozen=True):
    """Who somebody is: the identifier as written, and what kind it is (`SIRET`, `UE_HORS_FRANCE`…)."""

    value: str = ""
    kind: str = "SIRET"


class Enclosed(msgspec.Struct, frozen=True):
    """A file that travels in an invoice; `size` in bytes."""

    name: str
    size: int
    mime: str = ""


class Line(msgspec.Struct, frozen=True):
    """One line. `gross_price` is the price before its discount; `discounted`: whether it has one."""

    number: str = ""
    name: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    net: Decimal | None = None
    vat_type: str = ""
    vat_category: str = ""
    vat_rate: Decimal | None = None
    gross_price: Decimal | None = None
    discounted: bool = False


class VatTotal(msgspec.Struct, frozen=True):
    """The base and the VAT of one rate."""

    rate: Decimal | None
    base: Decimal | None
    vat: Decimal | None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice or a credit note as the platform sees it. Absent texts are empty, absent amounts None.

    `family` is how the messages call its elements: `ubl` or `cii`. `countries` holds the country of the billing and of
    the delivery address, None where the file has no such address. `enclosed`: the attachments.
    """

    family: str
    number: str = ""
    kind: str = ""  # 380, 381…
    date: Day | None = None
    due: Day | None = None
    frame: str = ""
    profile: str = ""
    currency: str = ""
    supplier: Identity = Identity()
    supplier_name: str = ""
    buyer: Identity = Identity()
    buyer_name: str = ""
    service: str = ""
    engagement: str = ""
    market: str = ""
    means: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    vat_regime: str = ""
    exemption: str = ""
    note: str = ""
    origins: tuple[str, ...] = ()
    billing_country: str | None = None
    delivery_country: str | None = None
    line_total: Decimal | None = None
    net: Decimal | None = None
    vat: Decimal | None = None
    gross: Decimal | None = None
    payable: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    vat_totals: tuple[VatTotal, ...] = ()
    lines: tuple[Line, ...] = ()
    enclosed: tuple[Enclosed, ...] = ()

    @property
    def is_credit_note(self) -> bool:
        """Whether it gives money back."""
        return self.kind in CREDIT_NOTES


_UBL_NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_CII_NAMES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": _RAM,
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}


def _compiled(names: dict[str, str], paths: Mapping[str, str]) -> dict[str, etree.XPath]:
    return {field: etree.XPath(path, namespaces=names) for field, path in paths.items()}


_UBL_PAYMENT = "cac:PaymentMeans/"
_UBL_SELLER = "cac:AccountingSupplierParty/cac:Party/"
_UBL_BUYER = "cac:AccountingCustomerParty/cac:Party/"
_UBL_NAME = "*[self::cac:PartyName or self::cac:PartyLegalEntity]/*[self::cbc:Name or self::cbc:RegistrationName]"
_UBL_TOTAL = "cac:LegalMonetaryTotal/cbc:"
_UBL = _compiled(
    _UBL_NAMES,
    {
        "number": "cbc:ID",
        "kind": "cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode",
        "date": "cbc:IssueDate",
        "due": "cbc:DueDate | cac:PaymentMeans/cbc:PaymentDueDate",
        "frame": "cbc:ProfileID",
        "profile": "cbc:CustomizationID",
        "currency": "cbc:DocumentCurrencyCode",
        "supplier": _UBL_SELLER + "cac:PartyIdentification/cbc:ID",
        "supplier_name": _UBL_SELLER + _UBL_NAME,
        "buyer": _UBL_BUYER + "cac:PartyIdentification/cbc:ID",
        "buyer_name": _UBL_BUYER + _UBL_NAME,
        "service": "cac:AccountingCustomerParty/cac:AccountingContact/cbc:ID",
        "engagement": "cac:OrderReference/cbc:ID",
        "market": "cac:ContractDocumentReference/cbc:ID",
        "means": _UBL_PAYMENT + "cbc:PaymentMeansCode",
        "accounts": _UBL_PAYMENT + "cac:PayeeFinancialAccount/cbc:ID",
        "vat_regime": _UBL_SELLER + "cac:PartyTaxScheme/cac:TaxScheme/cbc:TaxTypeCode",
        "exemption": "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:TaxExemptionReason",
        "note": "cbc:Note",
        "origins": "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
        "billing": _UBL_BUYER + "cac:PostalAddress",
        "delivery": "cac:Delivery/cac:DeliveryLocation/cac:Address",
        "country": "cac:Country/cbc:IdentificationCode",
        "line_total": _UBL_TOTAL + "LineExtensionAmount",
        "net": _UBL_TOTAL + "TaxExclusiveAmount",
        "vat": "cac:TaxTotal/cbc:TaxAmount[not(../../cbc:DocumentCurrencyCode != @currencyID)]",
        "gross": _UBL_TOTAL + "TaxInclusiveAmount",
        "payable": _UBL_TOTAL + "PayableAmount",
        "prepaid": _UBL_TOTAL + "PrepaidAmount",
        "rounding": _UBL_TOTAL + "PayableRoundingAmount",
        "vat_totals": "cac:TaxTotal/cac:TaxSubtotal",
        "total_rate": "cac:TaxCategory/cbc:Percent | cbc:Percent",
        "total_base": "cbc:TaxableAmount",
        "total_vat": "cbc:TaxAmount",
        "enclosed": "cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject",
        "lines": "cac:InvoiceLine | cac:CreditNoteLine",
        "line_number": "cbc:ID",
        "line_name": "cac:Item/cbc:Name | cac:Item/cbc:Description",
        "line_quantity": "cbc:InvoicedQuantity | cbc:CreditedQuantity",
        "line_price": "cac:Price/cbc:PriceAmount",
        "line_net": "cbc:LineExtensionAmount",
        "line_vat_type": "(cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory | cac:Item/cac:ClassifiedTaxCategory)"
        "/cac:TaxScheme/*[self::cbc:TaxTypeCode or self::cbc:ID]",
        "line_vat_category": "cac:Item/cac:ClassifiedTaxCategory/cbc:ID | "
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/*[self::cbc:ID or self::cbc:Percent] | "
        "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
        "line_vat_rate": "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent | "
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent",
        "line_gross_price": "*[false()]",
        "line_discounted": "false()",
    },
)

_DEAL = "rsm:SupplyChainTradeTransaction/"
_AGREED = _DEAL + "ram:ApplicableHeaderTradeAgreement/"
_SETTLED = _DEAL + "ram:ApplicableHeaderTradeSettlement/"
_SUMS = _SETTLED + "ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:"
_CII = _compiled(
    _CII_NAMES,
    {
        "number": "rsm:ExchangedDocument/ram:ID",
        "kind": "rsm:ExchangedDocument/ram:TypeCode",
        "date": "rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString",
        "due": _SETTLED + "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString",
        "frame": "rsm:ExchangedDocumentContext/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
        "profile": "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
        "currency": _SETTLED + "ram:InvoiceCurrencyCode",
        "supplier": _AGREED + "ram:SellerTradeParty/ram:SpecifiedLegalOrganization/ram:ID",
        "supplier_name": _AGREED + "ram:SellerTradeParty/ram:Name",
        "buyer": _AGREED + "ram:BuyerTradeParty/ram:SpecifiedLegalOrganization/ram:ID",
        "buyer_name": _AGREED + "ram:BuyerTradeParty/ram:Name",
        "service": _AGREED + "ram:BuyerReference",
        "engagement": _AGREED + "ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
        "market": _AGREED + "ram:ContractReferencedDocument/ram:IssuerAssignedID",
        "means": _SETTLED + "ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode",
        "accounts": _SETTLED + "ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount/"
        "*[self::ram:IBANID or self::ram:ProprietaryID]",
        "vat_regime": _SETTLED + "ram:ApplicableTradeTax/ram:DueDateTypeCode",
        "exemption": _SETTLED + "ram:ApplicableTradeTax/ram:ExemptionReason",
        "note": "rsm:ExchangedDocument/ram:IncludedNote/ram:Content",
        "origins": _SETTLED + "ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
        "billing": _AGREED + "ram:BuyerTradeParty/ram:PostalTradeAddress",
        "delivery": _DEAL + "ram:ApplicableHeaderTradeDelivery/ram:ShipToTradeParty/ram:PostalTradeAddress",
        "country": "ram:CountryID",
        "line_total": _SUMS + "LineTotalAmount",
        "net": _SUMS + "TaxBasisTotalAmount",
        "vat": _SUMS + "TaxTotalAmount[not(../../ram:InvoiceCurrencyCode != @currencyID)]",
        "gross": _SUMS + "GrandTotalAmount",
        "payable": _SUMS + "DuePayableAmount",
        "prepaid": _SUMS + "TotalPrepaidAmount",
        "rounding": _SUMS + "RoundingAmount",
        "vat_totals": _SETTLED + "ram:ApplicableTradeTax",
        "total_rate": "ram:RateApplicablePercent",
        "total_base": "ram:BasisAmount",
        "total_vat": "ram:CalculatedAmount",
        "enclosed": _AGREED + "ram:AdditionalReferencedDocument/ram:AttachmentBinaryObject",
        "lines": _DEAL + "ram:IncludedSupplyChainTradeLineItem",
        "line_number": "ram:AssociatedDocumentLineDocument/ram:LineID",
        "line_name": "ram:SpecifiedTradeProduct/ram:Name",
        "line_quantity": "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
        "line_price": "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount",
        "line_net": "ram:SpecifiedLineTradeSettlement/"
        "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
        "line_vat_type": "ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:TypeCode",
        "line_vat_category": "ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:CategoryCode",
        "line_vat_rate": "ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:RateApplicablePercent",
        "line_gross_price": "ram:SpecifiedLineTradeAgreement/ram:GrossPriceProductTradePrice/ram:ChargeAmount",
        "line_discounted": "boolean(ram:SpecifiedLineTradeAgreement/ram:GrossPriceProductTradePrice"
        "/ram:AppliedTradeAllowanceCharge/ram:ActualAmount)",
    },
)
_FAMILIES = {"ubl": _UBL, "cii": _CII}
_TEXTS = ("number", "kind", "frame", "profile", "currency", "supplier_name", "buyer_name", "service", "engagement",
          "market", "exemption", "note")  # fmt: skip
_MANY = ("means", "accounts", "origins")
_LINE_TEXTS = ("number", "name", "vat_type", "vat_category")
_LINE_AMOUNTS = ("quantity", "price", "net", "vat_rate", "gross_price")
_AMOUNTS = ("line_total", "net", "vat", "gross", "payable", "prepaid", "rounding")


def claim(root: _Node, family: str, beside: Iterable[Enclosed] = ()) -> Claim:
    """What an invoice says; `beside` are the files that its PDF carries."""
    paths = _FAMILIES[family]
    plain: dict[str, Any] = {field: _text(paths[field](root)) for field in _TEXTS}
    plain |= {field: tuple(filter(None, map(_own_text, paths[field](root)))) for field in _MANY}
    plain |= {field: decimal(_text(paths[field](root))) for field in _AMOUNTS}
    return Claim(
        family=family,
        date=_day(_text(paths["date"](root))),
        due=_day(_text(paths["due"](root))),
        supplier=_identity(paths["supplier"](root)),
        buyer=_identity(paths["buyer"](root)),
        vat_regime=_VAT_REGIMES.get(_text(paths["vat_regime"](root)).upper(), ""),
        billing_country=_country(paths, root, "billing"),
        delivery_country=_country(paths, root, "delivery"),
        vat_totals=tuple(_vat_total(paths, node) for node in paths["vat_totals"](root)),
        lines=tuple(_line(paths, node) for node in paths["lines"](root)),
        enclosed=(*(_enclosed(node) for node in paths["enclosed"](root)), *beside),
        **plain,
    )


def decimal(text: str) -> Decimal | None:
    """An amount as the platform keeps it, exactly as written; None where it is none of 19 positions."""
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def _text(nodes: list[_Node]) -> str:
    return _own_text(nodes[0]) if nodes else ""


def _own_text(node: _Node) -> str:
    return (node.text or "").strip()


def _day(text: str) -> Day | None:
    digits = text[:10].replace("-", "") if "-" in text[:10] else text[:8]
    try:
        return Day.fromisoformat(digits)
    except ValueError:
        return None


def _identity(nodes: list[_Node]) -> Identity:
    """The identifier of the kind that Chorus names first; a file may carry others beside it."""
    known = [(node.get("schemeName") or node.get("schemeID") or "1", _own_text(node)) for node in nodes]
    rank = {scheme: place for place, scheme in enumerate(IDENTIFIER_TYPES)}
    found = sorted((rank[scheme], IDENTIFIER_TYPES[scheme], value) for scheme, value in known if scheme in rank)
    if found:
        return Identity(found[0][2], found[0][1])
    return Identity(known[0][1]) if known else Identity()


def _country(paths: dict[str, etree.XPath], root: _Node, address: str) -> str | None:
    found = paths[address](root)
    return _text(paths["country"](found[0])) if found else None


def _vat_total(paths: dict[str, etree.XPath], node: _Node) -> VatTotal:
    return VatTotal(*(decimal(_text(paths[f"total_{field}"](node))) for field in ("rate", "base", "vat")))


def _line(paths: dict[str, etree.XPath], node: _Node) -> Line:
    quantity = paths["line_quantity"](node)
    plain: dict[str, Any] = {field: _text(paths[f"line_{field}"](node)) for field in _LINE_TEXTS}
    plain |= {field: decimal(_text(paths[f"line_{field}"](node))) for field in _LINE_AMOUNTS}
    return Line(
        unit=quantity[0].get("unitCode", "") if quantity else "",
        discounted=bool(paths["line_discounted"](node)),
        **plain,
    )


def _enclosed(node: _Node) -> Enclosed:
    encoded = "".join(_own_text(node).split())
    size = len(encoded) * 3 // 4 - encoded[-2:].count("=")
    return Enclosed(node.get("filename", ""), size, node.get("mimeCode", ""))
