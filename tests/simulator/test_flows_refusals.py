"""Every cause of rejection of one invoice, with its text in both syntaxes (`chorus-pro.md`, section 6.1)."""

import base64
from typing import Any

import pytest

from tests.simulator.caller import Caller
from tests.simulator.flow import integrated, move, outcome, passed
from tests.simulator.samples import IBAN, SUPPLIER, facturx, invoice, lot

SERVICE_BUYER, ENGAGEMENT_BUYER, BOTH_BUYER, EITHER_BUYER = (
    "12345678200028", "12345678200036", "12345678200044", "12345678200069",
)  # fmt: skip
_A = "FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeAgreement."
_S = "FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeSettlement."
_SUM = _S + "SpecifiedTradeSettlementHeaderMonetarySummation."
SUPPLIER_UBL = "AccountingSupplierParty.Party.PartyIdentification.ID.value"
SUPPLIER_CII = _A + "SellerTradeParty.SpecifiedLegalOrganization.ID.value"
BUYER_UBL = "AccountingCustomerParty.Party.PartyIdentification.ID.value"
BUYER_CII = _A + "BuyerTradeParty.SpecifiedLegalOrganization.ID.value"
SERVICE_UBL, SERVICE_CII = "AccountingCustomerParty.AccountingContact.ID", _A + "BuyerReference.value"
ENGAGEMENT_UBL, ENGAGEMENT_CII = "OrderReference.ID.value", _A + "BuyerOrderReferencedDocument.IssuerAssignedID.value"
MEANS_UBL = "PaymentMeans.PaymentMeansCode.value"
MEANS_CII = _S + "SpecifiedTradeSettlementPaymentMeans.TypeCode.value"
ACCOUNT_UBL = "PaymentMeans.PayeeFinancialAccount.ID.value"
ACCOUNT_CII = _S + "SpecifiedTradeSettlementPaymentMeans.PayeePartyCreditorFinancialAccount.IBANID.value"
ORIGIN_UBL = "BillingReference.InvoiceDocumentReference.ID.value"
ORIGIN_CII = _S + "InvoiceReferencedDocument.IssuerAssignedID.value"
FILE_UBL = "AdditionalDocumentReference.Attachment.EmbeddedDocumentBinaryObject.filename"
FILE_CII = _A + "AdditionalReferencedDocument.AttachmentBinaryObject.filename"
UNKNOWN_SUPPLIER = (
    "L'identifiant fournisseur de la demande de paiement (balise : {}) n'est pas reference dans notre systeme."
    "|La structure (balise {}) n'utilise pas l'espace Factures emises."
)
UNKNOWN_BUYER = (
    "L'identifiant destinataire de la demande de paiement (balise : {}) n'est pas reference dans notre systeme."
)
UNKNOWN_SERVICE = (
    "Le code service ({}) n'existe pas dans le referentiel des codes services. Le referentiel est accessible depuis le "
    "portail."
)
WRONG_FILE_NAME = (
    "Le nom de la piece jointe ({}) est obligatoire et ne doit pas depasser 50 caracteres avec son extension."
)
CONTENT = base64.b64encode(b"bon").decode()

