"""What somebody who means harm tries at the door and at the forms, and does not get."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from lettrage.simulator.server import Simulator
from tests.journeys.helpers import Firm, advance, company, header
from tests.pages.world import DOSSIER, PASSWORD, Client, World, people, world_of
from tests.people.twins import OURS, THEIRS, twins

THREADS = 12


def at_once(deed: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """The same by many at the same moment."""
    with ThreadPoolExecutor(THREADS) as threads:
        return [one.result() for one in [threads.submit(deed) for _ in range(THREADS)]]


# ---------------------------------------------------------------- the door


@pytest.fixture
def single(tmp_path: Path, portal: Simulator) -> Iterator[World]:
    """Two companies in one database, and a service of one of them."""
    firm = twins(tmp_path)
    people(firm)
    for scope in (OURS, THEIRS):
        firm.store.accounts.add("eve", "administrator", scope)
        firm.store.sign_ins.set_password(scope, "eve", PASSWORD + scope)
    with world_of(firm, portal, dossier=OURS) as world:
        yield world


def test_a_service_of_one_company_lets_nobody_of_another_in(single: World) -> None:
    kept = single.firm.store.sign_ins.open(THEIRS, "eve", "-")
    with Client(single.url, kept) as client:
        for path in ("/", "/clients", "/factures", "/ecritures?csv=1", "/parametres/utilisateurs"):
            answer = client.get(path)
            assert (answer.status_code, answer.text) == (303, "")
            assert answer.headers["location"].startswith("/connexion")
        assert client.send_form("/moi").status_code == 303
    form = {"nom": "eve", "mot_de_passe": PASSWORD + THEIRS}
    for dossier in (THEIRS, ""):
        assert single.stranger().post("/connexion", data=form | {"dossier": dossier}).status_code == 422
    ours = single.stranger()
    assert ours.post("/connexion", data=form | {"mot_de_passe": PASSWORD + OURS}).status_code == 303
    assert ours.get("/clients").status_code == 200


def test_a_closed_account_comes_back_without_its_password_and_its_browsers(world: World) -> None:
    firm = world.firm
    firm.store.sign_ins.bind("", "nadia", "https://login.example.org 7")
    client, admin = world.client("clerk"), world.client("administrator")
    assert client.get("/").status_code == 200
    assert admin.send_form("/parametres/utilisateurs/all/nadia/fermer").status_code == 303
    assert client.get("/").status_code == 303
    admin.send_form("/parametres/utilisateurs", name="nadia", role="administrator", scope="all")

    assert client.get("/").status_code == 303
    assert not firm.store.sign_ins.recognised("", "nadia", PASSWORD)
    assert not firm.store.sign_ins.of_subject("", "https://login.example.org 7")


def test_of_two_first_administrators_one_is_the_first(tmp_path: Path, portal: Simulator) -> None:
    with world_of(Firm(tmp_path, company(DOSSIER)), portal) as world:
        names = iter(f"ines{n}" for n in range(THREADS))

        def come() -> httpx.Response:
            form = {"nom": next(names), "mot_de_passe": PASSWORD, "encore": PASSWORD, "code": world.porch.code}
            with Client(world.url, "") as client:
                return client.post("/premier-acces", data=form)

        assert sorted(answer.status_code for answer in at_once(come))[:2] == [303, 403]
        assert len(world.firm.ask("SELECT name FROM account")) == 1


def test_a_first_password_that_is_too_short_makes_nobody(tmp_path: Path, portal: Simulator) -> None:
    with world_of(Firm(tmp_path, company(DOSSIER)), portal) as world:
        form = {"nom": "ines", "mot_de_passe": "court", "encore": "court", "code": world.porch.code}
        assert world.stranger().post("/premier-acces", data=form).status_code == 422
        assert not world.firm.ask("SELECT name FROM account")


# ---------------------------------------------------------------- addresses made up


def test_numbers_and_cursors_that_cannot_be_read_are_none(world: World) -> None:
    client = world.client("reader")
    for digits in (18, 19, 400, 5_000):
        for path in ("/factures/{}", "/factures/depot/{}", "/transactions/{}"):
            assert client.get(path.format("9" * digits)).status_code == 404
    for cursor in (b"[" * 5_000, b'["\xc3\xa9",0,[]]', b"[1,2,3]", b"{}", b"null", b'["",1e400,[]]'):
        assert client.get("/reglements", params={"apres": _sealed(cursor)}).status_code == 200


def _sealed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_a_cursor_is_good_for_its_list_as_it_is_and_nothing_else(world: World) -> None:
    for n in range(30):
        world.firm.done(header("PORCHQ", f"{n + 1}", advance(f"{n + 1}"), THIRDPARTY="C2"))
    client = world.client("administrator")
    first = client.get("/reglements").text
    (cursor,) = set(re.findall(r"apres=([\w-]+)", first))
    assert client.get(f"/reglements?apres={cursor}").text != first
    mark, before, trail = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    for made_up in ([mark, before, [[10**30]]], [mark, 10**40, trail], [mark, before, [["x"]]], [mark, -1, trail]):
        answer = client.get("/reglements", params={"apres": _sealed(json.dumps(made_up).encode())})
        assert answer.status_code == 200
        assert _lines(answer.text) == _lines(first)


def _lines(text: str) -> list[str]:
    return re.findall(r"/reglements/documents/\d+", text)


# ---------------------------------------------------------------- forms made up

NUL = "a\x00b"


def test_a_character_that_no_database_keeps_is_an_answer_not_a_fault(world: World) -> None:
    """PostgreSQL has no room for U+0000."""
    client = world.client("administrator")
    assert world.stranger().post("/connexion", data={"nom": NUL, "mot_de_passe": NUL, "dossier": NUL}).status_code < 500
    for path in ("/dossiers", "/reglements/saisie", "/parametres/utilisateurs", "/factures/import/x%00", "/moi"):
        fields = dict.fromkeys(("dossier", "tiers", "libelle", "name", "full_name", "cle", "password", "theme"), NUL)
        assert client.send_form(path, **fields, role="clerk", scope="998").status_code < 500, path
    for path in ("/clients/a%00b", "/ecritures/a%00b", "/bordereaux/a%00b", "/factures/import/a%00b", "/clients?q=%00"):
        assert client.get(path).status_code < 500, path
    assert client.get("/", headers={"cookie": "lettrage=%00"}).status_code < 500
