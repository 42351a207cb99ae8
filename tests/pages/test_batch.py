"""Several invoices deposited: checked, confirmed once in production, let go one by one, never twice, paused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, event

from lettrage.adapters.store.looks import invoices
from lettrage.commands.depositing import Depositor, depositing
from lettrage.invoicing.doors import QUALIFICATION
from lettrage.invoicing.routing.deciding import looked_up
from lettrage.invoicing.sending.listing import Wanted
from lettrage.simulator.approved.companies import Company, Facility, Line, RoutingCode
from lettrage.simulator.server import Simulator
from tests.pages import carried_story
from tests.pages.browser import Visiting, visiting
from tests.pages.invoice_story import Story
from tests.pages.test_invoices import numbers
from tests.pages.world import DOSSIER, Client, World, world_of


@pytest.fixture
def story(tmp_path: Path, portal: Simulator) -> Iterator[Story]:
    story = Story(tmp_path, portal)
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


@contextmanager
def asked_of(engine: Engine) -> Iterator[list[str]]:
    """The statements of a while."""
    seen: list[str] = []

    def hear(_c: object, _cursor: object, sql: str, *_: object) -> None:
        seen.append(sql)

    event.listen(engine, "before_cursor_execute", hear)
    yield seen
    event.remove(engine, "before_cursor_execute", hear)


def four(story: Story) -> list[int]:
    """Three invoices that may leave, and one without the service that its buyer demands."""
    sound = [story.invoice(f"FA-{n}", service="FIN-01") for n in (1, 2, 3)]
    return [*sound, story.invoice("FA-4", service="")]


def deposited(client: Client, documents: list[int], **more: str) -> str:
    """Where a bulk deposit of these is followed."""
    fields = {"platform": "qualification", "key": "k1", "facture": [str(one) for one in documents]} | more
    answer = client.send_form("/factures/depot", **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def worker(story: Story) -> Depositor:
    return Depositor(story.firm.store, clock=story.firm.clock)


def there(story: Story) -> set[str]:
    """The numbers that Chorus Pro has."""
    return {one.claim.number for one in story.portal.platform.invoices()}


def flows(story: Story) -> int:
    with story.firm.store.books(DOSSIER, writing=False) as books:
        ((found,),) = books.rows("SELECT count(*) FROM flow WHERE dossier = ?1")
    return int(found)


def test_a_bulk_deposit_lets_go_what_is_sound_and_keeps_the_rest_with_its_reason(world: World, story: Story) -> None:
    client = world.client("clerk")
    where = deposited(client, four(story))
    html = client.get(where).text
    assert "0 sur 4" in html
    depositor = worker(story)
    assert depositor.one(DOSSIER)
    assert "1 sur 4" in client.get(where).text
    while depositor.one(DOSSIER):
        pass
    story.work()
    html = client.get(where).text
    assert "4 sur 4" in html
    assert "Terminé" in html
    assert "1 retenue par la vérification" in html
    assert "Le code service manque" in html
    assert html.count("Chez le client") == 3
    assert there(story) == {"FA-1", "FA-2", "FA-3"}


def test_each_leaves_by_the_door_of_its_customer(world: World, story: Story) -> None:
    carried_story.connected(story)
    public, business = story.invoice("FA-1", service="FIN-01"), carried_story.sold(story, "FB-1")
    story.firm.load(
        {"code": DOSSIER, "third_parties": [carried_story.PARTY | {"code": "P1", "siret": "", "buyer": ""}]}
    )
    nowhere = story.invoice("FC-1", buyer="P1")
    client = world.client("clerk")
    listed = client.get("/factures?vue=a_deposer").text
    assert set(numbers(listed)) == {"FA-1", "FB-1"}
    assert "Plateforme agréée" in listed.split("FB-1</a>")[1].split("</tr>")[0]
    assert numbers(client.get("/factures?vue=sans_plateforme").text) == ["FC-1"]
    asked = client.send_form("/factures/verifier", platform="qualification", facture=[str(public), str(business)]).text
    assert "Chorus Pro : 1" in asked
    assert "Plateforme agréée : 1" in asked
    kept = client.send_form("/factures/verifier", platform="qualification", facture=str(nowhere)).text
    assert "Aucune plateforme n’atteint ce client" in kept
    all_of_them = client.send_form("/factures/depot", platform="qualification", key="k1", tout="1", confirme="1")
    depositor = worker(story)
    while depositor.one(DOSSIER):
        pass
    carried_story.works(story)
    assert there(story) == {"FA-1"}
    assert [one.said.number for one in story.portal.approved.platform.invoices()] == ["FB-1"]
    told = client.get(all_of_them.headers["location"]).text
    assert "2 sur 2" in told


def test_of_a_customer_with_several_addresses_the_service_of_each_invoice_decides(world: World, story: Story) -> None:
    siren, siret = "552100554", "55210055400005"
    codes = ("ACHATS", "SIEGE")
    story.portal.approved.platform.companies.put(
        [Company(siren=siren, name="Deux Portes")],
        [Facility(siret=siret, name="Deux Portes")],
        [RoutingCode(siret=siret, code=code, name=code) for code in codes],
        [Line(siren=siren, siret=siret, routing=code) for code in codes],
    )
    carried_story.connected(story)
    story.firm.load({"code": DOSSIER, "third_parties": [carried_story.PARTY | {"code": "B2", "siret": siret}]})
    directory = story.platforms.directory(story.firm.store, DOSSIER, QUALIFICATION)
    now = story.firm.clock.now()
    looked_up(story.firm.store, DOSSIER, ["B2"], "qualification", lambda: directory, now, [("B2", "ACHATS")])
    named = carried_story.sold(story, "FB-1", buyer="B2", service="ACHATS")
    unnamed = carried_story.sold(story, "FB-2", buyer="B2")

    client = world.client("clerk")
    assert set(numbers(client.get("/factures?vue=a_deposer").text)) == {"FB-1", "FB-2"}
    assert numbers(client.get("/factures?vue=sans_plateforme").text) == []
    asked = client.send_form("/factures/verifier", platform="qualification", facture=[str(named), str(unnamed)]).text
    assert "Plateforme agréée : 1" in asked
    assert "plusieurs adresses" in asked
    client.send_form("/factures/depot", platform="qualification", key="k1", tout="1", confirme="1")
    depositor = worker(story)
    while depositor.one(DOSSIER):
        pass
    carried_story.works(story)
    assert [one.said.number for one in story.portal.approved.platform.invoices()] == ["FB-1"]


def test_of_a_thousand_customers_the_doors_cost_as_many_statements_as_of_one(story: Story) -> None:
    carried_story.connected(story)
    engine = story.firm.store.engine

    def look() -> int:
        with asked_of(engine) as asked, story.firm.store.books(DOSSIER, writing=False) as books:
            lines, _ = books.invoices_listed("qualification", Wanted("a_deposer"), (), 100)
            counts = books.invoice_counts("qualification")
            assert counts["a_deposer"].count == books.invoices_summed("qualification", Wanted("a_deposer")).count
            assert len(lines) == min(100, counts["a_deposer"].count)
        return len(asked)

    carried_story.sold(story, "FB-0")
    few = look()
    parties = [carried_story.PARTY | {"code": f"B{n}"} for n in range(30)]
    story.firm.load({"code": DOSSIER, "third_parties": parties})
    for n in range(30):
        carried_story.sold(story, f"FB-{n + 1}", buyer=f"B{n}")
    assert look() == few


def test_of_more_customers_than_are_asked_for_the_views_have_at_least_so_many(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoices, "_WAITING", 2)
    carried_story.connected(story)
    story.firm.load({"code": DOSSIER, "third_parties": [carried_story.PARTY | {"code": f"B{n}"} for n in range(3)]})
    for n in range(3):
        carried_story.sold(story, f"FB-{n}", buyer=f"B{n}")
    with story.firm.store.books(DOSSIER, writing=False) as books:
        counts = books.invoice_counts("qualification")
    assert (counts["toutes"].count, counts["toutes"].more) == (3, False)
    assert (counts["a_deposer"].count, counts["a_deposer"].more) == (2, True)
    shown = world.client("clerk").get("/factures?vue=a_deposer").text
    assert "2+" in shown
    assert len(numbers(shown)) == 3


def test_a_door_that_is_chosen_shows_at_once(world: World, story: Story) -> None:
    """The counts of the views are kept while the books stay; the doors are not in the books."""
    carried_story.connected(story)
    carried_story.sold(story, "FB-1")
    client = world.client("accountant")
    assert 'À déposer <span class="c">1</span>' in client.get("/factures").text
    client.send_form(f"/clients/{carried_story.CLIENT}/porte", door="none")
    assert 'À déposer <span class="c">0</span>' in client.get("/factures").text
    assert numbers(client.get("/factures?vue=sans_plateforme").text) == ["FB-1"]


def test_the_same_form_twice_and_two_workers_send_once(world: World, story: Story) -> None:
    client, documents = world.client("clerk"), four(story)[:3]
    assert deposited(client, documents) == deposited(client, documents)
    first, second = worker(story), worker(story)
    with story.firm.store.books(DOSSIER, writing=False) as books:
        due = books.batch_due()
    assert first.one(DOSSIER)
    with pytest.MonkeyPatch.context() as patch:  # the second one had read the same line before
        patch.setattr("lettrage.adapters.store.batches.BatchBook.batch_due", lambda _books: due)
        assert second.one(DOSSIER)
    assert flows(story) == 1
    while second.one(DOSSIER):
        pass
    assert flows(story) == 3
    fields = {"platform": "qualification", "key": "k2", "facture": [str(one) for one in documents]}
    again = client.send_form("/factures/depot", **fields)  # asked for again later: they are on their way
    assert "elle ne part pas deux fois" in again.text
    assert deposited(client, documents).endswith("/1")
    assert flows(story) == 3


def test_a_paused_deposit_waits_and_a_new_process_goes_on(world: World, story: Story) -> None:
    client = world.client("clerk")
    where = deposited(client, four(story))
    assert worker(story).one(DOSSIER)
    client.send_form(f"{where}/suspendre")
    assert not worker(story).one(DOSSIER)
    html = client.get(where).text
    assert "Suspendu" in html
    assert "Reprendre en qualification" in html
    client.send_form(f"{where}/reprendre")
    with depositing(story.firm.store, story.firm.store, DOSSIER) as running:
        for _ in range(600):
            if flows(story) == 3 and "Terminé" in client.get(where).text:
                break
            running.stop.wait(0.05)
    assert "4 sur 4" in client.get(where).text


def test_a_check_sends_nothing_and_tells_everything(world: World, story: Story) -> None:
    client, documents = world.client("clerk"), four(story)
    html = client.send_form(
        "/factures/verifier", facture=[str(one) for one in documents], platform="qualification"
    ).text
    assert "Le code service manque" in html
    assert "Déposer en qualification (3)" in html
    assert html.count('name="facture"') == 3
    assert flows(story) == 0


def test_several_in_production_ask_once(world: World, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lettrage.adapters.http.pages.batches.CHECKED_AT_ONCE", 0)  # each is checked as it leaves
    documents = four(story)
    story.firm.store.write(
        DOSSIER,
        lambda books: books.rows(
            "INSERT INTO chorus_setting (dossier, platform, establishment, name, value, sealed, changed_at, changed_by)"
            " VALUES (?1, '', '', 'platform', 'production', 0, '', '') ON CONFLICT (dossier, platform, establishment,"
            " name) DO UPDATE SET value = 'production' RETURNING name"
        ),
    )
    client = world.client("clerk")
    fields = {"platform": "production", "key": "k1", "facture": [str(one) for one in documents]}
    html = client.send_form("/factures/depot", **fields)
    assert html.status_code == 200
    assert "Ce qui part en production" in html.text
    assert "Déposer en production (4)" in html.text
    old = client.send_form("/factures/depot", **fields | {"platform": "qualification", "confirme": "1"})
    assert "La plateforme a changé" in old.text
    assert client.send_form("/factures/depot", **fields, confirme="1").status_code == 303


def test_nothing_chosen_nothing_there_no_right(world: World, story: Story) -> None:
    client = world.client("clerk")
    story.invoice("FA-1", service="FIN-01")
    answer = client.send_form("/factures/depot", platform="qualification", facture="12345678901234567890")
    assert (answer.status_code, "Choisir d’abord" in answer.text) == (422, True)
    assert client.get("/factures/depot/99").status_code == 404
    assert client.send_form("/factures/depot/99/suspendre").status_code == 404
    assert world.client("reader").send_form("/factures/depot", facture="1").status_code == 403


def test_a_stopped_queue_is_one_alert(world: World, story: Story) -> None:
    client = world.client("clerk")
    where = deposited(client, four(story)[:2])
    depositor = worker(story)
    while depositor.one(DOSSIER):
        pass
    story.firm.store.write(
        DOSSIER,
        lambda books: books.rows(
            "UPDATE chorus_queue SET state = 'stopped', reason = ?2 WHERE dossier = ?1 RETURNING state",
            '{"kind": "settings"}',
        ),
    )
    html = client.get(where).text
    assert html.count("La file vers Chorus Pro est arrêtée : réglages refusés") == 1


def test_the_page_follows_the_deposit_by_itself(visit: Visiting, story: Story) -> None:
    four(story)
    there_ = visit(role="clerk", size="phone")
    page = there_("/factures?vue=a_deposer")
    for number in ("FA-1", "FA-2"):
        page.get_by_label(f"Choisir {number}").check()
    page.get_by_role("button", name="Déposer en qualification (2)").click()
    expect(page.get_by_text("0 sur 2")).to_be_visible()
    assert there_.axe() == []
    depositor = worker(story)
    depositor.one(DOSSIER)
    expect(page.get_by_text("1 sur 2")).to_be_visible()
    depositor.one(DOSSIER)
    expect(page.get_by_role("heading", name="Terminé")).to_be_visible()
    assert there_.sideways() == 0
