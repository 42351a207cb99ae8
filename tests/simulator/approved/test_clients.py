"""Another project's client (pyfrctc), with nothing changed but its addresses."""

from typing import Any

import pytest
from pyfrctc import pyfrctc

from tests.simulator.approved.client import INVOICE, NUMBER, Client, paid


@pytest.fixture
def session(client: Client, monkeypatch: pytest.MonkeyPatch) -> Any:
    connection = client.simulator.approved_connection
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    addresses = {
        "afnor_base_url": f"{client.simulator.url}/approved",
        "token_url": connection["approved_token_url"],
        "label": "Simulateur",
    }
    monkeypatch.setitem(pyfrctc.PLATFORMS, "simulator", addresses)
    with pyfrctc.get_session(
        "simulator",
        "client_credentials",
        "tests",
        lambda _: {"access_token": "", "expires_at": 0},
        lambda _: None,
        connection["approved_client_id"],
        connection["approved_client_secret"],
    ) as made:
        made.trust_env = False
        yield made


def test_it_reads_the_directory(session: Any) -> None:
    assert pyfrctc.healthcheck(session, type="directory")
    assert pyfrctc.get_directory_siren_parsed(session, "100000009")["siren"] == "100000009"
    lines = pyfrctc.get_directory_lines_parsed(session, "732829320")
    assert len(lines) > 0


def test_it_deposits_searches_and_reads_messages(client: Client, session: Any) -> None:
    flow = pyfrctc.send_flow_parsed(session, INVOICE, "F1.xml", "UBL", "B2B")
    client.acknowledged(flow["flowId"])

    assert pyfrctc.get_flow_metadata_parsed(session, flow["flowId"])["acknowledgement"]["status"] == "Ok"
    found = pyfrctc.search_flows_parsed(session, "2026-01-01T00:00:00Z", "In", "CustomerInvoiceLC")
    assert len(found) == 3
    read = pyfrctc.parse_cdar(pyfrctc.get_flow(session, found[0]["flowId"], "Original"))
    assert NUMBER in str(read)
    assert client.acknowledged(pyfrctc.send_flow(session, paid((20, 100)), "212.xml", "CDAR", "B2B")["flowId"])[
        "acknowledgement"
    ] == {"status": "Ok"}
