"""A document received: a refused settlement in its caller's own text, corrections tried, refusals dealt with."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lettrage.simulator.server import Simulator
from tests.pages.browser import Visiting
from tests.pages.settlement_story import DOCUMENT, told
from tests.pages.world import World, world_of

DOC = "/reglements/documents/1"


@pytest.fixture
def world(tmp_path: Path, portal: Simulator) -> Iterator[World]:
    with world_of(told(tmp_path), portal) as world:
        yield world


def _lit(text: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r"<mark>(.*?)</mark>", text)]


def _wait(world: World) -> int:
    with world.firm.store.books("998", writing=False) as books:
        (line,) = [one for one in books.to_do("qualification", world.firm.clock.today()) if one.kind == "refused"]
        assert line.count == books.refused_not_handled().count
        return line.count


def test_a_refusal_is_lit_in_the_callers_text_explained_and_leads_to_the_entry(visit: Visiting) -> None:
    visitor = visit(role="clerk")
    page = visitor(DOC)
    expect(page.locator("h1")).to_contain_text("2 refusés sur 4")
    rows = page.locator("table[data-list] tbody tr")
    assert rows.count() == 4
    expect(rows.nth(1)).to_contain_text("Acompte")
    expect(rows.nth(2)).to_contain_text("4 motifs, ci-dessous")
    assert page.locator(".code mark").all_inner_texts() == ["1000,O0", "1000", "{", "WAP"]
    at = 1 + DOCUMENT.split("'1000,O0'")[0].count("\n")  # the real number of the line, not one of the excerpt
    expect(page.locator(f"#l{at}")).to_contain_text("motif 1")
    why = page.locator("#motifs")
    expect(why.locator("article").first).to_contain_text("data.EnteteReglementtb[2].EnteteReglement.MTDEV")
    why.get_by_role("link", name=f"ligne {at}", exact=True).click()
    assert page.url.endswith(f"#l{at}")
    page.get_by_role("link", name="Refus suivant de ce document").click()
    expect(page.locator(".code mark")).to_have_text(["10002640"])
    page.get_by_role("link", name="Reprendre à la main").click()
    expect(page.locator("h1")).to_have_text("Saisir un règlement")
    assert page.locator("input[name=montant]").input_value().startswith("1")
    assert page.locator("input[name=document]").input_value() == "1"


def test_a_correction_is_tried_and_nothing_is_stored(visit: Visiting, world: World) -> None:
    page = visit(role="clerk")(f"{DOC}?rang=4")
    before = world.firm.rows()
    field = page.locator("#texte")
    wrong = field.input_value()
    assert wrong in DOCUMENT
    field.fill(wrong.replace("10002640", "86"))
    page.get_by_role("button", name="Essayer à blanc").click()
    expect(page.locator("#essai")).to_contain_text("Serait refusé")  # that invoice is settled by now
    page.locator("#texte").fill(
        wrong.replace("10002640", "10002797").replace("C0000007", "C0000004").replace("1940", "1900")
    )
    page.get_by_role("button", name="Essayer à blanc").click()
    expect(page.locator("#essai")).to_contain_text("Passerait : écriture prévue")
    expect(page.locator("#essai tfoot")).to_contain_text("1 900,00")
    assert world.firm.rows() == before | {"session": world.firm.rows()["session"]}


def test_a_refusal_marked_as_dealt_with_leaves_what_waits_and_stays(visit: Visiting, world: World) -> None:
    waiting = _wait(world)
    visitor = visit(role="clerk")
    visitor.allowed = (422,)
    page = visitor(f"{DOC}?rang=4")
    page.get_by_text("Marquer comme traité").first.click()
    page.get_by_role("button", name="Marquer comme traité").click()
    expect(page.locator(".summary")).to_contain_text("Dire en un mot")
    page.locator("#pourquoi").fill("renvoyé sous le n° 21")
    page.get_by_role("button", name="Marquer comme traité").click()
    expect(page.get_by_role("status")).to_contain_text("marqué comme traité")
    expect(page.locator("#motifs")).to_contain_text("renvoyé sous le n° 21")
    expect(page.locator("table[data-list] tbody tr").nth(3)).to_contain_text("Refusé, traité")
    assert _wait(world) == waiting - 1
    assert not world.firm.findings()


def test_marking_twice_keeps_the_first_word_and_only_refusals_are_marked(world: World) -> None:
    with world.client("clerk") as client:
        for why in ("une fois", "deux fois"):
            assert client.send_form(f"{DOC}/traite", rang="3", pourquoi=why).status_code == 303
        assert "une fois" in client.get(f"{DOC}?rang=3").text
        assert client.send_form(f"{DOC}/traite", rang="1", pourquoi="fait").status_code == 422  # it was done
        assert client.send_form(f"{DOC}/traite", rang="99", pourquoi="fait").status_code == 404
    assert world.firm.ask("SELECT why FROM handled") == [("une fois",)]


def test_the_answer_and_the_text_are_what_was_sent_and_received(world: World) -> None:
    with world.client("clerk") as client:
        ((kept,),) = world.firm.ask("SELECT answer FROM kept_answer WHERE key = '2041'")
        page = client.get(f"{DOC}?vue=reponse").text
        shown = re.search(r'<textarea[^>]*id="rendue"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
        assert shown is not None
        assert html.unescape(shown[1]) == kept
        assert client.get(f"{DOC}?fichier=1").text == DOCUMENT
        own = client.get("/reglements/documents/3?vue=reponse").text  # in our own form, and made again
        made = re.search(r'id="rendue"[^>]*>\n(.*?)</textarea>', own, re.DOTALL)
        assert made is not None
        assert json.loads(html.unescape(made[1]))["settlements"][0]["outcome"] == "refused"
        assert "La transaction 1 a été générée" in client.get(f"{DOC}?vue=livre").text


def test_a_long_line_and_our_own_form_are_lit_too(world: World) -> None:
    with world.client("clerk") as client:
        inside = client.get("/reglements/documents/2").text
        assert "12,O" in _lit(inside)
        assert "ligne 1, caractère " in inside
        own = client.get("/reglements/documents/3").text
        assert "nulle-part" in _lit(own)
        assert "/settlements/0/details/0/piece" in own


def test_what_is_not_there_or_not_for_a_reader(world: World) -> None:
    with world.client("clerk") as client:
        for number in ("0", "99", "x", "1" * 30):
            assert client.get(f"/reglements/documents/{number}").status_code == 404
        assert client.get(f"{DOC}?rang=77&vue=rien&apres=xyz").status_code == 200
        assert client.get("/reglements/documents/6").status_code == 200  # an act
        for text in ("", "{", "'" * 9, "[" * 5000, "é" * 100):
            assert client.send_form(f"{DOC}/essai", rang="3", texte=text).status_code in (200, 422), text[:9]
    with world.client("reader") as client:
        assert client.get(DOC).status_code == 403
        assert client.send_form(f"{DOC}/traite", rang="3", pourquoi="x").status_code == 403
