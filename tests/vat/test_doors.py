"""The VAT report through the command line, the API and its page."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from tests.databases import edit
from tests.journeys.helpers import Firm, company, header, pays, run_here
from tests.people.service import Client
from tests.vat.helpers import report, service

PERIOD = ("--from", "2024-09-01", "--to", "2024-10-31")
QUERY = "from=2024-09-01&to=2024-10-31"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    two = [("20", "1000.00", "200.00"), ("5.5", "500.00", "27.50")]
    firm = Firm(tmp_path, company(invoices=[service("1", "1727.50", vat=two), service("2", "1727.50", vat=two)]))
    firm.done(header("PORCHQ", "700.00", pays("1", "700.00"), pays("1", "1027.50", "WPA")))
    return firm


def test_the_command(firm: Firm, tmp_path: Path) -> None:
    arguments = ("vat", *PERIOD, "--database", firm.address)

    shape = run_here(*arguments, "--json", folder=tmp_path).json
    assert shape == json.loads(run_here(*arguments, "--format", "json", folder=tmp_path).out)
    assert shape == report(firm, date(2024, 9, 1), date(2024, 10, 31)).shape
    assert [(row["rate"], row["base"], row["vat"], row["received"]) for row in shape["rows"]] == [
        ("20", "405.21", "81.04", "486.25"),
        ("5.5", "202.61", "11.14", "213.75"),
    ]
    assert sum(round(float(one["vat"]) * 100) for one in shape["parked"]) == 2 * 22750 - 8104 - 1114

    rows = list(csv.DictReader(io.StringIO(run_here(*arguments, "--format", "csv", folder=tmp_path).out)))
    assert [{**row, "reversed_by": None} for row in rows] == shape["rows"]
    read = run_here(*arguments, folder=tmp_path)
    assert "Compte 445710 : 92.18" in read.out
    assert run_here(*arguments, "--lang", "en", folder=tmp_path).status == 0
    assert run_here("vat", "--from", "2024-10-02", "--to", "2024-10-01", folder=tmp_path).status == 2
    assert run_here(*arguments, "--format", "xml", folder=tmp_path).status == 2


def test_nothing_yet_is_a_table_with_its_heads(tmp_path: Path) -> None:
    firm = Firm(tmp_path, company())

    ran = run_here("vat", *PERIOD, "--format", "csv", "--database", firm.address, folder=tmp_path)

    assert ran.out.startswith("date,booked,invoice")


def test_the_command_refuses_what_differs(firm: Firm, tmp_path: Path) -> None:
    edit(firm.address, "UPDATE vat_move SET vat_home = vat_home + 1 WHERE line = 0")

    ran = run_here("vat", *PERIOD, "--json", "--database", firm.address, folder=tmp_path)

    assert (ran.status, ran.out) == (2, "")
    assert "445710" in ran.err


def test_the_api(firm: Firm) -> None:
    client = Client(firm)
    bearer = {"Authorization": f"Bearer {firm.store.accounts.issue('reader', 'reader', '998')}"}

    answer = client.request("GET", f"/api/v1/vat?{QUERY}", headers=bearer)
    assert answer.status_code == 200, answer.text
    assert answer.json() == report(firm, date(2024, 9, 1), date(2024, 10, 31)).shape
    assert client.request("GET", "/api/v1/vat?from=2024-09-02&to=2024-09-01", headers=bearer).status_code == 422
    assert client.request("GET", f"/api/v1/vat?{QUERY}").status_code == 401

    edit(firm.address, "UPDATE vat_move SET vat_home = vat_home + 1 WHERE line = 0")
    refused = Client(firm).request("GET", f"/api/v1/vat?{QUERY.replace('31', '30')}", headers=bearer)
    assert (refused.status_code, refused.json()["code"]) == (409, "vat_report_differs")
