"""The refusals of the FEC: each shown by the call that is refused."""

from pathlib import Path

import pytest

from lettrage.refusal import Refusal
from tests.databases import edit
from tests.journeys.helpers import Firm, company, invoice, run_here
from tests.people.service import Client

SHOWN_OF_FEC = ("no_siren", "fec_refused")


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A company without a SIRET."""
    return Firm(tmp_path, company(invoices=[invoice("1", "120.00"), invoice("2", "60.00")]))


def test_a_company_without_a_siret_is_told_what_to_give(firm: Firm) -> None:
    arguments = ("fec", "--year", "2024", "--out", "out", "--database", firm.address)
    refused = run_here(*arguments, folder=firm.folder)
    assert (refused.status, refused.out) == (2, "")
    assert Refusal("no_siren", "siret", "-").fix_fr in refused.err
    assert run_here(*arguments, "--siren", "356000000", folder=firm.folder).status == 0


def test_a_file_that_would_not_conform_is_not_handed_out(firm: Firm) -> None:
    edit(firm.address, "UPDATE entry SET number = 9 WHERE number = 2 AND year = '2024'")
    token = firm.store.accounts.issue("ledger", "accountant", "")
    answer = Client(firm).request(
        "POST",
        "/api/v1/fec",
        headers={"Authorization": f"Bearer {token}"},
        json={"year": "2024", "siren": "356000000"},
    )
    (reason,) = answer.json()["reasons"]
    assert (answer.status_code, reason["code"], reason["seen"], reason["expected"]) == (409, "fec_refused", "1", "2024")
