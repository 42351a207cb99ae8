"""UBL 2.1 read back: `Invoice` and `CreditNote`, EN 16931's places and those of Chorus Pro's profile."""

from msgspec.structs import replace

from lettrage.invoicing.document import (
    Attribute,
    Classification,
    Delivery,
    Identifier,
    Invoice,
    Item,
    Line,
    Period,
    Preceding,
    Price,
    Supporting,
    Totals,
    VatBreakdown,
    VatDue,
)
from lettrage.invoicing.formats.reading import NO_DAY, NO_FIGURE, Node, derived_lines, filled, noted
from lettrage.invoicing.formats.ubl import NO_ORDER, OBJECT, PROJECT
from lettrage.invoicing.formats.ubl_parties_read import address, creditor, payee, seller_and_buyer, tax_representative
from lettrage.invoicing.formats.ubl_payment_read import allowances, category, due_date, ways

_VAT_DUE: dict[str, VatDue] = {"3": "debits", "35": "delivery", "432": "receipts"}
_REGIMES: dict[str, VatDue] = {"TVA DEBIT": "debits", "TVA ENCAISSEMENT": "receipts"}


def invoice(root: Node) -> Invoice:
    """The invoice; where a finding blocks, what stands in for the missing has no meaning."""
    money = root.coin("cbc:DocumentCurrencyCode", "BT-5")
    root.needed(money, root.report.currency, "cbc:DocumentCurrencyCode", "BT-5")
    root.report.currency = money or root.report.currency
    root.known("cbc:UBLVersionID")
    service = root.either("cbc:BuyerReference", "cac:AccountingCustomerParty/cac:AccountingContact/cbc:ID")
    seller, buyer = seller_and_buyer(root, service)
    means = ways(root)
    if means:
        seller, reference = creditor(root, seller)
        means[0] = replace(means[0], creditor=reference)
    typed = "cbc:CreditNoteTypeCode" if root.at("cbc:CreditNoteTypeCode") else "cbc:InvoiceTypeCode"
    order = root.text("cac:OrderReference/cbc:ID")
    sales_order = root.text("cac:OrderReference/cbc:SalesOrderID")
    return _with_references(
        root,
        Invoice(
            number=root.needed(root.text("cbc:ID") or None, "", "cbc:ID", "BT-1"),
            type=root.needed(root.text(typed) or None, "", typed, "BT-3"),
            date=root.needed(root.day("cbc:IssueDate", "BT-2"), NO_DAY, "cbc:IssueDate", "BT-2"),
            currency=root.report.currency,
            seller=seller,
            buyer=buyer,
            lines=tuple(map(_line, root.lines("cac:InvoiceLine", "cac:CreditNoteLine"))),
            vat=tuple(_breakdown(part) for total in _tax_totals(root)[0] for part in total.all("cac:TaxSubtotal")),
            totals=_totals(root),
            vat_currency=root.coin("cbc:TaxCurrencyCode", "BT-6"),
            tax_point=root.day("cbc:TaxPointDate", "BT-7"),
            vat_due=_vat_due(root),
            due_date=due_date(root),
            service=service,
            engagement="" if order == NO_ORDER and sales_order else order,
            sales_order=sales_order,
            accounting=root.text("cbc:AccountingCost"),
            terms=root.texts("cac:PaymentTerms/cbc:Note"),
            notes=tuple(noted(node.text()) for node in root.all("cbc:Note") if node.text()),
            frame=root.text("cbc:ProfileID"),
            profile=root.text("cbc:CustomizationID"),
            payee=payee(root),
            tax_representative=tax_representative(root.at("cac:TaxRepresentativeParty")),
            delivery=_delivery(root.at("cac:Delivery")),
            period=_period(root.at("cac:InvoicePeriod")),
            means=means[0] if means else None,
            other_means=tuple(means[1:]),
            allowances=allowances(root),
        ),
    )


