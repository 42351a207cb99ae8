"""The page of an invoice that an approved platform carries: its words, its life, and what is said of it by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lettrage.simulator.approved.flows import Detail
from lettrage.simulator.server import Simulator
from tests.databases import edit
from tests.pages import carried_story
from tests.pages.browser import Visiting, visiting
from tests.pages.invoice_story import Story
from tests.pages.world import DOSSIER, World, world_of


@pytest.fixture
def story(tmp_path: Path, portal: Simulator) -> Iterator[Story]:
    story = Story(tmp_path, portal)
    carried_story.connected(story)
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


def said(story: Story) -> list[tuple[str, str, int]]:
    """What was said of invoices: the status, what became of it, whether it stands."""
    return [tuple(row) for row in story.firm.ask("SELECT code, outcome, stands FROM message ORDER BY id")]


def told(story: Story) -> list[str]:
    """The statuses that the platform has of the only invoice."""
    story.portal.approved.platform.look()
    (invoice,) = story.portal.approved.platform.invoices()
    return [one.code for one in invoice.passages]


def life(document: int) -> str:
    return f"/factures/{document}?onglet=historique"


def test_nothing_on_it_speaks_of_chorus(world: World, story: Story) -> None:
    document = carried_story.carried(story, "FB-1")
    unsent = carried_story.sold(story, "FB-2")
    story.portal.approved.platform.acknowledge_next(Detail("InvoiceTechnicalFormatError", "Error", "FB-3"))
    rejected = carried_story.carried(story, "FB-3")
    for lang in ("fr", "en"):
        client = world.client("clerk", lang)
        for path in (life(document), f"/factures/{document}", f"/factures/{unsent}", f"/factures/{rejected}"):
            shown = client.get(path).text.split("<main")[1]
            assert "Chorus" not in shown, (lang, path)
        rows = client.get("/factures").text.split("<tbody>")[1].split("</tbody>")[0]
        assert "Chorus" not in rows
    assert "Rejected by the platform" in rows


def test_its_life_has_names_and_amounts_as_people_write_them(world: World, story: Story) -> None:
    document = carried_story.carried(story, "FB-1")
    story.portal.approved.platform.move(1, "204")
    carried_story.works(story)
    shown = world.client("clerk").get(life(document)).text.replace("\xa0", " ")
    assert ">WK<" not in shown
    assert "Menuiserie Lambert BY" not in shown
    assert "Contrôlée par la plateforme" in shown


def test_an_account_is_changed_by_hand_once(visit: Visiting, story: Story) -> None:
    document = carried_story.carried(story, "FB-1")
    there = visit(role="clerk")
    page = there(life(document))
    panel = page.locator("section", has=page.get_by_role("heading", name="Dire à l’acheteur"))
    panel.get_by_role("combobox").select_option("BNP")
    panel.get_by_role("button").first.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("FB-1")
    assert said(story) == [("227", "", 1)]
    carried_story.works(story)
    assert "227" in told(story)
    assert said(story) == [("227", "accepted", 1)]
    assert not there.axe()


def test_a_status_that_cannot_be_said_is_refused_with_its_reason(world: World, story: Story) -> None:
    document, unsent = carried_story.carried(story, "FB-1"), carried_story.sold(story, "FB-2")
    client = world.client("clerk")
    for fields, reason in (
        ({"status": "212"}, "212"),
        ({"status": "227", "bank": "XXX"}, "XXX"),
        ({"status": "999"}, "999"),
        ({}, ""),
    ):
        answer = client.send_form(f"/factures/{document}/statut", **fields)
        assert "À corriger" in answer.text, fields
        assert reason in answer.text.split("À corriger")[1], fields
    elsewhere = client.send_form(f"/factures/{unsent}/statut", status="227", bank="BNP")
    assert "n’est sur aucune plateforme agréée" in elsewhere.text
    assert said(story) == []


def test_the_same_form_twice_says_it_once(world: World, story: Story) -> None:
    document = carried_story.carried(story, "FB-1")
    client = world.client("clerk")
    first = client.send_form(f"/factures/{document}/statut", status="227", bank="BNP", key="k1")
    again = client.send_form(f"/factures/{document}/statut", status="227", bank="BNP", key="k1")
    other = client.send_form(f"/factures/{document}/statut", status="227", bank="BNP", key="k2")
    assert (first.status_code, again.status_code) == (303, 303), first.text.split("À corriger")[1][:600]
    assert "À corriger" in other.text
    assert len(said(story)) == 1


def test_who_may_only_read_says_nothing(world: World, story: Story) -> None:
    document = carried_story.carried(story, "FB-1")
    client = world.client("reader")
    assert client.send_form(f"/factures/{document}/statut", status="227", bank="BNP").status_code == 403
    assert client.send_form(f"/factures/{document}/redire", message="1").status_code == 403
    assert "/statut" not in client.get(life(document)).text
    assert world.client("clerk").post(f"/factures/{document}/statut", data={"status": "227"}).status_code == 403
    assert said(story) == []


def test_what_the_platform_refused_is_told_again_from_the_page(visit: Visiting, story: Story) -> None:
    document = carried_story.carried(story, "FB-1")
    there = visit(role="clerk")
    page = there(life(document))
    panel = page.locator("section", has=page.get_by_role("heading", name="Dire à l’acheteur"))
    panel.get_by_role("combobox").select_option("BNP")
    story.portal.approved.platform.acknowledge_next(Detail("InvoiceLCTechnicalError", "Error", "227"))
    panel.get_by_role("button").first.click()
    carried_story.works(story)
    assert said(story) == [("227", "rejected", 1)]
    page = there(life(document))
    again = page.get_by_role("button", name="Redire")
    again.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Redire")).to_have_count(0)
    assert said(story) == [("227", "rejected", 0)]


def test_a_message_is_told_again_only_where_it_was_refused(world: World, story: Story) -> None:
    document = carried_story.carried(story, "FB-1")
    client = world.client("clerk")
    client.send_form(f"/factures/{document}/statut", status="227", bank="BNP")
    for message in ("1", "77", "", "x", "9" * 30):
        answer = client.send_form(f"/factures/{document}/redire", message=message)
        assert "À corriger" in answer.text, message
    assert said(story) == [("227", "", 1)]
    edit(story.firm.address, "UPDATE message SET outcome = 'rejected'")
    assert client.send_form(f"/factures/{document}/redire", message="1").status_code == 303


# ---------------------------------------------------------------- the end, after a warning


def test_cancelling_says_first_what_it_does_and_is_done_by_the_keyboard(visit: Visiting, story: Story) -> None:
    document = carried_story.carried(story, "FB-1")
    there = visit(role="clerk")
    page = there(life(document))
    page.get_by_role("button", name="Annuler la facture (220)…").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Annuler la facture FB-1 ?")
    expect(page.locator("main")).to_contain_text("Rien ne le reprend")
    expect(page.locator("main")).to_contain_text("Sans facture rectificative")
    assert said(story) == [], "one click ends nothing"
    assert not there.axe()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Dire à l’acheteur")).to_be_visible()
    assert said(story) == []

    page.get_by_label("Facture rectificative").fill("FB-2")
    page.get_by_role("button", name="Annuler la facture (220)…").press("Enter")
    expect(page.get_by_label("Facture rectificative")).to_have_value("FB-2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("FB-1")
    assert said(story) == [("220", "", 1)]


def test_cancelling_tells_what_was_received_and_asks_again_where_that_changed(world: World, story: Story) -> None:
    story.firm.load({"code": DOSSIER, "declarant": carried_story.DECLARANT})
    document = carried_story.carried(story, "FB-1")
    client = world.client("clerk")

    def ask(**more: str) -> tuple[str, str]:
        """What is shown, and by what it is known again."""
        answer = client.send_form(f"/factures/{document}/statut", status="220", **more)
        assert answer.status_code == 200, answer.text
        return answer.text.replace("\xa0", " "), answer.text.split('name="vu" value="')[1].split('"')[0]

    before, seen = ask()
    assert "Rien n’a été reçu de cette facture" in before
    carried_story.paid(story, "FB-1", carried_story.CLIENT, "1200.00", story.firm.clock.today())
    carried_story.works(story)
    now, anew = ask(vu=seen, key="k1")
    assert "a changé depuis que vous l’avez vu" in now
    assert "Reçu à ce jour : 1 200,00 €" in now.replace("\u202f", " ")
    assert "déclarés encaissés (212)" in now
    assert [code for code, *_ in said(story)] == ["212"]

    for _ in range(2):
        done = client.send_form(f"/factures/{document}/statut", status="220", vu=anew, key="k2")
        assert done.status_code == 303, done.text
    assert [code for code, *_ in said(story)] == ["212", "220"]
