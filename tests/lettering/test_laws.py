"""What is done to letters behind the program's back is found."""

from pathlib import Path

import pytest

from lettrage.acts.cancel import Cancel
from lettrage.acts.lettering import MakeLettering
from tests.databases import edit
from tests.journeys.helpers import Firm, advance, company, deposit, header, instrument, invoice, pays
from tests.journeys.reversing import asked
from tests.lettering.test_by_hand import names

# What is found first, and what is done. Group M1 has the lines of rank 5/1 and 7/2 on 511200.
DAMAGES: dict[str, tuple[str, str]] = {
    "a line of another invoice": ("letter_differs", "UPDATE entry_line SET item = 2 WHERE posting = 9 AND item = 1"),
    "a line of no invoice": ("letter_differs", "UPDATE entry_line SET item = NULL WHERE posting = 9 AND item = 1"),
    "a line in another currency": ("letter_differs", "UPDATE entry_line SET currency = 'USD' WHERE item = 2"),
    "an amount in currency": ("letter_differs", "UPDATE entry_line SET amount = amount + 1 WHERE item = 1"),
    "a line of somebody else": ("letter_differs", "UPDATE entry_line SET third_party = 'F1' WHERE item = 2"),
    "an item that is open": ("letter_differs", "UPDATE due_item SET open = 100 WHERE id = 1"),
    "an item on another account": ("letter_differs", "UPDATE due_item SET account = '416000' WHERE id = 2"),
    "a lettering that lost a line": ("lettering_sum", "DELETE FROM lettering_line WHERE posting = 7"),
    "a lettering with a line more": ("lettering_sum", "INSERT INTO lettering_line VALUES ('998', 1, 6, 1)"),
    "a lettering with an invoice's line": ("lettering_lines", "INSERT INTO lettering_line VALUES ('998', 1, 1, 1)"),
    "a lettering on another account": ("lettering_lines", "UPDATE lettering SET account = '512100'"),
    "a lettering of somebody": ("lettering_lines", "UPDATE lettering SET third_party = 'C1'"),
    "a lettering without lines": ("lettering_lines", "DELETE FROM lettering_line"),
    "a line lettered twice": (
        "lettering_twice",
        "UPDATE lettering_line SET posting = 5 WHERE lettering = 2 AND posting = 6",
    ),
}


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    firm = Firm(
        tmp_path,
        company(
            portfolio=[instrument("1", "100.00"), instrument("2", "100.00")],
            invoices=[invoice("1", "900.00"), invoice("2", "50.00"), invoice("3", "10.00"), invoice("4", "5.00")],
        ),
    )
    firm.done(deposit("REMCDI", {"TRANSAC": "1"}), deposit("REMCDI", {"TRANSAC": "2"}))
    firm.done(header("PORCHQ", "900", pays("1", "900")))
    lines = names(firm, "511200")
    for own in ((lines[0], lines[2]), (lines[1], lines[3])):
        assert asked(firm, MakeLettering("511200", "", own, "till")).result
    assert not firm.findings()
    return firm


def test_an_advance_worth_less_than_a_cent_has_no_line_and_is_no_finding(tmp_path: Path) -> None:
    """0.009 TND at 0.30 are 0.0027 EUR. Found by `python -m tests.laws.run lives`, seed 2331477289."""
    firm = Firm(tmp_path, company(invoices=[invoice("1", "100.000", currency="TND", rate="0.30")]))
    paid, kept = pays("1", "100", **worth("100", "30")), advance("0.009", **worth("0.009", "0"))
    number = firm.done(header("PORVIR", "100.009", paid, kept, MT="30", CURRENCY="TND"))
    assert not firm.findings()

    assert asked(firm, Cancel(int(number), "error")).result
    assert not firm.findings()


def worth(amount: str, home: str) -> dict[str, str]:
    """What a detail says for itself where the header says what all is worth."""
    return {"MTDEVREGLE": amount, "MTREGLE": home}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found(firm: Firm, damage: str) -> None:
    code, statement = DAMAGES[damage]
    edit(firm.address, statement)

    assert code in {finding.partition(":")[0] for finding in firm.findings()}
