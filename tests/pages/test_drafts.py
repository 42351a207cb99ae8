"""Entries by hand and periods on the pages: typed, looked at, validated, taken back; locked, unlocked, closed."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.pages.owed import owed
from tests.pages.world import Client, World

HERE = "/ecritures/brouillons"
LINES = {
    "compte": ["613200", "512100"],
    "tiers": ["", ""],
    "echeance": ["", ""],
    "debit": ["1 000,00", ""],
    "credit": ["", "1000"],
    "devise": ["", ""],
    "montant": ["", ""],
}
RENT = {"date": "15/10/2024", "journal": "OD", "piece": "L10", "libelle": "Loyer"}
SEAL = re.compile(r'name="vu" value="([^"]+)"')


@pytest.fixture(autouse=True)
def _owed(world: World) -> None:
    owed(world.firm)


def fields(client: Client, where: str, **more: Any) -> str:
    """Send a form; the page that follows."""
    answer = client.send_form(where, **more)
    return client.get(answer.headers["location"]).text if answer.status_code == 303 else answer.text


def test_a_draft_is_typed_added_up_kept_and_changed(world: World) -> None:
    with world.client("clerk") as client:
        adding = fields(client, f"{HERE}/nouveau", **RENT, **LINES | {"credit": ["", "900"]}, compter="1")
        assert "à équilibrer ; un brouillon" in adding
        assert world.firm.ask("SELECT count(*) FROM draft")[0][0] == 0
        kept = fields(client, f"{HERE}/nouveau", **RENT, **LINES)
        assert "Brouillon 1 enregistré" in kept
        assert "Débits et crédits sont égaux" in kept
        assert 'value="1000.00"' in kept
        changed = fields(client, f"{HERE}/1", **RENT | {"libelle": "Bail"}, **LINES)
        assert 'value="Bail"' in changed
        assert "Loyer" not in client.get(HERE).text
        bad = fields(client, f"{HERE}/1", **RENT | {"date": "32/10/2024"}, **LINES | {"debit": ["mille", ""]})
        assert "À corriger" in bad
        assert 'id="debit-0-faute"' in bad
        assert client.send_form(f"{HERE}/valider", choisi="1").status_code == 403


def test_what_is_validated_is_what_was_seen(world: World) -> None:
    with world.client("accountant") as client:
        fields(client, f"{HERE}/nouveau", **RENT, **LINES)
        looked = fields(client, f"{HERE}/valider", choisi="1", cle="k")
        seal = SEAL.search(looked)
        assert seal
        assert "613200" in looked
        moved = client.send_form(f"{HERE}/valider", choisi="1", cle="k", vu="other", faire="1")
        assert moved.status_code == 409
        done = fields(client, f"{HERE}/valider", choisi="1", cle="k", vu=seal[1], faire="1")
        assert "1 écriture validée" in done
        assert "Aucun brouillon" in done
        again = fields(client, f"{HERE}/valider", choisi="1", cle="k", vu=seal[1], faire="1")
        assert "1 écriture validée" in again
        assert world.firm.ask("SELECT count(*) FROM draft WHERE posting IS NOT NULL")[0][0] == 1
        assert client.get(f"{HERE}/1").headers["location"].startswith("/ecritures/2024-")


def test_an_unbalanced_draft_says_why_it_is_not_validated(world: World) -> None:
    with world.client("accountant") as client:
        fields(client, f"{HERE}/nouveau", **RENT, **LINES | {"credit": ["", "900"]})
        assert "non équilibré" in client.get(HERE).text
        looked = fields(client, f"{HERE}/valider", choisi="1")
        assert "pas équilibrée" in looked
        assert not SEAL.search(looked)
        assert "Choisir au moins un brouillon" in fields(client, f"{HERE}/valider")
        assert "Brouillon 1 supprimé" in fields(client, f"{HERE}/1/supprimer")


def test_an_entry_by_hand_is_taken_back_once_its_opposite_was_seen(world: World) -> None:
    with world.client("accountant") as client:
        fields(client, f"{HERE}/nouveau", **RENT, **LINES)
        seal = SEAL.search(fields(client, f"{HERE}/valider", choisi="1"))
        assert seal
        fields(client, f"{HERE}/valider", choisi="1", vu=seal[1], faire="1", cle="v")
        there = client.get(f"{HERE}/1").headers["location"]
        assert f"{there}/contre-passer" in client.get(there).text
        asked = {"motif": "en double", "date": "16/10/2024", "cle": "r"}
        seal = SEAL.search(fields(client, f"{there}/contre-passer", **asked))
        assert seal
        taken = fields(client, f"{there}/contre-passer", **asked, vu=seal[1], faire="1")
        assert "contre-passée" in taken
        assert "en double" in taken
        assert f"{there}/contre-passer" not in client.get(there).text
        sale = client.send_form("/ecritures/2024-000001/contre-passer", motif="x")
        assert "saisie à la main" in sale.text


def test_a_month_is_locked_and_unlocked_with_a_reason(world: World) -> None:
    there = "/parametres/periodes"
    with world.client("accountant") as client:
        assert "2024-10" in client.get(there).text
        assert "Verrouillé jusqu’à la fin" in fields(client, f"{there}/verrouiller", mois="2024-10")
        assert "À corriger" in fields(client, f"{there}/deverrouiller", mois="2024-10")
        assert "sont ouverts" in fields(client, f"{there}/deverrouiller", mois="2024-10", motif="oubli")
        assert "oubli" in client.get(there).text
        assert client.get(f"{there}?csv=1").headers["content-type"].startswith("text/csv")
    with world.client("clerk") as client:
        assert "/verrouiller" not in client.get(there).text
        assert client.send_form(f"{there}/verrouiller", mois="2024-10").status_code == 403


def test_a_year_says_what_stops_its_closing_and_is_closed_for_good(world: World) -> None:
    there = "/parametres/periodes/cloture/2024"
    with world.client("accountant") as client:
        assert "n’est pas terminé" in client.get(there).text.replace("'", "’").replace("&#39;", "’")
    world.firm.clock.at = datetime(2025, 1, 15, 10, tzinfo=UTC)
    with world.client("accountant") as client:
        assert "Rien ne s’y oppose" in client.get(there).text
        assert "Cocher la phrase" in fields(client, there)
        assert world.firm.ask("SELECT closed_until FROM dossier")[0][0] == ""
        assert "Exercice 2024 clos" in fields(client, there, pour_toujours="1", cle="c")
        assert world.firm.ask("SELECT closed_until FROM dossier")[0][0] == "2024-12-31"
        assert "clos pour toujours" in client.get(there).text
        assert client.get("/parametres/periodes/cloture/1850").status_code == 404
