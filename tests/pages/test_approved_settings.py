"""The approved platform's tab: secrets only go in, the test is shown step by step, only who may set it up can."""

import base64

from tests.approved.setting_up import place
from tests.approved.test_commands import platform_of
from tests.pages.world import World

HERE = "/parametres/plateforme-agreee"
SECRET, KEY = "5e2d7c1a-0000-4000-8000-platform", base64.b64encode(b"a key that no page may show....").decode()


def _set_up(world: World, url: str, **more: str) -> None:
    given = {
        "flow_url": f"{url}/flow-service", "directory_url": f"{url}/directory-service", "token_url": f"{url}/token",
        "client_id": "an-identifier-of-a-client", "client_secret": SECRET, "client_sign": "form",
    } | more  # fmt: skip
    answer = world.client("administrator").send_form(HERE, plateforme="qualification", **given)
    assert answer.status_code == 303, answer.text


def test_secrets_go_in_and_never_come_out(world: World) -> None:
    _set_up(world, "http://127.0.0.1:9", signing_key=KEY)
    client = world.client("administrator")
    answers = [
        client.get(HERE),
        client.get(f"{HERE}?plateforme=production"),
        client.send_form(HERE, plateforme="production", client_secret=SECRET, flow_url="http://127.0.0.1:9"),
        client.send_form(HERE, plateforme="qualification", client_secret=f"{SECRET}\x07", signing_key="c2hvcnQ="),
        client.get("/parametres/journal?csv=1"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 422, 422, 200]
    for answer in answers:
        assert SECRET not in answer.text
        assert KEY not in answer.text
    assert "an-i…" in answers[0].text
    assert "http://127.0.0.1:9/flow-service" in answers[0].text
    assert "http://127.0.0.1:9/flow-service" not in answers[1].text
    assert 'id="flow_url-faute"' in answers[2].text


def test_a_blank_secret_stays_and_what_is_the_same_changes_nothing(world: World) -> None:
    _set_up(world, "http://127.0.0.1:9")
    client = world.client("administrator")
    answer = client.send_form(
        HERE, plateforme="qualification", client_secret="", flow_url="http://127.0.0.1:9/flow-service", number=""
    )

    assert answer.status_code == 303
    with world.firm.store.books("998", writing=False) as books:
        rows = {row.name: row for row in books.chorus_rows() if row.platform == "approved-qualification"}
    assert rows["client_secret"].sealed
    assert rows["client_sign"].value == "form"


def test_the_connection_is_tested_and_the_result_kept_until_a_setting_changes(world: World) -> None:
    client = world.client("administrator")
    with place(platform_of()) as made:
        _set_up(world, made.url)
        answer = client.send_form(f"{HERE}/essai", plateforme="qualification")
    assert answer.headers["location"] == f"{HERE}?plateforme=qualification#essai"
    page = client.get(HERE).text
    assert "Chercher des flux" in page
    assert "Aucun abonnement" in page
    assert 'class="ko"' not in page
    assert f'action="{HERE}/essai"' in page

    world.firm.clock.forward(minutes=1)
    client.send_form(HERE, plateforme="qualification", pause_ms="5")
    assert "Un réglage a changé depuis le dernier test." in client.get(HERE).text


def test_a_failure_says_where_it_is_mended(world: World) -> None:
    _set_up(world, "http://127.0.0.1:9")
    client = world.client("administrator")
    client.send_form(HERE, plateforme="qualification", directory_url="")
    client.send_form(f"{HERE}/essai", plateforme="qualification")
    page = client.get(HERE).text
    assert 'class="ko"' in page
    assert "Aucun simulateur ne répond" in page


def test_who_may_only_read_sees_settings_and_changes_none(world: World) -> None:
    _set_up(world, "http://127.0.0.1:9")
    client = world.client("accountant")
    page = client.get(HERE).text
    assert "http://127.0.0.1:9/flow-service" in page
    assert f"{HERE}/essai" not in page
    assert client.send_form(HERE, plateforme="qualification", number="0123").status_code == 403
    assert client.send_form(f"{HERE}/essai", plateforme="qualification").status_code == 403
