"""From a payment of the books to status 212 of its invoice: one status for each payment."""

from datetime import datetime

from lettrage.invoicing.lifecycle.sent import Declared, Received, received
from lettrage.money import Amount, decimal
from lettrage.reporting.received import Payment


def of_payment(payment: Payment, at: datetime) -> Declared | None:
    """What is said of a payment at `at`, by rate, in the invoice's currency; None where that comes to nothing.

    What was granted as a discount and what remains are of no one rate, and the PPF refuses amounts without one: they
    are left out.
    """
    parts = []
    for one in payment.rates:
        rate = decimal(one.rate)
        assert rate is not None, "the books write rates as plain decimals"
        if one.amount:
            parts.append(Received(rate, Amount(one.amount, payment.currency)))
    return received(at, parts) if parts else None
