"""The simulator's own endpoints, its page, its command, and that it shares nothing with the rest."""

import ast
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import lettrage.simulator
from lettrage.simulator.server import Simulator
from tests.simulator.caller import Caller
from tests.simulator.caller import account as account_of
from tests.simulator.flow import deposit, passed, report
from tests.simulator.samples import invoice

SOURCE = Path(lettrage.simulator.__file__).parent
READ = "transverses/v1/recuperer/tauxtva"
HOSTS = (
    "127.0.0.1",
    "localhost:80",
    "LOCALHOST",
    "[::1]:80",
    "attacker.example",
    "10.0.0.1",
    "at_home.example",
    "[::1",
)


def test_what_was_deposited_is_listed_and_comes_back_as_it_was(caller: Caller) -> None:
    data = invoice("ubl", number="K-1")
    number = deposit(caller, data)

    (flow,) = caller.control("GET", "flows")

    assert (flow["number"], flow["bytes"]) == (number, len(data))
    assert flow["state"] == "IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP"
    assert caller.http.get(f"/simulator/flows/{number}/file").content == data


def test_an_invoice_is_moved_to_any_status_known_or_not(caller: Caller) -> None:
    deposit(caller, invoice("ubl", number="K-2"))
    passed(caller, 601)
    (listed,) = caller.control("GET", "invoices")

    moved = caller.control(
        "POST", f"invoices/{listed['id']}/move", {"status": "STATUT_DE_DEMAIN", "motive": "Parce que"}
    )

    assert moved["status"] == "STATUT_DE_DEMAIN"
    found = caller.asked("factures/v1/rechercher/fournisseur", {"numeroFacture": "K-2"})["listeFactures"]
    assert (found[0]["statut"], found[0]["commentaireEtatCourant"]) == ("STATUT_DE_DEMAIN", "Parce que")


def test_the_next_flow_is_stopped_and_resumed(caller: Caller) -> None:
    caller.control("POST", "flows/stop-next", {"state": "IN_EN_ATTENTE_RETRAITEMENT_CPP"})
    number = deposit(caller, invoice("ubl", number="K-3"))
    passed(caller, 601)
    assert report(caller, number)["etatCourantDepotFlux"] == "IN_EN_ATTENTE_RETRAITEMENT_CPP"

    caller.control("DELETE", f"flows/{number}/stop")

    assert report(caller, number)["etatCourantDepotFlux"] == "IN_INTEGRE"


def test_a_buyer_s_script_plays_by_itself(caller: Caller) -> None:
    steps = [{"after": 10, "status": "SERVICE_FAIT"}, {"after": 20, "status": "MISE_EN_PAIEMENT"}]
    caller.control("POST", "scripts", {"steps": steps})
    deposit(caller, invoice("ubl", number="K-4"))

    passed(caller, 2000)

    (listed,) = caller.control("GET", "invoices")
    assert [one["code"] for one in listed["history"]][-2:] == ["SERVICE_FAIT", "MISE_EN_PAIEMENT"]


def test_structures_accounts_and_applications_are_added_over_http(caller: Caller) -> None:
    caller.control(
        "POST",
        "structures",
        {
            "id": 1,
            "identifier": "00000000000001",
            "name": "Nouvelle",
            "services": [{"id": 2, "code": "A", "name": "A"}],
        },
    )
    account = {"login": "TECH_2@cpro.fr", "password": "x", "structures": [1], "applications": ["APP_2"]}
    caller.control("POST", "accounts", account)
    caller.control("POST", "applications", {"client_id": "two", "client_secret": "2", "name": "APP_2"})

    token = caller.ask_token(client_id="two", client_secret="2").json()["access_token"]  # noqa: S106
    got = caller.post(
        "utilisateurs/v1/monCompte/recuperer/rattachements",
        authorization=f"Bearer {token}",
        cpro_account=account_of("TECH_2@cpro.fr", "x"),
    )

    assert [one["idStructure"] for one in got.json()["listeStructureRattachement"]] == [1]
    assert caller.post(READ, authorization=f"Bearer {token}").status_code == 403  # not in the other's sheet


def test_a_structure_put_again_replaces_itself_under_its_id_and_its_number(caller: Caller) -> None:
    directory = caller.simulator.platform.directory
    before = len(list(directory))
    caller.control("POST", "structures", {"id": 25783450, "identifier": "12345678200051", "name": "Autre nom"})
    caller.control("POST", "structures", {"id": 25783450, "identifier": "12345678299999", "name": "Autre numéro"})

    assert len(list(directory)) == before
    assert directory.structure("12345678200051") is None
    renamed = directory.structure("12345678299999")
    assert renamed is not None
    assert renamed.name == "Autre numéro"


def test_the_clock_is_advanced_and_its_speed_changed(caller: Caller) -> None:
    before = caller.control("GET", "state")

    after = caller.control("POST", "clock", {"advance": 86_400, "speed": 0})

    assert after["now"] > before["now"]
    assert caller.control("GET", "state")["now"] == after["now"]


