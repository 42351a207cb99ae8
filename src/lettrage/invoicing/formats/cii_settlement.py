"""CII: how a document and its lines are settled: payment, VAT, allowances and charges, totals."""

import re
from datetime import date as Day  # noqa: N812

from lettrage.invoicing.document import (
    Account,
    AllowanceCharge,
    Invoice,
    Line,
    Payee,
    PaymentMeans,
    Period,
    Preceding,
    VatBreakdown,
)
from lettrage.invoicing.formats.cii_parties import identifiers
from lettrage.invoicing.formats.markup import amount, group, leaf, marks, money, said
from lettrage.money import Currency, Figure

VAT_DUE = {"debits": "5", "delivery": "29", "receipts": "72"}  # UNTDID 2475, BT-8
_DAY_102 = marks(format="102")  # YYYYMMDD
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9 ]{8,}", re.ASCII)


def moment(element: str, date: Day | None, inside: str = "udt:DateTimeString") -> str:
    """A date; nothing where there is none."""
    return group(element, leaf(inside, date.isoformat().replace("-", ""), _DAY_102)) if date else ""


def header_settlement(invoice: Invoice) -> str:
    """What the document as a whole is settled by."""
    means = invoice.means or PaymentMeans()
    ways = [way for way in (invoice.means, *invoice.other_means) if way is not None]
    return group(
        "ram:ApplicableHeaderTradeSettlement",
        leaf("ram:CreditorReferenceID", means.creditor),
        leaf("ram:PaymentReference", means.remittance),
        leaf("ram:TaxCurrencyCode", invoice.vat_currency.code if invoice.vat_currency else ""),
        leaf("ram:InvoiceCurrencyCode", invoice.currency.code),
        said("Bénéficiaire du paiement, autre que le vendeur", _payee(invoice.payee) if invoice.payee else ""),
        said(
            "Moyen de paiement et coordonnées bancaires (RIB)",
            *(_means(way, account) for way in ways for account in way.accounts or (None,)),
        ),
        said("TVA par taux", *(_breakdown(part, invoice) for part in invoice.vat)),
        said("Période facturée", _period(invoice.period)),
        said("Remises et frais du document", *(_allowance(part, invoice.currency) for part in invoice.allowances)),
        said("Conditions de paiement et échéance", _terms(invoice, means)),
        said("Totaux du document", _totals(invoice)),
        said("Facture d'origine", *map(_preceding, invoice.preceding)),
        group("ram:ReceivableSpecifiedTradeAccountingAccount", leaf("ram:ID", invoice.accounting)),
    )


def _payee(payee: Payee) -> str:
    legal = payee.legal_id
    return group(
        "ram:PayeeTradeParty",
        *identifiers((payee.id,) if payee.id else ()),
        leaf("ram:Name", payee.name),
        group(
            "ram:SpecifiedLegalOrganization",
            leaf("ram:ID", legal.id, marks(schemeID=legal.scheme)) if legal else "",
        ),
    )


def _means(way: PaymentMeans, account: Account | None) -> str:
    card = group(
        "ram:ApplicableTradeSettlementFinancialCard",
        leaf("ram:ID", way.card_number),
        leaf("ram:CardholderName", way.card_holder),
    )
    return group(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        leaf("ram:TypeCode", way.code),
        leaf("ram:Information", way.text),
        card,
        group("ram:PayerPartyDebtorFinancialAccount", leaf("ram:IBANID", way.debited_account)),
        _account(account) if account else "",
        group(
            "ram:PayeeSpecifiedCreditorFinancialInstitution",
            leaf("ram:BICID", account.bic if account else ""),
        ),
    )


def _account(account: Account) -> str:
    """An account that is no IBAN has an element of its own."""
    kind = "ram:IBANID" if _IBAN.fullmatch(account.id) else "ram:ProprietaryID"
    iban, other = (leaf(kind, account.id), "") if kind == "ram:IBANID" else ("", leaf(kind, account.id))
    return group("ram:PayeePartyCreditorFinancialAccount", iban, leaf("ram:AccountName", account.name), other)


