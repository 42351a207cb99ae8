"""The home page: its figures are those of the lists behind them, and prove themselves against the ledger."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser

from lettrage.adapters.http.pages.home import _DETAILS, _LINES
from lettrage.adapters.http.pages.words import known
from lettrage.books.ageing import AGES, age_of, by_age, edges
from lettrage.books.today import Kind
from lettrage.simulator.server import Simulator
from tests.journeys.helpers import Firm, header, pays
from tests.pages.browser import visiting
from tests.pages.invoice_story import Story
from tests.pages.story import told
from tests.pages.world import DOSSIER, World, people, world_of
from tests.people.twins import statements


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, _simulator: Simulator) -> Iterator[Story]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("LETTRAGE_KEYS", str(folder / "elsewhere" / "keys.json"))
        _simulator.simulation.reset()
        story = told(folder, _simulator)
        story.ways._platforms.close()
        yield story


@pytest.fixture(scope="module")
def busy(story: Story, _simulator: Simulator) -> Iterator[World]:
    """A service on the books of the story."""
    with world_of(story.firm, _simulator) as world:
        yield world


# ---------------------------------------------------------------- ages


def test_what_is_payable_today_is_not_late() -> None:
    today = date(2026, 11, 20)
    ages = {0: 0, -1: 0, 1: 1, 30: 1, 31: 2, 60: 2, 61: 3, 90: 3, 91: 4}
    assert {late: age_of(today - timedelta(late), today) for late in ages} == ages
    earliest = edges(today)
    for late, age in ages.items():
        due = today - timedelta(late)
        assert next((at for at, edge in enumerate(earliest) if due >= edge), len(earliest)) == age


def test_an_ageing_adds_up() -> None:
    ageing = by_age([(0, 2, 500), (1, 1, -30), (4, 1, 7), (-1, 3, -900)])
    assert (ageing.total, ageing.count, ageing.overdue, ageing.overdue_count) == (477, 4, -23, 2)
    assert (ageing.advances, ageing.advance_count) == (-900, 3)
    assert len(ageing.amounts) == len(AGES)


def test_the_ageing_of_all_is_that_of_each_and_that_of_the_ledger(story: Story) -> None:
    today = story.firm.clock.today()
    with story.firm.store.books(DOSSIER, writing=False) as books:
        whole, each, receivables = books.ageing(today), books.ageing_by_party(today), books.receivables(today)
    assert whole == receivables.ageing
    for at in range(len(AGES)):
        assert sum(one.ageing.amounts[at] for one in each) == whole.amounts[at]
        assert sum(one.ageing.counts[at] for one in each) == whole.counts[at]
    assert [one.ageing.overdue for one in each] == sorted((one.ageing.overdue for one in each), reverse=True)
    assert receivables.gap == 0
    assert receivables.posted == sum(
        row[0] for row in story.firm.ask("SELECT debit - credit FROM entry_line WHERE account = ?1", "411000")
    )


def test_what_was_worked_out_is_forgotten_when_the_books_move(world: World) -> None:
    firm, client = world.firm, world.client("clerk")
    firm.load({"code": DOSSIER, "invoices": [_invoice("7", "300.00"), _invoice("8", "50.00")]})
    assert "350,00" in client.get("/").text
    firm.done(header("PORCHQ", "300", pays("7", "300"), THIRDPARTY="C2"))
    text = client.get("/").text
    assert "350,00" not in text
    assert "Total 50,00" in text
    assert "1 chèque à remettre" in text


def _invoice(number: str, amount: str) -> dict[str, object]:
    items = [{"due_date": "2024-11-13", "amount": amount}]
    return {"third_party": "C2", "number": number, "date": "2024-10-14", "due_items": items}


def test_a_gap_between_items_and_ledger_is_said(world: World) -> None:
    world.firm.load({"code": DOSSIER, "invoices": [_invoice("7", "300.00")]})
    ((posting,),) = world.firm.ask("SELECT max(posting) FROM entry WHERE dossier = ?1", DOSSIER)
    world.firm.change_behind_the_scenes(
        "INSERT INTO entry_line (dossier, posting, line, account, third_party, debit, credit, currency, amount)"
        " VALUES (?1, ?2, 3, '411000', 'C2', 1200, 0, 'EUR', 1200)",
        DOSSIER,
        posting,
    )
    text = world.client().get("/").text
    assert "Total 300,00" in text
    assert "écart de 12,00" in text
    assert "égal au compte" not in text


# ---------------------------------------------------------------- what waits


def test_every_line_is_what_its_list_says(story: Story) -> None:
    firm, today = story.firm, story.firm.clock.today()
    with firm.store.books(DOSSIER, writing=False) as books:
        waits = {line.kind: line for line in books.to_do("qualification", today)}
        views = books.invoice_counts("qualification")
        refused, announced = books.refused_not_handled(), books.announced("qualification")
        cheques = books.portfolio_page(books.company.currency, "C30", (), 100).lines
    assert {kind: (line.count, line.amount) for kind, line in waits.items() if kind in ("rejected", "suspended")} == {
        "rejected": (views["a_corriger"].count, views["a_corriger"].open),
        "suspended": (views["suspendues"].count, views["suspendues"].open),
    }
    assert waits["refused"].count == refused.count == 2
    assert waits["cheques"].count == len(cheques)
    assert waits["unpaid"].count == 1
    ordered = views["mises_en_paiement"]
    assert (len(announced), sum(one.amount for one in announced)) == (ordered.count, ordered.open)


def test_the_navigation_counts_what_the_page_lists(busy: World) -> None:
    text = busy.client("accountant").get("/").text
    said = dict(re.findall(r'<span class="n">(\d+)<span class="sr"> : ([^<]+)</span>', text))
    for count, sentence in said.items():
        assert sentence.startswith(count)
        assert f">{sentence}</a><p" in text
    assert len(said) == 3


def test_every_line_leads_to_its_list(busy: World) -> None:
    client = busy.client("administrator")
    text = client.get("/").text
    for href in re.findall(r'<a class="t" href="([^"]+)"', text) + re.findall(r'<a href="(/echeances[^"]+)"', text):
        assert client.get(href.replace("&amp;", "&")).status_code == 200, href
    for _, href, _ in _LINES.values():
        assert client.get(href).status_code == 200, href


def test_a_role_that_may_not_gets_no_button(busy: World) -> None:
    accountant, reader = (busy.client(role).get("/").text for role in ("accountant", "reader"))
    assert 'aria-label="Corriger : 1 facture à corriger"' in accountant
    assert "Saisir un règlement" in accountant
    for word in ("Corriger :", "Saisir un règlement", "Importer des factures", "Faire le bordereau"):
        assert word not in reader


def test_every_kind_has_its_line_and_words(busy: World) -> None:
    assert set(get_args(Kind)) == _LINES.keys() == _DETAILS.keys()
    assert all(known(f"home.todo_{kind}") and known(f"home.do_{kind}") for kind in _LINES)


def test_the_page_asks_the_books_little(busy: World) -> None:
    client = busy.client("reader")
    client.get("/")
    with statements() as heard:
        assert client.get("/").status_code == 200
    asked = [sql for sql, _ in heard if "FROM dossier WHERE" not in sql and "chorus_setting WHERE" not in sql]
    asked = [sql for sql in asked if not re.search(r"BEGIN|COMMIT|session|login|FROM account", sql)]
    assert len(asked) <= 7, asked  # one of them is the frame's


def test_nothing_to_do_says_so(world: World) -> None:
    text = world.client().get("/").text
    assert "Rien à traiter." in text
    assert "Pas encore de facture ouverte." in text


# ---------------------------------------------------------------- seen


def test_the_page_answers_at_a_glance(busy: World, browser: Browser) -> None:
    with visiting(browser, busy) as visit:
        page = visit(role="accountant")("/")
        assert page.get_by_role("heading", level=1).inner_text() == "Tableau de bord"
        assert page.locator(".todo li").count() == 6
        assert page.locator(".todo li").first.get_by_role("link", name="1 facture à corriger", exact=True).is_visible()
        assert page.locator(".age rect").count() == len(AGES)
        assert page.get_by_text("égal au compte 411000").is_visible()
        english = visit(role="reader", lang="en", size="phone", theme="dark")("/")
        assert english.get_by_role("heading", name="Money expected, by age").is_visible()
        assert english.get_by_text("equal to account 411000").is_visible()


def test_without_a_company_the_guide_comes_first(tmp_path: Path, portal: Simulator) -> None:
    firm = Firm(tmp_path)
    people(firm)
    with world_of(firm, portal) as world:
        assert world.client("administrator").get("/").headers["location"] == "/mise-en-route"
