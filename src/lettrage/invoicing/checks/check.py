"""The first layer of the pre-check: our own rules and Chorus Pro's known ones, on the invoice as a value.

Pure: what the directory says, what the settings are, where the number is in use comes in as `Circumstances`. The
second and the third layer (the XML schema, the official rule sheets) judge the file: see `precheck.py`.
"""

from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.checks.rules import addressing, amounts, directory, files, identity, payment, terms, vat
from lettrage.invoicing.checks.rules.rule import Rule
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.finding import Finding

RULES: tuple[Rule, ...] = (
    *addressing.RULES,
    *identity.RULES,
    *directory.RULES,
    *terms.RULES,
    *payment.RULES,
    *amounts.RULES,
    *vat.RULES,
    *files.RULES,
)


def check(invoice: Invoice, circumstances: Circumstances) -> list[Finding]:
    """Everything that speaks against an invoice at the door it is to go through, all at once."""
    door = circumstances.door
    return [one for rule in RULES if door in rule.doors for one in rule.find(invoice, circumstances)]
