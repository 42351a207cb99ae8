"""The rule about calling out: nothing without a time-out for connecting, reading, writing and for the whole."""

import ast
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from lettrage.adapters import outgoing
from lettrage.adapters.calling import exchange
from tests.house.test_house import MODULES, name_of, tree_of

MAKERS = {
    "adapters/calling/exchange.py",  # the clients of platforms
    "adapters/outgoing.py",  # that of everybody else
    "simulator/approved/hooks.py",  # the simulator's own calls, to this machine only
}
_LIBRARIES = {"httpx", "urllib.request", "urllib3", "requests", "http.client", "smtplib", "ftplib", "socket"}
_OPENING = {
    "Client", "AsyncClient", "HTTPTransport", "get", "post", "put", "request", "stream", "urlopen", "create_connection",
    "HTTPConnection", "HTTPSConnection", "SMTP", "FTP", "connect",
}  # fmt: skip


def opened_in(tree: ast.Module) -> Iterator[ast.Call]:
    """Every call that opens a connection to elsewhere, or makes what will."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in _OPENING and ast.unparse(node.func.value) in _LIBRARIES:
            yield node


def test_only_these_modules_call_out() -> None:
    assert {name_of(module) for module in MODULES if any(opened_in(tree_of(module)))} == MAKERS


def test_every_client_that_is_made_is_bounded() -> None:
    made = [call for module in MODULES if name_of(module) in MAKERS for call in opened_in(tree_of(module))]

    clients = [{key.arg for key in call.keywords} for call in made if ast.unparse(call.func) == "httpx.Client"]
    assert len(clients) == len(MAKERS)
    for given in clients:
        assert {"timeout", "transport", "trust_env", "follow_redirects"} <= given


def test_the_rule_about_calls_knows_one() -> None:
    assert len([*opened_in(ast.parse("httpx.get(url); socket.create_connection(a); {}.get('x')"))]) == 2


def test_connecting_reading_writing_and_waiting_for_a_connection_are_timed() -> None:
    assert None not in exchange._TIMEOUT.as_dict().values()
    with outgoing.calls(3, "127.0.0.1") as client:
        assert set(client.timeout.as_dict().values()) == {3}


def test_a_server_that_drips_for_ever_is_left_in_time() -> None:
    """Each byte is in time: only a bound on the whole ends it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_drip, args=(listening,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(httpx.TimeoutException), outgoing.calls(0.4, "127.0.0.1") as client:
            client.get(f"http://127.0.0.1:{listening.getsockname()[1]}")

    assert 0.3 < time.monotonic() - began < 3


def _drip(listening: socket.socket) -> None:
    taken, _ = listening.accept()
    try:
        while True:
            taken.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
            time.sleep(0.05)
    except OSError:
        taken.close()
