"""Faults switched on and off, over real HTTP."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from lettrage.simulator.faults import CHORUS
from tests.simulator.caller import ISSUER, Caller

READ = "transverses/v1/recuperer/tauxtva"
ADD = "transverses/v1/ajouter/fichier"
FILE = {
    "pieceJointeNom": "a.pdf",
    "pieceJointeExtension": "pdf",
    "pieceJointeTypeMime": "application/pdf",
    "pieceJointeFichier": "JVBERg==",
}
# The status of each fault that answers instead of the platform, and whether its body is HTML.
ANSWERED = {
    "maintenance": (500, True),
    "maintenance_empty": (500, False),
    "not_subscribed": (403, False),
    "terms_not_accepted": (403, False),
    "not_linked": (403, False),
    "too_many_calls": (429, False),
    "too_many_calls_wait": (429, False),
    "bad_gateway": (502, True),
    "unavailable": (503, True),
    "gateway_timeout": (504, True),
    "version_not_supported": (505, True),
    "html_answer": (200, True),
    "empty_answer": (200, False),
    "password_expired": (401, False),
    "password_changed": (401, False),
    "account_not_yet_active": (401, False),
    "token_refused": (401, False),
    "token_revoked": (401, False),
}
CUT = {"dropped_before": 0, "dropped_after": 1}  # how many files are kept of a call that adds one


@pytest.mark.parametrize("kind", ANSWERED)
def test_a_fault_answers_instead_of_the_platform_once_and_is_over(caller: Caller, kind: str) -> None:
    status, html = ANSWERED[kind]
    caller.control("POST", "faults", {"kind": kind, "times": 1, "path": f"/cpro/{READ}"})

    struck = caller.post(READ)

    assert struck.status_code == status
    assert (b"<html" in struck.content) == html
    assert html or struck.content == b""
    assert struck.headers["content-type"]
    assert caller.post(READ).status_code == 200


def test_only_one_of_the_429s_says_how_long_to_wait(caller: Caller) -> None:
    for kind, wait in (("too_many_calls", None), ("too_many_calls_wait", "7")):
        caller.simulator.faults.on(kind, times=1, path="/cpro/*", seconds=7)

        assert caller.post(READ).headers.get("retry-after") == wait


def test_a_revoked_token_is_gone_for_good(caller: Caller) -> None:
    token = f"Bearer {caller.token()}"
    caller.simulator.faults.on("token_revoked", times=1)

    assert caller.post(READ, authorization=token).status_code == 401
    assert caller.post(READ, authorization=token).status_code == 401
    assert caller.post(READ).status_code == 200


@pytest.mark.parametrize("kind", CUT)
def test_a_connection_is_cut_before_or_after_the_call_was_carried_out(caller: Caller, kind: str) -> None:
    headers = caller.headers()
    caller.simulator.faults.on(kind, times=1, path="/cpro/*")

    with pytest.raises(httpx.TransportError):
        caller.http.post(f"/cpro/{ADD}", json=FILE, headers=headers)

    attachments = caller.simulator.platform.attachments
    kept = [key for key in range(7_400_001, 7_400_004) if attachments.get(key)]
    assert len(kept) == CUT[kind]
    assert caller.asked(ADD, FILE)["codeRetour"] == 0


def test_a_truncated_answer_is_half_of_one_that_was_carried_out(caller: Caller) -> None:
    whole = caller.post(READ)
    caller.simulator.faults.on("truncated", times=1, path="/cpro/*")

    half = caller.post(READ)

    assert half.status_code == 200
    assert whole.content.startswith(half.content)
    assert len(half.content) == len(whole.content) // 2


def test_html_instead_of_an_answer_after_the_call_was_carried_out(caller: Caller) -> None:
    caller.simulator.faults.on("html_after", times=1, path="/cpro/*")

    got = caller.post(ADD, FILE)

    assert (got.status_code, got.headers["content-type"]) == (200, "text/html;charset=UTF-8")
    assert caller.simulator.platform.attachments.get(7_400_001) is not None


def test_wrong_types_are_json_and_come_again_with_the_same_seed(caller: Caller) -> None:
    def twenty() -> list[Any]:
        caller.control("POST", "seed", {"seed": 5})
        return [caller.asked(READ) for _ in range(20)]

    right = caller.asked(READ)
    caller.simulator.faults.on("wrong_types", path="/cpro/*")

    first, again = twenty(), twenty()

    assert all(answer != right for answer in first)
    assert len({str(answer) for answer in first}) > 15
    assert first == again


def test_slow_is_slow_in_true_seconds(caller: Caller) -> None:
    caller.simulator.faults.on("slow", times=1, path="/cpro/*", seconds=0.3)
    headers = caller.headers()
    began = time.monotonic()

    assert caller.http.post(f"/cpro/{READ}", json={}, headers=headers).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_a_slow_call_holds_up_no_other(caller: Caller) -> None:
    import threading

    caller.simulator.faults.on("slow", path="*/devises", seconds=1)
    headers = caller.headers()
    began = time.monotonic()
    slow = threading.Thread(
        target=lambda: httpx.post(
            f"{caller.simulator.url}/cpro/transverses/v1/recuperer/devises", json={}, headers=headers, trust_env=False
        )
    )
    slow.start()

    caller.http.post(f"/cpro/{READ}", json={}, headers=headers)

    assert time.monotonic() - began < 0.9
    slow.join()


def test_faults_strike_only_the_paths_they_name_until_they_are_switched_off(caller: Caller) -> None:
    number = caller.control("POST", "faults", {"kind": "unavailable", "path": "/cpro/factures/*"})["id"]

    assert [caller.post("factures/v1/deposer/flux").status_code for _ in range(3)] == [503] * 3
    assert caller.post(READ).status_code == 200
    assert caller.ask_token().status_code == 200

    caller.control("DELETE", f"faults/{number}")
    assert caller.post("factures/v1/deposer/flux", {}).status_code == 400


def test_the_token_endpoint_breaks_too(caller: Caller) -> None:
    caller.simulator.faults.on("maintenance", path=ISSUER)

    assert caller.ask_token().status_code == 500


def test_probability_is_thrown_with_a_seed(caller: Caller) -> None:
    headers = caller.headers()

    def forty() -> list[int]:
        caller.control("POST", "seed", {"seed": 11})
        return [caller.http.post(f"/cpro/{READ}", json={}, headers=headers).status_code for _ in range(40)]

    caller.simulator.faults.on("bad_gateway", probability=0.5)

    first = forty()
    assert 8 < first.count(502) < 32
    assert first == forty()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "nothing"},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "probability": 2},
        {"kind": "slow", "unknown": 1},
        {"path": "*"},
    ],
)
def test_a_fault_that_cannot_be_is_refused(caller: Caller, fault: dict[str, Any]) -> None:
    got = caller.http.post("/simulator/faults", json=fault)

    assert got.status_code == 400
    assert not caller.simulator.faults.listed()


def test_every_kind_is_tried_here() -> None:
    others: dict[str, Callable[..., Any]] = {
        "slow": test_slow_is_slow_in_true_seconds,
        "truncated": test_a_truncated_answer_is_half_of_one_that_was_carried_out,
        "wrong_types": test_wrong_types_are_json_and_come_again_with_the_same_seed,
        "html_after": test_html_instead_of_an_answer_after_the_call_was_carried_out,
    }

    assert set(CHORUS) == {*ANSWERED, *CUT, *others}
