"""Clients: the list, one file, the directory read and read again, the file mended, the statement of account."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lettrage.commands.platforms import Platforms
from lettrage.simulator.server import Simulator
from tests.invoicing.brought import SHOP
from tests.pages.browser import Visiting, visiting
from tests.pages.invoice_story import Story
from tests.pages.owed import owed
from tests.pages.world import DOSSIER, World, world_of
from tests.routing.directory import Directory, at_siret


@pytest.fixture
def story(tmp_path: Path, portal: Simulator) -> Iterator[Story]:
    story = Story(tmp_path, portal)
    story.firm.load({"code": DOSSIER, "third_parties": [SHOP, {"code": "F1", "kind": "supplier", "name": "Bois SA"}]})
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


def test_the_list_finds_by_any_word_of_a_file(world: World) -> None:
    with world.client("reader") as client:
        everybody = client.get("/clients").text
        found = client.get("/clients?q=aubierge").text
        public = client.get("/clients?public=1").text
        nobody = client.get("/clients?q=100%25_").text
        suppliers = client.get("/clients?cote=fournisseurs").text

    assert "Boutique" in everybody
    assert "Bois SA" not in everybody
    assert "Commune de Sainte-Aubierge" in found
    assert "Boutique" not in found
    assert "Boutique" not in public
    assert "Aucun tiers ne répond au filtre : 100%_." in nobody
    assert "Bois SA" in suppliers


def test_the_directory_is_read_and_each_service_says_what_it_demands(visit: Visiting) -> None:
    there = visit(role="clerk")
    page = there("/clients/C1")

    panel = page.locator("#chorus")
    expect(panel).to_contain_text("annuaire jamais lu")
    panel.get_by_role("button", name="Relire l’annuaire en qualification").click()
    expect(page.get_by_role("status")).to_contain_text("L’annuaire a été lu pour Commune de Sainte-Aubierge.")
    expect(panel).to_contain_text("annuaire lu le")
    expect(panel.locator("tbody tr").filter(has_text="FIN-01")).to_contain_text("Direction des finances")
    panel.get_by_role("button", name="Lire ce qu’exige le service BAT-02").click()
    expect(panel.locator("tbody tr").filter(has_text="BAT-02")).to_contain_text("n° d’engagement")
    expect(panel.get_by_role("button", name="Lire ce qu’exige le service FIN-01")).to_be_visible()
    assert not there.axe()


def test_a_directory_that_does_not_answer_is_told_and_the_copy_stays(world: World, portal: Simulator) -> None:
    with world.client("clerk") as client:
        assert client.send_form("/clients/C1/annuaire").status_code == 303
        portal.faults.on("maintenance")
        answer = client.send_form("/clients/C1/annuaire")

    assert answer.status_code == 502
    assert "Chorus Pro ne répond pas" in answer.text
    assert "FIN-01" in answer.text


def test_a_file_is_mended_as_a_load_would_do_it(visit: Visiting, world: World) -> None:
    with world.client("clerk") as client:
        client.send_form("/clients/C1/annuaire")
    there = visit(role="administrator")
    page = there("/clients/C1")

    page.get_by_role("link", name="Corriger la fiche").click()
    page.get_by_label("Code service", exact=True).fill("FIN-01")
    page.get_by_label("Courriel").fill("finances@sainte-aubierge.example")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("est enregistrée")
    expect(page.locator("#chorus")).to_contain_text("FIN-01 sur la fiche")
    expect(page.get_by_text("finances@sainte-aubierge.example")).to_be_visible()
    with world.firm.store.books("998", writing=False) as books:
        file = books.file("C1")
    assert file is not None
    assert file.customer.chorus is not None
    assert (file.customer.chorus.service, file.customer.chorus.service_required) == ("FIN-01", True)
    assert file.customer.siret == "12345678200028"
    assert not world.firm.findings()


def test_what_cannot_be_a_file_is_refused_at_its_field(world: World) -> None:
    with world.client("administrator") as client:
        answer = client.send_form("/clients/C1/fiche", name="Commune", siret="1" * 200, means="gold", public="1")

    assert answer.status_code == 422
    assert "À corriger" in answer.text
    assert "<title>Erreur" in answer.text
    assert 'href="#siret"' in answer.text
    assert 'href="#means"' in answer.text
    with world.firm.store.books("998", writing=False) as books:
        file = books.file("C1")
    assert file is not None
    assert file.name == "Commune de Sainte-Aubierge"


def test_who_may_not_mend_a_file_is_told_who_may(world: World) -> None:
    with world.client("clerk") as client:
        assert "Corriger la fiche" not in client.get("/clients/C2").text
        refused = client.send_form("/clients/C2/fiche", name="Autre")
        forged = client.post("/clients/C1/annuaire", data={"service": "FIN-01"})
    with world.client("reader") as client:
        assert client.send_form("/clients/C1/annuaire").status_code == 403

    assert refused.status_code == 403
    assert "Administration" in refused.text
    assert forged.status_code == 403


def test_a_client_that_is_not_there(world: World) -> None:
    with world.client("reader") as client:
        for code in ("C999", "%3Cscript%3E", "x" * 300):
            answer = client.get(f"/clients/{code}")
            assert answer.status_code == 404, code
            assert "<script>" not in answer.text


def test_the_statement_is_a_pdf_in_both_languages(world: World) -> None:
    owed(world.firm)
    with world.client("reader") as client:
        french, english = (client.get(f"/clients/C2/releve?langue={lang}") for lang in ("fr", "en"))
        shown = client.get("/clients/C2").text

    for answer, name in ((french, "releve"), (english, "statement")):
        assert answer.content.startswith(b"%PDF")
        assert re.match(rf"inline; filename\*=UTF-8''{name}-C2-\d{{8}}\.pdf", answer.headers["content-disposition"])
    assert french.content != english.content
    assert "1 900,000" in shown.replace("\u00a0", " ")


def test_the_door_is_read_in_the_directory_and_chosen_by_who_may(
    visit: Visiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = Directory(at_siret("98765432100017"))
    monkeypatch.setattr(Platforms, "directory", lambda *_: directory)
    there = visit(role="accountant")
    page = there("/clients/C2")
    panel = page.locator("#porte")
    expect(panel).to_contain_text("Aucune plateforme")
    expect(panel).to_contain_text("l’annuaire n’a pas encore été lu")

    panel.get_by_role("button", name="Relire l’annuaire").click()
    expect(panel).to_contain_text("987654321_98765432100017")
    expect(panel).to_contain_text("Entreprise française")

    panel.get_by_label("Changer la porte").select_option("none")
    panel.get_by_role("button", name="Enregistrer").click()
    expect(panel).to_contain_text("Choisi pour ce client : aucune plateforme.")
    assert there.axe() == []

    page = there("/clients")
    expect(page.locator("tr", has_text="Boutique")).to_contain_text("Aucune plateforme")


def test_a_directory_that_does_not_answer_is_told_and_a_clerk_chooses_no_door(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Platforms, "directory", lambda *_: Directory(trouble="maintenance"))
    with world.client("clerk") as client:
        read = client.send_form("/clients/C2/porte/annuaire")
        kept = client.send_form("/clients/C2/porte", door="none")
    with world.client("accountant") as client:
        wrong = client.send_form("/clients/C2/porte", door="post")

    assert read.status_code == 502
    assert "plateforme fermée" in read.text
    assert (kept.status_code, wrong.status_code) == (403, 422)
