"""The invoice written as UBL 2.1, in the order of its schema and commented for the person who opens the file.

Route `chorus` is Chorus Pro's own profile (source: chorus-pro.md 4.1): it says some things twice, once where EN 16931
has them and once where Chorus Pro looks for them, so that both can read one file. Route `platform` is EN 16931 alone.
"""

from typing import Literal

from lettrage.invoicing.document import Delivery, Identifier, Invoice, Line, Period, Preceding, Route, Supporting
from lettrage.invoicing.formats.markup import amount, binary, day, document, group, leaf, marks, said
from lettrage.invoicing.formats.ubl_parties import (
    accounting_customer,
    accounting_supplier,
    address,
    payee,
    tax_representative,
)
from lettrage.invoicing.formats.ubl_payment import allowance, means, tax_category

Root = Literal["Invoice", "CreditNote"]
VAT_DUE = {"debits": "3", "delivery": "35", "receipts": "432"}  # UNTDID 2005, BT-8
OBJECT, PROJECT = "130", "50"  # UNTDID 1001: what a further reference is
_NAMESPACES = (
    ' xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"'
    ' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
    ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)
NO_ORDER = "NA"  # the schema wants an order's number even where there is only the seller's


def render(invoice: Invoice, route: Route = "chorus", credit_note_root: Root | None = None) -> bytes:
    """The invoice as a UBL file in UTF-8; the same invoice gives the same bytes.

    `credit_note_root`: what a credit note is written in: by default an `Invoice` for Chorus Pro, which knows no other
    root, and a `CreditNote` for a platform.
    """
    root: Root = "Invoice"
    if invoice.is_credit_note:
        root = credit_note_root or ("Invoice" if route == "chorus" else "CreditNote")
    credit = root == "CreditNote"
    return document(
        root,
        _NAMESPACES.format(root=root),
        said("Profil du document et cadre de facturation", *_profile(invoice, route)),
        said("Numéro, date, type, notes et devise", *_heading(invoice, credit)),
        said("Références : service, période, engagement, marché, pièces jointes", *_references(invoice, credit, route)),
        said("Vendeur (émetteur) : SIRET, TVA, adresse, contact", accounting_supplier(invoice, route)),
        said("Acheteur (destinataire) : SIRET, code service, adresse", accounting_customer(invoice, route)),
        said("Bénéficiaire du paiement, autre que le vendeur", payee(invoice, route)),
        said("Représentant fiscal du vendeur", tax_representative(invoice, route)),
        said("Livraison : date et lieu", _delivery(invoice.delivery)),
        said("Paiement : moyen, coordonnées bancaires (RIB)", *means(invoice, route, credit)),
        said("Conditions de paiement", group("cac:PaymentTerms", leaf("cbc:Note", invoice.terms))),
        said("Remises et frais du document", *(allowance(a, invoice.currency, route) for a in invoice.allowances)),
        said("TVA : total et ventilation par taux", *_taxes(invoice, route)),
        said("Totaux du document", _totals(invoice)),
        said("Lignes", *(_line(line, invoice, credit, route) for line in invoice.lines)),
    )


def _profile(invoice: Invoice, route: Route) -> tuple[str, ...]:
    return (
        leaf("cbc:UBLVersionID", "2.1" if route == "chorus" else ""),
        leaf("cbc:CustomizationID", invoice.profile),
        leaf("cbc:ProfileID", invoice.frame),
    )


def _heading(invoice: Invoice, credit: bool) -> tuple[str, ...]:
    notes = [leaf("cbc:Note", f"#{note.subject}#{note.text}" if note.subject else note.text) for note in invoice.notes]
    tax_point = day("cbc:TaxPointDate", invoice.tax_point)
    if credit:
        typed = (tax_point, leaf("cbc:CreditNoteTypeCode", invoice.type), *notes)
    else:
        due = day("cbc:DueDate", invoice.due_date)
        typed = (due, leaf("cbc:InvoiceTypeCode", invoice.type), *notes, tax_point)
    return (
        leaf("cbc:ID", invoice.number),
        day("cbc:IssueDate", invoice.date),
        *typed,
        leaf("cbc:DocumentCurrencyCode", invoice.currency.code),
        leaf("cbc:TaxCurrencyCode", invoice.vat_currency.code if invoice.vat_currency else ""),
        leaf("cbc:AccountingCost", invoice.accounting),
    )


