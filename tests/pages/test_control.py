"""The integrity check: run from its page, seen while it goes on, kept with what it found, a noted hash compared."""

import ast
import inspect
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from lettrage.adapters.http.pages import checking
from lettrage.adapters.http.pages.control import place_of
from lettrage.adapters.http.pages.words import known
from lettrage.adapters.store import auditing, books
from lettrage.books import laws
from lettrage.books.checks import QUESTIONS
from lettrage.limits import VERIFYING
from tests.journeys.helpers import header, invoice, pays
from tests.pages.browser import Visiting
from tests.pages.world import DOSSIER, World


@pytest.fixture
def posted(world: World) -> World:
    """Two invoices, one of them paid by a cheque."""
    world.firm.load({"code": DOSSIER, "invoices": [invoice("86", "240.00"), invoice("87", "360.00")]})
    world.firm.done(header("PORCHQ", "360", pays("87", "360")))
    return world


def _broken(world: World) -> None:
    """An amount changed behind the program's back."""
    world.firm.change_behind_the_scenes(
        "INSERT INTO entry_line (dossier, posting, line, account, third_party, debit, credit, currency, amount)"
        " VALUES (?1, 1, 9, '411000', 'C1', 100, 0, 'EUR', 100)",
        DOSSIER,
    )


def test_sound_books_are_said_to_be_sound(posted: World, visit: Visiting) -> None:
    someone = visit(role="reader")
    page = someone("/controle")
    assert page.get_by_text("n’ont pas encore été contrôlés").first.is_visible()
    page.get_by_role("button", name="Contrôler maintenant").click()

    page.get_by_role("status").get_by_text("Contrôle terminé : 3 écritures, aucune anomalie.").wait_for()
    assert page.get_by_role("heading", name="Aucune anomalie").is_visible()
    assert not someone.axe()
    page.goto(posted.url + "/")
    assert page.locator(".runs").get_by_text("3 écritures, aucune anomalie").is_visible()


def test_what_does_not_hold_is_told_with_its_place(posted: World, visit: Visiting) -> None:
    client = posted.client("accountant")
    assert client.send_form("/controle").status_code == 303
    _broken(posted)
    client.send_form("/controle")

    page = visit(role="accountant", lang="en")("/controle")
    assert page.get_by_role("link", name="écriture 2024-000001").first.get_attribute("href") == "/ecritures/2024-000001"
    for title in ("Entry not balanced", "Chain broken", "Third party’s balance"):
        assert page.locator(".pill", has_text=title).first.is_visible()
    assert page.locator("#h-passes").is_visible()
    earlier = client.get("/controle/1").text
    assert "Aucune anomalie" in earlier
    assert client.get("/controle/99").status_code == client.get("/controle/x").status_code == 404
    table = client.get("/controle/2?csv=1")
    assert table.headers["content-type"].startswith("text/csv")
    assert "Chaîne rompue;écriture 2024-000001;" in table.text


def test_a_hash_noted_elsewhere_is_looked_for(posted: World) -> None:
    client = posted.client()
    ((head,),) = posted.firm.ask("SELECT head FROM dossier WHERE code = ?1", DOSSIER)
    assert head in client.get("/controle").text
    assert client.send_form("/controle", empreinte=head.upper()).status_code == 303
    assert "Aucune anomalie" in client.get("/controle").text

    client.send_form("/controle", empreinte="0" * 63 + "1")
    assert "Empreinte notée introuvable" in client.get("/controle").text
    wrong = client.send_form("/controle", empreinte="abc")
    assert wrong.status_code == 422
    assert "n’a pas 64 caractères" in wrong.text
    assert 'value="abc"' in wrong.text


