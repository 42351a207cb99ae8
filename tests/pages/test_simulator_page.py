"""The simulator's own page: an invoice moved on and seen in the invoices, faults on and off; never in production."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lettrage.acts import perform
from lettrage.adapters.http.pages import words as pages_words
from lettrage.caller import Caller
from lettrage.commands.simulated import HttpSimulated
from lettrage.invoicing.settings import Row, changes
from lettrage.invoicing.simulated import KINDS, PLACES, Unanswered, address_of
from lettrage.simulator import faults
from lettrage.simulator.page import PATHS
from lettrage.simulator.server import Simulator
from tests.pages.browser import Visiting, visiting
from tests.pages.invoice_story import Story
from tests.pages.world import DOSSIER, World, world_of

NUMBER = "FA-2026-0429"


@pytest.fixture
def story(tmp_path: Path, portal: Simulator) -> Iterator[Story]:
    story = Story(tmp_path, portal)
    yield story
    story.platforms.close()


@pytest.fixture
def world(story: Story, portal: Simulator) -> Iterator[World]:
    with world_of(story.firm, portal) as world:
        yield world


@pytest.fixture
def visit(browser: Browser, world: World) -> Iterator[Visiting]:
    with visiting(browser, world) as visit:
        yield visit


def sent(story: Story) -> int:
    document = story.invoice(NUMBER, service="FIN-01")
    story.send(document)
    return document


def test_an_invoice_is_moved_on_and_seen_where_invoices_are(visit: Visiting, story: Story) -> None:
    sent(story)
    there = visit(role="administrator")
    page = there("/simulateur")
    expect(page.get_by_role("link", name="Simulateur")).to_have_attribute("aria-current", "page")
    row = page.get_by_role("row", name=re.compile(NUMBER)).first
    expect(row).to_contain_text("MISE_A_DISPOSITION")
    row.get_by_label(f"Nouvel état de {NUMBER}").select_option("SUSPENDUE")
    there.allowed = (422,)
    row.get_by_role("button", name="Avancer l’état").click()
    expect(page.get_by_role("alert")).to_contain_text("demande un motif")
    row.get_by_label(f"Nouvel état de {NUMBER}").select_option("SUSPENDUE")
    row.get_by_label(f"Motif pour {NUMBER}").fill("Bon de livraison manquant")
    row.get_by_role("button", name="Avancer l’état").click()
    expect(page.get_by_role("status").first).to_contain_text("État avancé : Suspendue")
    expect(page.get_by_role("row", name=re.compile(NUMBER)).first).to_contain_text("SUSPENDUE")
    assert not there.axe()

    page.get_by_role("button", name="Relever les statuts").click()
    page.wait_for_url("**/factures")
    story.work()
    page.reload()
    expect(page.get_by_role("row", name=re.compile(NUMBER))).to_contain_text("Suspendue")


def test_the_clock_and_every_fault_are_switched(world: World, portal: Simulator) -> None:
    client = world.client("administrator")
    before = portal.platform.clock.now()
    assert client.send_form("/simulateur/horloge", avancer="86400").status_code == 303
    assert (portal.platform.clock.now() - before).days >= 1
    for kind in sorted(KINDS):
        assert client.send_form("/simulateur/pannes", allumer=kind, ou="invoices", fois="3").status_code == 303
    on = portal.simulation.faults.listed()
    assert {fault.kind for fault in on.values()} == KINDS
    assert {(fault.path, fault.times) for fault in on.values()} == {("/cpro/factures/*", 3)}
    shown = client.get("/simulateur").text
    assert "24 en service" in shown
    first = next(iter(on))
    assert client.send_form("/simulateur/pannes", eteindre=str(first)).status_code == 303
    assert first not in portal.simulation.faults.listed()
    assert client.send_form("/simulateur/pannes", eteindre="0").status_code == 303
    assert not portal.simulation.faults.listed()


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("horloge", {"avancer": "-5"}),
        ("horloge", {"avancer": "999999999"}),
        ("pannes", {"allumer": "rien", "ou": "all"}),
        ("pannes", {"allumer": "slow", "ou": "http://ailleurs"}),
        ("pannes", {"allumer": "slow", "ou": "all", "fois": "0"}),
        ("etat", {"facture": "1", "etat": "MISE_EN_PAIEMENT"}),
        ("etat", {"facture": "x", "etat": "y"}),
        ("etat", {}),
    ],
)
def test_what_cannot_be_done_is_told(world: World, portal: Simulator, address: str, fields: dict[str, str]) -> None:
    answer = world.client("administrator").send_form(f"/simulateur/{address}", **fields)
    assert answer.status_code == 422
    assert "À corriger" in answer.text
    assert not portal.simulation.faults.listed()


def test_an_invoice_comes_only_to_what_its_state_allows(world: World, story: Story, portal: Simulator) -> None:
    sent(story)
    (one,) = portal.platform.invoices()
    client = world.client("administrator")
    assert client.send_form("/simulateur/etat", facture=str(one.id), etat="MISE_EN_PAIEMENT").status_code == 303
    assert client.send_form("/simulateur/etat", facture=str(one.id), etat="SERVICE_FAIT").status_code == 422
    assert portal.platform.invoices()[0].status == "MISE_EN_PAIEMENT"


@pytest.mark.parametrize("role", ["reader", "clerk", "accountant"])
def test_only_who_sets_chorus_up_moves_the_simulator(world: World, role: str) -> None:
    client = world.client(role)
    assert client.get("/simulateur").status_code == 403
    assert client.send_form("/simulateur/horloge", avancer="600").status_code == 403
    assert "/simulateur" not in client.get("/").text


def test_in_production_there_is_no_simulator(world: World, portal: Simulator) -> None:
    found, faults_of = changes({"platform": "production"})
    assert not faults_of
    act = world.service._platforms.set(DOSSIER, found, "test")
    done = perform(act, Caller("test", "test", DOSSIER), world.firm.store, world.firm.clock)
    assert done.result is not None, done.reasons
    client = world.client("administrator")
    assert client.get("/simulateur").status_code == 404
    assert client.send_form("/simulateur/pannes", allumer="slow", ou="all").status_code == 404
    assert "/simulateur" not in client.get("/").text
    assert not portal.simulation.faults.listed()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://127.0.0.1:9/x"])
def test_a_simulator_that_does_not_answer_is_told(url: str) -> None:
    with pytest.raises(Unanswered, match="nobody"):
        HttpSimulated(url).state()


def test_what_answers_and_is_no_simulator_is_left_alone(world: World) -> None:
    there = HttpSimulated(world.url)
    with pytest.raises(Unanswered, match="stranger"):
        there.fault_on("slow", "*", None)
    with pytest.raises(Unanswered, match="stranger"):
        HttpSimulated("https://api.example.net")


def test_a_silent_simulator_has_a_page_that_says_how_to_start_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = HttpSimulated("http://127.0.0.1:9")
    monkeypatch.setattr(type(world.service._platforms), "simulated", lambda _self, _rows: silent)
    client = world.client("administrator")
    shown = client.get("/simulateur")
    assert shown.status_code == 200
    assert "Personne ne répond" in shown.text
    assert "lettrage chorus simulator" in shown.text
    assert "Personne ne répond" in client.send_form("/simulateur/horloge", avancer="600").text


# ---------------------------------------------------------------- what both sides know


def test_our_faults_and_places_are_those_of_the_simulator() -> None:
    assert set(faults.CHORUS) == KINDS
    assert set(PLACES.values()) == set(PATHS)
    words = tomllib.loads(Path(pages_words.__file__).with_name("words").joinpath("simulator.toml").read_text("utf-8"))
    assert {f"{part}_{kind}" for kind in KINDS for part in ("fault", "does")} <= words.keys()


@pytest.mark.parametrize(
    ("rows", "address"),
    [
        ([], ""),
        ([Row("qualification", "", "api_url", "http://127.0.0.1:8080")], "http://127.0.0.1:8080"),
        ([Row("qualification", "", "api_url", "https://sandbox-api.piste.gouv.fr")], ""),
        ([Row("", "", "platform", "production"), Row("qualification", "", "api_url", "http://127.0.0.1:8080")], ""),
        ([Row("", "", "platform", "production"), Row("production", "", "api_url", "http://127.0.0.1:8080")], ""),
    ],
)
def test_the_simulator_is_where_qualification_points_to_this_machine(rows: list[Row], address: str) -> None:
    assert address_of(rows) == address
