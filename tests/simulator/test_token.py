"""The token endpoint."""

import base64
import time

import pytest

from lettrage.simulator.piste import Piste
from lettrage.simulator.simulation import APPLICATION
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


def test_a_token_ends_when_its_true_seconds_are_over() -> None:
    now = [0.0]
    piste = Piste(lambda: now[0])
    piste.put(APPLICATION)
    token = piste.token(APPLICATION.client_id, APPLICATION.client_secret) or ""
    now[0] = 3599.9
    assert piste.bearer(token) == APPLICATION

    now[0] = 3600.1

    assert piste.bearer(token) is None


def test_a_jump_of_the_platform_s_clock_ends_no_token(caller: Caller) -> None:
    """Clients keep a token for as long as its answer said, and some ask for no other when it is refused before."""
    token = f"Bearer {caller.token()}"

    caller.simulator.platform.clock.advance(100_000)

    assert caller.post(READ, authorization=token).status_code == 200


def test_how_long_a_token_lives_is_a_setting(caller: Caller) -> None:
    caller.control("PATCH", "settings", {"piste": {"token_seconds": 1}})
    answer = caller.ask_token().json()
    assert answer["expires_in"] == 1

    time.sleep(1.05)

    refused = caller.post(READ, authorization=f"Bearer {answer['access_token']}")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="PISTE"')
    assert caller.post(READ).status_code == 200


def test_a_token_is_revoked(caller: Caller) -> None:
    token = f"Bearer {caller.token()}"

    caller.control("DELETE", "tokens")

    assert caller.post(READ, authorization=token).status_code == 401
