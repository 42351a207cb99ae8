"""CII read back: payment, VAT, allowances and charges, totals."""

from datetime import date as Day  # noqa: N812

from msgspec.structs import replace

from lettrage.invoicing.document import (
    Account,
    AllowanceCharge,
    PaymentMeans,
    Period,
    Totals,
    VatBreakdown,
    VatDue,
)
from lettrage.invoicing.formats.reading import Node, derived_lines, filled, joined
from lettrage.money import Figure

_VAT_DUE: dict[str, VatDue] = {"5": "debits", "29": "delivery", "72": "receipts"}


def ways(settled: Node) -> list[PaymentMeans]:
    """BG-16: each way once, with all its accounts. What CII says once for all ways is said of each."""
    shared = PaymentMeans(
        remittance=settled.text("ram:PaymentReference"),
        mandate=settled.text("ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID"),
    )
    creditor = settled.text("ram:CreditorReferenceID")
    found: list[PaymentMeans] = []
    for node in settled.all("ram:SpecifiedTradeSettlementPaymentMeans"):
        joined(found, _way(node, shared))
    if not found and (creditor or shared != PaymentMeans()):
        found.append(shared)
    return [replace(found[0], creditor=creditor), *found[1:]] if found else []


def _way(node: Node, shared: PaymentMeans) -> PaymentMeans:
    card, account = node.at("ram:ApplicableTradeSettlementFinancialCard"), "ram:PayeePartyCreditorFinancialAccount/"
    to = filled(
        Account(
            id=node.text(account + "ram:IBANID") or node.text(account + "ram:ProprietaryID"),
            name=node.text(account + "ram:AccountName"),
            bic=node.text("ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"),
        )
    )
    return replace(
        shared,
        code=node.text("ram:TypeCode"),
        text=node.texts("ram:Information"),
        accounts=(to,) if to else (),
        card_number=card.text("ram:ID"),
        card_holder=card.text("ram:CardholderName"),
        debited_account=node.text("ram:PayerPartyDebtorFinancialAccount/ram:IBANID"),
    )


def breakdown(node: Node) -> VatBreakdown:
    """BG-23."""
    code, rate = category(node, "BT-119")
    return VatBreakdown(
        category=code,
        rate=rate,
        base=node.owed("ram:BasisAmount", "BT-116"),
        amount=node.owed("ram:CalculatedAmount", "BT-117"),
        exemption=node.text("ram:ExemptionReason"),
        exemption_code=node.text("ram:ExemptionReasonCode"),
    )


def category(node: Node, term: str) -> tuple[str, Figure | None]:
    """A VAT category and its rate."""
    node.constant("ram:TypeCode", "VAT")
    return node.text("ram:CategoryCode"), node.figure("ram:RateApplicablePercent", term)


def tax_point(settled: Node) -> Day | None:
    """BT-7: the first that the breakdown gives; it repeats it in each part."""
    parts = settled.all("ram:ApplicableTradeTax/ram:TaxPointDate/udt:DateString")
    settled.either("ram:ApplicableTradeTax/ram:TaxPointDate/udt:DateString")
    return parts[0].day("", "BT-7") if parts else None


def vat_due(settled: Node) -> VatDue:
    """BT-8: the first that the breakdown gives; it repeats it in each part."""
    path = "ram:ApplicableTradeTax/ram:DueDateTypeCode"
    code = settled.either(path)
    if code and code not in _VAT_DUE:
        settled.at(path).add("xml_vat_due", code, "BT-8", expected=", ".join(_VAT_DUE))
    return _VAT_DUE.get(code, "")


def period(settled: Node) -> Period | None:
    """BG-14, BG-26."""
    node, day = settled.at("ram:BillingSpecifiedPeriod"), "/udt:DateTimeString"
    return filled(
        Period(
            start=node.day("ram:StartDateTime" + day, "BT-73"),
            end=node.day("ram:EndDateTime" + day, "BT-74"),
        )
    )


def allowances(settled: Node) -> tuple[AllowanceCharge, ...]:
    """BG-20, BG-21 of a document; BG-27, BG-28 of a line."""
    return tuple(map(_allowance, settled.all("ram:SpecifiedTradeAllowanceCharge")))


def _allowance(node: Node) -> AllowanceCharge:
    code, rate = category(node.at("ram:CategoryTradeTax"), "BT-96")
    return AllowanceCharge(
        charge=node.yes("ram:ChargeIndicator/udt:Indicator"),
        amount=node.owed("ram:ActualAmount", "BT-92"),
        base=node.amount("ram:BasisAmount", "BT-93"),
        percent=node.figure("ram:CalculationPercent", "BT-94"),
        vat_category=code,
        vat_rate=rate,
        reason=node.text("ram:Reason"),
        reason_code=node.text("ram:ReasonCode"),
    )


def totals(settled: Node) -> Totals:
    """BG-22."""
    node = settled.at("ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    if not node:
        settled.add("xml_missing", term="BG-22", below="/ram:SpecifiedTradeSettlementHeaderMonetarySummation")
        return Totals(0, 0, 0, 0)
    vat, in_vat_currency = _vat_totals(settled, node)
    found = Totals(
        lines=0,
        net=node.owed("ram:TaxBasisTotalAmount", "BT-109"),
        gross=node.owed("ram:GrandTotalAmount", "BT-112"),
        payable=node.owed("ram:DuePayableAmount", "BT-115"),
        allowances=node.amount("ram:AllowanceTotalAmount", "BT-107"),
        charges=node.amount("ram:ChargeTotalAmount", "BT-108"),
        vat=vat,
        vat_in_vat_currency=in_vat_currency,
        prepaid=node.amount("ram:TotalPrepaidAmount", "BT-113"),
        rounding=node.amount("ram:RoundingAmount", "BT-114"),
    )
    return derived_lines(node, "ram:LineTotalAmount", found)


def _vat_totals(settled: Node, node: Node) -> tuple[int | None, int | None]:
    """BT-110 and BT-111, told apart by their currencies; where both are the same, by their order."""
    own = other = None
    vat_currency = settled.coin("ram:TaxCurrencyCode", "BT-6")
    for found in node.all("ram:TaxTotalAmount"):
        named = found.get("currencyID") or node.report.currency.code
        if own is None and named == node.report.currency.code:
            own = found.amount("", "BT-110")
        elif vat_currency is not None and other is None:
            other = found.amount("", "BT-111", vat_currency)
    return own, other