def _references(invoice: Invoice, credit: bool, route: Route) -> tuple[str, ...]:
    order = invoice.engagement or (NO_ORDER if invoice.sales_order else "")
    originator = group("cac:OriginatorDocumentReference", leaf("cbc:ID", invoice.tender))
    market = leaf("cbc:DocumentTypeCode", "Marché public" if route == "chorus" and invoice.contract else "")
    contract = group("cac:ContractDocumentReference", leaf("cbc:ID", invoice.contract), market)
    further = [_object(invoice.object), *map(_supporting, invoice.documents)]
    if credit:  # has no ProjectReference, and the originator's document in another place
        project = leaf("cbc:DocumentTypeCode", PROJECT if invoice.project else "")
        as_document = group("cac:AdditionalDocumentReference", leaf("cbc:ID", invoice.project), project)
        last = [contract, *further, as_document, originator]
    else:
        last = [originator, contract, *further, group("cac:ProjectReference", leaf("cbc:ID", invoice.project))]
    return (
        leaf("cbc:BuyerReference", invoice.service),
        _period(invoice.period, VAT_DUE.get(invoice.vat_due, "")),
        group("cac:OrderReference", leaf("cbc:ID", order), leaf("cbc:SalesOrderID", invoice.sales_order)),
        *map(_preceding, invoice.preceding),
        group("cac:DespatchDocumentReference", leaf("cbc:ID", invoice.despatch_advice)),
        group("cac:ReceiptDocumentReference", leaf("cbc:ID", invoice.receiving_advice)),
        *last,
    )


def _period(period: Period | None, due: str = "") -> str:
    dates = (day("cbc:StartDate", period.start), day("cbc:EndDate", period.end)) if period else ()
    return group("cac:InvoicePeriod", *dates, leaf("cbc:DescriptionCode", due))


def _preceding(preceding: Preceding) -> str:
    reference = group(
        "cac:InvoiceDocumentReference", leaf("cbc:ID", preceding.number), day("cbc:IssueDate", preceding.date)
    )
    return group("cac:BillingReference", reference)


def _object(found: Identifier | None, element: str = "cac:AdditionalDocumentReference") -> str:
    """BT-18, BT-128: what is invoiced, by an identifier."""
    if found is None:
        return ""
    return group(element, leaf("cbc:ID", found.id, marks(schemeID=found.scheme)), leaf("cbc:DocumentTypeCode", OBJECT))


def _supporting(supporting: Supporting) -> str:
    content = ""
    if supporting.content:
        named = marks(mimeCode=supporting.mime, filename=supporting.filename)
        content = (
            f"<cbc:EmbeddedDocumentBinaryObject{named}>{binary(supporting.content)}</cbc:EmbeddedDocumentBinaryObject>"
        )
    elsewhere = group("cac:ExternalReference", leaf("cbc:URI", supporting.location))
    return group(
        "cac:AdditionalDocumentReference",
        leaf("cbc:ID", supporting.id),
        leaf("cbc:DocumentDescription", supporting.description),
        group("cac:Attachment", content, elsewhere),
    )


def _delivery(delivery: Delivery | None) -> str:
    if delivery is None:
        return ""
    place = delivery.location
    where = (
        leaf("cbc:ID", place.id, marks(schemeID=place.scheme)) if place else "",
        address("cac:Address", delivery.address) if delivery.address else "",
    )
    return group(
        "cac:Delivery",
        day("cbc:ActualDeliveryDate", delivery.date),
        group("cac:DeliveryLocation", *where),
        group("cac:DeliveryParty", group("cac:PartyName", leaf("cbc:Name", delivery.name))),
    )


