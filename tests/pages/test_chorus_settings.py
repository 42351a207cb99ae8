"""Chorus Pro's settings: secrets only go in, the test is shown step by step, another platform needs one that holds."""

from typing import Any

import pytest

from lettrage.adapters.chorus.piste import Piste
from lettrage.commands.platforms import Platforms
from lettrage.invoicing.connecting.diagnose import APIS, Call, Cause, Evidence, Met, Step
from tests.pages.browser import Visiting
from tests.pages.world import World

SECRET, PASSWORD = "5e2d7c1a-0000-4000-8000-code-secret", "Mot-de-passe-technique-1"
OTHER = "autre"
CLIENT = "11111111-2222-4333-8444-555555555555"
LOGIN = "TECH_00451_demo@chorus.example"


def _set_up(world: World, **more: str) -> None:
    """The simulator as the qualification platform, typed on the pages."""
    told = world.portal.connection
    client = world.client("administrator")
    given = {name: told[name] for name in ("client_id", "client_secret")}
    addresses = {"token_url": f"{told['url']}/api/oauth/token", "api_url": told["url"]}
    first = client.send_form("/parametres/authentifications", plateforme="qualification", **given, **addresses)
    account = {name: told[name] for name in ("login", "password")} | {"rib": "BNP"} | more
    second = client.send_form("/parametres/chorus", plateforme="qualification", **account)
    assert (first.status_code, second.status_code) == (303, 303), (first.text, second.text)


def _platform_on(world: World) -> str:
    with world.firm.store.books("998", writing=False) as books:
        return books.platform_on()


def test_secrets_go_in_and_never_come_out(world: World) -> None:
    client = world.client("administrator")
    secrets = {"client_id": CLIENT, "client_secret": SECRET}
    answers = [
        client.send_form("/parametres/authentifications", plateforme="production", **secrets),
        client.send_form("/parametres/chorus", plateforme="production", login=LOGIN, password=PASSWORD),
        client.send_form("/parametres/chorus", plateforme="production", password=f"{PASSWORD}\x07", doubt_hours="x"),
        client.send_form(
            "/parametres/authentifications", plateforme="production", client_secret=SECRET, api_url="https://x:y@z"
        ),
        client.get("/parametres/chorus?plateforme=production"),
        client.get("/parametres/authentifications?plateforme=production"),
        client.get("/parametres/chorus/support?plateforme=production"),
        client.get("/parametres/journal?csv=1"),
    ]
    assert [answer.status_code for answer in answers] == [303, 303, 422, 422, 200, 200, 200, 200]
    for answer in answers:
        for secret in (SECRET, PASSWORD, CLIENT, LOGIN):
            assert secret not in answer.text
    assert "posé le 21/10/2024 par Inès Delorme" in answers[4].text
    assert "TECH…" in answers[4].text
    rows = world.firm.rows()
    assert not [row for row in rows["audit_event"] if any(s in str(row) for s in (SECRET, PASSWORD, CLIENT, LOGIN))]
    assert "ines" not in answers[6].text


def test_a_secret_left_blank_stays_and_a_changed_one_is_told_in_the_log(world: World) -> None:
    client = world.client("administrator")
    client.send_form("/parametres/chorus", plateforme="production", login=LOGIN, password=PASSWORD)
    client.send_form(
        "/parametres/chorus", plateforme="production", login="", password="", user_login="compta@durand.example"
    )
    page = client.get("/parametres/chorus?plateforme=production").text
    assert page.count("posé le") == 2
    told = world.firm.ask('SELECT subject, "before", "after" FROM audit_event WHERE kind = \'chorus\' ORDER BY id')
    assert [tuple(row) for row in told] == [
        ("production login", "", "***"),
        ("production password", "", "***"),
        ("production user_login", "", "compta@durand.example"),
    ]


def test_faults_stand_at_their_fields(world: World) -> None:
    client = world.client("administrator")
    answer = client.send_form(
        "/parametres/authentifications",
        plateforme="production",
        api_url="http://127.0.0.1:1",
        proxy="x",
        pause_ms="-1",
        application="Atelier",
    )
    assert answer.status_code == 422
    for name in ("api_url", "proxy", "pause_ms"):
        assert f'id="{name}-faute"' in answer.text, name
    assert 'value="Atelier"' in answer.text
    assert client.send_form("/parametres/chorus", plateforme="production", rib="DEP").status_code == 422


def test_only_administrators_set_and_try(world: World) -> None:
    for role in ("reader", "clerk", "accountant"):
        client = world.client(role)
        for path in ("chorus", "authentifications", "chorus/essai", "chorus/plateforme", "etablissements/1/rib"):
            assert client.send_form(f"/parametres/{path}", plateforme="qualification").status_code == 403, (role, path)
        page = client.get("/parametres/chorus").text
        assert 'name="password"' not in page
        assert "/parametres/chorus/essai" not in page


