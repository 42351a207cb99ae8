"""The FEC over HTTP: the API and the page hand out the same file that the command writes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lettrage.simulator.server import Simulator
from tests.databases import edit
from tests.fec.corpus import NAME, ours
from tests.fec.test_command import SIREN, firm  # noqa: F401  (a fixture)
from tests.journeys.helpers import Firm
from tests.pages.world import World, people, world_of
from tests.people.service import Client


@pytest.fixture
def accountant(firm: Firm) -> Any:  # noqa: F811
    """Calls of an accountant's program."""
    token, client = firm.store.accounts.issue("ledger", "accountant", ""), Client(firm)

    def call(method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        return client.request(method, f"/api/v1{path}", headers=headers, **more)

    return call


def test_the_api_hands_out_what_the_command_writes(firm: Firm, accountant: Any) -> None:  # noqa: F811
    found = accountant("GET", "/fec", params={"year": "2024"}).json()
    assert (found["ok"], found["file"]["entries"], found["provisional"]) == (True, 2, True)
    assert found["description"].startswith("# Descriptif")
    given = accountant("POST", "/fec", json={"year": "2024", "separator": "pipe", "encoding": "ascii"})
    assert given.status_code == 200
    assert given.headers["content-disposition"] == f"attachment; filename*=UTF-8''{SIREN}FEC20241231.txt"
    assert given.content.startswith(b"JournalCode|")
    assert int(given.headers["content-length"]) == len(given.content)
    judged = accountant(
        "POST", "/fec/check", content=given.content, params={"name": NAME}, headers={"Content-Type": "text/plain"}
    )
    assert [one["code"] for one in judged.json()["findings"]] == []
    ((by, after),) = firm.ask("SELECT \"by\", after FROM audit_event WHERE kind = 'export'")
    assert (by, "sha256" in after) == ("ledger", True)


def test_what_would_not_conform_is_not_handed_out(firm: Firm, accountant: Any) -> None:  # noqa: F811
    edit(firm.address, "UPDATE entry SET number = 9 WHERE number = 2 AND year = '2024'")
    refused = accountant("POST", "/fec", json={"year": "2024"})
    assert (refused.status_code, refused.json()["code"]) == (409, "fec_refused")
    assert accountant("GET", "/fec", params={"year": "2024"}).json()["levels"] == {"error": 1, "missing": 0, "alert": 0}
    assert firm.ask("SELECT count(*) FROM audit_event WHERE kind = 'export'") == [(0,)]


@pytest.mark.parametrize(
    ("form", "status"),
    [({"year": "1"}, 422), ({}, 422), ({"year": "2024", "separator": ";"}, 422), ({"year": "2024b"}, 409)],
)
def test_a_form_that_is_wrong_is_told(accountant: Any, form: dict[str, str], status: int) -> None:
    assert accountant("POST", "/fec", json=form).status_code == status


def test_a_file_with_faults_is_judged_and_nothing_of_it_kept(firm: Firm, accountant: Any) -> None:  # noqa: F811
    before = firm.rows()
    fec = ours()
    fec.set(3, "PieceRef", "")
    sent = {"content": fec.bytes(), "headers": {"Content-Type": "application/octet-stream"}}
    found = accountant("POST", "/fec/check", **sent).json()
    assert [(one["code"], one["line"]) for one in found["findings"]] == [("data_missing", 5)]
    assert firm.rows() == before


# ---------------------------------------------------------------- the page


@pytest.fixture
def world(firm: Firm, simulator: Simulator) -> Iterator[World]:  # noqa: F811
    people(firm)
    with world_of(firm, simulator) as made:
        yield made


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as portal:
        yield portal


def test_the_page_shows_what_is_found_and_gives_the_file_to_an_accountant(world: World, tmp_path: Path) -> None:
    client = world.client("accountant")
    assert "/fec" in client.get("/ecritures").text
    page = client.get("/fec?exercice=2024").text
    assert "Rien à redire" in page
    assert f"Télécharger {SIREN}FEC20241231.txt" in page
    given = client.send_form("/fec", exercice="2024", separateur="pipe", quoi="fec")
    assert given.headers["content-disposition"].endswith(f"{SIREN}FEC20241231.txt")
    assert given.text.startswith("JournalCode|")
    beside = client.send_form("/fec", exercice="2024", quoi="descriptif")
    assert beside.text.startswith("# Descriptif")
    assert "FEC 2024" in world.client("administrator").get("/parametres/journal?genre=export").text


def test_a_reader_sees_the_findings_and_may_not_take_the_file(world: World) -> None:
    client = world.client("reader")
    assert "réservé au comptable" in client.get("/fec?exercice=2024").text
    assert client.send_form("/fec", exercice="2024").status_code == 403


def test_an_uploaded_file_is_judged_on_the_page(world: World) -> None:
    client = world.client("reader", lang="en")
    fec = ours()
    sound = client.send_form("/fec/controle", files={"fichier": (NAME, fec.bytes())})
    assert "It conforms; nothing was found." in sound.text
    fec.set(3, "PieceRef", "<script>")
    fec.set(4, "Credit", "200.00")
    bad = client.send_form("/fec/controle", files={"fichier": (NAME, fec.bytes())})
    assert "line 6, column Credit" in bad.text
    assert "<script>" not in bad.text.split("<main")[1]
    assert client.send_form("/fec/controle").status_code == 422


@pytest.mark.parametrize("query", ["exercice=nonsense", "exercice=2024b", "exercice=2024&siren=1"])
def test_a_year_that_is_not_there_is_told_on_the_page(world: World, query: str) -> None:
    assert world.client("reader").get(f"/fec?{query}").status_code == 422
