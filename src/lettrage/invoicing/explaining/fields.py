"""The business terms that Chorus Pro speaks about: what they are called, where our documents and each syntax have them.

Source: chorus-pro.md 4.1. Paths are written as Chorus writes them in its messages (see sentfile.py).
"""

import msgspec

from lettrage.invoicing.explaining.sentfile import names

_AGREED, _SETTLED = "ApplicableHeaderTradeAgreement.", "ApplicableHeaderTradeSettlement."
_SUMS = _SETTLED + "SpecifiedTradeSettlementHeaderMonetarySummation."
_LINE = "IncludedSupplyChainTradeLineItem."
_DEAL = "SupplyChainTradeTransaction"


class Field(msgspec.Struct, frozen=True):
    """`ours`: its place in our own document. `ubl`, `cii`: its paths, the one that messages name first."""

    term: str
    fr: str
    en: str
    ours: str
    ubl: tuple[str, ...]
    cii: tuple[str, ...]

    def paths(self, *, ubl: bool) -> tuple[str, ...]:
        """Its paths in one syntax."""
        return self.ubl if ubl else self.cii


FIELDS = {
    "number": Field("BT-1", "numéro de facture", "invoice number", "number", ("ID",), ("ExchangedDocument.ID",)),
    "type": Field(
        "BT-3",
        "type de document",
        "document type",
        "type",
        ("InvoiceTypeCode", "CreditNoteTypeCode"),
        ("ExchangedDocument.TypeCode",),
    ),
    "frame": Field(
        "BT-23",
        "cadre de facturation",
        "invoicing frame",
        "frame",
        ("ProfileID",),
        ("ExchangedDocumentContext.BusinessProcessSpecifiedDocumentContextParameter.ID",),
    ),
    "supplier": Field(
        "BT-29",
        "SIRET du fournisseur",
        "supplier's SIRET",
        "seller.ids",
        ("AccountingSupplierParty.Party.PartyIdentification.ID",),
        (_AGREED + "SellerTradeParty.SpecifiedLegalOrganization.ID",),
    ),
    "buyer": Field(
        "BT-46",
        "SIRET du destinataire",
        "buyer's SIRET",
        "buyer.ids",
        ("AccountingCustomerParty.Party.PartyIdentification.ID",),
        (_AGREED + "BuyerTradeParty.SpecifiedLegalOrganization.ID",),
    ),
    "service": Field(
        "BT-10",
        "code service",
        "service code",
        "service",
        ("AccountingCustomerParty.AccountingContact.ID", "BuyerReference"),
        (_AGREED + "BuyerReference",),
    ),
    "engagement": Field(
        "BT-13",
        "numéro d'engagement",
        "commitment number",
        "engagement",
        ("OrderReference.ID",),
        (_AGREED + "BuyerOrderReferencedDocument.IssuerAssignedID",),
    ),
    "contract": Field(
        "BT-12",
        "numéro de marché",
        "contract number",
        "contract",
        ("ContractDocumentReference.ID",),
        (_AGREED + "ContractReferencedDocument.IssuerAssignedID",),
    ),
    "means": Field(
        "BT-81",
        "mode de paiement",
        "means of payment",
        "means.code",
        ("PaymentMeans.PaymentMeansCode",),
        (_SETTLED + "SpecifiedTradeSettlementPaymentMeans.TypeCode",),
    ),
    "account": Field(
        "BT-84",
        "IBAN",
        "IBAN",
        "means.accounts[0].id",
        ("PaymentMeans.PayeeFinancialAccount.ID",),
        (_SETTLED + "SpecifiedTradeSettlementPaymentMeans.PayeePartyCreditorFinancialAccount.IBANID",),
    ),
    "preceding": Field(
        "BT-25",
        "numéro de la facture d'origine",
        "number of the credited invoice",
        "preceding[0].number",
        ("BillingReference.InvoiceDocumentReference.ID",),
        (_SETTLED + "InvoiceReferencedDocument.IssuerAssignedID",),
    ),
    "billing_country": Field(
        "BT-55",
        "pays de facturation",
        "billing country",
        "buyer.address.country",
        ("AccountingCustomerParty.Party.PostalAddress.Country.IdentificationCode",),
        (_AGREED + "BuyerTradeParty.PostalTradeAddress.CountryID",),
    ),
    "delivery_country": Field(
        "BT-80",
        "pays de livraison",
        "delivery country",
        "delivery.address.country",
        ("Delivery.DeliveryLocation.Address.Country.IdentificationCode",),
        ("ApplicableHeaderTradeDelivery.ShipToTradeParty.PostalTradeAddress.CountryID",),
    ),
    "lines_total": Field(
        "BT-106",
        "total des lignes",
        "sum of the lines",
        "totals.lines",
        ("LegalMonetaryTotal.LineExtensionAmount",),
        (_SUMS + "LineTotalAmount",),
    ),
    "net": Field(
        "BT-109",
        "total HT",
        "total without VAT",
        "totals.net",
        ("LegalMonetaryTotal.TaxExclusiveAmount",),
        (_SUMS + "TaxBasisTotalAmount",),
    ),
    "vat": Field(
        "BT-110", "total TVA", "total VAT", "totals.vat", ("TaxTotal.TaxAmount",), (_SUMS + "TaxTotalAmount",)
    ),
    "gross": Field(
        "BT-112",
        "total TTC",
        "total with VAT",
        "totals.gross",
        ("LegalMonetaryTotal.TaxInclusiveAmount",),
        (_SUMS + "GrandTotalAmount",),
    ),
    "payable": Field(
        "BT-115",
        "net à payer",
        "amount due",
        "totals.payable",
        ("LegalMonetaryTotal.PayableAmount",),
        (_SUMS + "DuePayableAmount",),
    ),
    "line_vat": Field(
        "BT-151",
        "type ou catégorie de TVA de la ligne",
        "VAT type or category of the line",
        "lines[].vat_category",
        (
            "InvoiceLine.TaxTotal.TaxSubtotal.TaxCategory.ID",
            "InvoiceLine.TaxTotal.TaxSubtotal.TaxCategory.TaxScheme.TaxTypeCode",
            "InvoiceLine.Item.ClassifiedTaxCategory.ID",
        ),
        (
            _LINE + "SpecifiedLineTradeSettlement.ApplicableTradeTax.CategoryCode",
            _LINE + "SpecifiedLineTradeSettlement.ApplicableTradeTax.TypeCode",
        ),
    ),
    "gross_price": Field(
        "BT-148",
        "prix brut de la ligne",
        "gross price of the line",
        "lines[].price.gross",
        ("InvoiceLine.Price.AllowanceCharge",),
        (_LINE + "SpecifiedLineTradeAgreement.GrossPriceProductTradePrice",),
    ),
    "attachment": Field(
        "BT-125",
        "pièce jointe",
        "attachment",
        "documents[]",
        ("AdditionalDocumentReference.Attachment.EmbeddedDocumentBinaryObject",),
        (_AGREED + "AdditionalReferencedDocument.AttachmentBinaryObject",),
    ),
}
_BY_NAMES = {
    names(path): name for name, field in FIELDS.items() for path in (*field.ubl, *field.cii)
}  # no path stands for two fields


def field_of(path: str) -> str:
    """The field that a message's path speaks about; "" where the catalogue knows none.

    A message may name more of the way than the table has, or less of it; a single name must be the whole path.
    """
    said = names(path)
    said = said[1:] if said[:1] == (_DEAL,) else said
    if said in _BY_NAMES:
        return _BY_NAMES[said]
    ways = (
        lambda known: len(known) > 1 and said[-len(known) :] == known,
        lambda known: len(known) > 1 and said[: len(known)] == known,
        lambda known: len(said) > 1 and known[-len(said) :] == said,
        lambda known: _begins(known, said),
    )
    for way in ways:
        found = {name for known, name in _BY_NAMES.items() if way(known)}
        if len(found) == 1:
            return found.pop()
    return ""


def _begins(known: tuple[str, ...], said: tuple[str, ...]) -> bool:
    """Whether a path goes on where a message is cut off, perhaps within a name."""
    at = len(said) - 1
    return 0 < at < len(known) and known[:at] == said[:at] and known[at].startswith(said[at])