def test_each_check_looks_for_the_head_of_the_one_before(posted: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = posted.client()
    client.send_form("/controle")
    heads: list[str | None] = []
    audit = books.SqlStore.audit

    def heard(store: books.SqlStore, dossier: str, head: str | None = None, *more: Any) -> Any:
        heads.append(head)
        return audit(store, dossier, head, *more)

    monkeypatch.setattr(books.SqlStore, "audit", heard)
    client.send_form("/controle")
    ((head,),) = posted.firm.ask("SELECT head FROM check_run WHERE dossier = ?1 AND id = 1", DOSSIER)
    assert heads == [head]


# ---------------------------------------------------------------- one that takes its time


def test_a_long_check_is_seen_while_it_goes_on(posted: World, visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "AT_ONCE_SECONDS", 0.05)
    go_on, audit = Event(), books.SqlStore.audit

    def slow(store: books.SqlStore, dossier: str, head: str | None, asked: Any) -> Any:
        asked()
        asked()
        assert go_on.wait(20)
        return audit(store, dossier, head, lambda: None)

    monkeypatch.setattr(books.SqlStore, "audit", slow)
    someone = visit(role="reader")
    page = someone("/controle")
    page.get_by_role("button", name="Contrôler maintenant").click()
    page.get_by_text(f"2 vérifications sur {QUESTIONS}").wait_for()
    assert not page.get_by_role("button", name="Contrôler maintenant").is_visible()
    assert not someone.axe()
    assert "en cours" in posted.client().get("/").text
    part = posted.client().get("/controle", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith("<section")
    posted.client().send_form("/controle")  # joins the one under way

    go_on.set()
    page.get_by_role("heading", name="Aucune anomalie").wait_for()
    assert posted.firm.ask("SELECT count(*) FROM check_run WHERE dossier = ?1", DOSSIER)[0][0] == 1


def test_too_many_at_once_are_asked_to_come_back(posted: World) -> None:
    client = posted.client()
    house = _house(posted)
    held = [house.verifying.one() for _ in range(VERIFYING)]
    for turn in held:
        turn.__enter__()
    try:
        answer = client.send_form("/controle")
    finally:
        for turn in held:
            turn.__exit__(None, None, None)
    assert answer.status_code == 503
    assert client.send_form("/controle").status_code == 303


def _house(world: World) -> Any:
    app: Any = world.service._server._uvicorn.config.app
    while not hasattr(app, "site"):
        app = app._app
    return app.site.state.house


def test_one_that_cannot_be_carried_out_says_so(posted: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(books.SqlStore, "audit", broken)
    client = posted.client()
    assert client.send_form("/controle").status_code == 500  # with its reference, and in the log
    assert "n’a pas pu aller au bout" in client.get("/controle").text
    assert posted.firm.ask("SELECT count(*) FROM check_run") == [(0,)]
    assert [line["error"] for line in posted.service.logged if line["event"] == "internal_error"] == ["RuntimeError"]
    posted.service.logged.clear()
    monkeypatch.undo()
    client.send_form("/controle")
    assert "n’a pas pu aller au bout" not in client.get("/controle").text


# ---------------------------------------------------------------- what it is made of


def test_the_progress_counts_every_question(posted: World) -> None:
    asked: list[None] = []
    posted.firm.store.audit(DOSSIER, None, lambda: asked.append(None))
    assert len(asked) == QUESTIONS


@pytest.mark.parametrize(
    ("where", "address"),
    [
        ("écriture 2026-000012", "/ecritures/2026-000012"),
        ("écriture 2024b-000012", "/ecritures/2024b-000012"),
        ("transaction 7, affectation 2", "/transactions/7"),
        ("effet 3 (transaction 9)", "/transactions/9"),
        ("bordereau BNP-2026-000001", "/bordereaux/BNP-2026-000001"),
        ("document 12, règlement 2", "/reglements/documents/12"),
        ("document 12 (F1 C1)", "/factures/12"),
        ("compte 411000 C1", "/ecritures?compte=411000"),
        ("facture 86 (C1)", "/recherche?q=86"),
        ("échéance 4", ""),
        ("dossier", ""),
    ],
)
def test_a_place_has_its_page(where: str, address: str) -> None:
    assert place_of(where) == address


def test_every_finding_has_a_title_in_both_languages() -> None:
    sources = [*Path(laws.__path__[0]).glob("*.py"), Path(inspect.getfile(auditing)), Path(inspect.getfile(books))]
    codes = {code for source in sources for code in _codes(ast.parse(source.read_text("utf-8")))}
    assert len(codes) > 50
    assert not [code for code in codes if not known(f"control.finding_{code}")]


def _codes(tree: ast.Module) -> set[str]:
    """The first argument of everything that makes a finding."""
    made = ("Finding", "same", "equal", "_compared")
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in made and node.args
    ]
    return {c.args[0].value for c in calls if isinstance(c.args[0], ast.Constant) and isinstance(c.args[0].value, str)}
