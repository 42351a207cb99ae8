"""What came in: views, filter, search, the logbook, files; figures that agree with other pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lettrage.simulator.server import Simulator
from tests.journeys.helpers import advance, header
from tests.pages.browser import Visiting
from tests.pages.settlement_story import FRIDAY, told
from tests.pages.world import World, world_of


@pytest.fixture
def world(tmp_path: Path, portal: Simulator) -> Iterator[World]:
    with world_of(told(tmp_path), portal) as world:
        yield world


def test_from_the_list_to_what_waits_to_the_document(visit: Visiting) -> None:
    page = visit(role="clerk")("/reglements")
    expect(page.locator(".head p")).to_contain_text("4 règlements refusés attendent")
    expect(page.locator(".side [aria-current] .n")).to_contain_text("4")
    expect(page.locator("main footer")).to_contain_text("11 475,00")
    page.get_by_role("link", name="Refusés à traiter 4").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.keyboard.press("f")
    page.keyboard.type("10002640")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody th a").click()
    expect(page.locator("h1")).to_contain_text("Document 1")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"1", "2", "3", "4", "5"}),
        ("vue=refuses", {"1", "2", "3"}),
        ("vue=tous-refus", {"1", "2", "3"}),
        ("vue=saisis", set()),
        ("appelant=divalto", {"2"}),
        ("numero=18", {"1"}),
        ("transaction=2", {"1"}),
        ("q=nulle-part", {"3"}),
        ("q=introuvable-partout", set()),
        ("du=21/11/2026", set()),
        ("du=20/11/2026&au=2026-11-20", {"1", "2", "3", "4", "5"}),
        ("au=19/11/2026", set()),
        ("vue=rien&transaction=x&numero=%00&du=hier&apres=nonsense", {"1", "2", "3", "4", "5"}),
    ],
)
def test_what_is_looked_for_is_what_is_listed(world: World, query: str, found: set[str]) -> None:
    with world.client("clerk") as client:
        text = client.get(f"/reglements?{query}").text
        listed = {n for n in "1234567" if f'href="/reglements/documents/{n}"' in text}
        rows = client.get(f"/reglements?{query}&csv=1").content.decode("utf-8-sig").splitlines()[1:]
    assert listed == found
    assert {row.split(";")[1] for row in rows} == found


def test_pages_follow_one_another(world: World) -> None:
    for amount in range(1, 31):
        world.firm.clock.forward(minutes=1)
        world.firm.done(header("PORCHQ", str(amount), advance(str(amount)), DATE=f"{FRIDAY:%Y%m%d}"))
    with world.client("clerk") as client:
        first = client.get("/reglements")
        assert "1 à 25 sur 35" in first.text
        assert "11\u00a0940,00\u00a0€" in first.text  # 11,475 and 1 to 30
        following = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        second = client.get(following).text
        assert "26 à 35 sur 35" in second
        assert 'href="/reglements/documents/1"' in second
        assert 'href="/reglements/documents/1"' not in first.text


def test_the_logbook_has_acts_too_and_tells_them_apart(world: World) -> None:
    with world.client("clerk") as client:
        whole = client.get("/reglements/livre-de-bord").text
        assert "bordereau" in whole
        assert "impayé" in whole
        only = client.get("/reglements/livre-de-bord?sorte=unpaid").text
        assert only.count("<tr data-row>") == 1
        assert client.get("/reglements/livre-de-bord?refus=1").text.count("<tr data-row>") == 3
        rows = client.get("/reglements/livre-de-bord?csv=1").content.decode("utf-8-sig").splitlines()
        assert len(rows) == 8
    with world.client("reader") as client:
        assert client.get("/reglements/livre-de-bord").status_code == 403
        listed = client.get("/reglements?q=nulle-part").text  # a reader sees the list, and may not look into the texts
        assert listed.count("<tr data-row>") == 5
        assert "/reglements/documents/" not in listed


def test_a_credit_note_that_a_discount_asked_for_is_closed_by_its_number(world: World) -> None:
    with world.client("accountant") as client:
        assert "Aucun avoir à émettre" in client.get("/reglements?vue=avoirs").text
        assert client.send_form("/reglements/avoirs", transaction="1", piece="87").status_code == 422
        assert client.send_form("/reglements/avoirs", transaction="1", piece="87", avoir="AV1").status_code == 422