def test_reset_forgets_everything(caller: Caller) -> None:
    deposit(caller, invoice("ubl", number="K-5"))
    caller.control("POST", "faults", {"kind": "slow"})
    token = f"Bearer {caller.token()}"

    caller.control("DELETE", "state")

    state = caller.control("GET", "state")
    assert (state["flows"], state["invoices"], state["faults"]) == (0, 0, {})
    assert caller.post(READ, authorization=token).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "clock", {"advance": -1}),
        ("POST", "clock", {"advance": 1e300}),
        ("POST", "clock", {"speed": "x"}),
        ("PATCH", "settings", {"piste": {"token_seconds": "x"}}),
        ("PATCH", "settings", {"platform": {"nothing": 1}}),
        ("POST", "structures", {"id": 1}),
        ("POST", "accounts", []),
        ("POST", "seed", {}),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(caller: Caller, method: str, path: str, body: Any) -> None:
    got = caller.http.request(method, f"/simulator/{path}", json=body)

    assert got.status_code == 400
    assert got.json()["error"]


def test_what_is_not_there_is_not_found(caller: Caller) -> None:
    assert caller.http.get("/simulator/flows/CPP/file").status_code == 404
    assert caller.http.post("/simulator/invoices/1/move", json={"status": "X"}).status_code == 404


@pytest.mark.parametrize("path", ["/api/oauth/token", "/cpro/factures/v1/deposer/flux"])
def test_a_page_of_the_web_cannot_reach_the_platform(caller: Caller, path: str) -> None:
    told = {host: caller.http.post(path, headers={"host": host}).status_code for host in HOSTS}

    assert [host for host, status in told.items() if status == 421] == list(HOSTS[4:])


def test_a_page_of_the_web_cannot_reach_the_controls(caller: Caller) -> None:
    by_name = caller.http.get("/simulator/state", headers={"host": "attacker.example"})
    as_a_form = caller.http.post(
        "/simulator/clock", content="advance=1", headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert (by_name.status_code, as_a_form.status_code) == (403, 400)


def test_the_page_says_what_it_is_and_lists_the_deposits_with_nothing_of_theirs_alive(caller: Caller) -> None:
    deposit(caller, invoice("ubl", number="K-6"), name="<script>alert(1)</script>.xml")
    passed(caller, 601)

    page = caller.http.get("/")

    assert page.headers["content-type"].startswith("text/html")
    assert "Simulateur de Chorus Pro" in page.text
    assert "K-6" in page.text
    assert "<script" not in page.text
    assert caller.simulator.password not in page.text
    assert caller.simulator.client_secret not in page.text


def test_speed_shortens_what_it_waits_for() -> None:
    with Simulator(speed=10_000) as fast, Caller(fast) as caller:
        number = deposit(caller, invoice("ubl", number="K-7"))
        for _ in range(200):
            state = report(caller, number)["etatCourantDepotFlux"]
            if state == "IN_INTEGRE":
                break

        assert state == "IN_INTEGRE"


def test_what_goes_wrong_in_the_simulator_itself_is_told_at_the_end() -> None:
    def fail() -> None:
        with Simulator() as broken, Caller(broken) as caller:
            broken.platform.directory.engagements = _Broken()
            assert caller.post("engagementsJuridiques/v1/rechercher").status_code == 500

    with pytest.raises(ZeroDivisionError):
        fail()


class _Broken(dict[str, Any]):
    def values(self) -> Any:
        return 1 // 0


# ---------------------------------------------------------------- command


@contextmanager
def running(*options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The first line that the command prints, and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lettrage", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline(), process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_the_connection_serves_and_stops(number: signal.Signals) -> None:
    with running("--json", "chorus", "simulator", "--speed", "50") as (line, process):
        connection = json.loads(line)
        approved = {
            f"approved_{name}" for name in ("token_url", "flow_url", "directory_url", "client_id", "client_secret")
        }
        assert set(connection) == {"url", "client_id", "client_secret", "login", "password"} | approved
        got = httpx.post(
            connection["url"] + "/api/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": connection["client_id"],
                "client_secret": connection["client_secret"],
            },
            trust_env=False,
        )
        assert got.status_code == 200
        assert httpx.get(connection["url"] + "/simulator/state", trust_env=False).json()["speed"] == 50

        os.kill(process.pid, number)

        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_port_that_is_taken_is_said_in_plain_words(simulator: Simulator) -> None:
    port = simulator.url.rpartition(":")[2]

    with running("chorus", "simulator", "--port", port) as (_line, process):
        _out, said = process.communicate()

    assert process.returncode == 2
    assert port in said
    assert "Traceback" not in said


# ---------------------------------------------------------------- alone


@pytest.mark.parametrize("module", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.name)
def test_the_simulator_imports_nothing_of_the_rest(module: Path) -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    assert not [name for name in imported if name.startswith("lettrage") and not name.startswith("lettrage.simulator")]
