"""From a place in a file to the field of our own document: what an official rule speaks about, in the user's terms.

One row for each business term: the field, and where UBL and CII have it, below the root. `[n]` stands where there may
be several. A place below a group belongs to the group: the row that says most of it wins.
"""

import re
from functools import cache
from typing import NamedTuple

from msgspec.structs import replace

from lettrage.invoicing.finding import Finding

_ASP, _ACP = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
_AGR = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"
_S, _B = f"{_AGR}/ram:SellerTradeParty", f"{_AGR}/ram:BuyerTradeParty"
_DEL = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeDelivery"
_SET = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement"
_SUM = f"{_SET}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_LINE = "rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem[n]"
_PAY = f"{_SET}/ram:SpecifiedTradeSettlementPaymentMeans"
_CONTEXT = "rsm:ExchangedDocumentContext"
_TOTAL = "cac:LegalMonetaryTotal"


class Row(NamedTuple):
    """A business term: its field, and its places below the root of UBL and of CII ("" where a syntax has none)."""

    term: str
    field: str
    ubl: str
    cii: str


ROWS = (
    Row("BT-1", "number", "cbc:ID", "rsm:ExchangedDocument/ram:ID"),
    Row("BT-2", "date", "cbc:IssueDate", "rsm:ExchangedDocument/ram:IssueDateTime"),
    Row("BT-3", "type", "cbc:InvoiceTypeCode", "rsm:ExchangedDocument/ram:TypeCode"),
    Row("BT-3", "type", "cbc:CreditNoteTypeCode", "rsm:ExchangedDocument/ram:TypeCode"),
    Row("BT-5", "currency", "cbc:DocumentCurrencyCode", f"{_SET}/ram:InvoiceCurrencyCode"),
    Row("BT-6", "vat_currency", "cbc:TaxCurrencyCode", f"{_SET}/ram:TaxCurrencyCode"),
    Row("BT-7", "tax_point", "cbc:TaxPointDate", f"{_SET}/ram:ApplicableTradeTax[n]/ram:TaxPointDate"),
    Row("BT-8", "vat_due", "cac:InvoicePeriod/cbc:DescriptionCode", ""),
    Row("BT-9", "due_date", "cbc:DueDate", f"{_SET}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime"),
    Row("BT-10", "service", "cbc:BuyerReference", f"{_AGR}/ram:BuyerReference"),
    Row("BT-10", "service", "cac:AccountingCustomerParty/cac:AccountingContact/cbc:ID", ""),
    Row("BT-12", "contract", "cac:ContractDocumentReference", f"{_AGR}/ram:ContractReferencedDocument"),
    Row("BT-13", "engagement", "cac:OrderReference/cbc:ID", f"{_AGR}/ram:BuyerOrderReferencedDocument"),
    Row("BT-20", "terms", "cac:PaymentTerms", f"{_SET}/ram:SpecifiedTradePaymentTerms/ram:Description"),
    Row("BT-22", "notes[n]", "cbc:Note[n]", "rsm:ExchangedDocument/ram:IncludedNote[n]"),
    Row("BT-23", "frame", "cbc:ProfileID", f"{_CONTEXT}/ram:BusinessProcessSpecifiedDocumentContextParameter"),
    Row("BT-24", "profile", "cbc:CustomizationID", f"{_CONTEXT}/ram:GuidelineSpecifiedDocumentContextParameter"),
    Row("BT-25", "preceding[n]", "cac:BillingReference[n]", f"{_SET}/ram:InvoiceReferencedDocument[n]"),
    Row("BG-4", "seller", _ASP, _S),
    Row("BT-27", "seller.name", f"{_ASP}/cac:PartyLegalEntity/cbc:RegistrationName", f"{_S}/ram:Name"),
    Row("BT-29", "seller.ids", f"{_ASP}/cac:PartyIdentification[n]", f"{_S}/ram:GlobalID[n]"),
    Row("BT-30", "seller.legal_id", f"{_ASP}/cac:PartyLegalEntity/cbc:CompanyID",
        f"{_S}/ram:SpecifiedLegalOrganization"),
    Row("BT-31", "seller.vat_number", f"{_ASP}/cac:PartyTaxScheme[n]",
        f"{_S}/ram:SpecifiedTaxRegistration[n]"),
    Row("BT-34", "seller.endpoint", f"{_ASP}/cbc:EndpointID", f"{_S}/ram:URIUniversalCommunication"),
    Row("BG-5", "seller.address", f"{_ASP}/cac:PostalAddress", f"{_S}/ram:PostalTradeAddress"),
    Row("BT-40", "seller.address.country", f"{_ASP}/cac:PostalAddress/cac:Country",
        f"{_S}/ram:PostalTradeAddress/ram:CountryID"),
    Row("BG-6", "seller.contact", f"{_ASP}/cac:Contact", f"{_S}/ram:DefinedTradeContact"),
    Row("BG-7", "buyer", _ACP, _B),
    Row("BT-44", "buyer.name", f"{_ACP}/cac:PartyLegalEntity/cbc:RegistrationName", f"{_B}/ram:Name"),
    Row("BT-46", "buyer.ids", f"{_ACP}/cac:PartyIdentification[n]", f"{_B}/ram:GlobalID[n]"),
    Row("BT-47", "buyer.legal_id", f"{_ACP}/cac:PartyLegalEntity/cbc:CompanyID",
        f"{_B}/ram:SpecifiedLegalOrganization"),
    Row("BT-48", "buyer.vat_number", f"{_ACP}/cac:PartyTaxScheme[n]",
        f"{_B}/ram:SpecifiedTaxRegistration[n]"),
    Row("BT-49", "buyer.endpoint", f"{_ACP}/cbc:EndpointID", f"{_B}/ram:URIUniversalCommunication"),
    Row("BG-8", "buyer.address", f"{_ACP}/cac:PostalAddress", f"{_B}/ram:PostalTradeAddress"),
    Row("BT-55", "buyer.address.country", f"{_ACP}/cac:PostalAddress/cac:Country",
        f"{_B}/ram:PostalTradeAddress/ram:CountryID"),
    Row("BG-9", "buyer.contact", f"{_ACP}/cac:Contact", f"{_B}/ram:DefinedTradeContact"),
    Row("BG-10", "payee", "cac:PayeeParty", f"{_SET}/ram:PayeeTradeParty"),
    Row("BG-11", "tax_representative", "cac:TaxRepresentativeParty", f"{_AGR}/ram:SellerTaxRepresentativeTradeParty"),
    Row("BG-13", "delivery", "cac:Delivery", _DEL),
    Row("BT-72", "delivery.date", "cac:Delivery/cbc:ActualDeliveryDate", f"{_DEL}/ram:ActualDeliverySupplyChainEvent"),
    Row("BG-15", "delivery.address", "cac:Delivery/cac:DeliveryLocation/cac:Address",
        f"{_DEL}/ram:ShipToTradeParty/ram:PostalTradeAddress"),
    Row("BT-80", "delivery.address.country", "cac:Delivery/cac:DeliveryLocation/cac:Address/cac:Country",
        f"{_DEL}/ram:ShipToTradeParty/ram:PostalTradeAddress/ram:CountryID"),
    Row("BG-14", "period", "cac:InvoicePeriod", f"{_SET}/ram:BillingSpecifiedPeriod"),
    Row("BG-16", "means", "cac:PaymentMeans", _PAY),
    Row("BT-81", "means.code", "cac:PaymentMeans/cbc:PaymentMeansCode", f"{_PAY}/ram:TypeCode"),
    Row("BT-84", "means.accounts", "cac:PaymentMeans/cac:PayeeFinancialAccount",
        f"{_PAY}/ram:PayeePartyCreditorFinancialAccount"),
    Row("BG-20", "allowances[n]", "cac:AllowanceCharge[n]", f"{_SET}/ram:SpecifiedTradeAllowanceCharge[n]"),
    Row("BG-22", "totals", _TOTAL, _SUM),
    Row("BT-106", "totals.lines", f"{_TOTAL}/cbc:LineExtensionAmount", f"{_SUM}/ram:LineTotalAmount"),
    Row("BT-107", "totals.allowances", f"{_TOTAL}/cbc:AllowanceTotalAmount", f"{_SUM}/ram:AllowanceTotalAmount"),
    Row("BT-108", "totals.charges", f"{_TOTAL}/cbc:ChargeTotalAmount", f"{_SUM}/ram:ChargeTotalAmount"),
    Row("BT-109", "totals.net", f"{_TOTAL}/cbc:TaxExclusiveAmount", f"{_SUM}/ram:TaxBasisTotalAmount"),
    Row("BT-110", "totals.vat", "cac:TaxTotal/cbc:TaxAmount", f"{_SUM}/ram:TaxTotalAmount"),
    Row("BT-112", "totals.gross", f"{_TOTAL}/cbc:TaxInclusiveAmount", f"{_SUM}/ram:GrandTotalAmount"),
    Row("BT-113", "totals.prepaid", f"{_TOTAL}/cbc:PrepaidAmount", f"{_SUM}/ram:TotalPrepaidAmount"),
    Row("BT-114", "totals.rounding", f"{_TOTAL}/cbc:PayableRoundingAmount", f"{_SUM}/ram:RoundingAmount"),
    Row("BT-115", "totals.payable", f"{_TOTAL}/cbc:PayableAmount", f"{_SUM}/ram:DuePayableAmount"),
    Row("BG-23", "vat[n]", "cac:TaxTotal/cac:TaxSubtotal[n]", f"{_SET}/ram:ApplicableTradeTax[n]"),
    Row("BT-116", "vat[n].base", "cac:TaxTotal/cac:TaxSubtotal[n]/cbc:TaxableAmount",
        f"{_SET}/ram:ApplicableTradeTax[n]/ram:BasisAmount"),
    Row("BT-117", "vat[n].amount", "cac:TaxTotal/cac:TaxSubtotal[n]/cbc:TaxAmount",
        f"{_SET}/ram:ApplicableTradeTax[n]/ram:CalculatedAmount"),
    Row("BT-118", "vat[n].category", "cac:TaxTotal/cac:TaxSubtotal[n]/cac:TaxCategory/cbc:ID",
        f"{_SET}/ram:ApplicableTradeTax[n]/ram:CategoryCode"),
    Row("BT-119", "vat[n].rate", "cac:TaxTotal/cac:TaxSubtotal[n]/cac:TaxCategory/cbc:Percent",
        f"{_SET}/ram:ApplicableTradeTax[n]/ram:RateApplicablePercent"),
    Row("BG-24", "documents", "cac:AdditionalDocumentReference[n]", f"{_AGR}/ram:AdditionalReferencedDocument[n]"),
    Row("BG-25", "lines[n]", "cac:InvoiceLine[n]", _LINE),
    Row("BG-25", "lines[n]", "cac:CreditNoteLine[n]", _LINE),
    Row("BT-126", "lines[n].id", "cac:InvoiceLine[n]/cbc:ID", f"{_LINE}/ram:AssociatedDocumentLineDocument"),
    Row("BT-129", "lines[n].quantity", "cac:InvoiceLine[n]/cbc:InvoicedQuantity",
        f"{_LINE}/ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"),
    Row("BT-131", "lines[n].net", "cac:InvoiceLine[n]/cbc:LineExtensionAmount",
        f"{_LINE}/ram:SpecifiedLineTradeSettlement/ram:SpecifiedTradeSettlementLineMonetarySummation"),
    Row("BG-29", "lines[n].price", "cac:InvoiceLine[n]/cac:Price", f"{_LINE}/ram:SpecifiedLineTradeAgreement"),
    Row("BT-146", "lines[n].price.net", "cac:InvoiceLine[n]/cac:Price/cbc:PriceAmount",
        f"{_LINE}/ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice"),
    Row("BT-151", "lines[n].vat_category", "cac:InvoiceLine[n]/cac:Item/cac:ClassifiedTaxCategory",
        f"{_LINE}/ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax"),
    Row("BT-152", "lines[n].vat_rate", "cac:InvoiceLine[n]/cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
        f"{_LINE}/ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:RateApplicablePercent"),
    Row("BG-31", "lines[n].item", "cac:InvoiceLine[n]/cac:Item", f"{_LINE}/ram:SpecifiedTradeProduct"),
    Row("BT-153", "lines[n].item.name", "cac:InvoiceLine[n]/cac:Item/cbc:Name",
        f"{_LINE}/ram:SpecifiedTradeProduct/ram:Name"),
)  # fmt: skip