# What is wrong → the change, the text, and what stands in its braces in UBL and in CII.
REFUSALS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "number of 21": (
        {"number": "F" * 21}, "Le champ identifiant de la facture ({}) ne doit pas depasser 20 caracteres",
        "ID.value", "FichierXml.ExchangedDocument.ID.value",
    ),
    "number with a dot": (
        {"number": "F.1"}, "Le champ identifiant de la facture ({}) contient des caracteres non autorises (G1.05)",
        "ID.value", "FichierXml.ExchangedDocument.ID.value",
    ),
    "type": (
        {"kind": "325"}, "Le type de facture ({}) n'est pas autorise (G1.01)",
        "InvoiceTypeCode.value", "FichierXml.ExchangedDocument.TypeCode.value",
    ),
    "frame": (
        {"frame": "M1"},
        "Le cadre de facturation ({}) n'est pas autorise, les valeurs acceptees vont de A1 a A25 (G1.02)",
        "ProfileID.value",
        "FichierXml.ExchangedDocumentContext.BusinessProcessSpecifiedDocumentContextParameter.ID.value",
    ),
    "supplier unknown": ({"supplier": "33254021599999"}, UNKNOWN_SUPPLIER, SUPPLIER_UBL, SUPPLIER_CII),
    "supplier by its SIREN": ({"supplier": SUPPLIER[:9]}, UNKNOWN_SUPPLIER, SUPPLIER_UBL, SUPPLIER_CII),
    "supplier without the space": (
        {"supplier": "33254021500013"}, "La structure (balise {}) n'utilise pas l'espace Factures emises.",
        SUPPLIER_UBL, SUPPLIER_CII,
    ),
    "supplier closed": (
        {"supplier": "12345678200077"}, "La structure (balise {}) n'est pas active.|La structure (balise {}) n'utilise "
        "pas l'espace Factures emises.", SUPPLIER_UBL, SUPPLIER_CII,
    ),
    "buyer absent": (
        {"buyer": ""}, "L'identifiant destinataire de la demande de paiement (balise : {}) est obligatoire.",
        BUYER_UBL, BUYER_CII,
    ),
    "buyer unknown": ({"buyer": "12345678299999"}, UNKNOWN_BUYER, BUYER_UBL, BUYER_CII),
    "buyer by its SIREN": ({"buyer": "123456782"}, UNKNOWN_BUYER, BUYER_UBL, BUYER_CII),
    "buyer by its VAT number": ({"buyer": "FR12123456782", "buyer_scheme": "2"}, UNKNOWN_BUYER, BUYER_UBL, BUYER_CII),
    "buyer private": ({"buyer": SUPPLIER}, UNKNOWN_BUYER, BUYER_UBL, BUYER_CII),
    "buyer closed": ({"buyer": "12345678200077"}, "La structure (balise {}) n'est pas active.", BUYER_UBL, BUYER_CII),
    "service absent": ({"buyer": SERVICE_BUYER}, "Le code service ({}) est obligatoire", SERVICE_UBL, SERVICE_CII),
    "service unknown": ({"buyer": SERVICE_BUYER, "service": "NULLEPART"}, UNKNOWN_SERVICE, SERVICE_UBL, SERVICE_CII),
    "service not demanded, unknown": ({"service": "NULLEPART"}, UNKNOWN_SERVICE, SERVICE_UBL, SERVICE_CII),
    "service closed": ({"buyer": SERVICE_BUYER, "service": "SERVICE_FERME"}, UNKNOWN_SERVICE, SERVICE_UBL, SERVICE_CII),
    "service of public invoices": (
        {"service": "FACTURES_PUBLIQUES"},
        "Le code service ({}) FACTURES_PUBLIQUES est reserve aux factures entre structures publiques",
        SERVICE_UBL, SERVICE_CII,
    ),
    "engagement absent": (
        {"buyer": ENGAGEMENT_BUYER}, "L'engagement juridique ({}) est obligatoire", ENGAGEMENT_UBL, ENGAGEMENT_CII,
    ),
    "engagement that the service demands": (
        {"buyer": SERVICE_BUYER, "service": "SERVICE_AVEC_EJ"}, "L'engagement juridique ({}) est obligatoire",
        ENGAGEMENT_UBL, ENGAGEMENT_CII,
    ),
    "engagement of 51": (
        {"engagement": "1" * 51}, "L'engagement juridique ({}) ne doit pas depasser 50 caracteres",
        ENGAGEMENT_UBL, ENGAGEMENT_CII,
    ),
    "market of 51": (
        {"market": "1" * 51}, "Le numero de marche ({}) ne doit pas depasser 50 caracteres",
        "ContractDocumentReference.ID.value", _A + "ContractReferencedDocument.IssuerAssignedID.value",
    ),
    "means absent": ({"means": ""}, "L'element {} est obligatoire.", MEANS_UBL, MEANS_CII),
    "means not taken": ({"means": ("57", IBAN)}, "L'element {} est obligatoire.", MEANS_UBL, MEANS_CII),
    "account absent": (
        {"means": ("30", "")}, "L'element {} est obligatoire pour un virement.", ACCOUNT_UBL, ACCOUNT_CII,
    ),
    "account wrong": (
        {"means": ("30", "FR7630006000011234567890188")},
        "L'identifiant du compte bancaire ({}) n'est pas un IBAN valide.", ACCOUNT_UBL, ACCOUNT_CII,
    ),
    "billing country absent": (
        {"address": ""}, "Le code pays de l'adresse de facturation ({}) est obligatoire et doit etre un code ISO "
        "3166-1 alpha-2", "AccountingCustomerParty.Party.PostalAddress.Country.IdentificationCode.value",
        _A + "BuyerTradeParty.PostalTradeAddress.CountryID.value",
    ),
    "billing country unknown": (
        {"address": "XX"}, "Le code pays de l'adresse de facturation ({}) est obligatoire et doit etre un code ISO "
        "3166-1 alpha-2", "AccountingCustomerParty.Party.PostalAddress.Country.IdentificationCode.value",
        _A + "BuyerTradeParty.PostalTradeAddress.CountryID.value",
    ),
    "delivery country unknown": (
        {"delivery": "XX"}, "Le code pays de l'adresse de livraison ({}) est obligatoire et doit etre un code ISO "
        "3166-1 alpha-2", "Delivery.DeliveryLocation.Address.Country.IdentificationCode.value",
        "FichierXml.SupplyChainTradeTransaction.ApplicableHeaderTradeDelivery.ShipToTradeParty.PostalTradeAddress."
        "CountryID.value",
    ),
    "VAT of a line absent": (
        {"line_vat": ""}, "",
        "L'element (InvoiceLine.TaxTotal.TaxSubtotal.TaxCategory.TaxScheme.TaxTypeCode.value) est obligatoire.|"
        "L'element (InvoiceLine.TaxTotal.TaxSubtotal.TaxCategory.ID.value) est obligatoire.",
        "L'element (SupplyChainTradeTransaction.IncludedSupplyChainTradeLineItem.SpecifiedLineTradeSettlement."
        "ApplicableTradeTax.TypeCode.value) est obligatoire.|L'element (SupplyChainTradeTransaction."
        "IncludedSupplyChainTradeLineItem.SpecifiedLineTradeSettlement.ApplicableTradeTax.CategoryCode.value) est "
        "obligatoire.",
    ),
    "lines do not add up": (
        {"line_total": "90.00"}, "Le montant ({}) est different de la somme des montants des lignes.",
        "LegalMonetaryTotal.LineExtensionAmount.value", _SUM + "LineTotalAmount.value",
    ),
    "VAT does not add up": (
        {"vat": "19.00", "gross": "119.00", "payable": "119.00"},
        "Le montant ({}) est different de la somme des montants de TVA par taux.",
        "TaxTotal.TaxAmount.value", _SUM + "TaxTotalAmount.value",
    ),
    "total does not add up": (
        {"gross": "121.00", "payable": "121.00"},
        "Le montant ({}) est different de la somme du montant HT et du montant de TVA.",
        "LegalMonetaryTotal.TaxInclusiveAmount.value", _SUM + "GrandTotalAmount.value",
    ),
    "due does not add up": (
        {"prepaid": "20.00"}, "Le montant ({}) est different du montant TTC diminue du montant deja paye.",
        "LegalMonetaryTotal.PayableAmount.value", _SUM + "DuePayableAmount.value",
    ),
    "already paid, yet due": (
        {"frame": "A2"}, "Le montant ({}) doit etre nul pour une facture deja payee.",
        "LegalMonetaryTotal.PayableAmount.value", _SUM + "DuePayableAmount.value",
    ),
    "credit note without origin": (
        {"kind": "381", "origin": ""}, "Le numero de la facture d'origine ({}) est obligatoire pour un avoir.",
        ORIGIN_UBL, ORIGIN_CII,
    ),
    "origin of 21": (
        {"kind": "381", "origin": "F" * 21},
        "Le numero de la facture d'origine ({}) ne doit pas depasser 20 caracteres", ORIGIN_UBL, ORIGIN_CII,
    ),
    "attachment without extension": ({"attachment": ("bon", CONTENT)}, WRONG_FILE_NAME, FILE_UBL, FILE_CII),
    "attachment of 51": ({"attachment": ("b" * 47 + ".pdf", CONTENT)}, WRONG_FILE_NAME, FILE_UBL, FILE_CII),
    "attachment of a kind": (
        {"attachment": ("bon.exe", CONTENT)}, "L'extension de la piece jointe ({}) n'est pas autorisee.",
        FILE_UBL, FILE_CII,
    ),
    "attachment empty": ({"attachment": ("bon.pdf", "")}, "La piece jointe ({}) est vide.", FILE_UBL, FILE_CII),
}  # fmt: skip