def _breakdown(part: VatBreakdown, invoice: Invoice) -> str:
    return group(
        "ram:ApplicableTradeTax",
        leaf("ram:CalculatedAmount", money(part.amount, invoice.currency)),
        leaf("ram:TypeCode", "VAT"),
        leaf("ram:ExemptionReason", part.exemption),
        leaf("ram:BasisAmount", money(part.base, invoice.currency)),
        leaf("ram:CategoryCode", part.category),
        leaf("ram:ExemptionReasonCode", part.exemption_code),
        moment("ram:TaxPointDate", invoice.tax_point, "udt:DateString"),
        leaf("ram:DueDateTypeCode", VAT_DUE.get(invoice.vat_due, "")),
        leaf("ram:RateApplicablePercent", part.rate.text if part.rate else ""),
    )


def _period(period: Period | None) -> str:
    if period is None:
        return ""
    return group(
        "ram:BillingSpecifiedPeriod",
        moment("ram:StartDateTime", period.start),
        moment("ram:EndDateTime", period.end),
    )


def _allowance(part: AllowanceCharge, currency: Currency) -> str:
    return group(
        "ram:SpecifiedTradeAllowanceCharge",
        group("ram:ChargeIndicator", leaf("udt:Indicator", "true" if part.charge else "false")),
        leaf("ram:CalculationPercent", part.percent.text if part.percent else ""),
        leaf("ram:BasisAmount", "" if part.base is None else money(part.base, currency)),
        leaf("ram:ActualAmount", money(part.amount, currency)),
        leaf("ram:ReasonCode", part.reason_code),
        leaf("ram:Reason", part.reason),
        _category("ram:CategoryTradeTax", part.vat_category, part.vat_rate),
    )


def _category(element: str, category: str, rate: Figure | None) -> str:
    if not category and rate is None:
        return ""
    return group(
        element,
        leaf("ram:TypeCode", "VAT"),
        leaf("ram:CategoryCode", category),
        leaf("ram:RateApplicablePercent", rate.text if rate else ""),
    )


def _terms(invoice: Invoice, means: PaymentMeans) -> str:
    return group(
        "ram:SpecifiedTradePaymentTerms",
        leaf("ram:Description", invoice.terms),
        moment("ram:DueDateDateTime", invoice.due_date),
        leaf("ram:DirectDebitMandateID", means.mandate),
    )


def _totals(invoice: Invoice) -> str:
    totals, currency = invoice.totals, invoice.currency
    in_vat_currency = totals.vat_in_vat_currency if invoice.vat_currency else None
    return group(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        _sum("ram:LineTotalAmount", totals.lines, currency),
        _sum("ram:ChargeTotalAmount", totals.charges, currency),
        _sum("ram:AllowanceTotalAmount", totals.allowances, currency),
        _sum("ram:TaxBasisTotalAmount", totals.net, currency),
        amount("ram:TaxTotalAmount", totals.vat, currency),
        amount("ram:TaxTotalAmount", in_vat_currency, invoice.vat_currency or currency),
        _sum("ram:RoundingAmount", totals.rounding, currency),
        _sum("ram:GrandTotalAmount", totals.gross, currency),
        _sum("ram:TotalPrepaidAmount", totals.prepaid, currency),
        _sum("ram:DuePayableAmount", totals.payable, currency),
    )


def _sum(element: str, minor: int | None, currency: Currency) -> str:
    """An amount in the invoice's currency, which CII does not repeat."""
    return "" if minor is None else leaf(element, money(minor, currency))


def _preceding(preceding: Preceding) -> str:
    return group(
        "ram:InvoiceReferencedDocument",
        leaf("ram:IssuerAssignedID", preceding.number),
        moment("ram:FormattedIssueDateTime", preceding.date, "qdt:DateTimeString"),
    )


def line_settlement(line: Line, currency: Currency, object_reference: str) -> str:
    """What a line is settled by; `object_reference` is BT-128, already written."""
    total = leaf("ram:LineTotalAmount", money(line.net, currency))
    return group(
        "ram:SpecifiedLineTradeSettlement",
        _category("ram:ApplicableTradeTax", line.vat_category, line.vat_rate),
        _period(line.period),
        *(_allowance(part, currency) for part in line.allowances),
        group("ram:SpecifiedTradeSettlementLineMonetarySummation", total),
        object_reference,
        group("ram:ReceivableSpecifiedTradeAccountingAccount", leaf("ram:ID", line.accounting)),
    )
