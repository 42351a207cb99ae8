"""The texts of the platform's own refusals: unaccented, and naming the element by its path in the file's syntax.

Those that reports of real refusals quote are taken word for word (`chorus-pro.md`, section 6.1: rows 1 to 4, 10, 11
and 14, and the figure of 255). For the others no real text was found; they follow the same grammar.
"""

import unicodedata

MOST_CHARACTERS = 255
SEPARATOR = "|"

_DEAL = "FichierXml.SupplyChainTradeTransaction."
_AGREED = _DEAL + "ApplicableHeaderTradeAgreement."
_DELIVERED = _DEAL + "ApplicableHeaderTradeDelivery."
_SETTLED = _DEAL + "ApplicableHeaderTradeSettlement."
_SUMS = _SETTLED + "SpecifiedTradeSettlementHeaderMonetarySummation."
_LINE = "SupplyChainTradeTransaction.IncludedSupplyChainTradeLineItem."
# Where a syntax keeps each datum, as its messages call it.
PLACES = {
    "ubl": {
        "number": "ID.value",
        "kind": "InvoiceTypeCode.value",
        "frame": "ProfileID.value",
        "supplier": "AccountingSupplierParty.Party.PartyIdentification.ID.value",
        "buyer": "AccountingCustomerParty.Party.PartyIdentification.ID.value",
        "service": "AccountingCustomerParty.AccountingContact.ID",
        "engagement": "OrderReference.ID.value",
        "market": "ContractDocumentReference.ID.value",
        "means": "PaymentMeans.PaymentMeansCode.value",
        "account": "PaymentMeans.PayeeFinancialAccount.ID.value",
        "origin": "BillingReference.InvoiceDocumentReference.ID.value",
        "billing_country": "AccountingCustomerParty.Party.PostalAddress.Country.IdentificationCode.value",
        "delivery_country": "Delivery.DeliveryLocation.Address.Country.IdentificationCode.value",
        "line_total": "LegalMonetaryTotal.LineExtensionAmount.value",
        "net": "LegalMonetaryTotal.TaxExclusiveAmount.value",
        "vat": "TaxTotal.TaxAmount.value",
        "gross": "LegalMonetaryTotal.TaxInclusiveAmount.value",
        "payable": "LegalMonetaryTotal.PayableAmount.value",
        "line_vat_type": "InvoiceLine.TaxTotal.TaxSubtotal.TaxCategory.TaxScheme.TaxTypeCode.value",
        "line_vat_category": "InvoiceLine.TaxTotal.TaxSubtotal.TaxCategory.ID.value",
        "line_discount": "InvoiceLine.Price.AllowanceCharge.Amount.value",
        "line_gross_price": "InvoiceLine.Price.AllowanceCharge",
        "attachment": "AdditionalDocumentReference.Attachment.EmbeddedDocumentBinaryObject.filename",
    },
    "cii": {
        "number": "FichierXml.ExchangedDocument.ID.value",
        "kind": "FichierXml.ExchangedDocument.TypeCode.value",
        "frame": "FichierXml.ExchangedDocumentContext.BusinessProcessSpecifiedDocumentContextParameter.ID.value",
        "supplier": _AGREED + "SellerTradeParty.SpecifiedLegalOrganization.ID.value",
        "buyer": _AGREED + "BuyerTradeParty.SpecifiedLegalOrganization.ID.value",
        "service": _AGREED + "BuyerReference.value",
        "engagement": _AGREED + "BuyerOrderReferencedDocument.IssuerAssignedID.value",
        "market": _AGREED + "ContractReferencedDocument.IssuerAssignedID.value",
        "means": _SETTLED + "SpecifiedTradeSettlementPaymentMeans.TypeCode.value",
        "account": _SETTLED + "SpecifiedTradeSettlementPaymentMeans.PayeePartyCreditorFinancialAccount.IBANID.value",
        "origin": _SETTLED + "InvoiceReferencedDocument.IssuerAssignedID.value",
        "billing_country": _AGREED + "BuyerTradeParty.PostalTradeAddress.CountryID.value",
        "delivery_country": _DELIVERED + "ShipToTradeParty.PostalTradeAddress.CountryID.value",
        "line_total": _SUMS + "LineTotalAmount.value",
        "net": _SUMS + "TaxBasisTotalAmount.value",
        "vat": _SUMS + "TaxTotalAmount.value",
        "gross": _SUMS + "GrandTotalAmount.value",
        "payable": _SUMS + "DuePayableAmount.value",
        "line_vat_type": _LINE + "SpecifiedLineTradeSettlement.ApplicableTradeTax.TypeCode.value",
        "line_vat_category": _LINE + "SpecifiedLineTradeSettlement.ApplicableTradeTax.CategoryCode.value",
        "line_discount": "AppliedTradeAllowanceCharge.ActualAmount.value",
        "line_gross_price": _LINE + "SpecifiedLineTradeAgreement.GrossPriceProductTradePrice",
        "attachment": _AGREED + "AdditionalReferencedDocument.AttachmentBinaryObject.filename",
    },
    "json": {
        "number": "numeroFactureSaisi",
        "kind": "references.typeFacture",
        "frame": "cadreDeFacturation.codeCadreFacturation",
        "supplier": "fournisseur.idFournisseur",
        "buyer": "destinataire.codeDestinataire",
        "service": "destinataire.codeServiceExecutant",
        "engagement": "references.numeroBonCommande",
        "market": "references.numeroMarche",
        "means": "references.modePaiement",
        "account": "fournisseur.codeCoordonneesBancairesFournisseur",
        "origin": "references.numeroFactureOrigine",
        "billing_country": "destinataire.codeDestinataire",
        "delivery_country": "destinataire.codeDestinataire",
        "line_total": "montantTotal.montantHtTotal",
        "net": "montantTotal.montantHtTotal",
        "vat": "montantTotal.montantTVA",
        "gross": "montantTotal.montantTtcTotal",
        "payable": "montantTotal.montantAPayer",
        "line_vat_type": "lignePoste.lignePosteTauxTva",
        "line_vat_category": "lignePoste.lignePosteTauxTva",
        "line_discount": "lignePoste.lignePosteMontantRemiseHT",
        "line_gross_price": "lignePoste.lignePosteMontantUnitaireHT",
        "attachment": "pieceJointeComplementaire.pieceJointeComplementaireDesignation",
    },
}

