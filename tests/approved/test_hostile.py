"""A platform that means harm, or an address that does: every call ends, leads nowhere else, repeats no secret."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest import mock

import pytest

from lettrage.adapters.approved.calls import Calls
from lettrage.adapters.approved.client import Client
from lettrage.adapters.approved.flows import ApprovedFlows
from lettrage.adapters.calling import exchange
from lettrage.guard.secrets import Secret
from lettrage.invoicing.approved_settings import ApprovedSettings
from lettrage.invoicing.doors import PRODUCTION, QUALIFICATION
from lettrage.invoicing.flow_service import Signalled
from lettrage.invoicing.portal import Trouble
from tests.approved.setting_up import Asked, Said, flow, opened, place

TOKEN = "a-token-that-nobody-should-see"  # noqa: S105


@contextmanager
def service(**settings: Any) -> Iterator[ApprovedFlows]:
    given: dict[str, Any] = {"token": Secret(TOKEN), "pause_ms": 0} | settings
    calls = Calls(ApprovedSettings(given.pop("platform", QUALIFICATION), **given), sleep=lambda _seconds: None)
    yield ApprovedFlows(Client(calls))
    calls.close()


def met(flows: ApprovedFlows, *, write: bool = True) -> Trouble:
    with pytest.raises(Trouble) as caught:
        flows.submit(b"<x/>", Signalled("t", "x.xml", "UBL", "0" * 64)) if write else flows.seen("F-1")
    return caught.value


# ---------------------------------------------------------------- where calls may lead


@pytest.mark.parametrize(
    ("platform", "address"),
    [
        (PRODUCTION, "http://127.0.0.1:{port}"), (PRODUCTION, "https://localhost:{port}"),
        (PRODUCTION, "http://flows.example"), (QUALIFICATION, "http://10.0.0.1:{port}"),
        (QUALIFICATION, "https://169.254.169.254"), (QUALIFICATION, "file:///etc/passwd"),
        (QUALIFICATION, "http://[::ffff:127.0.0.1]:{port}"), (QUALIFICATION, "https://2130706433"),
        (QUALIFICATION, "http://127.0.0.1:{port}/x?"), (QUALIFICATION, "http://127.0.0.1:{port}/x#"),
    ],
)  # fmt: skip
def test_an_address_that_is_not_allowed_is_never_called_whoever_wrote_it(platform: str, address: str) -> None:
    """Also where the store was written to behind the rules of setting it."""
    with place(lambda _asked: Said(200)) as made:
        url = address.format(port=made.url.rpartition(":")[2])
        with service(platform=platform, flow_url=url) as flows:
            trouble = met(flows)
    assert (trouble.kind, trouble.code, trouble.sent) == ("settings", "address_not_allowed", False)
    assert made.asked == []


def test_a_name_that_stands_for_a_machine_of_the_house_is_not_called() -> None:
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    with (
        mock.patch.object(socket, "getaddrinfo", return_value=inside),
        mock.patch.object(socket, "create_connection", side_effect=AssertionError("it was called")),
        service(flow_url="https://flows.example") as flows,
    ):
        trouble = met(flows)
    assert (trouble.kind, trouble.sent) == ("unreachable", False)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_is_followed_elsewhere(status: int) -> None:
    with place(lambda _asked: Said(200, flow())) as elsewhere:
        said = Said(status, b"", {"location": f"{elsewhere.url}/flow-service/v1/flows/F-1"})
        with opened(lambda _asked: said) as there:
            assert met(there.flows, write=False).kind == "gateway"
        assert elsewhere.asked == []


# ---------------------------------------------------------------- answers


@contextmanager
def talking(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A place that says what a test wants to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                taken, _ = listening.accept()
                with taken, suppress(OSError):
                    taken.recv(65_536)
                    say(taken)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def _interim(taken: socket.socket) -> None:
    while True:
        taken.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        time.sleep(0.01)


def _dripping(taken: socket.socket) -> None:
    taken.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n")
    while True:
        taken.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize("say", [_interim, _dripping])
def test_an_answer_that_never_ends_is_a_doubt_in_time(say: Callable[[socket.socket], None]) -> None:
    with (
        talking(say) as url,
        mock.patch.object(exchange, "PLATFORM_ANSWER_SECONDS", 0.5),
        service(flow_url=url) as flows,
    ):
        began = time.monotonic()
        trouble = met(flows)
    assert time.monotonic() - began < 5
    assert (trouble.kind, trouble.sent) == ("unknown", True)


def test_a_file_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "PLATFORM_ANSWER_BYTES", 10_000)
    with opened(lambda _asked: Said(200, b"x" * 10_001)) as there, pytest.raises(Trouble) as caught:
        there.flows.content("F-1")
    assert (caught.value.kind, caught.value.code) == ("garbled", "too large")


def test_what_is_packed_is_not_unpacked() -> None:
    with opened(lambda _asked: Said(200, b"\x1f\x8b", {"content-encoding": "gzip"})) as there:
        assert met(there.flows, write=False).code == "content-encoding"


@pytest.mark.parametrize(
    "said",
    [
        Said(403, {"errorCode": TOKEN, "errorMessage": f"Bearer {TOKEN}", "details": TOKEN}),
        Said(400, {"errorCode": "X", "errorMessage": f"a{TOKEN}b"}, {"request-id": TOKEN}),
        Said(401, b"", {"www-authenticate": f'Bearer error_description="{TOKEN}"'}),
    ],
)
def test_a_token_that_is_repeated_is_hidden(said: Said) -> None:
    told: list[object] = []
    with place(lambda _asked: said) as made:
        calls = Calls(made.settings(token=Secret(TOKEN)), told=lambda *event, **facts: told.append((event, facts)))
        trouble = met(ApprovedFlows(Client(calls)))
        calls.close()
    assert TOKEN not in repr((vars(trouble), told))


def test_words_of_theirs_are_legible_and_bounded() -> None:
    nasty = "\x1b]0;title\x07\u202e" + "z" * 100_000
    details = [{"level": "Error", "item": nasty, "reasonCode": nasty, "reasonMessage": nasty}]

    def answer(_asked: Asked) -> Said:
        return Said(200, flow(name=nasty, acknowledgement={"status": "Error", "details": details}))

    with opened(answer) as there:
        seen = there.flows.seen("F-1")
    assert seen is not None
    for text in (seen.name, seen.complaints[0].text, seen.complaints[0].code):
        assert text.isprintable()
        assert len(text) <= 4_000
