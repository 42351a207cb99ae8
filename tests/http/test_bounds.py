"""What strangers and crowds can do to the service, over real sockets: little, and never to those who watch."""

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import httpx
import pytest

from lettrage.adapters.http import edge, house, protocol
from lettrage.limits import STATEMENT_BYTES
from lettrage.refusal import Refusal, StoreTrouble
from tests.http.service import Service, problem, running
from tests.http.story import settled_firm
from tests.journeys.helpers import header, pays

ADDRESS = "postgresql://clerk@db.example:5433/books"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(settled_firm(tmp_path)) as started:
        yield started


def connection(service: Service) -> socket.socket:
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def head(*fields: str, target: str = "POST /webservice") -> bytes:
    return "\r\n".join([f"{target} HTTP/1.1", "Host: localhost", *fields, "", ""]).encode()


def send_for_ever(behind: socket.socket, piece: bytes) -> None:
    for _ in range(100):
        behind.sendall(piece)
        time.sleep(0.01)


def eventually(true: Callable[[], object]) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError


# ---------------------------------------------------------------- how large


def test_a_statement_may_be_as_large_as_reading_takes_it(service: Service) -> None:
    typed = {"Content-Type": "text/plain"}
    with service.client("clerk") as client:
        within = client.post("/api/v1/bank/statements", content=b"01" + b" " * (STATEMENT_BYTES - 2), headers=typed)
        beyond = client.post("/api/v1/bank/statements", content=b" " * (STATEMENT_BYTES + 1), headers=typed)
    assert problem(within, 422)["code"] != "too_large"
    assert problem(beyond, 413)["code"] == "too_large"


# ---------------------------------------------------------------- behind a chunked content


