"""Accounts, mandates and creditor identifiers come in by load files, and stay until somebody says otherwise."""

import json
from pathlib import Path
from typing import Any

import pytest

from lettrage.opening import Loaded, load
from tests.journeys.helpers import Firm
from tests.payments.helpers import IBANS, firm_of, party


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return firm_of(tmp_path)


def records(firm: Firm) -> dict[str, dict[str, Any]]:
    rows = firm.ask("SELECT code, record FROM third_party WHERE dossier = '998'")
    return {code: json.loads(record) for code, record in rows}


def csv(firm: Firm, text: str) -> Loaded:
    return load(text.encode(), "tiers.csv", "998", firm.store, firm.clock)


def test_what_a_later_load_leaves_out_stays(firm: Firm) -> None:
    firm.load({"code": "998", "third_parties": [{"code": "C1", "kind": "customer", "name": "Autre nom"}]})
    found = records(firm)["C1"]
    assert found["name"] == "Autre nom"
    assert found["ibans"] == [IBANS["C1"]]
    assert found["mandate"]["id"] == "RUM-C1"
    assert firm.ask("SELECT means FROM third_party WHERE dossier = '998' AND code = 'C1'") == [("D",)]


def test_what_is_given_blank_is_taken_away(firm: Firm) -> None:
    blank = {"code": "C1", "kind": "customer", "ibans": [], "mandate": "", "means": ""}
    firm.load({"code": "998", "third_parties": [blank]})
    assert (records(firm)["C1"]["ibans"], records(firm)["C1"]["mandate"]) == ([], "")
    assert firm.ask("SELECT means FROM third_party WHERE dossier = '998' AND code = 'C1'") == [("",)]


def test_a_table_of_third_parties(firm: Firm) -> None:
    heads = "code;kind;name;means;ibans;bic;mandate_id;mandate_signed;mandate_sequence;mandate_scheme\n"
    rows = f"C3;customer;Neuf;direct_debit;{IBANS['F4']};;M-3;2024-02-01;OOFF;B2B\nC1;customer;;;;;;;;\n"
    loaded = csv(firm, heads + rows)
    assert (loaded.faults, loaded.strangers) == ([], [])
    assert records(firm)["C3"]["mandate"] == {"id": "M-3", "signed": "2024-02-01", "sequence": "OOFF", "scheme": "B2B"}
    assert records(firm)["C1"]["mandate"]["id"] == "RUM-C1"


@pytest.mark.parametrize(
    ("mandate", "codes"),
    [
        ({"id": "R"}, ["missing_field"]),
        ({"signed": "2024-01-01"}, ["missing_field"]),
        ({"id": "R", "signed": "soon"}, ["malformed_date"]),
        ({"id": "é", "signed": "2024-01-01"}, ["malformed_mandate"]),
        ({"id": "R", "signed": "2024-01-01", "sequence": "NEXT", "scheme": "COR1"}, ["malformed_choice"] * 2),
        ("RUM-1", ["not_an_object"]),
    ],
)
def test_every_fault_of_a_mandate(firm: Firm, mandate: object, codes: list[str]) -> None:
    customer = party("C1", "Client") | {"mandate": mandate}
    loaded = firm.try_load({"dossiers": [{"code": "998", "third_parties": [customer]}]})
    assert [fault.code for fault in loaded.faults] == codes
    assert records(firm)["C1"]["mandate"]["id"] == "RUM-C1"


@pytest.mark.parametrize("ibans", [7, "FR00", ["FR00"], [{}], {"a": 1}, [None, ""], [["x"]]])
def test_accounts_that_are_none_never_break_anything(firm: Firm, ibans: object) -> None:
    firm.try_load({"dossiers": [{"code": "998", "third_parties": [party("F1", "F") | {"ibans": ibans}]}]})
    with firm.store.books("998", writing=False) as books:
        books.payment_facts()
        books.due_to_pay("supplier", firm.clock.today())
    assert firm.findings() == []
