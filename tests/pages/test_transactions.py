"""One transaction: what it did; cancelled, or reported unpaid, after its entry was looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lettrage.simulator.server import Simulator
from tests.pages.browser import Visiting
from tests.pages.settlement_story import told
from tests.pages.world import World, world_of


@pytest.fixture
def world(tmp_path: Path, portal: Simulator) -> Iterator[World]:
    with world_of(told(tmp_path), portal) as world:
        yield world


def test_a_transaction_tells_what_it_did_and_the_payments_life(world: World) -> None:
    with world.client("reader") as client:
        text = client.get("/transactions/3").text
        for said in ("Imprimerie Vasseur", "PORCHQ", "480,00", "511200", "C30", "Vie du paiement", "BNP-2026-000001"):
            assert said in text, said
        for other in (4, 5):
            assert f'href="/transactions/{other}"' in text
        assert "annuler" not in text
        assert client.get("/transactions/3/annuler").status_code == 403
        for number in ("0", "99", "x", "9" * 40):
            assert client.get(f"/transactions/{number}").status_code == 404
    with world.client("clerk") as client:
        assert client.send_form("/transactions/1/annuler", motif="x").status_code == 403


def test_cancelling_posts_the_entry_that_was_shown(visit: Visiting, world: World) -> None:
    visitor = visit(role="accountant")
    visitor.allowed = (422,)
    page = visitor("/transactions/1")
    page.get_by_role("link", name="Annuler", exact=True).click()
    planned = page.locator(".prev tbody").inner_text()
    assert "5 995,00" in planned.replace("\u00a0", " ")
    before = world.firm.entries()
    page.get_by_role("button", name="Annuler la transaction 1").click()
    expect(page.locator(".summary")).to_contain_text("Dire pourquoi")
    assert world.firm.entries() == before
    page.locator("#motif").fill("saisi deux fois")
    page.get_by_role("button", name="Annuler la transaction 1").click()
    expect(page.get_by_role("status")).to_contain_text("Transaction 1 annulée")
    expect(page.locator("h1")).to_contain_text("Annulée")
    (posted,) = [e for e in world.firm.entries("1") if e["reversal_of"]]
    assert {line["credit"] for line in posted["lines"]} >= {"5995.00"}
    assert "saisi deux fois" in posted["label"]
    assert not world.firm.findings()


def test_unpaid_with_fees_is_looked_at_then_recorded(visit: Visiting, world: World) -> None:
    visitor = visit(role="accountant")
    visitor.allowed = (409, 422)
    page = visitor("/transactions/2")
    page.get_by_role("link", name="Impayé", exact=True).click()
    page.locator("#frais").fill("12,x")
    page.get_by_role("button", name="Revoir l’écriture").click()
    expect(page.locator(".summary")).to_contain_text("n’est pas un montant")
    page.locator("#frais").fill("12,40")
    page.locator("#banque").select_option("BNP")
    page.locator("#motif").fill("provision insuffisante")
    page.get_by_role("button", name="Enregistrer l’impayé").click()
    expect(page.locator(".summary")).to_contain_text("n’est plus celle qui était montrée")  # the fees were not in it
    expect(page.locator(".prev")).to_contain_text("12,40")
    page.get_by_role("button", name="Enregistrer l’impayé").click()
    expect(page.get_by_role("status")).to_contain_text("Impayé enregistré : transaction 6")
    assert "12.40" in {amount for _, amount, _ in world.firm.entry("6")}
    assert not world.firm.findings()


def test_what_stands_in_the_way_is_told_and_nothing_is_done(world: World) -> None:
    before = world.firm.entries()
    with world.client("accountant") as client:
        assert "Annulation impossible" in client.get("/transactions/3/annuler").text  # it has moved on
        assert client.send_form("/transactions/3/annuler", motif="x").status_code == 409
        assert client.send_form("/transactions/1/annuler", motif="x", date="n'importe").status_code == 422
        assert client.send_form("/transactions/1/annuler", motif="x", vu="autre").status_code == 409
        assert client.send_form("/transactions/1/annuler", motif="x" * 9_000).status_code == 409
        assert client.send_form("/transactions/3/impaye", motif="x").status_code == 409
    assert world.firm.entries() == before


def test_one_form_cancels_once(world: World) -> None:
    with world.client("accountant") as client:
        text = client.get("/transactions/2/annuler").text
        seal, key = (text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("vu", "cle"))
        sent = [client.send_form("/transactions/2/annuler", motif="x", vu=seal, cle=key) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]  # the second leads where the first did
    assert len([e for e in world.firm.entries("2") if e["reversal_of"]]) == 1
