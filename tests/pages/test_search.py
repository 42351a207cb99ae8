"""The search: what is typed is read in several spellings; an exact identifier leads to its page, the rest is a list."""

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser

from lettrage.adapters.http.pages.asking import asked, span_of
from lettrage.books.found import Asked
from lettrage.money import Currency
from lettrage.simulator.server import Simulator
from tests.pages.browser import visiting
from tests.pages.invoice_story import Story
from tests.pages.story import REJECTED, SETTLED, told
from tests.pages.world import DOSSIER, World, world_of
from tests.people.twins import statements

EUR = Currency("EUR", 2)
TODAY = date(2026, 11, 20)
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))

# ---------------------------------------------------------------- what was typed


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("20/11/2026", (TODAY, TODAY)),
        ("2026-11-20", (TODAY, TODAY)),
        ("20/11", (TODAY, TODAY)),
        ("20 novembre 2026", (TODAY, TODAY)),
        ("20 Nov 2026", (TODAY, TODAY)),
        ("20 nov", (TODAY, TODAY)),
        ("11/2026", NOVEMBER),
        ("novembre 2026", NOVEMBER),
        ("November", NOVEMBER),
        ("février 2024", (date(2024, 2, 1), date(2024, 2, 29))),
        ("hier", (date(2026, 11, 19),) * 2),
        ("yesterday", (date(2026, 11, 19),) * 2),
        ("aujourd’hui", (TODAY, TODAY)),
        ("31/02/2026", None),
        ("13/2026", None),
        ("ju 2026", None),  # June or July
        ("aubert", None),
        ("86", None),
        ("", None),
    ],
)
def test_days_in_several_spellings(text: str, span: tuple[date, date] | None) -> None:
    assert span_of(text, TODAY) == span


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aubert", Asked("aubert")),
        ("  Boulangerie   Aubert ", Asked("Boulangerie Aubert")),
        ("3600", Asked("3600", "", 360000, 360000)),
        ("3 600,00", Asked("3 600,00", "", 360000, 360000)),
        ("3\u202f600,5", Asked("3 600,5", "", 360050, 360050)),
        ("client:C0000007", Asked("", "C0000007")),
        ('client:"Imprimerie Vasseur" montant>1000', Asked("", "Imprimerie Vasseur", 100001)),
        ("montant>=1000 montant<2000", Asked("", "", 100000, 199999)),
        ("customer:C1 amount=12.50", Asked("", "C1", 1250, 1250)),
        ("montant: 12,50", Asked("", "", 1250, 1250)),
        ("montant>douze", Asked("montant>douze")),
        ("montant>1,2345", Asked("montant>1,2345")),
        ("novembre 2026", Asked("novembre 2026", "", None, None, *NOVEMBER)),
        ("99999999999999999999", Asked("99999999999999999999")),
    ],
)
def test_what_was_typed_is_read(text: str, expected: Asked) -> None:
    assert asked(text, EUR, TODAY) == expected


# ---------------------------------------------------------------- what is found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, _simulator: Simulator) -> Iterator[Story]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("search")
        patch.setenv("LETTRAGE_KEYS", str(folder / "elsewhere" / "keys.json"))
        _simulator.simulation.reset()
        story = told(folder, _simulator)
        story.ways._platforms.close()
        yield story


@pytest.fixture(scope="module")
def busy(story: Story, _simulator: Simulator) -> Iterator[World]:
    with world_of(story.firm, _simulator) as world:
        yield world


def _went(world: World, text: str) -> str:
    """Where an exact identifier leads; "" where a list is shown."""
    answer = world.client("reader").get("/recherche", params={"q": text})
    assert answer.status_code in (200, 303), text
    return str(answer.headers.get("location", ""))


