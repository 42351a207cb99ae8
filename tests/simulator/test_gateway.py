"""The error matrix of the gateway, row by row, over real HTTP."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.simulator.caller import Caller, account

READ = "transverses/v1/recuperer/tauxtva"
KNOWN = 'Bearer realm="PISTE"'
UNKNOWN = 'Bearer realm="DefaultRealm"'


def is_empty_403(answer: httpx.Response) -> bool:
    """The one answer for every missing right; some clients fail unless it names a content type."""
    return answer.status_code == 403 and answer.content == b"" and "content-type" in answer.headers


# ---------------------------------------------------------------- token


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer nonsense", "Basic eDp5"])
def test_without_a_token_that_lives_the_challenge_is_of_piste(caller: Caller, authorization: str | None) -> None:
    got = caller.post(READ, authorization=authorization)

    assert (got.status_code, got.headers["www-authenticate"]) == (401, KNOWN)


@pytest.mark.parametrize("path", ["nothing/v1/x", "factures/v2/deposer/flux", "factures", ""])
def test_an_unknown_path_has_another_challenge_without_a_token_and_an_empty_403_with_one(
    caller: Caller, path: str
) -> None:
    without = caller.post(path, authorization=None)

    assert (without.status_code, without.headers["www-authenticate"]) == (401, UNKNOWN)
    assert is_empty_403(caller.post(path))


@pytest.mark.parametrize(
    "path",
    [
        "transverses/v1/consulter/CR",
        "transverses/v1/consulter/cr",
        "factures/v1/consulter/cr",
        "transverses/v1/deposer/flux",
        "utilisateurs/v1/anything",
        "facturesTravaux/v1/anything",
    ],
)
def test_a_route_that_no_api_declares_is_an_empty_403(caller: Caller, path: str) -> None:
    assert is_empty_403(caller.post(path))
    assert caller.post(path, authorization=None).headers["www-authenticate"] == KNOWN


def test_reading_by_get_is_no_route_but_for_the_health_check(caller: Caller) -> None:
    headers = caller.headers()

    assert is_empty_403(caller.http.get(f"/cpro/{READ}", headers=headers))
    assert caller.http.get("/cpro/transverses/v1/health-check", headers=headers).json() == {
        "body": "OK",
        "statusCodeValue": 200,
        "statusCode": "OK",
    }


# ---------------------------------------------------------------- rights


@pytest.mark.parametrize(
    "change",
    [{"subscriptions": ("factures",)}, {"terms": ("factures",)}, {"name": "APP_OTHER"}],
    ids=["not subscribed", "terms not accepted", "not in the raccordement sheet"],
)
def test_what_is_missing_cannot_be_told_from_the_403(caller: Caller, change: dict[str, Any]) -> None:
    caller.simulator.simulation.change_application(**change)

    assert is_empty_403(caller.post(READ))


def test_a_right_is_of_one_api(caller: Caller) -> None:
    caller.simulator.simulation.change_application(subscriptions=("transverses",))

    assert caller.post(READ).status_code == 200
    assert is_empty_403(caller.post("structures/v1/rechercher"))


# ---------------------------------------------------------------- technical account


def refused_accounts(caller: Caller) -> list[httpx.Response]:
    """The 401s of every account that may not call: no header, no base64, unknown, wrong, not exactly right."""
    s = caller.simulator
    headers = [
        None,
        "not base64",
        "bm9jb2xvbg==",
        account("nobody@cpro.fr", s.password),
        account(s.login, "wrong"),
        account(s.login, s.password + " "),
        account(s.login + "\n", s.password),
    ]
    return [caller.post(READ, cpro_account=header) for header in headers]


def test_a_wrong_account_is_a_401_that_says_no_more_than_one_for_a_token(caller: Caller) -> None:
    for got in refused_accounts(caller):
        assert (got.status_code, got.headers["www-authenticate"], got.content) == (401, KNOWN, b"")


def test_or_one_that_names_the_error_where_set_so(caller: Caller) -> None:
    caller.control("PATCH", "settings", {"piste": {"account_refusal": "described"}})

    for got in refused_accounts(caller):
        assert got.status_code == 401
        assert 'error_description="login or password incorrects"' in got.headers["www-authenticate"]


def test_the_password_ends_after_424_days(caller: Caller) -> None:
    clock = caller.simulator.platform.clock

    clock.advance(timedelta(days=423, hours=23).total_seconds())
    assert caller.post(READ).status_code == 200

    clock.advance(3601)
    assert caller.post(READ).status_code == 401


def test_an_account_is_not_yet_active_for_a_while(caller: Caller) -> None:
    half_an_hour = caller.simulator.platform.clock.now() + timedelta(minutes=30)
    caller.simulator.simulation.change_account(active_from=half_an_hour)
    assert caller.post(READ).status_code == 401

    caller.simulator.platform.clock.advance(1801)

    assert caller.post(READ).status_code == 200


def test_a_password_changed_elsewhere_ends_the_old_one(caller: Caller) -> None:
    old = account(caller.simulator.login, caller.simulator.password)
    caller.simulator.simulation.change_account(password="new one")  # noqa: S106

    assert caller.post(READ, cpro_account=old).status_code == 401
    assert caller.post(READ).status_code == 200


def test_a_sheet_of_internal_users_refuses_any_account_and_wants_none(caller: Caller) -> None:
    caller.simulator.simulation.change_account(kind="UTILISATEUR_APPLICATION_INTERNE")

    assert caller.post(READ).status_code == 401
    assert caller.post(READ, cpro_account=None).status_code == 200


# ---------------------------------------------------------------- body


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json;charset=utf-8", "APPLICATION/JSON; charset=UTF-8"]
)
def test_json_is_taken_with_or_without_a_character_set(caller: Caller, content_type: str) -> None:
    assert caller.post(READ, content_type=content_type).status_code == 200


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_content_type_is_not(caller: Caller, content_type: str | None) -> None:
    headers = caller.headers(content_type=content_type)

    assert caller.http.post(f"/cpro/{READ}", content=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b"\xff\xfe{}",
        b'{"a":' * 9999,
        b'{"codeLangue":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_a_400_in_json(caller: Caller, body: bytes) -> None:
    got = caller.http.post(f"/cpro/{READ}", content=body, headers=caller.headers())

    assert got.status_code == 400
    assert got.headers["content-type"].startswith("application/json")
    assert got.json()["codeRetour"] != 0
    assert " - " in got.json()["libelle"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("structures/v1/consulter", {}),
        ("structures/v1/consulter", {"idStructureCPP": "abc"}),
        ("structures/v1/consulter", {"idStructureCPP": True}),
        ("structures/v1/consulter", {"idStructureCPP": 1.5}),
        ("structures/v1/consulter", {"idStructureCPP": 10**30}),
        ("structures/v1/rechercher", {"structure": "x"}),
        ("structures/v1/rechercher", {"structure": {"identifiantStructure": ["x"]}}),
        ("structures/v1/rechercher", {"restreindreStructuresPrivees": "oui"}),
        ("structures/v1/rechercher/services", {"idStructure": None}),
        ("transverses/v1/ajouter/fichier", {"pieceJointeNom": "a.pdf"}),
    ],
)
def test_a_missing_or_wrong_field_is_a_400_that_names_it(caller: Caller, path: str, body: dict[str, Any]) -> None:
    got = caller.post(path, body)

    assert got.status_code == 400
    assert isinstance(got.json()["codeRetour"], int)
    assert got.json()["codeRetour"] != 0
    code, _, text = got.json()["libelle"].partition(" - ")
    assert "_MSG_" in code
    assert "champ" in text


def test_a_business_refusal_is_a_200(caller: Caller) -> None:
    got = caller.post("structures/v1/rechercher", {"structure": {"identifiantStructure": "00000000000000"}})

    assert got.status_code == 200
    assert got.json() == {
        "codeRetour": 20000,
        "libelle": "TRA_MSG_00.015 - La recherche n'a retourné aucun résultat",
        "parametresRetour": {"nbResultatsParPage": 10, "pageCourante": 1, "pages": 0, "total": 0},
    }


@pytest.mark.parametrize("current", [0, 12345, None, "x", {"a": 1}])
def test_the_current_user_s_id_is_taken_and_ignored(caller: Caller, current: Any) -> None:
    assert caller.asked(READ, {"idUtilisateurCourant": current})["codeRetour"] == 0


def test_a_body_without_end_is_refused(caller: Caller) -> None:
    part = b" " * (1024 * 1024)

    try:
        status = caller.http.post(
            f"/cpro/{READ}", content=(part for _ in range(80)), headers=caller.headers()
        ).status_code
    except httpx.TransportError:  # it may hang up before everything was sent
        status = 413

    assert status == 413


def test_every_answer_has_its_own_request_id(caller: Caller) -> None:
    answers = [caller.post(READ), caller.post(READ, authorization=None), caller.post("nothing/v1/x")]

    assert len({answer.headers["x-piste-request-id"] for answer in answers}) == 3