@pytest.mark.parametrize("family", ["ubl", "cii"])
@pytest.mark.parametrize("what", REFUSALS)
def test_an_invoice_is_refused_in_the_words_of_its_syntax(caller: Caller, what: str, family: str) -> None:
    change, pattern, ubl, cii = REFUSALS[what]
    place = ubl if family == "ubl" else cii
    expected = pattern.replace("{}", place) if pattern else place
    strict = {"cii_country_required": True, "credit_notes_with_origin": True}
    caller.control("PATCH", "settings", {"platform": strict})

    told = outcome(caller, invoice(family, **change), family)

    assert told["etatCourantDepotFlux"] == "IN_REJETE"
    assert told["listeErreurTechnique"] is None
    [refused] = told["listeErreurDP"]
    assert refused["libelleErreurDP"] == expected[:255]
    assert refused["numeroDP"] == change.get("number", "F2026-001")
    assert refused["identifiantFournisseur"] == change.get("supplier", SUPPLIER)
    assert refused["identifiantDestinataire"] == change.get("buyer", "12345678200051")


@pytest.mark.parametrize("family", ["ubl", "cii"])
def test_an_unknown_supplier_is_answered_as_it_really_was(caller: Caller, family: str) -> None:
    """The one rejection that reports quote whole: both texts, cut in the middle of a word."""
    [refused] = outcome(caller, invoice(family, supplier="33254021599999"), family)["listeErreurDP"]

    assert len(refused["libelleErreurDP"]) == 255
    if family == "ubl":
        assert refused["libelleErreurDP"].endswith(f"|La structure (balise {SUPPLIER_UBL}) n'utilise pa")


