"""Who finds no place is answered at the protocol: like everybody else, and so that his connection goes on."""

import socket
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import httpx
import pytest

from lettrage.adapters.http import edge
from lettrage.adapters.http.protocol import BoundedProtocol
from tests.http.service import Service, running
from tests.journeys.helpers import Firm, company

OWN = ("date", "x-request-id")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(Firm(tmp_path, company())) as service:
        yield service


@pytest.fixture
def full() -> Iterator[None]:
    with mock.patch.object(edge, "IN_FLIGHT", 0):
        yield


def connection(service: Service) -> socket.socket:
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def all_of(one: socket.socket) -> bytes:
    """What comes until the other side closes."""
    received = b""
    while piece := one.recv(65_536):
        received += piece
    return received


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/webservice"), ("GET", "/api/v1/items"), ("GET", "/factures")])
def test_he_is_told_what_the_application_would_tell_him(
    service: Service, method: str, path: str, language: str
) -> None:
    asked = {"Accept-Language": language, "X-Request-Id": "of-the-caller"}
    here = httpx.request(method, f"{service.url}{path}", headers=asked, content=b"{}")
    with mock.patch.object(BoundedProtocol, "_no_place", return_value=None):
        inside = httpx.request(method, f"{service.url}{path}", headers=asked, content=b"{}")

    assert here.status_code == inside.status_code == 503
    assert here.content == inside.content
    assert dict(here.headers) | dict.fromkeys(OWN, "") == dict(inside.headers) | dict.fromkeys(OWN, "")
    assert here.headers["x-request-id"] == "of-the-caller"
    assert here.headers["retry-after"] == "1"


def test_each_call_has_a_number_of_its_own(service: Service) -> None:
    with mock.patch.object(edge, "IN_FLIGHT", 0):
        numbers = {httpx.get(f"{service.url}/api/v1/items").headers["x-request-id"] for _ in range(3)}

    assert len(numbers) == 3
    assert {len(number) for number in numbers} == {16}


def test_his_connection_goes_on_and_what_he_had_to_say_is_forgotten(service: Service) -> None:
    with httpx.Client(base_url=service.url) as client:
        with mock.patch.object(edge, "IN_FLIGHT", 0):
            for content in (b"x" * 300_000, iter([b"GET /healthz HTTP/1.1\r\n", b"\r\n"])):
                assert client.post("/webservice", content=content).status_code == 503
            assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/api/v1/items").status_code == 401


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    "asked",
    [
        b"GET /api/v1/items HTTP/1.0\r\nHost: localhost\r\n\r\n",
        b"GET /api/v1/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"POST /webservice HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    ],
)
def test_a_connection_that_cannot_go_on_is_closed(service: Service, asked: bytes) -> None:
    with connection(service) as one:
        one.sendall(asked)
        told = all_of(one)

    assert told.startswith(b"HTTP/1.1 503 ")
    assert b"connection: close\r\n" in told
    assert told.count(b"HTTP/1.1") == 1


@pytest.mark.usefixtures("full")
def test_calls_behind_each_other_are_answered_each(service: Service) -> None:
    with connection(service) as one:
        one.sendall(b"GET /api/v1/items HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
        one.sendall(b"HEAD /api/v1/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        told = all_of(one)

    assert told.count(b"HTTP/1.1 503 ") == 3
    assert told.endswith(b"\r\n\r\n"), "an answer to HEAD has no content"


def test_each_is_counted_and_the_log_has_one_line_for_a_second(service: Service) -> None:
    with mock.patch.object(edge, "IN_FLIGHT", 0), httpx.Client(base_url=service.url) as client:
        for _ in range(5):
            client.post("/webservice", content=b"{}")
        figures = client.get("/metrics").text
    service.stop()

    assert 'lettrage_requests_total{method="POST",route="-",status="503"} 5.0' in figures
    assert [line for line in service.logged if line["event"] == "sent_away"] == [
        {"event": "sent_away", "status": 503, "calls": 5}
    ]
    assert not [line for line in service.logged if line.get("status") == 503 and line["event"] == "request"]