def _with_references(root: Node, read: Invoice) -> Invoice:
    further = [(node, node.text("cbc:DocumentTypeCode")) for node in root.all("cac:AdditionalDocumentReference")]
    objects = [node for node, kind in further if kind == OBJECT]
    projects = [node for node, kind in further if kind == PROJECT]
    supporting = [_supporting(node) for node, kind in further if kind not in {OBJECT, PROJECT}]
    root.known("cac:ContractDocumentReference/cbc:DocumentTypeCode")
    return replace(
        read,
        project=root.text("cac:ProjectReference/cbc:ID") or (projects[0].text("cbc:ID") if projects else ""),
        contract=root.text("cac:ContractDocumentReference/cbc:ID"),
        receiving_advice=root.text("cac:ReceiptDocumentReference/cbc:ID"),
        despatch_advice=root.text("cac:DespatchDocumentReference/cbc:ID"),
        tender=root.text("cac:OriginatorDocumentReference/cbc:ID"),
        object=_identifier(objects[0].at("cbc:ID")) if objects else None,
        preceding=tuple(
            Preceding(node.text("cbc:ID"), node.day("cbc:IssueDate", "BT-26"))
            for node in root.all("cac:BillingReference/cac:InvoiceDocumentReference")
        ),
        documents=tuple(supporting),
    )


def _identifier(node: Node) -> Identifier | None:
    return Identifier(text, node.get("schemeID")) if (text := node.text()) else None


def _supporting(node: Node) -> Supporting:
    embedded = node.at("cac:Attachment/cbc:EmbeddedDocumentBinaryObject")
    content = embedded.content()
    return Supporting(
        id=node.text("cbc:ID"),
        description=node.texts("cbc:DocumentDescription"),
        location=node.text("cac:Attachment/cac:ExternalReference/cbc:URI"),
        content=content,
        mime=embedded.get("mimeCode") if content else "",
        filename=embedded.get("filename") if content else "",
    )


def _vat_due(root: Node) -> VatDue:
    node = root.at("cac:InvoicePeriod/cbc:DescriptionCode")
    taxes = "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cac:TaxScheme/cbc:TaxTypeCode"
    regimes = [_REGIMES[regime] for tax in root.all(taxes) if (regime := tax.text()) in _REGIMES]
    if not (code := node.text()):
        return regimes[0] if regimes else ""
    if code not in _VAT_DUE:
        node.add("xml_vat_due", code, "BT-8", expected="3, 35, 432")
    return _VAT_DUE.get(code, "")


def _period(node: Node) -> Period | None:
    return filled(Period(node.day("cbc:StartDate", "BT-73"), node.day("cbc:EndDate", "BT-74")))


def _delivery(node: Node) -> Delivery | None:
    return filled(
        Delivery(
            name=node.text("cac:DeliveryParty/cac:PartyName/cbc:Name"),
            location=_identifier(node.at("cac:DeliveryLocation/cbc:ID")),
            date=node.day("cbc:ActualDeliveryDate", "BT-72"),
            address=filled(address(node.at("cac:DeliveryLocation/cac:Address"))),
        )
    )


# ---------------------------------------------------------------- VAT and totals


def _breakdown(node: Node) -> VatBreakdown:
    code, rate = category(tax := node.at("cac:TaxCategory"), "BT-119")
    node.known("cbc:Percent")  # UBL 2.0's place for the rate
    return VatBreakdown(
        category=code,
        rate=rate,
        base=node.owed("cbc:TaxableAmount", "BT-116"),
        amount=node.owed("cbc:TaxAmount", "BT-117"),
        exemption=tax.texts("cbc:TaxExemptionReason"),
        exemption_code=tax.text("cbc:TaxExemptionReasonCode"),
    )


def _totals(root: Node) -> Totals:
    node = root.at("cac:LegalMonetaryTotal")
    if not node:
        root.add("xml_missing", term="BG-22", below="/cac:LegalMonetaryTotal")
        return Totals(0, 0, 0, 0)
    vat, in_vat_currency = _vat_totals(root)
    totals = Totals(
        lines=0,
        net=node.owed("cbc:TaxExclusiveAmount", "BT-109"),
        gross=node.owed("cbc:TaxInclusiveAmount", "BT-112"),
        payable=node.owed("cbc:PayableAmount", "BT-115"),
        allowances=node.amount("cbc:AllowanceTotalAmount", "BT-107"),
        charges=node.amount("cbc:ChargeTotalAmount", "BT-108"),
        vat=vat,
        vat_in_vat_currency=in_vat_currency,
        prepaid=node.amount("cbc:PrepaidAmount", "BT-113"),
        rounding=node.amount("cbc:PayableRoundingAmount", "BT-114"),
    )
    return derived_lines(node, "cbc:LineExtensionAmount", totals)