RIGHT: dict[str, dict[str, Any]] = {
    "as it stands": {},
    "number of 20 with every character": {"number": "aZ09 -+_/0000000000F"},
    "frame": {"frame": "A25"},
    "service": {"buyer": SERVICE_BUYER, "service": "SERVICE_DEST_SERV_OBL"},
    "engagement": {"buyer": ENGAGEMENT_BUYER, "engagement": "EJ-2026-0042"},
    "both": {"buyer": BOTH_BUYER, "service": "SERVICE_DEST_EJ_SERV", "engagement": "EJ-2026-0043"},
    "one of two: service": {"buyer": EITHER_BUYER, "service": "ACHATS"},
    "one of two: engagement": {"buyer": EITHER_BUYER, "engagement": "EJ-2026-0042"},
    "delivery": {"delivery": "GP"},
    "already paid": {"frame": "A2", "prepaid": "120.00", "payable": "0.00"},
    "credit note": {"kind": "381"},
    "credit note without means": {"kind": "381", "means": ""},
    "supplier from elsewhere": {"supplier": "DE123456789", "supplier_scheme": "2"},
    "SIRET as ISO writes it": {"supplier_scheme": "0002", "buyer_scheme": "0009"},
    "attachment": {"attachment": ("bon de commande.PDF", CONTENT)},
    "a cent of rounding": {"gross": "120.01", "payable": "120.01"},
}


