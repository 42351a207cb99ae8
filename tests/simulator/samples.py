"""Small invoices of the tests' own, in UBL, CII and Factur-X: right as they stand, wrong by one change."""

import gzip
import io
import tarfile
from collections.abc import Iterable

import typst
from facturx import generate_from_binary

SUPPLIER = "33254021516357"
BUYER = "12345678200051"  # demands nothing
IBAN = "FR7630006000011234567890189"

_UBL = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
    xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
    xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  {frame}<cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>2026-11-20</cbc:IssueDate>
  <cbc:InvoiceTypeCode>{kind}</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  {engagement}{origin}{market}{attachment}<cac:AccountingSupplierParty><cac:Party>
    <cac:PartyIdentification><cbc:ID schemeName="{supplier_scheme}">{supplier}</cbc:ID></cac:PartyIdentification>
    <cac:PartyName><cbc:Name>Fournisseur</cbc:Name></cac:PartyName>
  </cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty>
    <cac:Party>
      <cac:PartyIdentification><cbc:ID schemeName="{buyer_scheme}">{buyer}</cbc:ID></cac:PartyIdentification>
      <cac:PartyName><cbc:Name>Destinataire</cbc:Name></cac:PartyName>
      {address}
    </cac:Party>{service}
  </cac:AccountingCustomerParty>
  {delivery}{means}<cac:TaxTotal>
    <cbc:TaxAmount currencyID="EUR">{vat}</cbc:TaxAmount>
    <cac:TaxSubtotal>
      <cbc:TaxableAmount currencyID="EUR">{net}</cbc:TaxableAmount>
      <cbc:TaxAmount currencyID="EUR">20.00</cbc:TaxAmount>
      <cac:TaxCategory>
        <cbc:ID>S</cbc:ID><cbc:Percent>20.00</cbc:Percent>
        <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
      </cac:TaxCategory>
    </cac:TaxSubtotal>
  </cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="EUR">{line_total}</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="EUR">{net}</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="EUR">{gross}</cbc:TaxInclusiveAmount>
    {prepaid}<cbc:PayableAmount currencyID="EUR">{payable}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
  <cac:InvoiceLine>
    <cbc:ID>1</cbc:ID>
    <cbc:InvoicedQuantity unitCode="C62">2</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="EUR">100.00</cbc:LineExtensionAmount>
    <cac:Item><cbc:Name>Papier</cbc:Name>{line_vat}</cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="EUR">50.00</cbc:PriceAmount></cac:Price>
  </cac:InvoiceLine>
