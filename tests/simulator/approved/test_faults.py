"""Every fault of the approved platform's own, and the ones that both doors have."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from lettrage.simulator.faults import APPROVED, APPROVED_CALLBACKS
from tests.simulator.approved import test_hooks
from tests.simulator.approved.client import INVOICE, Client, invoice

FLOWS = "/approved/flow-service/v1/flows"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("server_error", 500, "INTERNAL_ERROR"),
        ("resource_error", 503, "RESOURCE_ERROR"),
        ("timed_out", 408, "REQUEST_TIMEOUT"),
        ("inconsistent", 422, "UNPROCESSABLE_ENTITY"),
        ("not_offered", 501, "NOT_IMPLEMENTED"),
        ("too_many_calls", 429, "TOO_MANY_REQUESTS"),
        ("too_many_calls_wait", 429, "TOO_MANY_REQUESTS"),
        ("token_refused", 401, "INVALID_TOKEN"),
        ("token_revoked", 401, "INVALID_TOKEN"),
    ],
)
def test_a_call_that_is_not_carried_out(client: Client, kind: str, status: int, code: str) -> None:
    client.fault(kind, path=f"{FLOWS}*", seconds=7)

    answer = client.post(INVOICE)

    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert answer.headers.get("retry-after") == ("7" if kind == "too_many_calls_wait" else None)
    assert client.control("GET", "approved/flows") == []
    again = client.post(INVOICE).status_code
    assert again == (401 if kind == "token_revoked" else 202)


@pytest.mark.parametrize(("kind", "taken"), [("dropped_before", False), ("dropped_after", True)])
def test_an_answer_that_is_lost(client: Client, kind: str, taken: bool) -> None:
    client.fault(kind, path=FLOWS)

    with pytest.raises(httpx.RemoteProtocolError):
        client.post(INVOICE, trackingId="mine")

    assert len(client.search(trackingId="mine")["results"]) == taken


@pytest.mark.parametrize(
    ("kind", "taken"), [("html_answer", 0), ("html_after", 1), ("truncated", 1), ("maintenance", 0)]
)
def test_an_answer_that_is_none(client: Client, kind: str, taken: int) -> None:
    client.fault(kind, path=FLOWS)

    answer = client.post(INVOICE)

    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert answer.status_code == {"html_answer": 200, "maintenance": 500}.get(kind, 202)
    flows = client.control("GET", "approved/flows")
    assert sum("CDV" not in flow["name"] for flow in flows) == taken, "its statuses follow by themselves"


def test_only_the_service_says_that_it_is_not_well(client: Client) -> None:
    client.fault("unhealthy")
    client.settled(INVOICE)

    health = [client.http.get(f"{client.flows}/healthcheck").status_code for _ in range(2)]

    assert health == [503, 200]


def test_a_wrong_fingerprint_and_a_file_that_was_changed(client: Client) -> None:
    client.fault("wrong_sha256")
    client.fault("wrong_content")

    said = client.post(INVOICE).json()

    kept = client.control("GET", f"approved/flows/{said['flowId']}")["sha256"]
    assert said["sha256"] != kept
    changed = client.file(said["flowId"])
    assert (changed != INVOICE, len(changed)) == (True, len(INVOICE))
    assert client.file(said["flowId"]) == INVOICE


def test_a_cursor_that_leads_to_the_same_page_again(client: Client) -> None:
    client.settled(INVOICE)
    client.fault("cursor_repeated")

    first = client.search(flowDirection=["In"], limit=2)
    again = client.search(flowDirection=["In"], limit=2, cursor=first["nextCursor"])
    last = client.search(flowDirection=["In"], limit=2, cursor=again["nextCursor"])

    assert again["results"] == first["results"]
    assert len(last["results"]) == 1


def test_a_flow_that_is_lost_until_later(client: Client) -> None:
    client.fault("flow_lost", seconds=3600)
    flow = client.deposit(INVOICE, trackingId="mine")

    assert client.http.get(f"{client.flows}/flows/{flow}").status_code == 404
    assert client.search(trackingId="mine")["results"] == []
    client.advance(3600)
    assert client.acknowledged(flow)["acknowledgement"] == {"status": "Ok"}


def test_an_acknowledgement_that_comes_late_or_never(client: Client) -> None:
    client.fault("acknowledgement_late", seconds=3600)
    late = client.deposit(INVOICE)
    client.fault("acknowledgement_never")
    never = client.deposit(invoice(number="FA-2"))
    prompt = client.deposit(invoice(number="FA-3"))

    assert client.acknowledged(prompt)["acknowledgement"] == {"status": "Ok"}
    assert client.flow(late)["acknowledgement"] == {"status": "Pending"}
    client.advance(1e6)
    assert client.acknowledged(late)["acknowledgement"] == {"status": "Ok"}
    assert client.flow(never)["acknowledgement"] == {"status": "Pending"}


def test_arrivals_that_come_late_and_so_out_of_order_or_twice(client: Client) -> None:
    client.settled(INVOICE)
    client.fault("arrival_late", seconds=60)
    client.move("204")
    client.fault("arrival_doubled")
    client.move("205")

    assert client.told() == ["200", "202", "203", "205", "205"]
    client.advance(60)
    assert client.told() == ["200", "202", "203", "205", "205", "204"]
    doubled = client.arrived()[3:5]
    assert doubled[0]["flowId"] != doubled[1]["flowId"]
    assert client.file(doubled[0]["flowId"]) == client.file(doubled[1]["flowId"])
    moments = [one["updatedAt"] for one in client.arrived()]
    assert moments == sorted(moments)


def test_what_strikes_the_one_door_leaves_the_other_alone(client: Client) -> None:
    client.fault("acknowledgement_never", times=None)
    client.fault("not_linked", path="/cpro/*", times=None)

    assert client.http.get(f"{client.simulator.url}/cpro/factures/v1/none").status_code == 403
    assert client.flow(client.deposit(INVOICE))["acknowledgement"] == {"status": "Pending"}


def test_every_kind_is_tried_here() -> None:
    tried: dict[str, Callable[..., Any]] = {
        "server_error": test_a_call_that_is_not_carried_out,
        **dict.fromkeys(("resource_error", "timed_out"), test_a_call_that_is_not_carried_out),
        **dict.fromkeys(("inconsistent", "not_offered"), test_a_call_that_is_not_carried_out),
        "unhealthy": test_only_the_service_says_that_it_is_not_well,
        "wrong_sha256": test_a_wrong_fingerprint_and_a_file_that_was_changed,
        "wrong_content": test_a_wrong_fingerprint_and_a_file_that_was_changed,
        "cursor_repeated": test_a_cursor_that_leads_to_the_same_page_again,
        "flow_lost": test_a_flow_that_is_lost_until_later,
        "acknowledgement_late": test_an_acknowledgement_that_comes_late_or_never,
        "acknowledgement_never": test_an_acknowledgement_that_comes_late_or_never,
        "arrival_late": test_arrivals_that_come_late_and_so_out_of_order_or_twice,
        "arrival_doubled": test_arrivals_that_come_late_and_so_out_of_order_or_twice,
        "callback_unsigned": test_hooks.test_a_call_with_another_signature_or_twice,
        "callback_replayed": test_hooks.test_a_call_with_another_signature_or_twice,
        "callback_stale": test_hooks.test_a_call_of_long_ago_and_one_that_never_comes,
        "callback_never": test_hooks.test_a_call_of_long_ago_and_one_that_never_comes,
    }

    assert set(tried) == set(APPROVED)
    assert set(APPROVED_CALLBACKS) <= set(APPROVED)
