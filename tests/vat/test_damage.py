"""What is done to VAT behind the program's back is found."""

from pathlib import Path

import pytest

from tests.databases import edit
from tests.journeys.helpers import Firm, company, header, pays
from tests.vat.helpers import service
from tests.vat.test_figures import cancel, unpaid


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Receipts of two invoices in part and in full, one that came back, one cancelled."""
    two = [("20", "1000.00", "200.00"), ("10", "500.00", "50.00")]
    firm = Firm(
        tmp_path, company(invoices=[service("1", "1750.00", vat=two), service("2", "1000.00", "750.00", vat=two)])
    )
    firm.done(header("PORCHQ", "700.00", pays("1", "700.00"), pays("1", "1050.00", "WPA")))
    back = firm.done(header("PORCHQ", "1050.00", pays("1", "1050.00")))
    unpaid(firm, back)
    wrong = firm.done(header("PORVIR", "995.00", pays("2", "995.00"), pays("2", "5.00", "WDR")))
    cancel(firm, wrong)
    firm.done(header("PORVIR", "750.00", pays("2", "750.00")))
    assert firm.findings() == []
    return firm


OF_ONE = 'WHERE "transaction" = 1 AND line = 0'


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (f"UPDATE vat_move SET vat_home = vat_home + 1 {OF_ONE}", "vat_posted"),
        (f"UPDATE vat_move SET freed_home = freed_home + 1 {OF_ONE}", "vat_posted"),
        (f"UPDATE vat_move SET rate = '10' {OF_ONE}", "vat_rate"),
        (f"DELETE FROM vat_move {OF_ONE}", "vat_waits"),
        ("DELETE FROM vat_move WHERE \"transaction\" = 1", "vat_posted"),
        (f"UPDATE vat_move SET line = 7 {OF_ONE}", "vat_waits"),
        ("UPDATE due_item SET parked = '[1,2]' WHERE piece = '1' AND open <> 0", "vat_waits"),
        ("UPDATE due_item SET parked = '[\"a\"]' WHERE piece = '1' AND open <> 0", "unreadable"),
        ("UPDATE invoice SET vat = '[[\"20\", 100000, 20001], [\"10\", 50000, 4999]]' WHERE number = '1'", "vat_waits"),
        ("UPDATE invoice SET vat = '[[\"0/0\"]]' WHERE number = '1'", "unreadable"),
    ],
)  # fmt: skip
def test_damage_is_found(statement: str, code: str, firm: Firm) -> None:
    edit(firm.address, statement)

    assert code in {finding.split(":")[0] for finding in firm.findings()}
