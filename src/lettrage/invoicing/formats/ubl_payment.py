"""UBL: how to pay, allowances and charges, and the VAT category that they, the lines and the breakdown share."""

from functools import cache

from lettrage.invoicing.document import Account, AllowanceCharge, Invoice, PaymentMeans, Route
from lettrage.invoicing.formats.markup import amount, day, group, leaf, marks
from lettrage.money import Currency, Figure

UNDEFINED = "1"  # UNTDID 4461: a means that nothing is said of, where the schema wants a code
NO_NETWORK = "NA"  # the schema wants a card's network, EN 16931 has none
_CHORUS_LIST = marks(listID="UN/ECE 4461")


@cache
def scheme(route: Route, regime: str = "") -> str:
    """The tax: VAT, and for Chorus Pro `TVA`, or the seller's regime."""
    chorus = (regime or "TVA") if route == "chorus" else ""
    return group("cac:TaxScheme", leaf("cbc:ID", "VAT"), leaf("cbc:TaxTypeCode", chorus))


def tax_category(
    element: str, category: str, rate: Figure | None, route: Route, exemption_code: str = "", exemption: str = ""
) -> str:
    """A VAT category and its rate in percent; nothing where there is neither."""
    if not category and rate is None:
        return ""
    return group(
        element,
        leaf("cbc:ID", category),
        leaf("cbc:Percent", rate.text if rate else ""),
        leaf("cbc:TaxExemptionReasonCode", exemption_code),
        leaf("cbc:TaxExemptionReason", exemption),
        scheme(route),
    )


def allowance(part: AllowanceCharge, currency: Currency, route: Route) -> str:
    """An allowance or a charge, of the document or of a line."""
    return group(
        "cac:AllowanceCharge",
        leaf("cbc:ChargeIndicator", "true" if part.charge else "false"),
        leaf("cbc:AllowanceChargeReasonCode", part.reason_code),
        leaf("cbc:AllowanceChargeReason", part.reason),
        leaf("cbc:MultiplierFactorNumeric", part.percent.text if part.percent else ""),
        amount("cbc:Amount", part.amount, currency),
        amount("cbc:BaseAmount", part.base, currency),
        tax_category("cac:TaxCategory", part.vat_category, part.vat_rate, route),
    )


def means(invoice: Invoice, route: Route, credit: bool) -> list[str]:
    """One element per account of each means.

    What may stand once only stands in the first: the due date (UBL-SR-45), for which a credit note's root has no other
    place and which Chorus Pro looks for here, and of each means its text, card and mandate (UBL-SR-46, 54, 55).
    """
    ways = [way for way in (invoice.means, *invoice.other_means) if way is not None]
    due = day("cbc:PaymentDueDate", invoice.due_date if credit or route == "chorus" else None)
    if not ways and credit and due:
        return [group("cac:PaymentMeans", leaf("cbc:PaymentMeansCode", UNDEFINED), due)]
    each: list[tuple[PaymentMeans, Account | None]] = []
    for way in ways:
        each.append((way, way.accounts[0] if way.accounts else None))
        again = PaymentMeans(way.code, remittance=way.remittance)
        each += [(again, account) for account in way.accounts[1:]]
    return [_means(way, account, due if at == 0 else "", route) for at, (way, account) in enumerate(each)]


def _means(way: PaymentMeans, account: Account | None, due: str, route: Route) -> str:
    chorus = route == "chorus"
    named = marks(name=way.text) + (_CHORUS_LIST if chorus else "")
    return group(
        "cac:PaymentMeans",
        leaf("cbc:PaymentMeansCode", way.code or UNDEFINED, named),
        due,
        leaf("cbc:PaymentChannelCode", "IBAN" if chorus and account else ""),
        leaf("cbc:PaymentID", way.remittance),
        _card(way),
        _account(account, chorus) if account else "",
        group(
            "cac:PaymentMandate",
            leaf("cbc:ID", way.mandate),
            group("cac:PayerFinancialAccount", leaf("cbc:ID", way.debited_account)),
        ),
    )


def _card(way: PaymentMeans) -> str:
    if not way.card_number:
        return ""
    return group(
        "cac:CardAccount",
        leaf("cbc:PrimaryAccountNumberID", way.card_number),
        leaf("cbc:NetworkID", NO_NETWORK),
        leaf("cbc:HolderName", way.card_holder),
    )


def _account(account: Account, chorus: bool) -> str:
    institution = group(
        "cac:FinancialInstitution", leaf("cbc:ID", account.bic if chorus else "", marks(schemeName="BIC"))
    )
    return group(
        "cac:PayeeFinancialAccount",
        leaf("cbc:ID", account.id, marks(schemeName="IBAN") if chorus else ""),
        leaf("cbc:Name", account.name),
        group("cac:FinancialInstitutionBranch", leaf("cbc:ID", account.bic), institution),
    )
