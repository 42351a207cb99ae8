"""Lettering: the log of a third party, lines ticked and lettered, undone, credit notes and advances offset."""

import re

import pytest
from playwright.sync_api import expect

from tests.pages.browser import Visiting
from tests.pages.owed import SHOP, cancelled, owed, partly_settled, settled
from tests.pages.world import World

LINE = re.compile(r'name="ligne" value="([^"]+)"')
SEAL = re.compile(r'name="vu" value="([^"]+)"')
KEY = re.compile(r'name="cle" value="([^"]+)"')


@pytest.fixture(autouse=True)
def _owed(world: World) -> None:
    owed(world.firm)


def test_the_log_tells_what_lettered_and_what_undid(world: World) -> None:
    partly_settled(world.firm, "A5", "40", "60")
    cancelled(world.firm, settled(world.firm, "A6", "100"))
    with world.client("reader") as client:
        text = client.get(f"/lettrage?tiers={SHOP}").text
        rows = client.get(f"/lettrage?tiers={SHOP}&format=csv").content.decode("utf-8-sig").splitlines()
        alone = client.get("/lettrage?compte=411000").text

    assert re.search(r"ae <span class=\"pill run\">En partie", text)
    assert re.search(r"AF <span class=\"pill quiet\">Délettré", text)
    assert "Lettré en partie · <a" in text
    assert "annulation" in text
    assert "Lettrer à la main" not in text, "a reader letters nothing"
    assert rows[0].startswith("Lettre;État;Compte;Tiers;Pièce;Écriture")
    assert len(rows) == 1 + 3 + 2
    assert "Rien n’est lettré ici." in alone


def test_lines_are_ticked_lettered_once_and_undone(world: World) -> None:
    cancelled(world.firm, settled(world.firm, "A6", "100"))
    with world.client("accountant") as client:
        page = client.get("/lettrage/lignes?compte=511200").text
        back, received, advance = LINE.findall(page)
        fields = {"compte": "511200", "cle": KEY.search(page)[1]}  # type: ignore[index]
        wrong = client.send_form("/lettrage/lignes", **fields | {"cle": "x"}, ligne=[back, advance])
        made = client.send_form("/lettrage/lignes", **fields, ligne=[back, received], motif="saisie reprise")
        again = client.send_form("/lettrage/lignes", **fields, ligne=[back, received], motif="saisie reprise")
        log = client.get("/lettrage?compte=511200").text
        undone = client.send_form("/lettrage/M1/annuler", compte="511200", cle="u1", motif="erreur")
        twice = client.send_form("/lettrage/M1/annuler", compte="511200", cle="u2", motif="")

    assert wrong.status_code == 409
    assert "doivent faire zéro" in wrong.text
    assert f'value="{back}" data-sum="-10000" checked' in wrong.text
    assert made.status_code == again.status_code == undone.status_code == 303
    assert "saisie reprise" in log
    assert twice.status_code == 409
    assert "est déjà annulé" in twice.text
    assert not world.firm.findings()


def test_an_advance_is_offset_after_its_entry_was_seen(world: World) -> None:
    with world.client("accountant") as client:
        asked = {"tiers": SHOP, "piece": ["A1"], "acompte": ["1"], "cle": "k1"}
        first = client.get(f"/lettrage/imputation?tiers={SHOP}").text
        seen = client.send_form("/lettrage/imputation", **asked)
        unseen = client.send_form("/lettrage/imputation", **asked, faire="1", vu="")
        done = client.send_form("/lettrage/imputation", **asked, faire="1", vu=SEAL.search(seen.text)[1])  # type: ignore[index]
        twice = client.send_form("/lettrage/imputation", **asked, faire="1", vu="")
        alike = client.send_form("/lettrage/imputation", **asked | {"piece": ["A2", "A3"], "acompte": []})
        nobody = client.get("/lettrage/imputation?tiers=rien")

    assert "Acompte de la transaction 1" in first
    assert "419100" in seen.text
    assert unseen.status_code == 409
    assert done.status_code == twice.status_code == 303
    assert done.headers["location"] == twice.headers["location"] == "/transactions/2"
    assert "sont tous du même sens" in alike.text
    assert nobody.status_code == 404
    assert not world.firm.findings()


def test_the_sum_of_what_is_ticked_is_told(visit: Visiting, world: World) -> None:
    cancelled(world.firm, settled(world.firm, "A6", "100"))
    there = visit(role="accountant")
    page = there("/ecritures?compte=511200")
    page.get_by_role("link", name="Lettrer à la main").click()
    boxes = page.locator("input[name=ligne]")
    boxes.nth(0).check()
    expect(page.locator("[data-total]")).to_have_text("−100,00")
    boxes.nth(1).check()
    expect(page.locator("[data-total]")).to_have_text("0,00")
    expect(page.locator("[data-count]")).to_have_text("2 lignes cochées")
    assert not there.axe()
    page.get_by_role("button", name=re.compile("^Lettrer")).click()
    page.get_by_role("link", name="Voir le lettrage").click()
    expect(page.get_by_role("heading", name=re.compile("^M1"))).to_be_visible()
    assert not there.axe()
