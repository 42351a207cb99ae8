"""Getting started: from empty books to a company that can settle, in a real browser and by the forms alone."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from lettrage.adapters.http.pages.page import csrf_of
from lettrage.adapters.http.pages.words import words
from lettrage.invoicing.connecting.said import settings_said
from lettrage.opening.example import code as example_code
from lettrage.opening.example import example
from lettrage.simulator.server import Simulator
from tests.journeys.helpers import Firm
from tests.pages.browser import visiting
from tests.pages.world import PASSWORD, Client, World, people, world_of

COMPANY = {"nom": "Atelier Roux", "code": "12", "siret": "332 540 215 16357", "devise": "eur", "debut": "", "fin": ""}
PLACE = {
    "etab": "1", "nom": "Atelier Roux", "siret": "33254021516357", "tva": "FR38332540215", "rue": "1 rue Haute",
    "cp": "35000", "ville": "Rennes", "banque": "BNP", "iban": "FR76 3000 6000 0112 3456 7890 189", "bic": "AGRIFRPP",
    "compte": "512100",
}  # fmt: skip
CUSTOMERS = "code;kind;name\nC1;customer;Imprimerie Vasseur\n"
INVOICES = "third_party;number;date;due_date;amount\nC1;87;2024-10-01;2024-10-31;3600,00\n"


@pytest.fixture
def empty(tmp_path: Path, portal: Simulator) -> Iterator[World]:
    """A service without a company; one account of each role."""
    firm = Firm(tmp_path)
    people(firm)
    with world_of(firm, portal) as world:
        yield world


def _lines(portal: Simulator) -> str:
    return "\n".join(f"{name}: {value}" for name, value in portal.connection.items())


# ---------------------------------------------------------------- in a browser, from nothing


def test_from_empty_to_the_first_settlement(tmp_path: Path, portal: Simulator, browser: Browser) -> None:
    with world_of(Firm(tmp_path), portal) as world, visiting(browser, world) as visit:
        someone = visit(role="")
        page = someone(f"/premier-acces?code={world.porch.code}")
        page.get_by_label("Identifiant").fill("ines")
        page.get_by_label("Nom complet").fill("Inès Delorme")
        page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        page.get_by_label("Mot de passe, encore").fill(PASSWORD)
        page.get_by_role("button", name="Créer le compte et continuer").click()

        page.get_by_role("heading", name="Bienvenue dans Lettrage").wait_for()
        assert page.get_by_text("0 étape sur 5").first.is_visible()
        assert not someone.axe()

        page.get_by_role("link", name="Continuer").click()
        page.get_by_label("Nom").fill("Atelier Roux")
        page.get_by_label("Code du dossier").fill("12")
        page.get_by_label("SIRET").fill("33254021516357")
        page.get_by_role("button", name="Enregistrer la société").click()
        page.get_by_role("status").get_by_text("Société Atelier Roux enregistrée.").wait_for()
        assert page.locator("nav .dossier").inner_text().startswith("Atelier Roux")

        page.get_by_role("link", name="Continuer").click()
        assert page.get_by_label("SIRET").input_value() == "33254021516357"
        page.get_by_label("IBAN").fill("FR7630006000011234567890189")
        page.get_by_label("Code banque").fill("BNP")
        page.get_by_label("Ville").fill("Rennes")
        page.get_by_role("button", name="Enregistrer l’établissement").click()
        page.get_by_text("Rennes, SIRET 33254021516357 · BNP, IBAN vérifié").wait_for()

        page.get_by_role("link", name="Prendre le simulateur").click()
        page.get_by_label("Ce qu’il affiche en démarrant").fill(_lines(portal))
        page.get_by_role("button", name="Prendre le simulateur").click()
        page.get_by_role("status").get_by_text("Réglages enregistrés").wait_for()
        page.get_by_role("button", name="Tester la connexion").click()
        page.get_by_text("La connexion tient.").last.wait_for()
        assert not someone.axe()
        page.get_by_role("link", name="Continuer").click()

        page.get_by_text("3 étapes sur 5").first.wait_for()
        files = {"third_parties.csv": CUSTOMERS, "invoices.csv": INVOICES}
        for name, content in files.items():
            page.goto(f"{world.url}/mise-en-route/factures")
            page.get_by_label("Déposer ici un fichier").set_input_files(
                {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
            )
            page.get_by_role("button", name="Charger le fichier").click()
            page.get_by_role("status").get_by_text("Fichier pris").wait_for()
        assert page.get_by_text("1 client · 1 échéance").is_visible()
        assert page.get_by_text("4 étapes sur 5").first.is_visible()
        assert page.get_by_role("link", name="Continuer").get_attribute("href") == "/reglements/saisie"
        page.goto(world.url + "/")
        assert page.get_by_text("égal au compte 411000").is_visible()
        assert not world.firm.findings()


# ---------------------------------------------------------------- by the forms alone


def test_the_example_company_is_ready_at_once(empty: World) -> None:
    client = empty.client("administrator")
    assert "Charger la société d’exemple" in client.get("/mise-en-route").text
    assert client.send_form("/mise-en-route/exemple").status_code == 303
    text = client.get("/mise-en-route").text
    assert "3 étapes sur 5" in text
    assert "Charger la société d’exemple" not in text
    assert not empty.firm.store.audit(example_code())
    assert client.get("/").text.count("égal au compte") == 1
    again = client.send_form("/mise-en-route/exemple")
    assert again.status_code == 303  # equal records change nothing
    with empty.firm.store.books(example_code(), writing=False) as books:
        assert books.begun().items == 7


def test_the_example_is_dated_around_its_day() -> None:

    record = json.loads(example(date(2026, 11, 20)))["dossiers"][0]
    dues = {due["due_date"] for one in record["invoices"] for due in one["due_items"]}
    assert {"2026-11-20", "2026-09-15", "2026-12-16"} <= dues


def test_a_step_may_be_left_and_taken_up_again(empty: World) -> None:
    client = empty.client("administrator")
    assert client.get("/mise-en-route/etablissement").headers["location"] == "/mise-en-route"
    assert client.get("/mise-en-route/chorus").headers["location"] == "/mise-en-route"
    client.send_form("/mise-en-route/societe", **COMPANY)
    other = empty.client("administrator")
    assert "1 étape sur 5" in other.get("/mise-en-route").text
    form = other.get("/mise-en-route/societe").text
    assert 'value="Atelier Roux"' in form
    assert "readonly" in form
    assert other.send_form("/mise-en-route/societe", **(COMPANY | {"nom": "Atelier Roux et fils"})).status_code == 303
    assert "Atelier Roux et fils" in client.get("/mise-en-route").text
    assert empty.firm.store.dossiers() == ["12"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"nom": ""}, "needed"),
        ({"siret": "123"}, "wrong_siret"),
        ({"siret": "3325402151635A"}, "wrong_siret"),
        ({"debut": "01/01/2026"}, "malformed_day"),
        ({"debut": "01/13/2026", "fin": "31/12/2026"}, "malformed_day"),
    ],
)
def test_faults_of_the_company_are_told_and_what_was_typed_is_kept(
    empty: World, wrong: dict[str, str], said: str
) -> None:
    answer = empty.client("administrator").send_form("/mise-en-route/societe", **(COMPANY | wrong))
    assert answer.status_code == 422
    assert "<title>Erreur : " in answer.text
    assert words("fr", f"setup.{said}", field="Nom").split(":")[0] in answer.text
    assert 'value="12"' in answer.text
    assert empty.firm.store.dossiers() == []


def test_what_the_load_refuses_stands_at_its_field(empty: World) -> None:
    client = empty.client("administrator")
    unknown = client.send_form("/mise-en-route/societe", **(COMPANY | {"devise": "XYZ"}))
    assert 'href="#devise"' in unknown.text
    turned = client.send_form("/mise-en-route/societe", **(COMPANY | {"debut": "31/12/2026", "fin": "01/01/2026"}))
    assert 'href="#debut"' in turned.text
    client.send_form("/mise-en-route/societe", **COMPANY)
    for wrong in ({"iban": "FR7630006000011234567890180"}, {"iban": ""}, {"compte": ""}, {"siret": ""}):
        (name,) = wrong
        answer = client.send_form("/mise-en-route/etablissement", **(PLACE | wrong))
        assert answer.status_code == 422
        assert f'href="#{name}"' in answer.text
        assert 'value="1 rue Haute"' in answer.text
    assert client.send_form("/mise-en-route/etablissement", **PLACE).status_code == 303


def test_files_are_taken_whole_or_not_at_all(empty: World) -> None:
    client = empty.client("administrator")
    client.send_form("/mise-en-route/societe", **COMPANY)

    def sent(name: str, content: str | bytes) -> httpx.Response:
        return client.send_form("/mise-en-route/factures", files={"fichier": (name, content)})

    assert client.send_form("/mise-en-route/factures").status_code == 422
    assert "C1" in sent("invoices.csv", INVOICES).text  # a customer that is not there
    for name, content in (
        ("load.json", "{"),
        ("load.json", b"\xff\xfe\x00"),
        ("other.csv", CUSTOMERS),
        ("load.json", json.dumps({"dossiers": [{"code": "12", "invoices": [{"number": "1"}]}]})),
    ):
        assert sent(name, content).status_code == 422, name
    assert sent("third_parties.csv", CUSTOMERS).status_code == 303
    assert sent("factures.csv", INVOICES).status_code == 303
    assert not empty.firm.store.audit("12")


def test_the_simulator_is_taken_only_from_this_machine(empty: World, portal: Simulator) -> None:
    client = empty.client("administrator")
    client.send_form("/mise-en-route/societe", **COMPANY)
    client.send_form("/mise-en-route/etablissement", **PLACE)
    lines = _lines(portal)
    for text in ("", "url: x", lines.replace(portal.url, "http://simulator.example"), lines.replace("login", "nom")):
        answer = client.send_form("/mise-en-route/chorus/simulateur", connexion=text)
        assert answer.status_code == 422, text
    taken = client.send_form("/mise-en-route/chorus/simulateur", connexion=json.dumps(portal.connection))
    assert taken.status_code == 303
    page = client.get("/mise-en-route/chorus").text
    assert portal.client_secret not in page
    assert portal.password not in page
    assert "n’a pas encore été essayée" in page
    assert "La connexion tient." in _tested(client)
    assert "La connexion tient." in client.get("/mise-en-route").text
    empty.firm.clock.forward(seconds=1)
    kept = client.send_form(
        "/mise-en-route/chorus", **{"password": "", "client_id": "", "password_expires": "2027-01-31"}
    )
    assert kept.status_code == 303  # secrets left blank stay
    assert "n’a pas encore été essayée" in client.get("/mise-en-route/chorus").text  # a change undoes the test
    assert "La connexion tient." in _tested(client)
    wrong = client.send_form("/mise-en-route/chorus", **{"password_expires": "demain"})
    assert wrong.status_code == 422
    assert 'href="#password_expires"' in wrong.text


def _tested(client: Client) -> str:
    """The page after a connection test."""
    assert client.send_form("/mise-en-route/chorus/essai").status_code == 303
    return client.get("/mise-en-route/chorus").text


def test_what_a_simulator_says_is_read_in_both_forms(portal: Simulator) -> None:
    said = settings_said(_lines(portal))
    assert said is not None
    assert said == settings_said(json.dumps(portal.connection) + "\nmore")
    assert said["api_url"] == portal.url
    for text in ("", "[]", "{}", "url", '{"url": 1}', "null"):
        assert settings_said(text) is None


def test_only_who_may_sets_up(empty: World) -> None:
    empty.client("administrator").send_form("/mise-en-route/societe", **COMPANY)
    clerk = empty.client("clerk")
    text = clerk.get("/mise-en-route").text
    assert "1 étape sur 5" in text
    assert "/mise-en-route/etablissement" not in text
    assert clerk.get("/mise-en-route/etablissement").status_code == 403
    assert clerk.send_form("/mise-en-route/exemple").status_code == 403
    assert empty.firm.store.dossiers() == ["12"]


def test_an_account_of_one_company_makes_no_other(empty: World) -> None:
    empty.client("administrator").send_form("/mise-en-route/societe", **COMPANY)
    store = empty.firm.store
    store.accounts.add("paul", "administrator", "12")
    store.sign_ins.set_password("12", "paul", PASSWORD, "Paul")
    client = empty.client("administrator")
    client.cookies.set("lettrage", store.sign_ins.open("12", "paul", "127.0.0.1"))

    client.csrf = csrf_of(client.cookies["lettrage"])
    assert "Charger la société d’exemple" not in client.get("/mise-en-route").text
    assert client.send_form("/mise-en-route/exemple").status_code in (403, 422)
    other = json.dumps({"dossiers": [{"code": "13", "name": "Autre", "currency": "EUR"}]})
    assert client.send_form("/mise-en-route/factures", files={"fichier": ("l.json", other)}).status_code in (403, 422)
    assert store.dossiers() == ["12"]
