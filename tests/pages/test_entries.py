"""Entries: the list by date, the lines of one account with their running total, one entry, what takes it back."""

import re

import pytest
from playwright.sync_api import expect

from lettrage.books.journal import Search
from tests.pages.browser import Visiting
from tests.pages.owed import cancelled, owed, partly_settled, settled
from tests.pages.world import World

NUMBERS = re.compile(r'<th scope="row" class="m1 nowrap"><a href="/ecritures/([^"]+)">')


@pytest.fixture(autouse=True)
def _owed(world: World) -> None:
    owed(world.firm)


def test_the_latest_entries_first_and_by_journal(world: World) -> None:
    with world.client("reader") as client:
        every = NUMBERS.findall(client.get("/ecritures").text)
        sales = NUMBERS.findall(client.get("/ecritures?journal=VE").text)
        none = client.get("/ecritures?journal=XX&du=01/01/2001&au=02/01/2001").text

    assert len(every) == 8
    assert len(sales) == 7
    assert every[0] not in sales, "the advance is the latest"
    assert "Aucune écriture ne répond au filtre" in none


def test_the_running_total_of_an_account_holds_over_pages(world: World) -> None:
    settled(world.firm, "A6", "100")
    with world.firm.store.books("998", writing=False) as books:
        met, after = books.account_lines(Search(account="411000"), (), 3)
        while after is not None:
            lines, after = books.account_lines(Search(account="411000"), after, 3)
            met += lines
        balance = books.balance_of("411000")

    assert len(met) == 8
    assert met[0].after == balance == 97_500
    stands = 0
    for line in reversed(met):
        stands += line.debit - line.credit
        assert line.after == stands


def test_the_letter_column_says_what_is_settled_with_what(visit: Visiting, world: World) -> None:
    settled(world.firm, "A6", "100")
    partly_settled(world.firm, "A5", "40", "60")
    there = visit(role="accountant")
    page = there("/ecritures?compte=411000")

    expect(page.locator("tbody tr").filter(has_text="Facture A6")).to_contain_text("AF")
    expect(page.locator("tbody tr").filter(has_text="Facture A5")).to_contain_text("ae")
    expect(page.locator("tbody tr").filter(has_text="Facture A4").locator(".m3")).to_have_text("–")
    expect(page.get_by_role("columnheader", name="Cumul")).to_be_visible()
    page.locator("#journal").select_option("VE")
    page.get_by_role("button", name="Filtrer", exact=True).click()
    expect(page.get_by_role("columnheader", name="Cumul")).to_have_count(0)
    expect(page.locator("tbody tr")).to_have_count(7)
    assert not there.axe()


def test_an_entry_leads_to_what_made_it_and_to_what_took_it_back(visit: Visiting, world: World) -> None:
    number = settled(world.firm, "A6", "100")
    with world.client("reader") as client:
        made = NUMBERS.findall(client.get("/ecritures?journal=RC").text)[0]
    cancelled(world.firm, number)
    there = visit(role="reader")
    page = there(f"/ecritures/{made}")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Annulée")
    expect(page.get_by_role("link", name=f"Transaction {number}")).to_have_attribute("href", f"/transactions/{number}")
    assert page.locator("tfoot td.num").all_inner_texts() == ["100,00", "100,00"]
    expect(page.locator("dd.mono").first).to_have_text(re.compile("^[0-9a-f]{64}$"))
    page.get_by_role("link", name=re.compile("par l’écriture")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Écriture d’annulation")
    page.get_by_role("link", name=re.compile("annule")).click()
    expect(page).to_have_url(re.compile(made))


@pytest.mark.parametrize("number", ["2026-999999", "nonsense", "2026-" + "9" * 40, "%00", "2026-1;DROP"])
def test_an_entry_that_is_not_there(world: World, number: str) -> None:
    with world.client("reader") as client:
        assert client.get(f"/ecritures/{number}").status_code in (400, 404)


def test_the_files(world: World) -> None:
    with world.client("reader", "en") as client:
        heads = client.get("/ecritures?format=csv").content.decode("utf-8-sig").splitlines()
        lines = client.get("/ecritures?compte=411000&format=csv").content.decode("utf-8-sig").splitlines()

    assert heads[0] == "Number,Date,Journal,Document,Label,Amount,Transaction,Deposit slip,Takes back"
    assert len(heads) == 9
    assert lines[0].endswith("Debit,Credit,Letter,Lettered on,Running total")
    assert lines[1].endswith("1075.00")