def _tax_totals(root: Node) -> tuple[list[Node], Node]:
    """The VAT in the invoice's currency, which has the breakdown, and that in the VAT currency, in whatever order.

    Where both currencies are the same, the second that has no breakdown is the latter.
    """
    vat_currency = root.coin("cbc:TaxCurrencyCode", "BT-6")
    own: list[Node] = []
    other = Node(root.report, None)
    for node in root.all("cac:TaxTotal"):
        named = node.at("cbc:TaxAmount").get("currencyID")
        again = bool(own) and not node.at("cac:TaxSubtotal")
        if vat_currency and named == vat_currency.code and (vat_currency != root.report.currency or again):
            other = other or node
        else:
            own.append(node)
    return own, other


def _vat_totals(root: Node) -> tuple[int | None, int | None]:
    """BT-110 and BT-111. Several totals in the invoice's currency (one a tax or a rate) make one sum."""
    own, other = _tax_totals(root)
    amounts = [amount for node in own if (amount := node.amount("cbc:TaxAmount", "BT-110")) is not None]
    in_vat_currency = other.amount("cbc:TaxAmount", "BT-111", root.coin("cbc:TaxCurrencyCode", "BT-6"))
    return (sum(amounts) if amounts else None), in_vat_currency


# ---------------------------------------------------------------- lines


def _line(node: Node) -> Line:
    quantity = node.at("cbc:InvoicedQuantity") or node.at("cbc:CreditedQuantity")
    name = "cbc:CreditedQuantity" if node.at("cbc:CreditedQuantity") else "cbc:InvoicedQuantity"
    objects = [found for found in node.all("cac:DocumentReference") if found.text("cbc:DocumentTypeCode") == OBJECT]
    code, rate = category(node.at("cac:Item/cac:ClassifiedTaxCategory"), "BT-152")
    return Line(
        id=node.text("cbc:ID"),
        quantity=node.needed(node.figure(name, "BT-129"), NO_FIGURE, name, "BT-129"),
        unit=quantity.get("unitCode"),
        net=node.owed("cbc:LineExtensionAmount", "BT-131"),
        price=_price(node),
        vat_category=code,
        vat_rate=rate,
        item=_item(node.at("cac:Item")),
        note=node.texts("cbc:Note"),
        object=_identifier(objects[0].at("cbc:ID")) if objects else None,
        order_line=node.text("cac:OrderLineReference/cbc:LineID"),
        accounting=node.text("cbc:AccountingCost"),
        period=_period(node.at("cac:InvoicePeriod")),
        allowances=allowances(node),
    )


def _price(line: Node) -> Price:
    node, discount = line.at("cac:Price"), line.at("cac:Price/cac:AllowanceCharge")
    discount.constant("cbc:ChargeIndicator", "false", "0")
    path, off = "cac:Price/cbc:PriceAmount", discount.figure("cbc:Amount", "BT-147")
    price = Price(
        net=line.needed(line.figure(path, "BT-146"), NO_FIGURE, path, "BT-146"),
        discount=off if off and off.digits else None,
        gross=discount.figure("cbc:BaseAmount", "BT-148"),
        quantity=node.figure("cbc:BaseQuantity", "BT-149"),
        unit=node.at("cbc:BaseQuantity").get("unitCode"),
    )
    return replace(price, gross=price.before_discount)


def _item(node: Node) -> Item:
    classes = [
        Classification(found.text(), found.get("listID"), found.get("listVersionID"))
        for found in node.all("cac:CommodityClassification/cbc:ItemClassificationCode")
    ]
    attributes = [
        Attribute(found.text("cbc:Name"), found.text("cbc:Value")) for found in node.all("cac:AdditionalItemProperty")
    ]
    return Item(
        name=node.text("cbc:Name"),
        description=node.texts("cbc:Description"),
        seller_id=node.text("cac:SellersItemIdentification/cbc:ID"),
        buyer_id=node.text("cac:BuyersItemIdentification/cbc:ID"),
        standard_id=_identifier(node.at("cac:StandardItemIdentification/cbc:ID")),
        classifications=tuple(classes),
        origin=node.text("cac:OriginCountry/cbc:IdentificationCode"),
        attributes=tuple(attributes),
    )