@pytest.mark.parametrize("family", ["ubl", "cii"])
@pytest.mark.parametrize("what", RIGHT)
def test_what_is_right_is_integrated(caller: Caller, what: str, family: str) -> None:
    told = outcome(caller, invoice(family, **RIGHT[what]), family)

    assert (told["etatCourantDepotFlux"], told["listeErreurDP"]) == ("IN_INTEGRE", None)


def test_either_a_service_or_an_engagement_is_demanded(caller: Caller) -> None:
    [refused] = outcome(caller, invoice("ubl", buyer=EITHER_BUYER))["listeErreurDP"]

    assert refused["libelleErreurDP"] == (
        f"Le code service ({SERVICE_UBL}) ou l'engagement juridique ({ENGAGEMENT_UBL}) est obligatoire"
    )


def test_a_gross_price_that_is_the_net_price_is_refused_beside_a_discount_alone(caller: Caller) -> None:
    """Others send it every day; the reports of its refusal come from invoices with a discount on another line."""
    plain = invoice("cii", number="G-1", gross_price="50.00")
    start, end = plain.index(b"<ram:IncludedSupplyChain"), plain.index(b"</ram:IncludedSupplyChain")
    line = plain[start:end] + b"</ram:IncludedSupplyChainTradeLineItem>"
    discounted = line.replace(
        b"<ram:ChargeAmount>50.00</ram:ChargeAmount></ram:Gross",
        b"<ram:ChargeAmount>60.00</ram:ChargeAmount><ram:AppliedTradeAllowanceCharge><ram:ChargeIndicator>"
        b"<udt:Indicator>false</udt:Indicator></ram:ChargeIndicator><ram:ActualAmount>10.00</ram:ActualAmount>"
        b"</ram:AppliedTradeAllowanceCharge></ram:Gross",
    )
    beside = invoice("cii", number="G-2", gross_price="50.00", line_total="200.00", net="200.00", gross="220.00",
                     payable="220.00").replace(line, line + discounted)  # fmt: skip

    assert outcome(caller, plain, "cii")["etatCourantDepotFlux"] == "IN_INTEGRE"
    [refused] = outcome(caller, beside, "cii")["listeErreurDP"]
    assert refused["libelleErreurDP"].startswith("L'element (AppliedTradeAllowanceCharge.ActualAmount.value) est")
    caller.control("PATCH", "settings", {"platform": {"gross_price_with_discount": True}})
    strict = outcome(caller, invoice("cii", number="G-3", gross_price="50.00"), "cii")
    assert strict["etatCourantDepotFlux"] == "IN_REJETE"


def test_a_gross_price_without_discount_is_refused_word_for_word(caller: Caller) -> None:
    [refused] = outcome(caller, invoice("cii", gross_price="60.00"), "cii")["listeErreurDP"]

    assert refused["libelleErreurDP"] == (
        "L'element (AppliedTradeAllowanceCharge.ActualAmount.value) est obligatoire si l'element "
        "(SupplyChainTradeTransaction.IncludedSupplyChainTradeLineItem.SpecifiedLineTradeAgreement."
        "GrossPriceProductTradePrice) est renseigne."
    )


def test_two_invoices_of_origin_are_one_too_many(caller: Caller) -> None:
    one = b"<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>F2026-000</cbc:ID>"
    end = b"</cac:InvoiceDocumentReference></cac:BillingReference>"
    credit_note = invoice("ubl", kind="381").replace(one, one.replace(b"000", b"009") + end + one)

    [refused] = outcome(caller, credit_note)["listeErreurDP"]

    assert refused["libelleErreurDP"] == (
        f"Le numero de la facture d'origine ({ORIGIN_UBL}) ne peut etre renseigne qu'une seule fois."
    )