TEXTS = {
    # number
    "number_absent": "Le champ identifiant de la facture ({number}) est obligatoire",
    "number_length": "Le champ identifiant de la facture ({number}) ne doit pas depasser 20 caracteres",
    "number_characters": "Le champ identifiant de la facture ({number}) contient des caracteres non autorises (G1.05)",
    "number_taken": "Le numero de facture (balise : {number}) existe deja dans la solution, pour le fournisseur "
    "renseigne.",
    # what it is
    "kind_unknown": "Le type de facture ({kind}) n'est pas autorise (G1.01)",
    "frame_unknown": "Le cadre de facturation ({frame}) n'est pas autorise, les valeurs acceptees vont de A1 a A25 "
    "(G1.02)",
    # who
    "supplier_unknown": "L'identifiant fournisseur de la demande de paiement (balise : {supplier}) n'est pas reference "
    "dans notre systeme.",
    "supplier_space": "La structure (balise {supplier}) n'utilise pas l'espace Factures emises.",
    "supplier_inactive": "La structure (balise {supplier}) n'est pas active.",
    "buyer_absent": "L'identifiant destinataire de la demande de paiement (balise : {buyer}) est obligatoire.",
    "buyer_unknown": "L'identifiant destinataire de la demande de paiement (balise : {buyer}) n'est pas reference dans "
    "notre systeme.",
    "buyer_inactive": "La structure (balise {buyer}) n'est pas active.",
    # what the buyer demands
    "service_absent": "Le code service ({service}) est obligatoire",
    "service_unknown": "Le code service ({service}) n'existe pas dans le referentiel des codes services. Le "
    "referentiel est accessible depuis le portail.",
    "service_public": "Le code service ({service}) FACTURES_PUBLIQUES est reserve aux factures entre structures "
    "publiques",
    "engagement_absent": "L'engagement juridique ({engagement}) est obligatoire",
    "service_or_engagement": "Le code service ({service}) ou l'engagement juridique ({engagement}) est obligatoire",
    "engagement_length": "L'engagement juridique ({engagement}) ne doit pas depasser 50 caracteres",
    "market_length": "Le numero de marche ({market}) ne doit pas depasser 50 caracteres",
    "service_length": "Le code service ({service}) ne doit pas depasser 100 caracteres",
    # payment
    "means_absent": "L'element {means} est obligatoire.",
    "means_on_credit_note": "L'element {means} ne doit pas etre renseigne pour un avoir.",
    "account_absent": "L'element {account} est obligatoire pour un virement.",
    "account_wrong": "L'identifiant du compte bancaire ({account}) n'est pas un IBAN valide.",
    # addresses
    "billing_country": "Le code pays de l'adresse de facturation ({billing_country}) est obligatoire et doit etre un "
    "code ISO 3166-1 alpha-2",
    "delivery_country": "Le code pays de l'adresse de livraison ({delivery_country}) est obligatoire et doit etre un "
    "code ISO 3166-1 alpha-2",
    # lines
    "line_gross_price": "L'element ({line_discount}) est obligatoire si l'element ({line_gross_price}) est renseigne.",
    "line_vat_type": "L'element ({line_vat_type}) est obligatoire.",
    "line_vat_category": "L'element ({line_vat_category}) est obligatoire.",
    # amounts
    "net_absent": "L'element ({net}) est obligatoire.",
    "gross_absent": "L'element ({gross}) est obligatoire.",
    "payable_absent": "L'element ({payable}) est obligatoire.",
    "amount_negative": "Le montant ({gross}) ne doit pas etre negatif.",
    "lines_differ": "Le montant ({line_total}) est different de la somme des montants des lignes.",
    "vat_differs": "Le montant ({vat}) est different de la somme des montants de TVA par taux.",
    "gross_differs": "Le montant ({gross}) est different de la somme du montant HT et du montant de TVA.",
    "payable_differs": "Le montant ({payable}) est different du montant TTC diminue du montant deja paye.",
    "paid_already": "Le montant ({payable}) doit etre nul pour une facture deja payee.",
    # credit note
    "origin_absent": "Le numero de la facture d'origine ({origin}) est obligatoire pour un avoir.",
    "origin_many": "Le numero de la facture d'origine ({origin}) ne peut etre renseigne qu'une seule fois.",
    "origin_length": "Le numero de la facture d'origine ({origin}) ne doit pas depasser 20 caracteres",
    # attachments
    "attachment_name": "Le nom de la piece jointe ({attachment}) est obligatoire et ne doit pas depasser 50 caracteres "
    "avec son extension.",
    "attachment_extension": "L'extension de la piece jointe ({attachment}) n'est pas autorisee.",
    "attachment_empty": "La piece jointe ({attachment}) est vide.",
    "attachment_size": "La piece jointe ({attachment}) depasse 10 Mo.",
    "attachments_size": "La taille totale des pieces jointes ({attachment}) depasse 120 Mo.",
}
# What a buyer's information system answers to an engagement that does not exist, days after the flow was taken.
WRONG_ENGAGEMENT = "Le numero d'engagement juridique {number} n'existe pas ou n'est plus actif."


def refusal(code: str, family: str) -> str:
    """The text of a refusal, in the words of the family `ubl`, `cii` or `json`."""
    return TEXTS[code].format_map(PLACES[family])


def joined(texts: list[str]) -> str:
    """`libelleErreurDP`: all refusals of an invoice in one string, ASCII, cut where the platform cuts."""
    return plain(SEPARATOR.join(texts))[:MOST_CHARACTERS]


def plain(text: str) -> str:
    """The text without its accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
