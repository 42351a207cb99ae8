"""What a rule is: a function, the codes that it may find, and the doors at which it holds.

What is wrong, the business term, how to mend it and who says so stand in `findings.toml` under the code.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from lettrage.invoicing.checks.circumstances import Circumstances, Door
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.finding import Finding
from lettrage.money import Amount

EVERYWHERE: frozenset[Door] = frozenset({"chorus", "platform", "public_platform"})
CHORUS: frozenset[Door] = frozenset({"chorus"})
PUBLIC: frozenset[Door] = frozenset({"chorus", "public_platform"})  # whatever ends in Chorus Pro
PLATFORM: frozenset[Door] = frozenset({"platform", "public_platform"})
PUBLIC_PLATFORM: frozenset[Door] = frozenset({"public_platform"})


class Rule(NamedTuple):
    """A rule: pure, from the invoice and its circumstances to what speaks against it."""

    find: Callable[[Invoice, Circumstances], Iterable[Finding]]
    codes: tuple[str, ...]
    doors: frozenset[Door] = EVERYWHERE


def money(invoice: Invoice, minor: int) -> str:
    """An amount of the invoice as findings say it: `120.00 EUR`."""
    return str(Amount(minor, invoice.currency))