def test_an_attachment_of_more_than_10_mb_is_refused(caller: Caller) -> None:
    """Its base64 is too large for a file sent as it is, so it comes in an archive."""
    huge = base64.b64encode(bytes(10 * 1024 * 1024 + 1)).decode()
    packed = lot([("a.xml", invoice("ubl", attachment=("bon.pdf", huge)))])

    [refused] = outcome(caller, packed, name="lot.tar.gz")["listeErreurDP"]

    assert refused["libelleErreurDP"] == f"La piece jointe ({FILE_UBL}) depasse 10 Mo."


def test_the_files_of_a_pdf_are_attachments_too(caller: Caller) -> None:
    [refused] = outcome(caller, facturx(invoice("cii"), outil__exe=b"x"), "facturx", "f.pdf")["listeErreurDP"]

    assert refused["libelleErreurDP"] == f"L'extension de la piece jointe ({FILE_CII}) n'est pas autorisee."


def test_a_client_whose_cii_names_no_country_is_served(caller: Caller) -> None:
    assert outcome(caller, invoice("cii", address=""), "cii")["etatCourantDepotFlux"] == "IN_INTEGRE"


@pytest.mark.parametrize("family", ["ubl", "cii"])
def test_means_on_a_credit_note_are_taken_or_refused_as_set(caller: Caller, family: str) -> None:
    caller.control("PATCH", "settings", {"platform": {"credit_notes_without_means": True}})
    place = MEANS_UBL if family == "ubl" else MEANS_CII

    [refused] = outcome(caller, invoice(family, kind="381"), family)["listeErreurDP"]

    assert refused["libelleErreurDP"] == f"L'element {place} ne doit pas etre renseigne pour un avoir."[:255]
    caller.control("PATCH", "settings", {"platform": {"credit_notes_without_means": False}})
    assert outcome(caller, invoice(family, kind="381"), family)["etatCourantDepotFlux"] == "IN_INTEGRE"


@pytest.mark.parametrize("family", ["ubl", "cii"])
def test_a_number_is_integrated_once_for_a_supplier(caller: Caller, family: str) -> None:
    place = "ID.value" if family == "ubl" else "FichierXml.ExchangedDocument.ID.value"
    assert outcome(caller, invoice(family), family)["etatCourantDepotFlux"] == "IN_INTEGRE"

    [refused] = outcome(caller, invoice(family), family)["listeErreurDP"]

    assert refused["libelleErreurDP"] == (
        f"Le numero de facture (balise : {place}) existe deja dans la solution, pour le fournisseur renseigne."
    )
    other = invoice(family, supplier="DE123456789", supplier_scheme="2")
    assert outcome(caller, other, family)["etatCourantDepotFlux"] == "IN_INTEGRE"


def test_a_number_refused_before_integration_is_free_and_one_refused_by_the_buyer_is_not(caller: Caller) -> None:
    assert outcome(caller, invoice("ubl", buyer=SERVICE_BUYER))["etatCourantDepotFlux"] == "IN_REJETE"
    key = integrated(caller, invoice("ubl", buyer=SERVICE_BUYER, service="SERVICE_DEST_SERV_OBL"))
    move(caller, key, "REJETEE", motive="Prestation non faite")
    passed(caller, 3600)

    assert outcome(caller, invoice("ubl"))["etatCourantDepotFlux"] == "IN_REJETE"


def test_reasons_are_joined_without_accents_and_cut_at_255(caller: Caller) -> None:
    wrong = invoice("ubl", number="é" * 21, frame="M1", means="", net="1.00")

    [refused] = outcome(caller, wrong)["listeErreurDP"]

    text = refused["libelleErreurDP"]
    assert len(text) == 255
    assert text.isascii()
    assert text.split("|")[:2] == [
        "Le champ identifiant de la facture (ID.value) ne doit pas depasser 20 caracteres",
        "Le champ identifiant de la facture (ID.value) contient des caracteres non autorises (G1.05)",
    ]
