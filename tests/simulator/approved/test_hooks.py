"""Webhooks: subscribing, the calls with their signatures, and what faults make of them."""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import msgspec
import pytest

from tests.simulator.approved.client import INVOICE, Client, invoice


class Heard(msgspec.Struct):
    """A call that came."""

    body: bytes
    stamp: int
    signature: str

    def is_signed(self, key: str) -> bool:
        """As the OpenAPI says: over the SHA-256 of the body, @ and the seconds."""
        fingerprint = hashlib.sha256(self.body + f"@{self.stamp}".encode()).digest()
        right = hmac.new(base64.b64decode(key), fingerprint, hashlib.sha256).digest()
        return hmac.compare_digest(base64.b64encode(right).decode(), self.signature)

    @property
    def said(self) -> dict[str, Any]:
        """The flow."""
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found


@contextmanager
def listening(answers: list[int]) -> Iterator[tuple[str, list[Heard]]]:
    """An address, and what was heard there; each answer once, then 200."""
    heard: list[Heard] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append(Heard(body, int(self.headers["Afnor-Signature-Timestamp"]), self.headers["Afnor-Signature"]))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", heard
        finally:
            server.shutdown()
            thread.join()


def subscribe(client: Client, url: str, **wanted: Any) -> dict[str, Any]:
    answer = client.http.post(f"{client.flows}/webhooks", json={"callbackUrl": url, **wanted})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def until(heard: list[Heard], many: int) -> None:
    limit = time.monotonic() + 20
    while len(heard) < many:
        assert time.monotonic() < limit, len(heard)
        time.sleep(0.02)


def calls(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.control("GET", "approved/webhooks")["calls"]
    return found


def test_subscriptions_are_made_listed_and_ended(client: Client) -> None:
    made = subscribe(client, "http://127.0.0.1:9/a", flowDirection="In")

    assert len(base64.b64decode(made["signingKey"])) == 32
    listed = client.http.get(f"{client.flows}/webhooks").json()
    assert (listed["count"], listed["webhookIds"]) == (1, [made["webhookId"]])
    (shown,) = listed["webhooks"]
    assert shown == {
        "webhookId": made["webhookId"],
        "createdAt": made["createdAt"],
        "callbackUrl": "http://127.0.0.1:9/a",
        "flowDirection": "In",
    }
    gone = f"{client.flows}/webhooks/{made['webhookId']}"
    assert [client.http.delete(gone).status_code for _ in range(2)] == [204, 404]
    assert client.http.delete(f"{client.flows}/webhooks/none").status_code == 400
    assert client.http.get(f"{client.flows}/webhooks").json()["count"] == 0


def test_every_change_of_a_flow_is_told_with_a_signature(client: Client) -> None:
    with listening([]) as (url, heard):
        key = subscribe(client, url)["signingKey"]
        flow = client.deposit(INVOICE)
        until(heard, 5)

    assert all(one.is_signed(key) for one in heard)
    assert [one.said["acknowledgement"]["status"] for one in heard] == ["Pending", "Ok", "Ok", "Ok", "Ok"]
    assert [one.said["flowDirection"] for one in heard] == ["Out", "Out", "In", "In", "In"]
    assert heard[1].said == client.flow(flow)
    assert abs(heard[0].stamp - time.time()) < 60


def test_only_what_was_asked_for_is_told(client: Client) -> None:
    with listening([]) as (url, heard), listening([]) as (other, errors):
        subscribe(client, url, flowTypes=["CustomerInvoice"])
        subscribe(client, other, flowDirection="Out", ackStatus="Error")
        client.settled(INVOICE)
        client.settled(INVOICE)
        until(heard, 1)
        until(errors, 1)

    assert [one.said["flowType"] for one in heard] == ["CustomerInvoice"]
    assert [one.said["acknowledgement"]["status"] for one in errors] == ["Error"]


def test_a_call_that_is_answered_with_an_error_is_made_again(client: Client) -> None:
    with listening([503]) as (url, heard):
        key = subscribe(client, url, flowTypes=["CustomerInvoice"])["signingKey"]
        client.settled(INVOICE)
        until(heard, 2)

    assert heard[0] == heard[1]
    assert heard[1].is_signed(key)
    assert [one["status"] for one in calls(client)] == [200]


@pytest.mark.parametrize(("kind", "times", "signed"), [("callback_unsigned", 1, False), ("callback_replayed", 2, True)])
def test_a_call_with_another_signature_or_twice(client: Client, kind: str, times: int, signed: bool) -> None:
    client.fault(kind)
    with listening([]) as (url, heard):
        key = subscribe(client, url, flowTypes=["CustomerInvoice"])["signingKey"]
        client.settled(INVOICE)
        client.settled(invoice(number="FA-2"))
        until(heard, times + 1)

    assert [one.is_signed(key) for one in heard] == [signed] * times + [True]
    assert len({one.body for one in heard}) == 2


def test_a_call_of_long_ago_and_one_that_never_comes(client: Client) -> None:
    with listening([]) as (url, heard):
        key = subscribe(client, url, flowTypes=["CustomerInvoice"])["signingKey"]
        client.fault("callback_stale")
        client.settled(INVOICE)
        until(heard, 1)
        client.fault("callback_never")
        client.settled(invoice(number="FA-2"))

    assert heard[0].is_signed(key)
    assert time.time() - heard[0].stamp > 3000
    assert len(heard) == 1
    assert [one["harm"] for one in calls(client)] == [["callback_stale"], ["callback_never"]]


def test_nobody_outside_this_machine_is_called(client: Client) -> None:
    subscribe(client, "https://example.org/hook", flowTypes=["CustomerInvoice"])

    client.settled(INVOICE)

    assert [(one["url"], one["status"]) for one in calls(client)] == [("https://example.org/hook", 0)]


@pytest.mark.parametrize("url", ["", "here", "ftp://127.0.0.1/", "http://", "http://[::1", "http://a b"])
def test_an_address_that_is_none_is_refused(client: Client, url: str) -> None:
    assert client.http.post(f"{client.flows}/webhooks", json={"callbackUrl": url}).status_code == 400