</Invoice>
"""
_UBL_PARTS = {
    "frame": "<cbc:ProfileID>{}</cbc:ProfileID>",
    "engagement": "<cac:OrderReference><cbc:ID>{}</cbc:ID></cac:OrderReference>",
    "origin": "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>{}</cbc:ID></cac:InvoiceDocumentReference>"
    "</cac:BillingReference>",
    "market": "<cac:ContractDocumentReference><cbc:ID>{}</cbc:ID></cac:ContractDocumentReference>",
    "attachment": "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
    '<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="{}">{}</cbc:EmbeddedDocumentBinaryObject>'
    "</cac:Attachment></cac:AdditionalDocumentReference>",
    "service": "<cac:AccountingContact><cbc:ID>{}</cbc:ID></cac:AccountingContact>",
    "delivery": "<cac:Delivery><cac:DeliveryLocation><cac:Address><cac:Country><cbc:IdentificationCode>{}"
    "</cbc:IdentificationCode></cac:Country></cac:Address></cac:DeliveryLocation></cac:Delivery>",
    "address": "<cac:PostalAddress><cbc:CityName>Paris</cbc:CityName><cac:Country><cbc:IdentificationCode>{}"
    "</cbc:IdentificationCode></cac:Country></cac:PostalAddress>",
    "means": "<cac:PaymentMeans><cbc:PaymentMeansCode>{}</cbc:PaymentMeansCode><cac:PayeeFinancialAccount><cbc:ID "
    'schemeName="IBAN">{}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>',
    "prepaid": '<cbc:PrepaidAmount currencyID="EUR">{}</cbc:PrepaidAmount>',
    "line_vat": "<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>20.00</cbc:Percent><cac:TaxScheme><cbc:ID>"
    "{}</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory>",
}

_CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
    xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
    xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
  <rsm:ExchangedDocumentContext>
    {frame}<ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID>
    </ram:GuidelineSpecifiedDocumentContextParameter>
  </rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument>
    <ram:ID>{number}</ram:ID><ram:TypeCode>{kind}</ram:TypeCode>
    <ram:IssueDateTime><udt:DateTimeString format="102">20261120</udt:DateTimeString></ram:IssueDateTime>
  </rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
    <ram:IncludedSupplyChainTradeLineItem>
      <ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID></ram:AssociatedDocumentLineDocument>
      <ram:SpecifiedTradeProduct><ram:Name>Papier</ram:Name></ram:SpecifiedTradeProduct>
      <ram:SpecifiedLineTradeAgreement>{gross_price}<ram:NetPriceProductTradePrice>
        <ram:ChargeAmount>50.00</ram:ChargeAmount></ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
      <ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">2</ram:BilledQuantity>
      </ram:SpecifiedLineTradeDelivery>
      <ram:SpecifiedLineTradeSettlement>
        <ram:ApplicableTradeTax>{line_vat}<ram:RateApplicablePercent>20.00</ram:RateApplicablePercent>
        </ram:ApplicableTradeTax>
        <ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>100.00</ram:LineTotalAmount>
        </ram:SpecifiedTradeSettlementLineMonetarySummation>
      </ram:SpecifiedLineTradeSettlement>
    </ram:IncludedSupplyChainTradeLineItem>
    <ram:ApplicableHeaderTradeAgreement>
      {service}<ram:SellerTradeParty><ram:Name>Fournisseur</ram:Name>
        <ram:SpecifiedLegalOrganization><ram:ID schemeID="{supplier_scheme}">{supplier}</ram:ID>
        </ram:SpecifiedLegalOrganization>
        <ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress></ram:SellerTradeParty>
      <ram:BuyerTradeParty><ram:Name>Destinataire</ram:Name>
        <ram:SpecifiedLegalOrganization><ram:ID schemeID="{buyer_scheme}">{buyer}</ram:ID>
        </ram:SpecifiedLegalOrganization>
        {address}</ram:BuyerTradeParty>
      {engagement}{market}{attachment}
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeDelivery>{delivery}</ram:ApplicableHeaderTradeDelivery>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
      {means}<ram:ApplicableTradeTax>
        <ram:CalculatedAmount>20.00</ram:CalculatedAmount><ram:TypeCode>VAT</ram:TypeCode>
        <ram:BasisAmount>{net}</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>
        <ram:DueDateTypeCode>5</ram:DueDateTypeCode>
        <ram:RateApplicablePercent>20.00</ram:RateApplicablePercent>
      </ram:ApplicableTradeTax>
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        <ram:LineTotalAmount>{line_total}</ram:LineTotalAmount>
        <ram:TaxBasisTotalAmount>{net}</ram:TaxBasisTotalAmount>
        <ram:TaxTotalAmount currencyID="EUR">{vat}</ram:TaxTotalAmount>
        <ram:GrandTotalAmount>{gross}</ram:GrandTotalAmount>
        {prepaid}<ram:DuePayableAmount>{payable}</ram:DuePayableAmount>
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
      {origin}
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>
"""
_CII_PARTS = {
    "frame": "<ram:BusinessProcessSpecifiedDocumentContextParameter><ram:ID>{}</ram:ID>"
    "</ram:BusinessProcessSpecifiedDocumentContextParameter>",
    "engagement": "<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>{}</ram:IssuerAssignedID>"
    "</ram:BuyerOrderReferencedDocument>",
    "origin": "<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>{}</ram:IssuerAssignedID>"
    "</ram:InvoiceReferencedDocument>",
    "market": "<ram:ContractReferencedDocument><ram:IssuerAssignedID>{}</ram:IssuerAssignedID>"
    "</ram:ContractReferencedDocument>",
    "attachment": "<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>1</ram:IssuerAssignedID>"
    '<ram:TypeCode>916</ram:TypeCode><ram:AttachmentBinaryObject mimeCode="application/pdf" filename="{}">{}'
    "</ram:AttachmentBinaryObject></ram:AdditionalReferencedDocument>",
    "service": "<ram:BuyerReference>{}</ram:BuyerReference>",
    "delivery": "<ram:ShipToTradeParty><ram:PostalTradeAddress><ram:CountryID>{}</ram:CountryID>"
    "</ram:PostalTradeAddress></ram:ShipToTradeParty>",
    "address": "<ram:PostalTradeAddress><ram:CityName>Paris</ram:CityName><ram:CountryID>{}</ram:CountryID>"
    "</ram:PostalTradeAddress>",
    "means": "<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>{}</ram:TypeCode>"
    "<ram:PayeePartyCreditorFinancialAccount><ram:IBANID>{}</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>"
    "</ram:SpecifiedTradeSettlementPaymentMeans>",
    "prepaid": "<ram:TotalPrepaidAmount>{}</ram:TotalPrepaidAmount>",
    "line_vat": "<ram:TypeCode>{}</ram:TypeCode><ram:CategoryCode>S</ram:CategoryCode>",
    "gross_price": "<ram:GrossPriceProductTradePrice><ram:ChargeAmount>{}</ram:ChargeAmount>"
    "</ram:GrossPriceProductTradePrice>",
}
_SYNTAXES = {"ubl": (_UBL, _UBL_PARTS), "cii": (_CII, _CII_PARTS)}
_RIGHT: dict[str, str | tuple[str, ...]] = {
    "number": "F2026-001", "kind": "380", "supplier": SUPPLIER, "supplier_scheme": "1", "buyer": BUYER,
    "buyer_scheme": "1", "address": "FR", "means": ("30", IBAN), "net": "100.00", "vat": "20.00", "gross": "120.00",
    "payable": "120.00", "line_total": "100.00", "line_vat": "VAT",
}  # fmt: skip