def _taxes(invoice: Invoice, route: Route) -> tuple[str, ...]:
    currency, totals = invoice.currency, invoice.totals
    breakdown = [
        group(
            "cac:TaxSubtotal",
            amount("cbc:TaxableAmount", part.base, currency),
            amount("cbc:TaxAmount", part.amount, currency),
            tax_category("cac:TaxCategory", part.category, part.rate, route, part.exemption_code, part.exemption),
        )
        for part in invoice.vat
    ]
    total = totals.vat if totals.vat is not None or not invoice.vat else sum(part.amount for part in invoice.vat)
    own = group("cac:TaxTotal", amount("cbc:TaxAmount", total, currency), *breakdown)
    if invoice.vat_currency is None:
        return (own,)
    return own, group("cac:TaxTotal", amount("cbc:TaxAmount", totals.vat_in_vat_currency, invoice.vat_currency))


def _totals(invoice: Invoice) -> str:
    totals, currency = invoice.totals, invoice.currency
    return group(
        "cac:LegalMonetaryTotal",
        amount("cbc:LineExtensionAmount", totals.lines, currency),
        amount("cbc:TaxExclusiveAmount", totals.net, currency),
        amount("cbc:TaxInclusiveAmount", totals.gross, currency),
        amount("cbc:AllowanceTotalAmount", totals.allowances, currency),
        amount("cbc:ChargeTotalAmount", totals.charges, currency),
        amount("cbc:PrepaidAmount", totals.prepaid, currency),
        amount("cbc:PayableRoundingAmount", totals.rounding, currency),
        amount("cbc:PayableAmount", totals.payable, currency),
    )


# ---------------------------------------------------------------- lines


def _line(line: Line, invoice: Invoice, credit: bool, route: Route) -> str:
    quantity = leaf(
        "cbc:CreditedQuantity" if credit else "cbc:InvoicedQuantity", line.quantity.text, marks(unitCode=line.unit)
    )
    return group(
        "cac:CreditNoteLine" if credit else "cac:InvoiceLine",
        leaf("cbc:ID", line.id),
        leaf("cbc:Note", line.note),
        quantity,
        amount("cbc:LineExtensionAmount", line.net, invoice.currency),
        leaf("cbc:AccountingCost", line.accounting),
        _period(line.period),
        group("cac:OrderLineReference", leaf("cbc:LineID", line.order_line)),
        _object(line.object, "cac:DocumentReference"),
        *(allowance(part, invoice.currency, route) for part in line.allowances),
        _item(line, route),
        _price(line, invoice),
    )


def _item(line: Line, route: Route) -> str:
    item = line.item
    standard = item.standard_id
    classes = [
        group(
            "cac:CommodityClassification",
            leaf("cbc:ItemClassificationCode", found.id, marks(listID=found.list_id, listVersionID=found.version)),
        )
        for found in item.classifications
    ]
    attributes = [
        group("cac:AdditionalItemProperty", leaf("cbc:Name", found.name), leaf("cbc:Value", found.value))
        for found in item.attributes
    ]
    return group(
        "cac:Item",
        leaf("cbc:Description", item.description),
        leaf("cbc:Name", item.name),
        group("cac:BuyersItemIdentification", leaf("cbc:ID", item.buyer_id)),
        group("cac:SellersItemIdentification", leaf("cbc:ID", item.seller_id)),
        group(
            "cac:StandardItemIdentification",
            leaf("cbc:ID", standard.id, marks(schemeID=standard.scheme)) if standard else "",
        ),
        group("cac:OriginCountry", leaf("cbc:IdentificationCode", item.origin)),
        *classes,
        tax_category("cac:ClassifiedTaxCategory", line.vat_category, line.vat_rate, route),
        *attributes,
    )


def _price(line: Line, invoice: Invoice) -> str:
    price, named = line.price, marks(currencyID=invoice.currency.code)
    discount = ""
    if price.gross is not None or price.discount is not None:
        discount = group(
            "cac:AllowanceCharge",
            leaf("cbc:ChargeIndicator", "false"),
            leaf("cbc:Amount", price.discount.text if price.discount else "0", named),
            leaf("cbc:BaseAmount", price.gross.text if price.gross else "", named),
        )
    return group(
        "cac:Price",
        leaf("cbc:PriceAmount", price.net.text, named),
        leaf("cbc:BaseQuantity", price.quantity.text if price.quantity else "", marks(unitCode=price.unit)),
        discount,
    )
