"""The invoice written as UN/CEFACT CII, in the order of its schema (D16B and D22B agree on all of it), commented.

Route `chorus` (source: chorus-pro.md 4.1): the legal identifier of both parties is their SIRET, under the scheme 0002
that Chorus Pro reads and that EN 16931 lists, and a gross price always has its discount. Route `platform` is EN 16931.
"""

from lettrage.invoicing.document import Delivery, Identifier, Invoice, Item, Line, Price, Route, Supporting
from lettrage.invoicing.formats.cii_parties import address, identifiers, trade_party
from lettrage.invoicing.formats.cii_settlement import header_settlement, line_settlement, moment
from lettrage.invoicing.formats.markup import binary, document, group, leaf, marks, said
from lettrage.money import Figure

OBJECT, TENDER, SUPPORTING = "130", "50", "916"  # UNTDID 1001: what a further reference is
PROJECT_NAME = "Project reference"  # the schema wants a name beside the project's number
_NAMESPACES = (
    ' xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"'
    ' xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"'
    ' xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"'
    ' xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100"'
)


def render(invoice: Invoice, route: Route = "chorus") -> bytes:
    """The invoice as a CII file in UTF-8; the same invoice gives the same bytes. A credit note differs by its type."""
    transaction = (
        said("Lignes", *(_line(line, invoice, route) for line in invoice.lines)),
        said("Parties et références", _agreement(invoice, route)),
        said("Livraison : lieu, date, bons", _delivery(invoice)),
        said("Règlement", header_settlement(invoice)),
    )
    return document(
        "rsm:CrossIndustryInvoice",
        _NAMESPACES,
        said("Cadre de facturation et profil du document", _context(invoice)),
        said("Numéro, type, date et notes", _heading(invoice)),
        said("Transaction", group("rsm:SupplyChainTradeTransaction", *transaction)),
    )


def _context(invoice: Invoice) -> str:
    return (
        group(
            "rsm:ExchangedDocumentContext",
            group("ram:BusinessProcessSpecifiedDocumentContextParameter", leaf("ram:ID", invoice.frame)),
            group("ram:GuidelineSpecifiedDocumentContextParameter", leaf("ram:ID", invoice.profile)),
        )
        or "<rsm:ExchangedDocumentContext/>"
    )


def _heading(invoice: Invoice) -> str:
    notes = [
        group("ram:IncludedNote", leaf("ram:Content", note.text), leaf("ram:SubjectCode", note.subject))
        for note in invoice.notes
    ]
    return group(
        "rsm:ExchangedDocument",
        leaf("ram:ID", invoice.number),
        leaf("ram:TypeCode", invoice.type),
        moment("ram:IssueDateTime", invoice.date),
        *notes,
    )


# ---------------------------------------------------------------- agreement and delivery


def _agreement(invoice: Invoice, route: Route) -> str:
    represented = invoice.tax_representative
    project = leaf("ram:Name", PROJECT_NAME if invoice.project else "")
    return group(
        "ram:ApplicableHeaderTradeAgreement",
        said("Code service de l'acheteur", leaf("ram:BuyerReference", invoice.service)),
        said("Vendeur : SIRET, TVA, adresse, contact", trade_party("ram:SellerTradeParty", invoice.seller, route)),
        said("Acheteur : SIRET, adresse, contact", trade_party("ram:BuyerTradeParty", invoice.buyer, route)),
        group(
            "ram:SellerTaxRepresentativeTradeParty",
            leaf("ram:Name", represented.name),
            address(represented.address),
            group("ram:SpecifiedTaxRegistration", leaf("ram:ID", represented.vat_number, marks(schemeID="VA"))),
        )
        if represented
        else "",
        _reference("ram:SellerOrderReferencedDocument", invoice.sales_order),
        said("Numéro d'engagement", _reference("ram:BuyerOrderReferencedDocument", invoice.engagement)),
        said("Numéro de marché", _reference("ram:ContractReferencedDocument", invoice.contract)),
        said("Pièces jointes", *map(_supporting, invoice.documents)),
        _typed(Identifier(invoice.tender), TENDER) if invoice.tender else "",
        _typed(invoice.object, OBJECT) if invoice.object else "",
        group("ram:SpecifiedProcuringProject", leaf("ram:ID", invoice.project), project),
    )


def _reference(element: str, number: str) -> str:
    return group(element, leaf("ram:IssuerAssignedID", number))