def test_a_token_behind_the_content_lets_nobody_in(service: Service) -> None:
    token = service.token("clerk", "998")
    with connection(service) as behind:
        behind.sendall(head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\nAuthorization: Bearer ")
        behind.sendall(token.encode() + b"\r\n\r\n")
        assert behind.recv(100).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("endless", [b"X: 1\r\n" * 1_000, b"X" * 6_000])
def test_fields_without_end_behind_the_content_end_the_connection(service: Service, endless: bytes) -> None:
    with connection(service) as behind:
        behind.sendall(head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(behind, endless)


# ---------------------------------------------------------------- strangers


def test_contents_that_never_come_take_no_place_and_are_bounded_by_their_address(service: Service) -> None:
    with mock.patch.object(edge, "STRANGERS", 3), mock.patch.object(edge, "IN_FLIGHT", 2):
        waiting = [connection(service) for _ in range(3)]
        for one in waiting:
            one.sendall(head("Content-Length: 100"))
            time.sleep(0.1)  # each is known to wait before the next comes: only two at a time have a place
        with connection(service) as further:
            further.sendall(head("Content-Length: 100"))
            assert further.recv(100).startswith(b"HTTP/1.1 503")
        with service.client("clerk", "998") as client:
            assert client.get("/api/v1/items").status_code == 200
        for one in waiting:
            one.close()


def test_a_content_that_does_not_come_from_a_stranger_is_cut_sooner(service: Service) -> None:
    with mock.patch.object(edge, "STRANGER_SECONDS", 0.2), connection(service) as slow:
        slow.sendall(head("Content-Length: 100"))
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


def test_a_silent_connection_is_closed(service: Service) -> None:
    with mock.patch.object(protocol, "SILENT_SECONDS", 0.2), connection(service) as silent:
        assert silent.recv(100) == b""


def test_idle_connections_make_room_for_those_who_come(service: Service) -> None:
    with mock.patch.object(protocol, "CONNECTIONS", 3):
        idle = [connection(service) for _ in range(10)]
        assert httpx.get(f"{service.url}/healthz").status_code == 200
        assert idle[0].recv(100) == b""
        for one in idle:
            one.close()


def test_who_goes_away_within_his_content_is_499_and_no_error(service: Service) -> None:
    token = service.token("clerk", "998")
    for fields in ([], [f"Authorization: Bearer {token}"]):
        for target in ("POST /webservice", "POST /api/v1/settlements"):
            service.logged.clear()
            with connection(service) as leaving:
                leaving.sendall(head(*fields, "Content-Type: application/json", "Content-Length: 9", target=target))
                time.sleep(0.1)
            eventually(lambda: service.logged)
            known = bool(fields) or target == "POST /webservice"
            assert [line.get("status") for line in service.logged] == [499 if known else 401]


# ---------------------------------------------------------------- said twice


@pytest.mark.parametrize(
    "fields",
    [
        ["Authorization: Bearer a", "Authorization: Bearer b"],
        ["Idempotency-Key: a", "Idempotency-Key: b"],
        ["Host: localhost"],
    ],
)
def test_a_field_that_says_two_things_is_400(service: Service, fields: list[str]) -> None:
    with connection(service) as twice:
        twice.sendall(head(*fields, "Content-Length: 0"))
        assert twice.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("form", ["param=%7B%7D&param=%7B%7D", "param=%7B%7D" + "&a=1" * 200])
def test_a_form_with_two_documents_or_without_end_is_400(service: Service, form: str) -> None:
    with service.client("clerk", "998") as client:
        answered = client.post("/webservice", content=form)

    assert (answered.status_code, answered.json()["error"]) == (400, 400)


# ---------------------------------------------------------------- what is told, and to whom


@pytest.mark.parametrize("path", ["/webservice", "/api/v1/settlements"])
def test_nobody_is_told_where_the_books_are(service: Service, path: str) -> None:
    trouble = StoreTrouble(Refusal("no_server", "--database", ADDRESS))
    with service.client("clerk", "998") as client:
        with mock.patch.object(type(service.firm.store), "identify", side_effect=trouble):
            stranger = client.post(path, json={})
        with mock.patch.object(type(service.store), "write", side_effect=trouble):
            form = {"data": {"EnteteReglementtb": [header("PORCHQ", "300", pays("90", "300"))]}}
            known = client.post("/webservice", json=form)

    for answered in (stranger, known):
        assert answered.status_code == 503
        assert answered.headers["retry-after"]
        assert not [word for word in ("clerk", "db.example", "5433", "books", "--database") if word in answered.text]
    eventually(lambda: _troubles(service) == [ADDRESS, ADDRESS])  # logged once the answer is out


def _troubles(service: Service) -> list[object]:
    return [line["seen"] for line in service.logged if line["event"] == "store_trouble"]


def test_what_the_server_below_says_is_in_our_log(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    with connection(service) as odd:
        odd.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
        assert odd.recv(100).startswith(b"HTTP/1.1 400")
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert httpx.get(f"{service.url}/healthz", headers=upgrade).status_code == 200

    said = [line["message"] for line in service.logged if line["event"] == "server"]
    assert "Invalid HTTP request received." in said
    assert "Unsupported upgrade request." in said
    assert capfd.readouterr().err == ""
    assert json.dumps(service.logged)
    assert logging.getLogger("uvicorn.error").propagate is False


def test_watchers_may_ask_for_the_head_alone(service: Service) -> None:
    assert httpx.head(f"{service.url}/healthz").status_code == 200
    assert httpx.head(f"{service.url}/readyz").status_code == 200


# ---------------------------------------------------------------- what costs much


def test_what_costs_much_is_done_by_few_at_a_time(service: Service) -> None:
    taken = house.Turns(1)
    with (
        service.client() as client,
        mock.patch.object(house.Turns, "one", side_effect=taken.one) as one,
        one(),
    ):
        verify = client.get("/api/v1/verify?dossier=998")
        search = client.get("/api/v1/logbook?dossier=998&search=x")
        large = client.post("/webservice", content=b" " * 2 * 1024 * 1024)
        listed = client.get("/api/v1/logbook?dossier=998")
        assert one.call_count == 4

    for refused in (verify, search):
        assert problem(refused, 503)["code"] == "overloaded"
        assert refused.headers["retry-after"]
    assert (large.status_code, large.json()["error"]) == (503, 503)
    assert listed.status_code == 200