def test_an_exact_identifier_leads_to_its_page(busy: World, story: Story) -> None:
    (document,), (settled,) = (
        story.firm.ask("SELECT max(id) FROM sales_document WHERE number = ?1", number) for number in (REJECTED, SETTLED)
    )
    ((flow,),) = story.firm.ask("SELECT f.number FROM flow f JOIN deposit p ON p.flow = f.id WHERE p.document = ?1", 5)
    ((slip,),) = story.firm.ask("SELECT number FROM slip")
    ((year, entry),) = story.firm.ask("SELECT year, max(number) FROM entry GROUP BY year")
    ((transaction,),) = story.firm.ask('SELECT max(number) FROM "transaction"')
    assert _went(busy, REJECTED) == f"/factures/{document[0]}"
    assert _went(busy, SETTLED) == f"/factures/{settled[0]}"
    assert _went(busy, flow) == "/factures/5"
    assert _went(busy, slip) == f"/bordereaux/{slip}"
    assert _went(busy, f"{year}-{entry:06}") == f"/ecritures/{year}-{entry:06}"
    assert _went(busy, f"{year}-{entry}") == f"/ecritures/{year}-{entry:06}"
    assert _went(busy, f"transaction {transaction}") == f"/transactions/{transaction}"
    assert _went(busy, "C0000007") == "/clients/C0000007"
    ((received,),) = story.firm.ask("SELECT document FROM outcome WHERE reglement_num = '102'")
    assert _went(busy, "102") == f"/reglements/documents/{received}"
    assert _went(busy, "10002797") == "/clients/C0000004"


def test_the_list_is_shown_when_asked_for_and_when_several_fit(busy: World) -> None:
    client = busy.client("reader")
    assert client.get("/recherche?q=C0000007&tout=1").status_code == 200
    names = client.get("/recherche?q=VASSEUR").text
    assert "Imprimerie Vasseur" in names
    assert 'href="/clients/C0000007"' in names
    assert ">86<" in names  # what is open of the only one meant
    siret = client.get("/recherche?q=12345678200028").text
    assert "Commune de Sainte-Aubierge" in siret
    assert "Commune de Sainte-Aubierge" in client.get("/recherche", params={"q": "123 456 782 00028"}).text
    beginning = client.get("/recherche?q=FA-2026").text
    assert beginning.count('href="/factures/') == 6


def test_what_people_know_is_searched_and_not_the_names_of_fields(busy: World) -> None:
    for text in ("identifier_type", "kind", "%", "_", '"name"'):
        assert "Aucun résultat" in busy.client().get("/recherche", params={"q": text}).text, text


def test_amounts_and_customers(busy: World) -> None:
    client = busy.client("reader")
    exact = client.get("/recherche", params={"q": "1284.60"}).text
    assert "91" in exact
    assert "1\u00a0284,60" in exact
    assert "Aucun résultat" in client.get("/recherche", params={"q": "montant>1000000"}).text
    of_one = client.get("/recherche", params={"q": "client:vasseur montant>2000"}).text
    assert ">86<" in of_one
    assert ">88<" not in of_one
    assert ">88<" in client.get("/recherche", params={"q": "montant=1918,20"}).text


def test_days(busy: World, story: Story) -> None:
    ((due,),) = story.firm.ask("SELECT due_date FROM due_item WHERE piece = '86'")
    ((day,),) = story.firm.ask("SELECT max(date) FROM entry")
    client = busy.client("reader")
    assert ">86<" in client.get("/recherche", params={"q": f"{date.fromisoformat(due):%d/%m/%Y}"}).text
    assert 'href="/ecritures/' in client.get("/recherche", params={"q": day}).text


def test_nonsense_is_no_trouble(busy: World) -> None:
    client = busy.client("reader")
    for text in ("", " ", "\x00", "a" * 500, "'; DROP TABLE entry; --", "client:", "montant>", "0" * 40, "9" * 18, "№"):
        answer = client.get("/recherche", params={"q": text})
        assert answer.status_code == 200, text
    assert story_is_whole(busy)


def story_is_whole(world: World) -> bool:
    return not world.firm.store.audit(DOSSIER)


def test_a_search_asks_the_books_little(busy: World) -> None:
    client = busy.client("reader")
    for text in ("aubert", "86", "2026-1", "novembre 2026", "client:vasseur montant>2000"):
        with statements() as heard:
            client.get("/recherche", params={"q": text, "tout": "1"})
        asked_for = [sql for sql, _ in heard if "UNION ALL" in sql or "FROM due_item" in sql or "FROM entry e" in sql]
        assert len(asked_for) <= 5, (text, len(asked_for))  # one of them is the frame's


def test_from_any_page_by_the_keyboard(busy: World, browser: Browser) -> None:
    with visiting(browser, busy) as visit:
        page = visit(role="reader")("/")
        page.keyboard.press("/")
        page.keyboard.type("aubert")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Boulangerie Aubert").wait_for()
        assert page.locator("main input[type=search]").input_value() == "aubert"
