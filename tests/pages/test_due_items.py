"""What is due: the ageing proved against the account, the list with its filters and orders, its file and its paper."""

import itertools
import re
from typing import get_args

import pytest
from playwright.sync_api import expect

from lettrage.adapters.store.sql import run
from lettrage.books.due import Order, Search
from tests.pages.browser import Visiting
from tests.pages.owed import AGES, owed, settled
from tests.pages.world import World

PIECES = re.compile(r'<th scope="row" class="m1 nowrap"><a href="[^"]+">([^<]+)</a>')
ORDERS: tuple[Order, ...] = get_args(Order)
LIST = "/echeances?vue=echeances"


@pytest.fixture(autouse=True)
def _owed(world: World) -> None:
    owed(world.firm)


def listed(world: World, query: str) -> list[str]:
    """The pieces of a list, in its order."""
    with world.client("reader") as client:
        answer = client.get(f"{LIST}{query}")
    assert answer.status_code == 200, answer.text
    return PIECES.findall(answer.text)


def test_who_owes_what_by_age_equals_the_account(visit: Visiting) -> None:
    there = visit(role="reader")
    page = there("/echeances")

    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Boutique")
    assert row.locator("td").all_inner_texts() == [
        "200,00",
        "575,00",
        "100,00",
        "100,00",
        "100,00",
        "875,00",
        "1\u00a0075,00",
    ]
    expect(page.locator("footer").first).to_have_text("Total 1\u00a0075,00\u00a0€, égal au compte 411000")
    expect(page.locator(".kpis > div").nth(3)).to_contain_text("−50,00")
    row.get_by_role("link").click()
    expect(page).to_have_url(f"{there.world.url}/clients/C2")


def test_a_gap_between_items_and_account_is_said(world: World) -> None:
    with world.firm.store.engine.begin() as connection:
        run(connection, "UPDATE due_item SET carried = carried - 100 WHERE dossier = '998' AND piece = 'A1'")
    with world.client("reader") as client:
        shown = client.get("/echeances").text

    assert "1,00\u00a0€ d’écart" in shown
    assert "égal au compte" not in shown


@pytest.mark.parametrize(
    ("query", "pieces"),
    [
        ("", ["A6", "A5", "A4", "T1", "A3", "A1", "A2"]),
        ("&tri=-due_date", ["A2", "A1", "A3", "T1", "A4", "A5", "A6"]),
        ("&tri=-carried", ["T1", "A6", "A5", "A4", "A3", "A2", "A1"]),
        ("&echu=1", ["A6", "A5", "A4", "T1", "A3"]),
        ("&litige=1", ["T1"]),
        ("&devise=tnd", ["T1"]),
        ("&age=not_due", ["A1", "A2"]),
        ("&age=to_30", ["T1", "A3"]),
        ("&age=to_60", ["A4"]),
        ("&age=older", ["A6"]),
        ("&tiers=boutiq&echu=1&devise=EUR", ["A6", "A5", "A4", "A3"]),
        ("&tiers=C1", []),
        ("&tri=nonsense&age=nonsense&jusqu=32/13/2026&apres=%00", ["A6", "A5", "A4", "T1", "A3", "A1", "A2"]),
    ],
)
def test_the_list_is_filtered_and_sorted(world: World, query: str, pieces: list[str]) -> None:
    assert listed(world, query) == pieces


def test_every_page_of_a_list_follows_the_one_before(world: World) -> None:
    """As somebody with short pages sees it: nothing twice, nothing left out, in either direction."""
    for order, down in itertools.product(ORDERS, (False, True)):
        whole = listed(world, f"&tri={'-' if down else ''}{order}")
        search, today = Search(order=order, descending=down), world.firm.clock.today()
        with world.firm.store.books("998", writing=False) as books:
            met, after = books.due_items(search, today, (), 2)
            while after is not None:
                items, after = books.due_items(search, today, after, 2)
                met += items
        assert [item.piece for item in met] == whole, (order, down)


def test_the_sum_of_a_list_is_that_of_the_ageing(world: World) -> None:
    with world.client("reader") as client:
        by_days = client.get(f"{LIST}&echu=1").text
        by_party = client.get(f"{LIST}&echu=1&tiers=C2").text
    assert "875,00\u00a0€" in by_days
    said = re.compile(r"<b>(5 échéances[^<]+)</b>")
    assert said.findall(by_days) == said.findall(by_party) != []


def test_a_forged_cursor_is_told_not_obeyed(world: World) -> None:
    with world.client("reader") as client:
        for cursor in ("bm9uc2Vuc2U", "WyJ4IiwwLFtbMV1dXQ", "%F0%9F%92%A5"):
            assert client.get(f"{LIST}&apres={cursor}").status_code in (200, 400, 422)


def test_the_file_has_every_line_and_is_safe(world: World) -> None:
    world.firm.load(
        {"code": "998", "third_parties": [{"code": "C2", "kind": "customer", "name": "=1+1"}]},
    )
    with world.client("reader") as client:
        content = client.get(f"{LIST}&format=csv")
        aged = client.get("/echeances?format=csv")

    lines = content.content.decode("utf-8-sig").splitlines()
    assert content.headers["content-disposition"].startswith("attachment; filename*=UTF-8''echeances-")
    assert lines[0] == "Nature;Pièce;Code;Tiers;Date;Échéance;Retard;Devise;Montant;Reste dû;Au livre;État;Lettre"
    assert len(lines) == 1 + len(AGES) + 1
    assert ";'=1+1;" in lines[1]
    assert "TND;1900,000;1900,000;475,00;En litige" in content.text
    assert aged.content.decode("utf-8-sig").splitlines()[1].endswith("875,00;1075,00;-50,00")


def test_a_settled_item_leaves_the_list_at_once(world: World) -> None:
    before = listed(world, "")
    settled(world.firm, "A6", "100")

    assert set(before) - set(listed(world, "")) == {"A6"}


def test_filter_by_keyboard_and_sort_by_link(visit: Visiting) -> None:
    there = visit(role="clerk", lang="en")
    page = there(LIST)

    page.keyboard.press("f")
    expect(page.locator("#tiers")).to_be_focused()
    page.get_by_label("Overdue").check()
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_role("link", name="Left to pay").click()
    expect(page.get_by_role("columnheader", name="Left to pay")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("link", name="Left to pay").click()
    expect(page.get_by_role("columnheader", name="Left to pay")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("tbody tr").first).to_contain_text("T1")
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_role("link", name="Lift the filter").click()
    expect(page.locator("tbody tr")).to_have_count(7)
    assert not there.axe()


def test_a_filter_without_a_hit_says_which(world: World) -> None:
    with world.client("reader") as client:
        shown = client.get(f"{LIST}&tiers=C1&echu=1").text
    assert "Rien d’ouvert ne répond au filtre : tiers C1, Échues." in shown
    assert "Lever le filtre" in shown


def test_paper_takes_the_whole_list_with_its_filter(world: World) -> None:
    with world.client("reader") as client:
        shown = client.get(f"{LIST}&echu=1&jusqu=31/12/2026&imprimer=1").text
    assert len(PIECES.findall(shown)) == 5
    assert "Filtre : échéance jusqu’au 31/12/2026 · Échues" in shown
