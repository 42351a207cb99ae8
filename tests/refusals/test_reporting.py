"""What keeps a payment out of a report, each with its texts in both languages."""

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from msgspec.structs import replace

from lettrage.company.customer import Customer
from lettrage.company.declarant import Declarant
from lettrage.invoicing.formats.flux10 import read
from lettrage.refusal import Refusal, Unreadable
from lettrage.reporting.circumstances import Sold, decided
from lettrage.reporting.report import faults
from tests.reporting.samples import TND, by_invoice, payment

DAY = date(2026, 10, 2)


def _unreadable() -> Refusal:
    try:
        read(b"<Rapport/>")
    except Unreadable as raised:
        return raised.refusal
    raise AssertionError("it was read")


def _unknown(code: str) -> Refusal:
    nobody = Sold(Customer("C", "Martin"), "none", taxed=False)
    missing = decided(nobody, date(2026, 10, 1), Declarant()).missing
    return next(refusal for refusal in missing if refusal.code == code)


def _declared(code: str) -> Refusal:
    """A refusal of the act, met by declaring in its own test (`tests/reporting/test_declaring`)."""
    facts = {"report_unsound": ("/Report", "text", "G1.24"), "payments_missing": ("period", "2", "2026-10")}
    return Refusal(code, *facts.get(code, ("period", "2026-10", "2026-10-31")))


SHOWN_OF_REPORTING: dict[str, Callable[[], Refusal]] = {
    "report_number": lambda: faults(by_invoice(payment(DAY, ("20", 1), number=""))[0])[0],
    "report_date": lambda: faults(by_invoice(payment(DAY, ("20", 1), issued=None))[0])[0],
    "report_rate": lambda: faults(by_invoice(payment(DAY, ("3", 1)))[0])[0],
    "report_not_euro": lambda: faults(by_invoice(replace(payment(DAY, ("20", 1)), home=TND))[0])[0],
    "report_unreadable": _unreadable,
    **{
        code: partial(_declared, code)
        for code in (
            "declarant_regime",
            "declarant_siren",
            "declarant_platform",
            "no_such_period",
            "period_running",
            "report_waits",
            "payments_missing",
            "nothing_to_report",
            "report_by_hand",
            "report_unsound",
            "report_changed",
            "report_not_by_hand",
        )
    },
    "report_charge": lambda: _unknown("report_charge"),
    "report_customer": lambda: _unknown("report_customer"),
    "report_size": lambda: _unknown("report_size"),
}


@pytest.mark.parametrize("code", SHOWN_OF_REPORTING)
def test_the_refusal_is_told_by_its_code_in_both_languages(code: str) -> None:
    from tests.refusals.test_refusals import faulty_texts

    refusal = SHOWN_OF_REPORTING[code]()

    assert refusal.code == code
    assert faulty_texts(refusal) == []
    assert refusal.fr != refusal.en
