"""UBL read back: ways to pay, allowances and charges, VAT categories."""

from datetime import date as Day  # noqa: N812

from lettrage.invoicing.document import Account, AllowanceCharge, PaymentMeans
from lettrage.invoicing.formats.reading import Node, filled, joined
from lettrage.invoicing.formats.ubl_payment import UNDEFINED
from lettrage.money import Figure


def due_date(root: Node) -> Day | None:
    """BT-9: of the document, or of its means, which may all repeat it."""
    means = root.all("cac:PaymentMeans/cbc:PaymentDueDate")
    due = root.day("cbc:DueDate", "BT-9") or (means[0].day("", "BT-9") if means else None)
    for node in means:
        if due is not None and node.words.startswith(str(due)):
            node.known(node)
    return due


def ways(root: Node) -> list[PaymentMeans]:
    """BG-16: each way once, with all its accounts: UBL repeats the way for every account."""
    found: list[PaymentMeans] = []
    for node in root.all("cac:PaymentMeans"):
        way = _way(node)
        if way == PaymentMeans(code=UNDEFINED) and node.at("cbc:PaymentDueDate") and not root.at("cbc:DueDate"):
            continue  # there for the due date alone, which a credit note has no other place for
        joined(found, way)
    return found


def _way(node: Node) -> PaymentMeans:
    card, account = node.at("cac:CardAccount"), node.at("cac:PayeeFinancialAccount")
    branch = "cac:FinancialInstitutionBranch/"
    card.known("cbc:NetworkID")
    node.constant("cbc:PaymentChannelCode", "IBAN")
    to = filled(
        Account(
            id=account.text("cbc:ID"),
            name=account.text("cbc:Name"),
            bic=account.either(branch + "cbc:ID", branch + "cac:FinancialInstitution/cbc:ID"),
        )
    )
    return PaymentMeans(
        code=node.text("cbc:PaymentMeansCode"),
        text=node.at("cbc:PaymentMeansCode").get("name") or node.texts("cbc:InstructionNote"),
        remittance=node.text("cbc:PaymentID"),
        accounts=(to,) if to else (),
        card_number=card.text("cbc:PrimaryAccountNumberID"),
        card_holder=card.text("cbc:HolderName"),
        mandate=node.text("cac:PaymentMandate/cbc:ID"),
        debited_account=node.text("cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID"),
    )


def allowances(parent: Node) -> tuple[AllowanceCharge, ...]:
    """BG-20, BG-21 of a document; BG-27, BG-28 of a line."""
    return tuple(map(_allowance, parent.all("cac:AllowanceCharge")))


def _allowance(node: Node) -> AllowanceCharge:
    code, rate = category(node.at("cac:TaxCategory"), "BT-96")
    return AllowanceCharge(
        charge=node.yes("cbc:ChargeIndicator"),
        amount=node.owed("cbc:Amount", "BT-92"),
        base=node.amount("cbc:BaseAmount", "BT-93"),
        percent=node.figure("cbc:MultiplierFactorNumeric", "BT-94"),
        vat_category=code,
        vat_rate=rate,
        reason=node.texts("cbc:AllowanceChargeReason"),
        reason_code=node.text("cbc:AllowanceChargeReasonCode"),
    )


def category(node: Node, term: str) -> tuple[str, Figure | None]:
    """A VAT category and its rate."""
    node.constant("cac:TaxScheme/cbc:ID", "VAT")
    node.constant("cac:TaxScheme/cbc:TaxTypeCode", "TVA", "VAT")
    node.known("cac:TaxScheme/cbc:Name", "cbc:Name")
    return node.text("cbc:ID"), node.figure("cbc:Percent", term)
