"""The list of invoices: its views add up, its filter finds, its order holds over pages; a reader only looks."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, expect

from lettrage.adapters.store.looks import invoices
from lettrage.adapters.store.looks.invoices import InvoiceListLooks
from lettrage.adapters.store.looks.memo import Memo
from lettrage.invoicing.explaining.progress import progress
from lettrage.invoicing.sending.listing import Listed, Wanted, reads
from lettrage.simulator.server import Simulator
from tests.pages.browser import Visiting, visiting
from tests.pages.invoice_story import Story
from tests.pages.story import FRESH, ORDERED, REJECTED, SETTLED, SUSPENDED, WITH_CUSTOMER, told
from tests.pages.world import DOSSIER, World, world_of


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One story for all of these tests: none of them changes where an invoice stands."""
    folder = tmp_path_factory.mktemp("invoices")
    with pytest.MonkeyPatch.context() as patch, Simulator(speed=600) as portal:
        patch.setenv("LETTRAGE_KEYS", str(folder / "elsewhere" / "keys.json"))
        story = told(folder, portal)
        yield story
        story.platforms.close()


@pytest.fixture(scope="module")
def world(story: Story) -> Iterator[World]:
    with world_of(story.firm, story.portal) as world:
        yield world


@pytest.fixture
def visit(browser: Browser, world: World) -> Iterator[Visiting]:
    with visiting(browser, world) as visit:
        yield visit


def numbers(html: str) -> list[str]:
    """The numbers of the lines, as they stand."""
    return re.findall(r'<th scope="row"[^>]*><a[^>]*>([^<]*)</a>', html)


# ---------------------------------------------------------------- the way of an invoice


@pytest.mark.parametrize(
    ("state", "marks"),
    [
        ("not_sent", "d....."),
        ("intended", "dr...."),
        ("in_doubt", "dw...."),
        ("refused", "dx...."),
        ("sent", "dd...."),
        ("rejected", "ddx..."),
        ("integrated", "ddd..."),
        ("SUSPENDUE", "dddw.."),
        ("REJETEE", "dddx.."),
        ("MISE_A_DISPOSITION", "dddd.."),
        ("MISE_EN_PAIEMENT", "ddddd."),
        ("NEVER_HEARD_OF", "ddd..."),
    ],
)
def test_the_way_stops_where_the_state_says(state: str, marks: str) -> None:
    found = progress(state, carried=True, open_=100, amount=100).marks
    assert "".join(mark or "." for mark in found) == marks


def test_money_ends_the_way_and_part_of_it_shows() -> None:
    assert set(progress("MISE_EN_PAIEMENT", carried=True, open_=0, amount=100).marks) == {"g1"}
    assert progress("sent", carried=True, open_=40, amount=100).marks[-1] == "r"
    assert progress("not_sent", carried=False, open_=100, amount=100).marks == ("d", "h", "h", "h", "h", "")
    assert progress("rejected", carried=True, open_=0, amount=100).marks[2] == "x"  # stopped, whatever was paid


def test_a_search_has_words_and_names() -> None:
    assert reads("mairie client:C15 montant>1000 FA:1") == (("mairie", "FA:1"), {"customer": "C15", "amount>": "1000"})
    assert Wanted("reglees", order="home").narrows is False
    assert Wanted(words=("x",)).narrows


# ---------------------------------------------------------------- views, filter, order


def test_the_views_add_up_and_agree_with_the_home_page(story: Story) -> None:
    with story.firm.store.books(DOSSIER, writing=False) as books:
        counts = books.invoice_counts("qualification")
        waiting = {line.kind: line for line in books.to_do("qualification", story.firm.clock.today())}
        receivables = books.receivables(story.firm.clock.today())
    views = {view: tally for view, tally in counts.items() if view != "toutes"}
    assert counts["toutes"].count == sum(tally.count for tally in views.values()) == 13
    assert counts["toutes"].open == sum(tally.open for tally in views.values())
    assert (views["a_corriger"].count, views["suspendues"].count) == (waiting["rejected"].count, 1)
    assert counts["toutes"].open <= receivables.ageing.total


def test_each_view_has_its_invoices(world: World) -> None:
    client = world.client("reader")
    expected = {
        "a_corriger": [REJECTED],
        "suspendues": [SUSPENDED],
        "a_deposer": [FRESH],
        "chez_le_client": [WITH_CUSTOMER],
        "mises_en_paiement": [ORDERED],
    }
    for view, there in expected.items():
        assert numbers(client.get(f"/factures?vue={view}").text) == there, view
    assert SETTLED in numbers(client.get("/factures?vue=reglees").text)
    assert "Rien dans « En cours »" in client.get("/factures?vue=en_cours").text


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("q=vasseur&vue=sans_plateforme", {"86", "91", "92"}),
        ("q=c0000004", {"10002797"}),
        ("q=client:C0000033", {"88"}),
        ("q=montant%3E3000", {"87", "10002797"}),
        ("min=3000&max=4000", {"87"}),
        ("q=fa-2026-0431", {REJECTED}),
        ("q=nichts", set()),
    ],
)
def test_the_filter_finds(world: World, query: str, there: set[str]) -> None:
    assert set(numbers(world.client("reader").get(f"/factures?{query}").text)) == there


def test_the_sum_of_a_filtered_view_is_of_that_view(world: World) -> None:
    said = world.client("reader").get("/factures?q=vasseur&vue=sans_plateforme").text.replace("\xa0", " ")
    assert "reste dû de la vue : 4 164,60 €" in said


