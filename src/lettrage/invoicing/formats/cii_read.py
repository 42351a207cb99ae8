"""CII read back: D16B, D22B and the Factur-X profiles, which are all parts of one schema."""

from lettrage.invoicing.document import (
    Attribute,
    Classification,
    Delivery,
    Identifier,
    Invoice,
    Item,
    Line,
    Note,
    Preceding,
    Price,
    Supporting,
)
from lettrage.invoicing.formats.cii import OBJECT, PROJECT_NAME, SUPPORTING, TENDER
from lettrage.invoicing.formats.cii_parties_read import address, identifiers, payee, tax_representative, trade_party
from lettrage.invoicing.formats.cii_settlement_read import (
    allowances,
    breakdown,
    category,
    period,
    tax_point,
    totals,
    vat_due,
    ways,
)
from lettrage.invoicing.formats.reading import NO_DAY, NO_FIGURE, Node, filled

_DAY = "/udt:DateTimeString"


def invoice(root: Node) -> Invoice:
    """The invoice; where a finding blocks, what stands in for the missing has no meaning."""
    heading, context = root.at("rsm:ExchangedDocument"), root.at("rsm:ExchangedDocumentContext")
    transaction = root.at("rsm:SupplyChainTradeTransaction")
    agreement = transaction.at("ram:ApplicableHeaderTradeAgreement")
    delivery = transaction.at("ram:ApplicableHeaderTradeDelivery")
    settled = _settlement(transaction)
    means = ways(settled)
    further = [(node, node.text("ram:TypeCode")) for node in agreement.all("ram:AdditionalReferencedDocument")]
    tenders = [node.text("ram:IssuerAssignedID") for node, kind in further if kind == TENDER][:1]
    objects = [_typed(node) for node, kind in further if kind == OBJECT][:1]
    project = agreement.at("ram:SpecifiedProcuringProject")
    project.constant("ram:Name", PROJECT_NAME)
    issued = "ram:IssueDateTime" + _DAY
    return Invoice(
        number=heading.needed(heading.text("ram:ID") or None, "", "ram:ID", "BT-1"),
        type=heading.needed(heading.text("ram:TypeCode") or None, "", "ram:TypeCode", "BT-3"),
        date=heading.needed(heading.day(issued, "BT-2"), NO_DAY, issued, "BT-2"),
        currency=root.report.currency,
        seller=trade_party(agreement.at("ram:SellerTradeParty")),
        buyer=trade_party(agreement.at("ram:BuyerTradeParty")),
        lines=tuple(map(_line, transaction.lines("ram:IncludedSupplyChainTradeLineItem"))),
        vat=tuple(map(breakdown, settled.all("ram:ApplicableTradeTax"))),
        totals=totals(settled),
        vat_currency=settled.coin("ram:TaxCurrencyCode", "BT-6"),
        tax_point=tax_point(settled),
        vat_due=vat_due(settled),
        due_date=settled.day("ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime" + _DAY, "BT-9"),
        service=agreement.text("ram:BuyerReference"),
        project=project.text("ram:ID"),
        contract=agreement.text("ram:ContractReferencedDocument/ram:IssuerAssignedID"),
        engagement=agreement.text("ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"),
        sales_order=agreement.text("ram:SellerOrderReferencedDocument/ram:IssuerAssignedID"),
        receiving_advice=delivery.text("ram:ReceivingAdviceReferencedDocument/ram:IssuerAssignedID"),
        despatch_advice=delivery.text("ram:DespatchAdviceReferencedDocument/ram:IssuerAssignedID"),
        tender=tenders[0] if tenders else "",
        object=objects[0] if objects else None,
        accounting=settled.text("ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        terms=settled.texts("ram:SpecifiedTradePaymentTerms/ram:Description"),
        notes=tuple(map(_note, heading.all("ram:IncludedNote"))),
        frame=context.text("ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"),
        profile=context.text("ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
        preceding=tuple(map(_preceding, settled.all("ram:InvoiceReferencedDocument"))),
        payee=payee(settled.at("ram:PayeeTradeParty")),
        tax_representative=tax_representative(agreement.at("ram:SellerTaxRepresentativeTradeParty")),
        delivery=_delivery(delivery),
        period=period(settled),
        means=means[0] if means else None,
        other_means=tuple(means[1:]),
        allowances=allowances(settled),
        documents=tuple(_supporting(node) for node, kind in further if kind in {SUPPORTING, ""}),
    )


def _settlement(transaction: Node) -> Node:
    """Where the document's currency stands, which every amount needs."""
    settled = transaction.at("ram:ApplicableHeaderTradeSettlement")
    report = transaction.report
    money = settled.coin("ram:InvoiceCurrencyCode", "BT-5")
    (settled or transaction).needed(money, report.currency, "ram:InvoiceCurrencyCode", "BT-5")
    report.currency = money or report.currency
    return settled


def _note(node: Node) -> Note:
    return Note(node.texts("ram:Content"), node.text("ram:SubjectCode"))


def _preceding(node: Node) -> Preceding:
    return Preceding(
        node.text("ram:IssuerAssignedID"), node.day("ram:FormattedIssueDateTime/qdt:DateTimeString", "BT-26")
    )


def _typed(node: Node) -> Identifier | None:
    number = node.text("ram:IssuerAssignedID")
    return Identifier(number, node.text("ram:ReferenceTypeCode")) if number else None


def _supporting(node: Node) -> Supporting:
    embedded = node.at("ram:AttachmentBinaryObject")
    content = embedded.content()
    return Supporting(
        id=node.text("ram:IssuerAssignedID"),
        description=node.texts("ram:Name"),
        location=node.text("ram:URIID"),
        content=content,
        mime=embedded.get("mimeCode") if content else "",
        filename=embedded.get("filename") if content else "",
    )


def _delivery(node: Node) -> Delivery | None:
    party = node.at("ram:ShipToTradeParty")
    places = identifiers(party)[:1]
    return filled(
        Delivery(
            name=party.text("ram:Name"),
            location=places[0] if places else None,
            date=node.day("ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime" + _DAY, "BT-72"),
            address=filled(address(party)),
        )
    )


# ---------------------------------------------------------------- lines


def _line(node: Node) -> Line:
    settled = node.at("ram:SpecifiedLineTradeSettlement")
    billed = "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"
    total = "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
    about = [
        _typed(found)
        for found in settled.all("ram:AdditionalReferencedDocument")
        if found.text("ram:TypeCode") == OBJECT
    ][:1]
    code, rate = category(settled.at("ram:ApplicableTradeTax"), "BT-152")
    return Line(
        id=node.text("ram:AssociatedDocumentLineDocument/ram:LineID"),
        quantity=node.needed(node.figure(billed, "BT-129"), NO_FIGURE, billed, "BT-129"),
        unit=node.at(billed).get("unitCode"),
        net=(settled or node).owed(total, "BT-131"),
        price=_price(node, node.at("ram:SpecifiedLineTradeAgreement")),
        vat_category=code,
        vat_rate=rate,
        item=_item(node.at("ram:SpecifiedTradeProduct")),
        note=node.texts("ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content"),
        object=about[0] if about else None,
        order_line=node.text("ram:SpecifiedLineTradeAgreement/ram:BuyerOrderReferencedDocument/ram:LineID"),
        accounting=settled.text("ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        period=period(settled),
        allowances=allowances(settled),
    )


def _price(line: Node, agreement: Node) -> Price:
    net, gross = agreement.at("ram:NetPriceProductTradePrice"), agreement.at("ram:GrossPriceProductTradePrice")
    taken = gross.at("ram:AppliedTradeAllowanceCharge")
    taken.constant("ram:ChargeIndicator/udt:Indicator", "false", "0")
    path = "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount"
    discount = taken.figure("ram:ActualAmount", "BT-147")
    per = agreement.either(
        "ram:NetPriceProductTradePrice/ram:BasisQuantity", "ram:GrossPriceProductTradePrice/ram:BasisQuantity"
    )
    basis = gross if per and not net.at("ram:BasisQuantity") else net
    return Price(
        net=line.needed(line.figure(path, "BT-146"), NO_FIGURE, path, "BT-146"),
        discount=discount if discount and discount.digits else None,
        gross=gross.figure("ram:ChargeAmount", "BT-148"),
        quantity=basis.figure("ram:BasisQuantity", "BT-149"),
        unit=basis.at("ram:BasisQuantity").get("unitCode"),
    )


def _item(node: Node) -> Item:
    classes = [
        Classification(found.text(), found.get("listID"), found.get("listVersionID"))
        for found in node.all("ram:DesignatedProductClassification/ram:ClassCode")
    ]
    attributes = [
        Attribute(found.texts("ram:Description"), found.texts("ram:Value"))
        for found in node.all("ram:ApplicableProductCharacteristic")
    ]
    standard = node.at("ram:GlobalID")
    return Item(
        name=node.texts("ram:Name"),
        description=node.texts("ram:Description"),
        seller_id=node.text("ram:SellerAssignedID"),
        buyer_id=node.text("ram:BuyerAssignedID"),
        standard_id=Identifier(standard.text(), standard.get("schemeID")) if standard.text() else None,
        classifications=tuple(classes),
        origin=node.text("ram:OriginTradeCountry/ram:ID"),
        attributes=tuple(attributes),
    )