def invoice(family: str, **changes: str | tuple[str, ...]) -> bytes:
    """An invoice in `ubl` or `cii`; a part changed to nothing is left out."""
    template, parts = _SYNTAXES[family]
    values = {**_RIGHT, **changes}
    if values["kind"] == "381":
        values.setdefault("origin", "F2026-000")
    fields = {name: _part(pattern, values.get(name, "")) for name, pattern in parts.items()}
    plain = {name: value for name, value in values.items() if name not in parts}
    return template.format_map({"gross_price": "", **plain, **fields}).encode()


def _part(pattern: str, value: str | tuple[str, ...]) -> str:
    return "" if value in ("", ()) else pattern.format(*((value,) if isinstance(value, str) else value))


def facturx(xml: bytes, **attachments: bytes) -> bytes:
    """The XML in a readable PDF/A-3; `attachments` by name, with `__` for the dot of its extension."""
    readable = plain_pdf()
    enclosed = {name.replace("__", "."): {"filedata": data} for name, data in attachments.items()}
    made: bytes = generate_from_binary(
        readable, xml, flavor="factur-x", check_xsd=False, check_schematron=False, attachments=enclosed or None
    )
    return made


def plain_pdf() -> bytes:
    """A PDF that carries nothing."""
    made: bytes = typst.compile(b"Facture", format="pdf")
    return made


def lot(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files as a tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(packed.getvalue())
