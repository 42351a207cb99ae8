"""The pages of the simulator, their forms, and what EN 16931 remarks on a deposited file."""

from typing import Any

import httpx
import pytest

from tests.simulator.caller import Caller
from tests.simulator.flow import available, deposit, outcome, passed, status
from tests.simulator.samples import facturx, invoice, lot


def sent(caller: Caller, origin: str | None = None, **form: str) -> httpx.Response:
    return caller.http.post("/", data=form, headers={"origin": caller.simulator.url if origin is None else origin})


def test_a_form_moves_an_invoice(caller: Caller) -> None:
    key = available(caller, invoice("ubl"))

    answer = sent(caller, deed="move", invoice=str(key), status="SUSPENDUE", motive="Il manque le bon")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert status(caller, key) == "SUSPENDUE"
    assert "SUSPENDUE" in caller.http.get("/").text.replace("<wbr>", "")


def test_forms_let_time_pass_and_begin_again(caller: Caller) -> None:
    before = caller.simulator.platform.clock.now()
    deposit(caller, invoice("ubl"))

    assert sent(caller, deed="advance", seconds="3600").status_code == 303
    assert (caller.simulator.platform.clock.now() - before).total_seconds() >= 3600

    assert sent(caller, deed="reset").status_code == 303
    assert caller.simulator.platform.flows() == ()


def test_forms_switch_a_fault_on_and_off(caller: Caller) -> None:
    sent(caller, deed="fault", kind="maintenance", path="/cpro/structures/*", times="")
    assert caller.post("structures/v1/rechercher").status_code == 500
    assert "maintenance" in caller.http.get("/").text
    [number] = caller.simulator.faults.listed()

    sent(caller, deed="fault_off", fault=str(number))

    assert caller.post("structures/v1/rechercher").status_code == 200


@pytest.mark.parametrize("origin", ["", "null", "http://elsewhere.example", "http://127.0.0.1:1", "http://[::1"])
def test_only_the_page_itself_sends_forms(caller: Caller, origin: str) -> None:
    deposit(caller, invoice("ubl"))

    assert sent(caller, origin, deed="reset").status_code == 403
    assert len(caller.simulator.platform.flows()) == 1


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"deed": "x"},
        {"deed": "move", "invoice": "x", "status": "REJETEE"},
        {"deed": "move", "invoice": "1", "status": "REJETEE"},
        {"deed": "advance", "seconds": "nan"},
        {"deed": "fault", "kind": "x"},
        {"deed": "fault", "kind": "slow", "times": "x"},
    ],
)
def test_a_form_that_makes_no_sense_is_refused(caller: Caller, form: dict[str, str]) -> None:
    assert sent(caller, **form).status_code == 400


def test_a_page_takes_nothing_from_elsewhere(caller: Caller) -> None:
    page = caller.http.get("/")

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "")


# ---------------------------------------------------------------- remarks


def remarked(caller: Caller, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.control("GET", f"flows/{number}")["remarks"]
    return found


def test_what_the_standard_remarks_refuses_nothing(caller: Caller) -> None:
    number = deposit(caller, lot([("a.xml", invoice("ubl", number="A")), ("b.xml", invoice("ubl", number="B"))]))
    passed(caller, 601)

    seen = caller.control("GET", f"flows/{number}")

    assert (seen["state"], seen["refused"]) == ("IN_INTEGRE", [])
    first = {"file": "a.xml", "rule": "BR-01", "place": "/Invoice[1]"}
    assert first.items() <= seen["remarks"][0].items()
    assert seen["remarks"][0]["text"] == "An Invoice shall have a Specification identifier (BT-24)."
    assert {one["file"] for one in seen["remarks"]} == {"a.xml", "b.xml"}


@pytest.mark.parametrize("family", ["cii", "facturx"])
def test_cii_is_remarked_on_by_the_rules_of_its_profile(caller: Caller, family: str) -> None:
    xml = invoice("cii")
    number = deposit(caller, facturx(xml) if family == "facturx" else xml, family)

    assert "BR-S-02" in [one["rule"] for one in remarked(caller, number)]


def test_a_file_that_cannot_be_read_has_errors_and_no_remarks(caller: Caller) -> None:
    number = deposit(caller, b"<Invoice")

    assert remarked(caller, number) == []
    passed(caller, 601)
    page = caller.http.get(f"/flux/{number}").text
    assert "ERR_XSD_001" in page


def test_the_page_of_a_flow_shows_its_errors_and_its_remarks(caller: Caller) -> None:
    outcome(caller, invoice("ubl", service="INCONNU"), name="<b>.xml")
    [flow] = caller.simulator.platform.flows()

    page = caller.http.get(f"/flux/{flow.number}").text

    assert "IN_REJETE" in page.replace("<wbr>", "")
    assert "existe pas dans le referentiel" in page
    assert "BR-01" in page
    assert "<b>" not in page
    assert caller.http.get("/flux/x").status_code == 404
