"""The pages of reports of payments: periods and deadlines, one period, declaring it, and what the home page tells."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lettrage.simulator.server import Simulator
from tests.journeys.helpers import Firm
from tests.pages.browser import visiting
from tests.pages.world import World, people, world_of
from tests.reporting.firms import firm, paid
from tests.reporting.test_declaring import answered, connect

OCTOBER = "/declarations/2026-10"
DAY = date(2026, 10, 12)


@pytest.fixture
def world(tmp_path: Path, portal: Simulator) -> Iterator[World]:
    """October is to be declared within five days; of one customer nothing is known."""
    with world_of(declaring(tmp_path), portal) as world:
        yield world


def declaring(folder: Path) -> Firm:
    of = firm(folder, at=datetime(2026, 11, 5, 11, 0, tzinfo=UTC))
    people(of)
    for party in ("PRO", "CONSO", "DE", "PUB", "QUI"):
        paid(of, f"F-{party}", "700.00", DAY, rest="1050.00")
    return of


def test_the_periods_with_their_deadlines(world: World) -> None:
    with world.client("reader") as client:
        listed, home = client.get("/declarations"), client.get("/")
        file = client.get("/declarations?csv=1")
    assert "octobre 2026" in listed.text
    assert "à déclarer" in listed.text
    assert "dans 5 jours" in listed.text
    assert "Déclaration d’encaissements à faire : octobre 2026" in home.text
    assert "2026-10;à déclarer;10/11/2026;20;960,00" in file.text


def test_what_is_late_cannot_be_missed(world: World) -> None:
    world.firm.clock.at = datetime(2026, 11, 13, 11, 0, tzinfo=UTC)
    with world.client("reader") as client:
        listed, home = client.get("/declarations"), client.get("/")
    assert "dépassée de 3 jours" in listed.text
    assert 'role="alert"' in listed.text
    assert "en retard de 3 jours" in home.text


def test_a_period_says_all_that_is_in_it(world: World) -> None:
    with world.client("reader") as client:
        page, file = client.get(OCTOBER), client.get(f"{OCTOBER}?csv=1")
        nowhere = client.get("/declarations/2031-01")
    for said in ("F-DE", "Particuliers", "480,00", "F-QUI", "rien ne dit s’il est", "Non déclaré", "/clients/QUI"):
        assert said in page.text, said
    assert "12/10/2026;F-DE;20/09/2026;20;480,00" in file.text
    assert "<button" not in page.text.split('id="h-faire"')[1].split("</section>")[0], "a reader declares nothing"
    assert nowhere.status_code == 404


def test_declaring_through_the_platform(world: World) -> None:
    connect(world.firm)
    with world.client("accountant") as client:
        refused = client.send_form(OCTOBER, cle="k1")
        done = client.send_form(OCTOBER, cle="k2", sans_manquants="1")
        again = client.send_form(OCTOBER, cle="k2", sans_manquants="1")
        page = client.get(OCTOBER)
    assert (refused.status_code, "ne peuvent pas encore être déclarés" in refused.text) == (422, True)
    assert (done.status_code, again.status_code) == (303, 303)
    assert len(world.firm.ask("SELECT id FROM message")) == 1
    assert "réponse attendue" in page.text
    answered(world.firm, "accepted")
    paid(world.firm, "F-DE", "1050.00", date(2026, 10, 20))
    with world.client("accountant", lang="en") as client:
        page, home = client.get(OCTOBER), client.get("/")
    assert "What the replacing report changes" in page.text
    assert "Report of payments to be corrected: October 2026" in home.text


def test_a_file_taken_there_by_hand_and_refused(world: World) -> None:
    with world.client("accountant") as client:
        file = client.get(f"{OCTOBER}/fichier?sans_manquants=1")
        missing = client.get(f"{OCTOBER}/fichier")
        done = client.send_form(OCTOBER, cle="k", sans_manquants="1", a_la_main="1")
        page = client.get(OCTOBER)
        unsaid = client.send_form(f"{OCTOBER}/rejetee", declaration="1", motif="")
        refused = client.send_form(f"{OCTOBER}/rejetee", declaration="1", motif="SIREN inconnu")
        after = client.get(OCTOBER)
    assert file.content.startswith(b"<?xml")
    assert missing.status_code == 422
    assert done.status_code == 303
    assert "remise à la main" in page.text
    assert (unsaid.status_code, refused.status_code) == (422, 303)
    assert "SIREN inconnu" in after.text


def test_what_must_be_said_first(world: World) -> None:
    world.firm.load({"code": "998", "declarant": {"vat_regime": " "}})
    with world.client("administrator") as client:
        listed, settings = client.get("/declarations"), client.get("/parametres")
        assert "régime de TVA n’est pas dit" in listed.text
        assert 'id="h-declarant"' in settings.text
        form = {"declarant.vat_regime": "simplified", "declarant.size": "middle", "enregistrer": "1"}
        record = {
            "name": "Société d'essai", "currency": "EUR", "siret": "35600000000048", "declarant.platform": "0123",
        }  # fmt: skip
        done = client.send_form("/parametres", **(record | form))
        assert done.status_code == 303, done.text
        page = client.get("/declarations")
    assert "Régime : réel simplifié" in page.text
    assert "30/11/2026" in page.text


@pytest.mark.parametrize("path", ["/declarations", OCTOBER, "/parametres"])
def test_the_pages_hinder_nobody(path: str, world: World, browser: Browser) -> None:
    world.firm.clock.at = datetime(2026, 11, 13, 11, 0, tzinfo=UTC)
    with visiting(browser, world) as visit:
        for lang, size, theme in (("fr", "desktop", "light"), ("en", "phone", "dark")):
            someone = visit(role="administrator", lang=lang, size=size, theme=theme)
            shown = someone(path)
            assert shown.locator("main h1").count() == 1
            assert not someone.axe(), (lang, size, theme)
            assert (someone.sideways(), someone.cut()) == (0, []), (lang, size, theme)
            shown.set_viewport_size({"width": 320, "height": 640})
            assert (someone.sideways(), someone.cut()) == (0, []), (lang, "320", theme)
