"""The command that serves, its edge and its end: what is not let in, what operators see, nothing lost at the end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import httpx
import pytest

from lettrage.adapters.http import edge, protocol
from tests.databases import sqlite_only
from tests.http.service import Service, answer, problem, running
from tests.http.story import settled_firm
from tests.journeys.helpers import Firm, company, environment, header, invoice, pays, run


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(settled_firm(tmp_path), hosts=["compta.example.fr"]) as started:
        yield started


# ---------------------------------------------------------------- the edge


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("compta.example.fr", 200),
        ("COMPTA.example.fr:8443", 200),
        ("localhost", 200),
        ("127.0.0.2:80", 200),
        ("[::1]:80", 200),
        ("evil.example", 421),
        ("10.0.0.1", 421),
        ("a b", 400),
        ("compta.example.fr@evil.example", 400),
    ],
)
def test_only_configured_names_and_loopback_addresses_are_answered(service: Service, host: str, status: int) -> None:
    response = httpx.get(f"{service.url}/healthz", headers={"host": host})

    assert response.status_code == status
    if status != 200:
        problem(response, status)


def test_every_answer_has_its_number_and_the_headers_of_safety(service: Service) -> None:
    known = httpx.get(f"{service.url}/healthz", headers={"X-Request-Id": "abc-1"})
    odd = httpx.get(f"{service.url}/nothing", headers={"X-Request-Id": "a b\tc"})

    assert known.headers["x-request-id"] == "abc-1"
    assert len(odd.headers["x-request-id"]) == 16
    for response in (known, odd):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert "set-cookie" not in response.headers
        assert not [name for name in response.headers if name.startswith("access-control")]


def test_too_many_and_too_large_header_fields_are_431(service: Service) -> None:
    many = {f"x-{n}": "1" for n in range(70)}

    problem(httpx.get(f"{service.url}/healthz", headers=many), 431)
    problem(httpx.get(f"{service.url}/healthz", headers={"x": "1" * 17_000}), 431)


def test_beyond_so_many_calls_503_and_those_who_watch_are_still_answered(service: Service) -> None:
    with mock.patch.object(edge, "IN_FLIGHT", 0):
        busy = httpx.get(f"{service.url}/api/v1/items")
        alive = httpx.get(f"{service.url}/healthz")

    assert problem(busy, 503)["code"] == "overloaded"
    assert busy.headers["retry-after"]
    assert alive.status_code == 200


def connection(service: Service) -> socket.socket:
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_a_header_that_never_ends_is_cut_off_in_time_and_in_size(service: Service) -> None:
    with mock.patch.object(protocol, "HEADER_SECONDS", 0.2), connection(service) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")
        assert slow.recv(100) == b""
    with connection(service) as large:
        large.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"1" * 40_000)
        assert large.recv(100) == b""


def test_a_content_that_does_not_arrive_is_408(service: Service) -> None:
    token = service.token("clerk", "998")
    with mock.patch.object(edge, "BODY_SECONDS", 0.2), connection(service) as slow:
        slow.sendall(
            b"POST /api/v1/settlements HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\nContent-Length: 100\r\n\r\n{"
        )
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


# ---------------------------------------------------------------- what operators see


def test_alive_ready_and_figures(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with service.client("clerk", "998") as client:
        client.get("/api/v1/items?third_party=C1")
        client.get("/api/v1/transactions/1")
        client.get("/something/else")
        form = {"data": {"EnteteReglementtb": [header("PORCHQ", "300", pays("90", "300"))]}}
        client.post("/webservice", json=form)
        client.post("/webservice", json=form)
        figures = client.get("/metrics").text

        assert client.get("/readyz").status_code == 200
        from lettrage.refusal import Refusal, StoreTrouble

        monkeypatch.setattr(service.store, "dossiers", mock.Mock(side_effect=StoreTrouble(Refusal("disk_full"))))
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
    for line in (
        'lettrage_requests_total{method="GET",route="/api/v1/transactions/{number}",status="200"} 1.0',
        'lettrage_requests_total{method="GET",route="-",status="404"} 1.0',
        'lettrage_requests_total{method="POST",route="/webservice",status="200"} 2.0',
        'lettrage_settlements_total{outcome="done"} 1.0',
        'lettrage_settlements_total{outcome="replayed"} 1.0',
        "lettrage_in_flight 1.0",
        "lettrage_commits_total 2.0",
    ):
        assert line in figures
    assert "C1" not in figures
    assert "else" not in figures


def test_figures_are_for_this_machine_or_an_administrator(service: Service) -> None:
    elsewhere = {"X-Forwarded-For": "192.0.2.1"}
    with service.client("accountant") as accountant, service.client("administrator", name="admin") as administrator:
        problem(httpx.get(f"{service.url}/metrics", headers=elsewhere), 401)
        problem(accountant.get("/metrics", headers=elsewhere), 403)
        assert administrator.get("/metrics", headers=elsewhere).status_code == 200


# ---------------------------------------------------------------- the command


@contextmanager
def serving(firm: Firm, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`lettrage serve` in a process of its own, and its address."""
    address = firm.store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "lettrage", "--database", address, "serve", "--port", "0", "--json"]
    env = environment(folder)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


def test_of_200_calls_when_it_is_asked_to_stop_none_is_settled_without_an_answer(tmp_path: Path) -> None:
    numbers = [str(n) for n in range(200)]
    firm = Firm(tmp_path, company(invoices=[invoice(number, "10.00") for number in numbers]))
    token = firm.store.accounts.issue("till", "clerk", "998")
    limits = httpx.Limits(max_connections=None)
    bearer = {"Authorization": f"Bearer {token}"}
    with serving(firm, tmp_path) as (process, url), httpx.Client(headers=bearer, limits=limits, timeout=60) as client:
        wait_for(client, url)

        def pay(number: str) -> httpx.Response:
            form = {"data": {"EnteteReglementtb": [header("PORCHQ", "10", pays(number, "10"))]}}
            return client.post(f"{url}/webservice", json=form)

        with ThreadPoolExecutor(200) as pool:
            calls = [pool.submit(pay, number) for number in numbers]
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            answers = [call.result() if call.exception() is None else None for call in calls]
        assert process.wait(60) == 0

    served = [response for response in answers if response is not None and response.status_code != 503]
    done = [answer(response).transactions[0] for response in served]
    settled = [item for item in firm.items() if item["state"] == "settled"]
    assert len(done) == len(set(done)) == len(settled)
    assert done  # a call whose connection was not taken up in time has no answer, and has settled nothing
    assert firm.findings() == []


def wait_for(client: httpx.Client, url: str) -> None:
    for _ in range(100):
        try:
            assert client.get(f"{url}/readyz").status_code == 200
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_that_was_asked_for_is_status_0(tmp_path: Path, number: signal.Signals) -> None:
    with serving(Firm(tmp_path, company()), tmp_path) as (process, url), httpx.Client() as client:
        wait_for(client, url)
        process.send_signal(number)

        assert process.wait(30) == 0
        assert process.stderr is not None
        lines = [json.loads(line) for line in process.stderr]

    assert {line["event"] for line in lines} == {"request"}


@sqlite_only
def test_a_port_in_use_is_said_in_plain_words(tmp_path: Path) -> None:
    firm = Firm(tmp_path, company())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = run("--database", firm.address, "serve", "--port", port, folder=tmp_path)

    assert ran.status == 2
    assert f"127.0.0.1:{port}" in ran.err
    assert os.strerror(98) in ran.err
