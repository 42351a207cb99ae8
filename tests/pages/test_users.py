"""Accounts, passwords and tokens: made on the pages, used elsewhere; what was done is in the audit log."""

import httpx
import pytest

from lettrage.adapters.http.pages.page import csrf_of
from tests.pages.browser import Visiting
from tests.pages.world import World

NEW = "cinq mots tout à fait neufs"
SHORT = "court"


def test_a_token_made_here_is_used_and_revoked(visit: Visiting, world: World) -> None:
    someone = visit(role="administrator")
    page = someone("/parametres/utilisateurs")
    page.get_by_label("Identifiant").fill("caisse")
    page.get_by_label("Rôle").select_option(label="Saisie")
    page.get_by_role("button", name="Ouvrir le compte").click()
    page.get_by_text("Compte ouvert : caisse, Saisie.").wait_for()

    page.get_by_role("link", name="caisse").click()
    page.get_by_role("button", name="Nouveau jeton").click()
    token = page.get_by_label("Jeton", exact=True).input_value()
    assert not someone.axe()
    header = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{world.url}/api/v1/items", headers=header, timeout=30).status_code == 200
    assert httpx.get(f"{world.url}/api/v1/users", headers=header, timeout=30).status_code == 403

    assert token not in someone("/parametres/utilisateurs/998/caisse").content()
    page.get_by_role("button", name="Révoquer").click()
    page.get_by_text("révoqué le").first.wait_for()
    assert httpx.get(f"{world.url}/api/v1/items", headers=header, timeout=30).status_code == 401
    assert token not in str(world.firm.rows())

    lines = someone("/parametres/journal?genre=token").locator("tbody tr")
    assert lines.count() == 2
    assert "ines" in lines.first.inner_text()


def test_a_person_is_given_a_role_and_a_password_and_may_be_closed_out(world: World) -> None:
    client = world.client("administrator")
    made = client.send_form(
        "/parametres/utilisateurs", name="paul", full_name="Paul Rey", role="clerk", scope="998", password=NEW
    )
    assert made.headers["location"] == "/parametres/utilisateurs"
    signs = world.firm.store.sign_ins
    assert signs.recognised("998", "paul", NEW)
    kept = signs.open("998", "paul", "127.0.0.1")
    person = signs.person(kept)
    assert person is not None
    assert (person.full_name, person.identity.role) == ("Paul Rey", "clerk")

    assert client.send_form("/parametres/utilisateurs/998/paul/mot-de-passe", password=SHORT).status_code == 422
    assert client.send_form("/parametres/utilisateurs/998/paul/mot-de-passe", password=NEW + " !").status_code == 303
    assert signs.person(kept) is None
    assert client.send_form("/parametres/utilisateurs/998/paul/fermer").status_code == 303
    assert not signs.recognised("998", "paul", NEW + " !")
    assert "fermé" in client.get("/parametres/utilisateurs/998/paul").text
    told = world.firm.ask(
        "SELECT kind, \"by\", subject FROM audit_event WHERE subject = 'paul' AND kind <> 'sign_in' ORDER BY id"
    )
    assert [tuple(row) for row in told] == [
        ("account", "ines", "paul"),
        ("password", "ines", "paul"),
        ("password", "ines", "paul"),
        ("account", "ines", "paul"),
    ]
    assert NEW not in str(world.firm.rows())


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"name": "", "role": "clerk"}, "name"),
        ({"name": "x", "role": "king"}, "role"),
        ({"name": "x", "role": "clerk", "password": "court"}, "password"),
        ({"name": "x" * 500, "role": "clerk"}, "name"),
        ({"name": "nadia", "role": "reader", "scope": "all"}, "name"),
    ],
)
def test_a_wrong_account_says_where(world: World, fields: dict[str, str], place: str) -> None:
    answer = world.client("administrator").send_form("/parametres/utilisateurs", **fields)
    assert answer.status_code == 422
    assert f'id="{place}-faute"' in answer.text
    assert "court" not in answer.text.replace("raccourcis", "")
    assert not world.firm.ask("SELECT 1 FROM account WHERE name = 'x'")


def test_nobody_closes_their_own_account(world: World) -> None:
    client = world.client("administrator")
    assert client.send_form("/parametres/utilisateurs/all/ines/fermer").status_code == 422
    assert client.get("/moi").status_code == 200


def test_an_administrator_of_one_dossier_sees_its_accounts_only(world: World) -> None:
    store = world.firm.store
    store.accounts.add("marc", "administrator", "998")
    store.sign_ins.set_password("998", "marc", NEW, "Marc Ott")
    client = world.client("administrator")
    client.cookies.set("lettrage", kept := store.sign_ins.open("998", "marc", "127.0.0.1"))
    client.csrf = csrf_of(kept)
    page = client.get("/parametres/utilisateurs").text
    assert "Marc Ott" in page
    assert "Nadia Ferrand" not in page
    assert client.get("/parametres/utilisateurs/all/nadia").status_code == 404
    assert client.send_form("/parametres/utilisateurs/all/nadia/jeton", role="administrator").status_code == 404
    assert client.send_form("/parametres/utilisateurs", name="x", role="clerk", scope="all").status_code == 403
    assert "nadia" not in client.get("/parametres/journal?csv=1").text


def test_only_administrators_touch_users(world: World) -> None:
    for role in ("reader", "clerk", "accountant"):
        client = world.client(role)
        for path in (
            "utilisateurs",
            "utilisateurs/all/nadia/jeton",
            "utilisateurs/all/nadia/fermer",
            "utilisateurs/all/nadia/mot-de-passe",
        ):
            assert client.send_form(f"/parametres/{path}", role="administrator", name="x").status_code == 403, (
                role,
                path,
            )
        assert client.get("/parametres/journal").status_code == 403


def test_the_audit_log_goes_on_page_by_page(world: World) -> None:
    for number in range(60):
        world.firm.clock.forward(seconds=1)
        world.firm.store.accounts.add(f"compte{number:02}", "reader", "998" if number % 2 else "")
    client = world.client("administrator")
    seen: list[str] = []
    path = "/parametres/journal?genre=account"
    for _ in range(3):
        text = client.get(path).text
        seen += [line.partition("<")[0] for line in text.split('<th scope="row" class="m1">')[1:]]
        following = text.rpartition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        if 'rel="next"' not in text:
            break
        path = following.replace("&amp;", "&")
    made = [name for name in seen if name.startswith("compte")]
    assert made == [f"compte{number:02}" for number in reversed(range(60))]
