"""The token endpoint."""

import base64

import pytest

from lettrage.simulator.server import Simulator
from tests.simulator.caller import ISSUER, Caller

READ = "transverses/v1/recuperer/tauxtva"


def basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def test_a_token_is_had_by_form_fields_with_or_without_scope(caller: Caller) -> None:
    with_scope = caller.ask_token()
    without = caller.http.post(
        ISSUER,
        data={
            "grant_type": "client_credentials",
            "client_id": caller.simulator.client_id,
            "client_secret": caller.simulator.client_secret,
        },
    )

    assert with_scope.status_code == without.status_code == 200
    answer = with_scope.json()
    assert len(answer.pop("access_token")) == 54
    assert answer == {"token_type": "Bearer", "expires_in": 3600, "scope": "openid"}
    assert with_scope.headers["content-type"].startswith("application/json")
    assert with_scope.headers["x-piste-request-id"] != without.headers["x-piste-request-id"]


def test_a_token_is_had_by_http_basic(caller: Caller) -> None:
    s = caller.simulator

    got = caller.http.post(
        ISSUER,
        data={"grant_type": "client_credentials"},
        headers={"authorization": basic(s.client_id, s.client_secret)},
    )

    assert got.status_code == 200
    assert caller.post(READ, authorization=f"Bearer {got.json()['access_token']}").status_code == 200


def test_an_unknown_client_and_a_wrong_secret_are_told_apart_by_nothing(caller: Caller) -> None:
    unknown = caller.ask_token(client_id="nobody")
    wrong = caller.ask_token(client_secret="wrong")  # noqa: S106
    wrong_basic = caller.http.post(
        ISSUER, data={"grant_type": "client_credentials"}, headers={"authorization": basic("nobody", "wrong")}
    )

    assert unknown.status_code == wrong.status_code == wrong_basic.status_code == 400
    assert unknown.json()["error"] == "invalid_client"
    assert unknown.content == wrong.content == wrong_basic.content


def test_production_once_said_401(caller: Caller) -> None:
    caller.control("PATCH", "settings", {"piste": {"wrong_client_status": 401}})

    assert caller.ask_token(client_secret="wrong").status_code == 401  # noqa: S106


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_only_a_form_is_taken(caller: Caller, content_type: str) -> None:
    s = caller.simulator
    form = f"grant_type=client_credentials&client_id={s.client_id}&client_secret={s.client_secret}"

    got = caller.http.post(ISSUER, content=form, headers={"content-type": content_type})

    assert (got.status_code, got.json()["error"]) == (400, "invalid_request")


def test_another_grant_is_refused(caller: Caller) -> None:
    assert caller.ask_token(grant_type="password").json()["error"] == "unsupported_grant_type"


def test_a_token_ends_by_the_platform_s_clock(caller: Caller) -> None:
    token = f"Bearer {caller.token()}"
    caller.simulator.platform.clock.advance(3590)
    assert caller.post(READ, authorization=token).status_code == 200

    caller.simulator.platform.clock.advance(11)

    refused = caller.post(READ, authorization=token)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="PISTE"')
    assert caller.post(READ).status_code == 200


def test_how_long_a_token_lives_is_a_setting(caller: Caller) -> None:
    caller.control("PATCH", "settings", {"piste": {"token_seconds": 5}})
    answer = caller.ask_token().json()
    assert answer["expires_in"] == 5

    caller.control("POST", "clock", {"advance": 6})

    assert caller.post(READ, authorization=f"Bearer {answer['access_token']}").status_code == 401


def test_a_token_is_revoked(caller: Caller) -> None:
    token = f"Bearer {caller.token()}"

    caller.control("DELETE", "tokens")

    assert caller.post(READ, authorization=token).status_code == 401


def test_on_a_fast_clock_a_token_still_lives_as_long_as_it_says() -> None:
    with Simulator(speed=100_000) as fast, Caller(fast) as caller:
        token = f"Bearer {caller.token()}"
        before = fast.platform.clock.now()
        while (fast.platform.clock.now() - before).total_seconds() < 7200:
            pass

        assert caller.post(READ, authorization=token).status_code == 200
