"""The directory service: one by its key, searches, and what its file of fixtures must hold together."""

import tomllib
from typing import Any

import pytest

from lettrage.simulator.approved.companies import FIXTURES, Companies
from lettrage.simulator.directory import FIXTURES as CHORUS
from tests.simulator.approved.client import Client


def get(client: Client, path: str, **query: str) -> dict[str, Any]:
    answer = client.http.get(f"{client.directory}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def search(client: Client, kind: str, **asked: Any) -> dict[str, Any]:
    answer = client.http.post(f"{client.directory}/{kind}/search", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def strict(value: str) -> dict[str, str]:
    return {"op": "strict", "value": value}


def test_one_of_each_by_its_key(client: Client) -> None:
    company = get(client, "siren/code-insee:123456782")
    facility = get(client, "siret/code-insee:12345678200044")
    code = get(client, "routing-code/siret:12345678200028/code:SERVICE_FERME")
    line = get(client, "directory-line/code:123456782_12345678200028_SERVICE_DEST_SERV_OBL")

    assert (company["entityType"], company["administrativeStatus"]) == ("Public", "A")
    assert facility["b2gAdditionalData"] == {
        "pm": False,
        "pmOnly": False,
        "managesPaymentStatus": True,
        "managesLegalCommitmentCode": True,
        "managesLegalCommitmentOrServiceCode": False,
        "serviceCodeStatus": True,
    }
    assert code["administrativeStatus"] == "C"
    assert (line["platformType"], line["directoryLineStatus"]) == ("DFH", "Enabled")
    assert "b2gAdditionalData" not in get(client, "siret/code-insee:20000000800017")
    assert get(client, "siren/code-insee:400000006")["administrativeStatus"] == "C"
    assert get(client, "directory-line/code:600000004")["directoryLineStatus"] == "Disabled"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("siren/code-insee:999999999", 404),
        ("siren/code-insee:99999999", 400),
        ("siret/code-insee:99999999900000", 404),
        ("routing-code/siret:12345678200028/code:NONE", 404),
        ("directory-line/code:999", 404),
        ("directory-line/code:" + "9" * 126, 400),
        ("siren/code-insee:123456782?fields=colour", 400),
        ("directory-line/code:123456782?include=colour", 400),
        ("nowhere", 404),
    ],
)
def test_what_is_not_there_or_not_asked_rightly(client: Client, path: str, status: int) -> None:
    assert client.http.get(f"{client.directory}/{path}").status_code == status


def test_fields_and_relations_are_what_was_asked_for(client: Client) -> None:
    address = "732829320_73282932000082_ATELIER-2"
    found = get(client, f"directory-line/code:{address}", fields="siren,siret", include="siren,siret,routingCode")

    assert set(found) == {"siren", "siret", "legalUnit", "facility", "routingCode"}
    assert found["legalUnit"]["businessName"] == "CLIENT A DEUX ADRESSES"
    assert found["routingCode"]["routingIdentifier"] == "ATELIER-2"
    facility = get(client, "siret/code-insee:12345678200028", fields="siret,serviceCodeStatus")
    assert facility == {"siret": "12345678200028", "b2gAdditionalData": {"serviceCodeStatus": True}}


def test_searches_filter_sort_and_skip(client: Client) -> None:
    lines = search(client, "directory-line", filters={"siren": strict("732829320")})
    assert lines["totalNumberOfResults"] == 4
    sorting = [{"field": "addressingIdentifier", "order": "descending"}]
    page = search(client, "directory-line", filters={"siren": strict("732829320")}, sorting=sorting, ignore=1, limit=2)
    addresses = sorted((one["addressingIdentifier"] for one in lines["results"]), reverse=True)
    assert [one["addressingIdentifier"] for one in page["results"]] == addresses[1:3]

    named = search(client, "siren", filters={"businessName": {"op": "contains", "value": "client"}})
    assert [one["siren"] for one in named["results"]] == ["732829320"]
    begun = search(client, "siret", filters={"postalCode": {"op": "startWith", "value": "40"}})
    assert [one["siret"] for one in begun["results"]] == ["73282932000082"]
    codes = search(client, "routing-code", filters={"siret": strict("12345678200028")}, include=["siret"])
    assert {one["facility"]["siret"] for one in codes["results"]} == {"12345678200028"}
    closed = search(client, "siren", filters={"administrativeStatus": strict("C")}, fields=["siren"])
    assert closed["results"] == [{"siren": "400000006"}]
    assert search(client, "directory-line", filters={"siren": strict("500000005")})["results"] == []


def test_the_directory_can_be_added_to(client: Client) -> None:
    body = {
        "companies": [{"siren": "900000001", "name": "NOUVELLE"}],
        "facilities": [{"siret": "90000000100011", "name": "NOUVELLE"}],
        "routing_codes": [{"siret": "90000000100011", "code": "A", "name": "Accueil"}],
        "lines": [{"siren": "900000001", "siret": "90000000100011", "routing": "A"}],
    }
    client.control("POST", "approved/directory", body)

    found = get(client, "directory-line/code:900000001_90000000100011_A", include="siren,siret,routingCode")
    assert found["legalUnit"]["businessName"] == found["facility"]["name"] == "NOUVELLE"


def test_the_fixtures_hold_together_and_know_whom_chorus_knows() -> None:
    companies = Companies()
    facilities = {one.siret for one in companies.all_facilities()}

    assert all(companies.company(one.siren) for one in companies.all_facilities())
    assert all(companies.company(one.siren) for one in companies.all_lines())
    assert all(one.siret in facilities for one in companies.all_codes())
    assert all(one.siret in facilities for one in companies.all_lines() if one.siret)
    assert all(companies.code(one.siret, one.routing) for one in companies.all_lines() if one.routing)
    structures = tomllib.loads(CHORUS.read_text("utf-8"))["structures"]
    sirets = {one["identifier"] for one in structures if one.get("identifier_type", "SIRET") == "SIRET"}
    assert sirets <= facilities
    assert FIXTURES.is_file()
