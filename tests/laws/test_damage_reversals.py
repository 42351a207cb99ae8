"""Damage to what was taken back is found: a return, a presentation, a cancellation, and one row changed."""

from pathlib import Path

import pytest

from tests.databases import edit
from tests.journeys.helpers import Firm, company, header, instrument, invoice, pays
from tests.journeys.reversing import again, cancel, unpaid

VAT = {"vat_due": "receipts", "vat": [{"rate": "20", "base": "3000.00", "amount": "600.00"}]}

# What is changed, and the finding that must tell it.
DAMAGES = {
    "a return that nobody kept": ("return_differs", "DELETE FROM unpaid"),
    "a return of another third party": ("return_differs", "UPDATE unpaid SET third_party = 'F1'"),
    "a return of another payment": ("return_differs", "UPDATE unpaid SET instrument = 1 WHERE instrument <> 1"),
    "a return that undoes a return": (
        "return_differs",
        'UPDATE unpaid SET undone_transaction = "transaction", undone_order = 1',
    ),
    "a cancelled transaction that stands again": (
        "transaction_reversal",
        "UPDATE \"transaction\" SET status = 'posted' WHERE status = 'cancelled'",
    ),
    "a standing transaction called cancelled": (
        "transaction_reversal",
        "UPDATE \"transaction\" SET status = 'cancelled' WHERE kind = 'represented'",
    ),
    "a doubtful item moved to 411": (
        "third_party_balance",
        "UPDATE due_item SET account = '' WHERE account = '416000'",
    ),
    "VAT that waits no more": ("vat_parked_balance", "UPDATE due_item SET parked = '[0]' WHERE parked = '[60000]'"),
    "VAT in no form at all": ("unreadable", "UPDATE due_item SET parked = 'x' WHERE parked = '[60000]'"),
    "an unpaid header of another amount": (
        "header_allocations",
        'UPDATE header SET amount = amount + 1 WHERE state_change = \'IMPCHQ\'',
    ),
    "a presentation at another worth": (
        "header_allocations",
        "UPDATE header SET home = home + 1 WHERE state_change = 'REPCHQ'",
    ),
    "a returned payment of another third party": (
        "instrument_header",
        "UPDATE instrument SET third_party = 'F1' WHERE state = 'C90' AND active = 1",
    ),
}  # fmt: skip


def damaged_firm(folder: Path) -> Firm:
    """87 is doubtful and its VAT waits, 86 was presented again, 85 was cancelled, 661 was loaded and came back."""
    due = [invoice("87", "3600.00", **VAT), invoice("86", "2400.00"), invoice("85", "100.00")]
    firm = Firm(folder, company(invoices=due, portfolio=[instrument("661", "3400.00")]))
    unpaid(firm, firm.done(header("PORCHQ", "3600", pays("87", "3600"))), to="416")
    back = unpaid(firm, firm.done(header("PORCHQ", "2400", pays("86", "2400"))))["transaction"]
    firm.done(again(back))
    cancel(firm, firm.done(header("PORESP", "100", pays("85", "100"))))
    unpaid(firm, "661")
    return firm


def test_the_books_are_sound_before(tmp_path: Path) -> None:
    assert damaged_firm(tmp_path).findings() == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_told(damage: str, tmp_path: Path) -> None:
    code, statement = DAMAGES[damage]
    firm = damaged_firm(tmp_path)
    firm.store.close()

    edit(firm.address, statement)

    assert code in {finding.split(":")[0] for finding in firm.findings()}
