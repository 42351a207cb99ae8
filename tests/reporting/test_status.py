"""A payment as status 212 of its invoice."""

from datetime import UTC, date, datetime

from lettrage.invoicing.lifecycle.receipts import of_payment
from tests.reporting.samples import payment

AT = datetime(2026, 10, 2, 12, tzinfo=UTC)


def test_a_return_is_said_by_rate_and_below_zero() -> None:
    said = of_payment(payment(date(2026, 10, 2), ("20", -12000), ("5.5", 0)), AT)

    assert said is not None
    assert (said.code, said.at) == ("212", AT)
    (detail,) = said.details
    assert [(one.type, str(one.amount), one.percent and one.percent.text) for one in detail.data] == [
        ("MEN", "-120.00 EUR", "20")
    ]
    assert of_payment(payment(date(2026, 10, 2), ("20", 0)), AT) is None
