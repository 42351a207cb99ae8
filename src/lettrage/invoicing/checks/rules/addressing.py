"""Whether the invoice has a door, and whether its electronic addresses are those of the directory."""

from collections.abc import Iterator

from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.checks.rules.rule import PLATFORM, Rule
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.routing.route import SCHEME


def door(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """A door that reaches the customer: the one that is asked for, where one is."""
    routed, asked = circumstances.routed, circumstances.asked
    if routed is not None and (routed.door is None or (asked is not None and routed.door != asked)):
        yield Finding("no_door", "buyer", invoice.buyer.name, facts={"why_fr": routed.fr, "why_en": routed.en})


def buyer_address(invoice: Invoice, circumstances: Circumstances) -> Iterator[Finding]:
    """The buyer's address that the invoice says is the directory's."""
    routed, found = circumstances.routed, invoice.buyer.endpoint
    if routed is None or not routed.address or found is None:
        return
    if (found.id, found.scheme) != (routed.address, SCHEME):
        yield Finding("buyer_address_other", "buyer.endpoint", f"{found.id} ({found.scheme})", routed.address)


RULES = (
    Rule(door, ("no_door",)),
    Rule(buyer_address, ("buyer_address_other",), PLATFORM),
)
