"""The pages of reports: each with its figures, as a file, as a PDF; refused with both figures; interest claimed."""

import html
import re

import pytest

from lettrage.adapters.http.pages.reports import REPORTS
from tests.databases import edit
from tests.pages.owed import owed, settled
from tests.pages.world import World

RATES = {"ecb": [{"from": "2024-07-01", "rate": "4.25"}]}
PERIOD = "?du=01/01/2024&fin=31/12/2024&au=21/10/2024&tiers=C2"


@pytest.fixture(autouse=True)
def _owed(world: World) -> None:
    owed(world.firm)
    world.firm.load({"code": "998", "name": "Société de démonstration", "currency": "EUR", "late_payment": RATES})
    settled(world.firm, "A6", "100")


def shown(text: str) -> str:
    """A page's text without its marks, its blanks one."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " "))


def test_every_report_has_its_page_its_file_and_its_pdf(world: World) -> None:
    with world.client("reader") as client:
        listed = client.get("/etats").text
        for slug in REPORTS:
            assert f'href="/etats/{slug}"' in listed
            page = client.get(f"/etats/{slug}{PERIOD}")
            assert page.status_code == 200, slug
            assert "Total" in page.text, slug
            rows = client.get(f"/etats/{slug}{PERIOD}&format=csv").text.splitlines()
            assert len(rows) > 1, slug
            assert client.get(f"/etats/{slug}{PERIOD}&format=pdf").content.startswith(b"%PDF"), slug
        assert client.get("/etats/autre").status_code == 404


def test_the_aged_balance_says_what_the_due_items_say(world: World) -> None:
    with world.client("reader") as client:
        aged = shown(client.get("/etats/balance-agee").text)
        due = shown(client.get("/echeances").text)

    total = "975,00"  # five invoices of 100.00, and 1 900.000 TND at 0.25
    assert total in aged
    assert total in due
    assert "Compte 411000 : 975,00 d'après le détail, 975,00 au grand livre." in aged
    assert "Compte 419100 : −50,00" in aged


def test_a_report_that_differs_shows_both_figures_and_nothing_else(world: World) -> None:
    edit(world.firm.address, "UPDATE entry_line SET item = NULL WHERE account = '411000' AND credit > 0")

    with world.client("reader") as client:
        for form in ("", "&format=csv", "&format=pdf"):
            answer = client.get(f"/etats/balance-agee?au=21/10/2024{form}")
            assert answer.status_code == 409
            assert "1075.00 EUR d'après les échéances" in shown(answer.text)
            assert "975.00 EUR d'après les écritures" in shown(answer.text)
            assert "<table" not in answer.text


def test_interest_becomes_drafts_by_whoever_may_type_entries(world: World) -> None:
    with world.client("reader") as client:
        assert "Préparer les écritures" not in client.get("/etats/interets").text
        assert client.send_form("/etats/interets").status_code == 403
    with world.client("clerk") as client:
        page = client.get("/etats/interets").text
        key = re.findall(r'name="cle" value="([^"]+)"', page)[0]
        answers = [client.send_form("/etats/interets", cle=key) for _ in range(2)]
        assert {answer.headers["location"] for answer in answers} == {"/ecritures/brouillons"}
        with world.firm.store.books("998", writing=False) as books:
            drafts = books.open_drafts()

    assert len(drafts) == 1, "pressed twice, done once"
    assert {line.account for line in drafts[0].draft.lines} == {"411000", "763100"}