def test_the_connection_is_tried_step_by_step(visit: Visiting, world: World) -> None:
    _set_up(world)
    world.portal.faults.on("not_subscribed", path="*factures*")
    someone = visit(role="administrator")
    page = someone("/parametres/chorus")
    assert page.get_by_text("Pas encore de test.").is_visible()
    page.get_by_role("button", name="Tester", exact=True).click()

    panel = page.locator("#essai")
    panel.get_by_text("Obtenir un jeton de PISTE").wait_for()
    assert page.url.endswith("/parametres/chorus")  # the rest of the page stayed
    assert panel.locator("li.ok").count() >= 5
    assert panel.get_by_role("button", name="Relancer").is_visible()
    assert not someone.axe()
    assert someone("/parametres/chorus").locator("#essai").get_by_text("Obtenir un jeton de PISTE").is_visible()

    world.firm.clock.forward(minutes=1)
    page.get_by_label("Compte utilisateur").fill("compta@durand.example")
    page.keyboard.press("Control+Enter")
    page.get_by_text("1 réglage enregistré.").wait_for()
    assert page.get_by_text("Un réglage a changé depuis le dernier test.").is_visible()


def test_after_a_failure_the_rest_is_not_tried(world: World) -> None:
    _set_up(world)
    client = world.client("administrator")
    client.send_form("/parametres/authentifications", plateforme="qualification", client_secret=OTHER)
    answer = client.send_form("/parametres/chorus/essai", plateforme="qualification")
    assert answer.headers["location"] == "/parametres/chorus?plateforme=qualification#essai"
    page = client.get("/parametres/chorus?plateforme=qualification").text
    assert 'class="ko"' in page
    assert page.count("pas essayé</span>") >= 6
    assert "/parametres/authentifications#client_secret" in page
    assert "Remède" in page


def _tested(steps: list[Step], asked: list[str]) -> Any:
    """A test that answers this, whatever the platform, and calls nobody."""

    def test(
        _platforms: object, _dossier: str, _rows: object, _company: object, platform: str
    ) -> tuple[list[Step], Evidence]:
        asked.append(platform)
        calls: dict[Call, Met] = {call: Met() for call in APIS}
        return steps, Evidence(calls)

    return test


@pytest.mark.parametrize("holds", [False, True])
def test_production_needs_a_test_that_holds(world: World, monkeypatch: pytest.MonkeyPatch, holds: bool) -> None:
    asked: list[str] = []
    steps = [
        Step("piste", ok=True),
        Step("token", ok=True) if holds else Step("token", False, (Cause("client_id_unknown"),)),
    ]
    monkeypatch.setattr(Platforms, "test", _tested(steps, asked))
    monkeypatch.setattr(Piste, "call", None)  # nobody is called in production
    client = world.client("administrator")
    page = client.get("/parametres/chorus/plateforme").text
    assert "À renseigner d’abord" in page
    assert "Tester et passer en production" not in page

    client.send_form("/parametres/authentifications", plateforme="production", client_id=CLIENT, client_secret=SECRET)
    client.send_form("/parametres/chorus", plateforme="production", login=LOGIN, password=PASSWORD)
    assert "Tester et passer en production" in client.get("/parametres/chorus/plateforme").text
    assert client.send_form("/parametres/chorus/plateforme", vers="qualification").status_code == 303  # already there
    answer = client.send_form("/parametres/chorus/plateforme", vers="production")

    assert asked == ["production"]
    assert answer.status_code == (303 if holds else 422)
    assert _platform_on(world) == ("production" if holds else "qualification")
    told = world.firm.ask('SELECT "by", "before", "after" FROM audit_event WHERE kind = \'platform\'')
    assert [tuple(row) for row in told] == ([("ines", "", "production")] if holds else [])
    assert ('data-platform="production"' in client.get("/parametres/chorus").text) is holds


def test_no_form_switches_the_platform_by_the_way(world: World) -> None:
    client = world.client("administrator")
    for path in ("chorus", "authentifications"):
        client.send_form(f"/parametres/{path}", plateforme="production", platform="production", rib="BNP")
    assert _platform_on(world) == "qualification"


def test_an_establishment_has_an_account_of_its_own(world: World) -> None:
    client = world.client("administrator")
    assert client.send_form("/parametres/etablissements/1/rib", rib="BNP").status_code == 303
    assert '<option value="BNP" selected>' in client.get("/parametres/etablissements/1").text
    for unfit in ("CIC", "DEP"):  # an IBAN that is wrong; an account that nobody reconciles
        assert client.send_form("/parametres/etablissements/1/rib", rib=unfit).status_code == 422
