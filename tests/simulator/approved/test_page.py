"""The tab of the approved platform: what it shows, and what its forms do."""

import httpx

from tests.simulator.approved.client import INVOICE, Client, paid

PAGE = "/plateforme-agreee"


def shown(client: Client, path: str = PAGE) -> str:
    answer = client.http.get(client.simulator.url + path)
    assert answer.status_code == 200
    return answer.text.replace("<wbr>", "")


def sent(client: Client, **form: str) -> httpx.Response:
    url = client.simulator.url
    return client.http.post(f"{url}/", data={"page": "approved", **form}, headers={"origin": url})


def test_what_was_deposited_and_told_is_shown(client: Client) -> None:
    client.settled(INVOICE, name="<b>F1</b>.xml")
    client.settled(INVOICE, name="again.xml")
    client.settled(paid((20, 5000)), "CDAR")

    page = shown(client)

    assert "&lt;b&gt;F1" in page
    assert "AlreadyExistingFlow" in page
    assert "50.00 / 150.00 à 20 %" in page
    assert "203 Mise à disposition" in page
    assert "aria-current='page'>Plateforme agréée" in page
    assert "ENTREPRISE SANS PLATEFORME" in page


def test_a_form_has_a_status_told(client: Client) -> None:
    client.settled(INVOICE)

    answer = sent(client, deed="approved_move", invoice="1", status="208", reason="JUSTIF_ABS", comment="Le bon manque")

    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert client.told()[-1] == "208"
    flow = client.arrived()[-1]["flowId"]
    text = shown(client, f"{PAGE}/flux/{flow}")
    assert "JUSTIF_ABS" in text
    assert "Le bon manque" in text
    assert "208 Suspendue" in shown(client)


def test_forms_switch_faults_and_let_time_pass_and_come_back_here(client: Client) -> None:
    client.set(acknowledgement=600)
    flow = client.deposit(INVOICE)

    assert sent(client, deed="advance", seconds="600").headers["location"] == PAGE
    assert client.acknowledged(flow)["acknowledgement"] == {"status": "Ok"}
    assert sent(client, deed="fault", kind="resource_error", path="/approved/flow-service/*").status_code == 303
    assert client.http.get(f"{client.flows}/flows/x").status_code == 503
    (number,) = client.simulator.faults.listed()
    sent(client, deed="fault_off", fault=str(number))
    assert client.http.get(f"{client.flows}/flows/x").status_code == 404


def test_a_flow_that_is_none_of_ours_has_no_page(client: Client) -> None:
    assert client.http.get(f"{client.simulator.url}{PAGE}/flux/none").status_code == 404
    odd = client.deposit(b"\x00 no xml")
    assert "Texte" not in shown(client, f"{PAGE}/flux/{odd}")