def _typed(found: Identifier, kind: str) -> str:
    """A reference that is an identifier rather than a document: BT-17, BT-18, BT-128."""
    return group(
        "ram:AdditionalReferencedDocument",
        leaf("ram:IssuerAssignedID", found.id),
        leaf("ram:TypeCode", kind),
        leaf("ram:ReferenceTypeCode", found.scheme),
    )


def _supporting(supporting: Supporting) -> str:
    content = ""
    if supporting.content:
        named = marks(mimeCode=supporting.mime, filename=supporting.filename)
        content = f"<ram:AttachmentBinaryObject{named}>{binary(supporting.content)}</ram:AttachmentBinaryObject>"
    return group(
        "ram:AdditionalReferencedDocument",
        leaf("ram:IssuerAssignedID", supporting.id),
        leaf("ram:URIID", supporting.location),
        leaf("ram:TypeCode", SUPPORTING),
        leaf("ram:Name", supporting.description),
        content,
    )


def _delivery(invoice: Invoice) -> str:
    delivery = invoice.delivery or Delivery()
    place = (delivery.location,) if delivery.location else ()
    return (
        group(
            "ram:ApplicableHeaderTradeDelivery",
            group(
                "ram:ShipToTradeParty",
                *identifiers(place),
                leaf("ram:Name", delivery.name),
                address(delivery.address) if delivery.address else "",
            ),
            group("ram:ActualDeliverySupplyChainEvent", moment("ram:OccurrenceDateTime", delivery.date)),
            _reference("ram:DespatchAdviceReferencedDocument", invoice.despatch_advice),
            _reference("ram:ReceivingAdviceReferencedDocument", invoice.receiving_advice),
        )
        or "<ram:ApplicableHeaderTradeDelivery/>"
    )


# ---------------------------------------------------------------- lines


def _line(line: Line, invoice: Invoice, route: Route) -> str:
    order = group("ram:BuyerOrderReferencedDocument", leaf("ram:LineID", line.order_line))
    return group(
        "ram:IncludedSupplyChainTradeLineItem",
        group(
            "ram:AssociatedDocumentLineDocument",
            leaf("ram:LineID", line.id),
            group("ram:IncludedNote", leaf("ram:Content", line.note)),
        ),
        _product(line.item),
        group("ram:SpecifiedLineTradeAgreement", order, *_prices(line.price, route)),
        group("ram:SpecifiedLineTradeDelivery", _counted("ram:BilledQuantity", line.quantity, line.unit)),
        line_settlement(line, invoice.currency, _typed(line.object, OBJECT) if line.object else ""),
    )


def _product(item: Item) -> str:
    attributes = [
        group(
            "ram:ApplicableProductCharacteristic", leaf("ram:Description", found.name), leaf("ram:Value", found.value)
        )
        for found in item.attributes
    ]
    classes = [
        group(
            "ram:DesignatedProductClassification",
            leaf("ram:ClassCode", found.id, marks(listID=found.list_id, listVersionID=found.version)),
        )
        for found in item.classifications
    ]
    standard = item.standard_id
    return group(
        "ram:SpecifiedTradeProduct",
        leaf("ram:GlobalID", standard.id, marks(schemeID=standard.scheme)) if standard else "",
        leaf("ram:SellerAssignedID", item.seller_id),
        leaf("ram:BuyerAssignedID", item.buyer_id),
        leaf("ram:Name", item.name),
        leaf("ram:Description", item.description),
        *attributes,
        *classes,
        group("ram:OriginTradeCountry", leaf("ram:ID", item.origin)),
    )


def _prices(price: Price, route: Route) -> tuple[str, str]:
    gross, discount = price.before_discount, price.discount  # CII wants what a discount is taken from
    off = discount.text if discount else "0" if gross and route == "chorus" else ""
    taken = group(
        "ram:AppliedTradeAllowanceCharge",
        group("ram:ChargeIndicator", leaf("udt:Indicator", "false" if off else "")),
        leaf("ram:ActualAmount", off),
    )
    basis = _counted("ram:BasisQuantity", price.quantity, price.unit)
    before = (
        group("ram:GrossPriceProductTradePrice", leaf("ram:ChargeAmount", gross.text), basis, taken) if gross else ""
    )
    return before, group("ram:NetPriceProductTradePrice", leaf("ram:ChargeAmount", price.net.text), basis)


def _counted(element: str, quantity: Figure | None, unit: str) -> str:
    return leaf(element, quantity.text, marks(unitCode=unit)) if quantity else ""
