"""Invoices brought in by file: nothing is posted unseen, nothing twice, and a file that is none is told what it is."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.invoicing.brought import form
from tests.pages.browser import Visiting
from tests.pages.world import DOSSIER, Client, World


def record(world: World, number: str, **more: Any) -> dict[str, Any]:
    """An invoice of today to the town."""
    today = world.firm.clock.today()
    return form(number, date=today.isoformat(), due_date=(today + timedelta(days=30)).isoformat(), **more)


def in_json(world: World, *numbers: str) -> bytes:
    return json.dumps({"invoices": [record(world, number) for number in numbers]}).encode()


def postings(world: World) -> int:
    with world.firm.store.books(DOSSIER, writing=False) as books:
        return int(books.counters["postings"])


def looked(client: Client, *contents: bytes) -> str:
    """The page of a dry look."""
    files = [("fichiers", (f"lot{at}.json", content)) for at, content in enumerate(contents)]
    return client.send_form("/factures/import", files=files).text


def confirm(html: str) -> str:
    """The address that the confirmation posts to."""
    found = re.search(r'action="(/factures/import/[\w-]+)"', html)
    assert found, html
    return found[1]


def test_a_file_is_seen_before_it_is_posted_and_posted_once(world: World) -> None:
    client, before = world.client("clerk"), postings(world)
    html = looked(client, in_json(world, "F1", "F2"))
    assert postings(world) == before
    assert html.count("Sera comptabilisée") == 2
    assert "Enregistrer les factures (2)" in html
    where = confirm(html)
    first = client.send_form(where)
    assert (first.status_code, first.headers["location"]) == (303, where)
    assert postings(world) == before + 2
    again = client.send_form(where)  # the back button, a second press
    assert again.headers["location"] == where
    assert postings(world) == before + 2
    done = client.get(where).text
    assert done.count("Comptabilisée") == 2
    assert "lot0.json" in done
    assert not world.firm.findings()


def test_each_refused_invoice_says_what_where_and_how_and_keeps_no_other_back(world: World) -> None:
    client, before = world.client("clerk"), postings(world)
    wrong = {"invoices": [record(world, "F1"), record(world, "F2", buyer="PERSONNE")]}
    html = looked(client, json.dumps(wrong).encode())
    assert "Le tiers « PERSONNE » n" in html
    assert "invoices[1].buyer" in html
    assert "Vérifier le code" in html
    client.send_form(confirm(html))
    assert postings(world) == before + 1


def test_what_is_there_already_has_no_effect(world: World) -> None:
    client = world.client("clerk")
    client.send_form(confirm(looked(client, in_json(world, "F1"))))
    html = looked(client, in_json(world, "F1"))
    assert "Déjà là, sans effet" in html
    assert "Rien à enregistrer" in html


@pytest.mark.parametrize(
    "content", [b"", b"\0\1\2", b"{", b"<a/>", b"%PDF-1.4 nothing", b"bonjour", b"[]", b"\xff\xfe", b"number\n"]
)
def test_what_is_no_invoice_is_told(world: World, content: bytes) -> None:
    before = postings(world)
    answer = world.client("clerk").send_form("/factures/import", files=[("fichiers", ("x", content))])
    assert answer.status_code == 200
    assert "Rien à enregistrer" in answer.text
    assert postings(world) == before


def test_several_files_are_taken_each_by_itself(world: World) -> None:
    client, before = world.client("clerk"), postings(world)
    today = world.firm.clock.today()
    table = f"number,date,due_date,buyer,name,quantity,price,vat_rate\nF9,{today},{today},C2,Porte,1,10,20\n"
    html = looked(client, in_json(world, "F1"), b"nothing", table.encode())
    assert "lot1.json" in html
    client.send_form(confirm(html))
    assert postings(world) == before + 2


def test_files_of_somebody_else_are_not_posted(world: World) -> None:
    where = confirm(looked(world.client("clerk"), in_json(world, "F1")))
    before = postings(world)
    other = world.client("accountant")
    assert other.send_form(where).status_code == 422
    assert other.get(where).status_code == 422
    assert postings(world) == before


def test_no_file_and_no_right(world: World) -> None:
    assert "Choisir au moins un fichier" in world.client("clerk").send_form("/factures/import").text
    reader = world.client("reader")
    assert reader.get("/factures/import").status_code == 403
    assert reader.send_form("/factures/import", files=[("fichiers", ("x", b"{}"))]).status_code == 403


def test_a_dropped_file_goes_all_the_way(visit: Visiting, world: World) -> None:
    there = visit(role="clerk", lang="en")
    page = there("/factures/import")
    text = in_json(world, "F1").decode()
    drop = """text => {
        const data = new DataTransfer();
        data.items.add(new File([text], "invoices.json"));
        document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
    }"""
    page.evaluate(drop, text)
    expect(page.get_by_text("Will be posted")).to_be_visible()
    expect(page.locator(".prev tfoot .num").first).to_have_text("240.00")
    assert there.axe() == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Invoices stored")
    page.get_by_role("link", name="See the invoices to deposit").click()
    expect(page.locator("[data-row] th")).to_have_text(["F1"])
