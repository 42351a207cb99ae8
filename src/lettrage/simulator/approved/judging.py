"""What the platform makes of a file that can be read, knowing what else it has: recipient, statuses, amounts.

The acknowledgement is about the file; what the rules of invoices say comes after it, as status 213.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal

from lettrage.simulator.approved import papers, statuses
from lettrage.simulator.approved.codes import FlowType, Rule
from lettrage.simulator.approved.companies import Companies
from lettrage.simulator.approved.flows import Detail
from lettrage.simulator.approved.invoices import Invoice
from lettrage.simulator.approved.messages import Reason
from lettrage.simulator.official import Fault

MOST_REASONS = 20
# Which reason a rule's name stands for, by how it begins; any other is one of meaning.
_REASONS = {
    "BR-CO-10": "CALCUL_ERR",
    "BR-CO-11": "CALCUL_ERR",
    "BR-CO-12": "CALCUL_ERR",
    "BR-CO-13": "MONTANTTOTAL_ERR",
    "BR-CO-14": "CALCUL_ERR",
    "BR-CO-15": "MONTANTTOTAL_ERR",
    "BR-CO-16": "MONTANTTOTAL_ERR",
    "BR-CO-17": "CALCUL_ERR",
}


def rejected(said: papers.Invoice, broken: Collection[Fault], companies: Companies) -> tuple[Reason, ...]:
    """Why an invoice that was acknowledged is rejected all the same (213); nothing where it is not."""
    found = [Reason(_REASONS.get(fault.rule.partition("_")[0], "REJ_SEMAN"), _worded(fault)) for fault in broken]
    found += _recipient(said, companies) if said.buyer.siren else []
    return tuple(found[:MOST_REASONS])


def _worded(fault: Fault) -> str:
    return f"{fault.rule} {fault.text}"[:300]


def _recipient(said: papers.Invoice, companies: Companies) -> list[Reason]:
    """What the directory holds against the buyer, and what a public one demands."""
    company = companies.company(said.buyer.siren)
    if company is None or not company.active:
        return [Reason("DEST_INC", f"Le destinataire {said.buyer.siren} n'est pas dans l'annuaire.")]
    line = companies.line(said.buyer.address)
    if said.buyer.address and not unsendable(said, companies) and (line is None or not line.active):
        return [Reason("REJ_ADR", f"L'adresse {said.buyer.address} n'est pas active dans l'annuaire.")]
    facility = companies.facility(said.buyer.siret)
    if not company.public or facility is None:
        return []
    missing = [(facility.service and not said.service, "Le code service est obligatoire (BT-10).")]
    missing += [(facility.engagement and not said.order, "Le numéro d'engagement est obligatoire (BT-13).")]
    either = facility.engagement_or_service and not said.order and not said.service
    missing += [(either, "Un code service ou un numéro d'engagement est obligatoire.")]
    missing += [(facility.works_only, "Ce destinataire ne reçoit que des factures de travaux.")]
    return [Reason("REJ_CONT_B2G", text) for wrong, text in missing if wrong]


def rule_of(said: papers.Invoice, companies: Companies) -> Rule:
    """Which processing rule an invoice falls under, computed as a platform does."""
    company = companies.company(said.buyer.siren)
    if company is not None:
        return "B2G" if company.public else "B2B"
    if said.buyer.siren and said.buyer.country in ("", "FR"):
        return "B2B"
    return "B2BInt" if said.buyer.country not in ("", "FR") else "B2C"


def unsendable(said: papers.Invoice, companies: Companies) -> bool:
    """Whether the buyer has no platform that the invoice could be handed to."""
    return not any(line.active for line in companies.lines(said.buyer.siren))


def type_of(report: papers.Report) -> FlowType:
    """What kind of report this is."""
    if len(report.covers) > 1:
        return "MultiFlowReport"
    unitary = "Invoice" in report.covers
    if report.payments:
        return "UnitaryCustomerPaymentReport" if unitary else "AggregatedCustomerPaymentReport"
    return "UnitaryCustomerTransactionReport" if unitary else "AggregatedCustomerTransactionReport"


# ---------------------------------------------------------------- statuses that the supplier says


def against(status: papers.Status, issuer: str, invoice: Invoice | None) -> list[Detail]:
    """What is held against a status of the supplier's; nothing where it is taken."""
    if status.code not in statuses.BY_SUPPLIER:
        return [_detail("InvoiceLCStatusError", f"Le statut {status.code} n'est pas de ceux d'un fournisseur.", status)]
    if invoice is None:
        return [_detail("InvoiceLCRuleError", f"La facture {status.number} n'est pas connue ici.", status)]
    if issuer and issuer != invoice.said.seller.siren:
        return [_detail("InvoiceLCAccessDenied", f"La facture {status.number} est d'un autre vendeur.", status)]
    if invoice.ended:
        return [_detail("InvoiceLCInvalidStatus", f"La facture {status.number} est déjà close.", status)]
    return _amounts(status, invoice) if status.code == statuses.PAID else []


def _amounts(status: papers.Status, invoice: Invoice) -> list[Detail]:
    """Each rate must be one of the invoice's, and what was received with it lie between nothing and all of it."""
    if not status.received:
        return [_detail("InvoiceLCAmountError", "Aucun montant encaissé n'est donné.", status)]
    found = []
    for rate, together in sums(invoice.received, status.received).items():
        gross = invoice.said.gross.get(rate)
        if gross is None:
            found.append(_detail("InvoiceLCAmountError", f"Le taux {rate:f} n'est pas de la facture.", status))
        elif not min(Decimal(), gross) <= _signed(together, gross, invoice) <= max(Decimal(), gross):
            text = f"Au taux {rate:f}, {together:f} encaissés dépassent les {gross:f} de la facture."
            found.append(_detail("InvoiceLCAmountError", text, status))
    return found


def _signed(together: Decimal, gross: Decimal, invoice: Invoice) -> Decimal:
    """What a credit note pays back may be told with either sign."""
    return abs(together).copy_sign(gross) if invoice.said.is_credit else together


def sums(before: Mapping[Decimal, Decimal], more: Mapping[Decimal, Decimal]) -> dict[Decimal, Decimal]:
    """The amounts of two, by rate."""
    zero = Decimal()
    return {rate: (before.get(rate, zero) + more.get(rate, zero)).normalize() + 0 for rate in {**before, **more}}


def _detail(code: str, text: str, status: papers.Status) -> Detail:
    return Detail(code, text, f"{status.number}/{status.code}")