@pytest.mark.parametrize("sort", ["date", "-date", "numero", "-numero", "montant", "-montant"])
def test_pages_of_a_list_are_the_list(story: Story, sort: str) -> None:
    orders = {"date": "date", "numero": "number", "montant": "home"}
    wanted = Wanted(order=orders[sort.strip("-")], ascending=not sort.startswith("-"))  # type: ignore[arg-type]
    with story.firm.store.books(DOSSIER, writing=False) as books:
        whole, end = books.invoices_listed("qualification", wanted, (), 100)
        found: list[Listed] = []
        after: tuple[int | str, ...] = ()
        while True:
            lines, last = books.invoices_listed("qualification", wanted, after, 4)
            found += lines
            if last is None:
                break
            after = last
    assert end is None
    assert found == list(whole)
    assert len({line.id for line in found}) == 13


def test_nonsense_in_the_address_is_as_if_it_were_not_there(world: World) -> None:
    client = world.client("reader")
    for query in ("tri=x&vue=y", "apres=AAAA", "periode=9999", "min=a,b", "du=32/13/2026", "q=%00", "q=%25_'\""):
        assert client.get(f"/factures?{query}").status_code == 200, query


def test_the_list_as_a_file_has_the_rows_of_the_screen(world: World) -> None:
    text = world.client("reader").get("/factures?csv=1&vue=sans_plateforme&tri=numero").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0][:3] == ["Numéro", "Code client", "Client"]
    assert [row[0] for row in rows[1:]] == ["10002797", "86", "88", "91", "92"]
    assert rows[1][5:8] == ["TND", "1900,000", "1900,000"]


def test_fetching_statuses_brings_the_next_look_forward(world: World, story: Story) -> None:
    sql = "SELECT run_at FROM job WHERE dossier = ?1 AND kind = 'follow_changes'"
    with story.firm.store.books(DOSSIER, writing=False) as books:
        ((planned,),) = books.rows(sql)
    assert world.client("reader").send_form("/factures/relever").status_code == 403
    assert world.client("clerk").send_form("/factures/relever").status_code == 303
    with story.firm.store.books(DOSSIER, writing=False) as books:
        ((moved,),) = books.rows(sql)
    assert moved < planned


# ---------------------------------------------------------------- in the browser


def test_the_list_is_worked_by_keyboard(visit: Visiting) -> None:
    there = visit(role="clerk")
    page = there("/factures")
    expect(page.locator(".selbar")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=FRESH)).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator(".selbar")).to_contain_text("1 facture choisie")
    expect(page.locator(".selbar")).to_contain_text("240,00 €")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Déposer en qualification (2)")).to_be_visible()
    page.get_by_role("button", name="Désélectionner").click()
    expect(page.locator(".selbar")).to_be_hidden()
    page.keyboard.press("f")
    expect(page.get_by_role("searchbox", name="Filtrer")).to_be_focused()
    page.keyboard.type("vasseur")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(4)
    page.locator(".tabs").get_by_role("link", name="À corriger").click()
    expect(page.get_by_text("Aucune facture ne répond à « vasseur »")).to_be_visible()
    page.get_by_role("link", name="Lever le filtre").click()
    page.get_by_role("link", name=REJECTED).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejetée par Chorus")
    assert "de=%2Ffactures%3Fvue%3Da_corriger" in page.url


def test_a_reader_sees_and_does_nothing(visit: Visiting) -> None:
    page = visit(role="reader", lang="en")("/factures")
    expect(page.get_by_role("heading", level=1)).to_have_text("Invoices")
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("link", name="Import")).to_have_count(0)
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    page.locator("th[aria-sort] a").click()
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    first = page.locator("[data-row] th").first
    expect(first).to_have_text("88")


def test_what_is_overdue_is_said(world: World, story: Story) -> None:
    html = world.client("reader").get("/factures?q=client:C0000033").text
    assert "en retard" in html
    assert story.firm.clock.today() > date(2026, 1, 1)


# ---------------------------------------------------------------- books with more sales than are looked through


def test_of_more_sales_than_are_counted_what_stopped_is_known_and_the_rest_is_at_least(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoices, "COUNTED", 5)
    monkeypatch.setattr(invoices, "_counts", Memo(1))
    with world.firm.store.books(DOSSIER, writing=False) as books:
        counts = books.invoice_counts("qualification")
    assert counts["toutes"].more
    assert counts["toutes"].count == 5
    assert [(counts[view].count, counts[view].more) for view in ("a_corriger", "suspendues")] == [(1, False)] * 2
    said = world.client("reader").get("/factures").text.replace("\xa0", " ")
    assert "5+ factures et avoirs" in said
    assert "plus récentes sont comptées" in said


@pytest.mark.parametrize("query", ["vue=reglees", "min=3000", "q=2797"])
def test_a_filter_without_an_index_goes_on_until_all_was_looked_through(
    world: World, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    client = world.client("reader")
    expected = numbers(client.get(f"/factures?{query}").text)
    assert expected
    monkeypatch.setattr(InvoiceListLooks.invoices_listed, "__defaults__", (2,))
    found, address, pages = [], f"/factures?{query}", 0
    while address and pages < 20:
        html = client.get(address).text
        found += numbers(html)
        onward = re.search(r'href="([^"]*apres=[^"]*)"(?: rel="next")?>(?:Suivantes|Chercher plus loin)', html)
        address, pages = (onward[1].replace("&amp;", "&") if onward else ""), pages + 1
    assert found == expected
    assert pages > 3
