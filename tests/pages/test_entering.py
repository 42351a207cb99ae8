"""Signing in and out: the form, the throttle, what a browser keeps, forged forms, the very first administrator."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lettrage.limits import SIGN_IN_DAYS, SIGN_IN_IDLE_HOURS, WRONG_PASSWORDS
from lettrage.simulator.server import Simulator
from tests.journeys.helpers import Firm
from tests.pages.browser import Visiting
from tests.pages.world import NAMES, PASSWORD, World, world_of


def _sign_in(world: World, name: str, password: str, **headers: str) -> httpx.Response:
    fields = {"nom": name, "mot_de_passe": password, "vers": "/dossiers"}
    return httpx.post(f"{world.url}/connexion", data=fields, headers=headers, timeout=30)


def test_whoever_comes_signs_in_and_is_where_they_wanted_to_be(visit: Visiting) -> None:
    someone = visit(role="")
    page = someone("/dossiers?x=1")
    assert page.url.endswith("/connexion?vers=%2Fdossiers%3Fx%3D1")
    assert not someone.axe()

    page.get_by_label("Identifiant").fill(NAMES["clerk"][0])
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")

    page.wait_for_url("**/dossiers?x=1")
    assert page.get_by_role("link", name="Nadia Ferrand").first.is_visible()
    assert not someone.axe()


def test_a_wrong_password_says_so_and_keeps_the_name(visit: Visiting) -> None:
    someone = visit(role="")
    someone.allowed = (422,)
    page = someone("/connexion")
    page.get_by_label("Identifiant").fill("nadia")
    page.get_by_label("Mot de passe").fill("n'importe quoi")
    page.keyboard.press("Enter")

    page.get_by_role("alert").get_by_text("ne convient pas").wait_for()
    assert page.title().startswith("Erreur : ")
    assert page.get_by_label("Identifiant").input_value() == "nadia"
    assert page.evaluate("document.activeElement.matches('[data-focus]')")
    assert not someone.axe()


def test_too_many_wrong_passwords_are_stopped_before_they_are_compared(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []

    def recognised(_signs: object, _dossier: str, name: str, _password: str) -> bool:
        compared.append(name)
        return False

    monkeypatch.setattr(type(world.firm.store.sign_ins), "recognised", recognised)
    statuses = [_sign_in(world, "nadia", "wrong").status_code for _ in range(WRONG_PASSWORDS + 2)]

    assert statuses == [422] * WRONG_PASSWORDS + [429] * 2
    assert compared.count("nadia") == 2 * WRONG_PASSWORDS  # as an account of all, then as one of the only dossier
    assert _sign_in(world, "lea", "wrong").status_code == 422


def test_what_the_browser_keeps_is_not_for_scripts_and_ends(world: World) -> None:
    answer = _sign_in(world, "nadia", PASSWORD)
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303
    assert "httponly" in cookie
    assert "samesite=lax" in cookie

    kept = answer.cookies["lettrage"]
    signs, clock = world.firm.store.sign_ins, world.firm.clock
    assert signs.person(kept) is not None
    clock.forward(hours=SIGN_IN_IDLE_HOURS + 1)
    assert signs.person(kept) is None

    often = world.sign_in()
    for _ in range(SIGN_IN_DAYS * 24 // 8):
        clock.forward(hours=8)
        assert signs.person(often) is not None
    clock.forward(minutes=1)
    assert signs.person(often) is None


def test_another_password_or_a_closed_account_signs_everybody_out(world: World) -> None:
    signs = world.firm.store.sign_ins
    kept, other = world.sign_in("clerk"), world.sign_in("reader")
    signs.set_password("", "nadia", "quatre mots bien choisis")
    world.firm.store.accounts.close("lea", "")

    assert signs.person(kept) is None
    assert signs.person(other) is None
    assert not signs.recognised("", "nadia", PASSWORD)
    assert signs.recognised("", "nadia", "quatre mots bien choisis")
    assert not signs.recognised("", "lea", PASSWORD)


def test_forged_forms_are_refused(world: World) -> None:
    client = world.client()
    sent = {"dossier": "998"}

    assert client.post("/dossiers", data=sent).status_code == 403
    assert client.post("/dossiers", data=sent | {"csrf": "0" * 64}).status_code == 403
    assert client.post("/dossiers", data=sent | {"csrf": world.client().csrf}).status_code == 403
    for header in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        assert client.post("/dossiers", data=sent | {"csrf": client.csrf}, headers=header).status_code == 403
        assert _sign_in(world, "nadia", PASSWORD, **header).status_code == 403
    assert client.send_form("/dossiers", **sent).status_code == 303


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""])
def test_signing_in_leads_nowhere_else(world: World, to: str) -> None:
    fields = {"nom": "nadia", "mot_de_passe": PASSWORD, "vers": to}
    answer = httpx.post(f"{world.url}/connexion", data=fields, timeout=30)
    assert answer.headers["location"] == "/"


def test_signing_out_ends_the_sign_in(world: World) -> None:
    client = world.client()
    kept = client.cookies["lettrage"]
    assert client.send_form("/deconnexion").headers["location"] == "/connexion"
    assert world.firm.store.sign_ins.person(kept) is None


def test_pages_that_are_not_there_and_wrong_forms_are_pages_too(world: World) -> None:
    client = world.client()
    for path in ("/rien", "/statique/rien.css", "/statique/..%2F..%2Fpage.py"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    broken = client.post("/dossiers", content=b"--x", headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert broken.status_code in (400, 403)


@pytest.fixture
def empty(tmp_path: Path, portal: Simulator) -> Iterator[World]:
    with world_of(Firm(tmp_path), portal) as world:
        yield world


def test_the_very_first_administrator_needs_the_code(empty: World) -> None:
    client = empty.stranger()
    account = {"nom": "ines", "mot_de_passe": PASSWORD, "encore": PASSWORD, "nom_complet": "Inès Delorme"}
    assert "lettrage serve" in client.get("/connexion").text
    assert client.get("/premier-acces?code=x").status_code == 403
    assert client.post("/premier-acces", data=account | {"code": "x"}).status_code == 403

    code = empty.porch.code
    first = client.get(f"/premier-acces?code={code}")
    assert first.status_code == 200
    assert f'name="vers" value="/premier-acces?code={code}"' in first.text  # another language does not lose the code
    differing = client.post("/premier-acces", data=account | {"code": code, "encore": "autre chose"})
    short = client.post("/premier-acces", data=account | {"code": code, "mot_de_passe": "court", "encore": "court"})
    assert (differing.status_code, short.status_code) == (422, 422)
    assert "Inès Delorme" in differing.text
    assert PASSWORD not in differing.text
    assert empty.firm.store.sign_ins.none_yet()

    made = client.post("/premier-acces", data=account | {"code": code})
    assert made.headers["location"] == "/mise-en-route"
    assert client.post("/premier-acces", data=account | {"code": code, "nom": "other"}).status_code == 403