_NUMBER = re.compile(r"\[(\d+)\]")


@cache
def _rows(cii: bool) -> dict[tuple[str, ...], str]:
    """The fields of a syntax by the names of their elements."""
    places = ((row.cii if cii else row.ubl, row.field) for row in ROWS)
    return {tuple(place.replace("[n]", "").split("/")): field for place, field in places if place}


@cache
def _counted(cii: bool) -> frozenset[tuple[str, ...]]:
    """The elements that are counted."""
    found = set()
    for row in ROWS:
        steps = (row.cii if cii else row.ubl).split("/")
        for at, step in enumerate(steps, 1):
            if step.endswith("[n]") and "[n]" in row.field:
                found.add(tuple(one.replace("[n]", "") for one in steps[:at]))
    return frozenset(found)


_FIELDS = {row.term: row.field for row in reversed(ROWS)}


def field_of(place: str, term: str = "") -> str:
    """The field that an XPath of the file speaks about; "" where it is none of ours.

    A rule often stands at a group, or at the root: then the business term that it names says which field of the group.
    """
    steps = place.partition("/@")[0].strip("/").split("/")
    cii = steps[0] == "rsm:CrossIndustryInvoice"
    names = tuple(_NUMBER.sub("", step) for step in steps[1:])
    numbers = [
        int(found[1]) - 1 if (found := _NUMBER.search(step)) else 0
        for at, step in enumerate(steps[1:], 1)
        if names[:at] in _counted(cii)
    ]
    field = next((_rows(cii)[names[:n]] for n in range(len(names), 0, -1) if names[:n] in _rows(cii)), "")
    named = _FIELDS.get(term, "")
    if named and (not field or named.startswith(f"{field}.")):
        field = named
    for number in numbers:
        field = field.replace("[n]", f"[{number}]", 1)
    return field if "[n]" not in field else field[: field.index("[n]")]


def in_our_terms(finding: Finding) -> Finding:
    """A finding about a place of the file, at the field of our document; the file's stays a fact."""
    field = field_of(finding.place, finding.term) if finding.place.startswith("/") else ""
    if not field:
        return finding
    return replace(finding, place=field, facts=finding.facts | {"xpath": finding.place})
