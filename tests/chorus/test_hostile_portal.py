"""A portal that means harm, or is badly broken: every call ends, in time and memory, and no secret is repeated."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock
from urllib.parse import quote_plus

import pytest

from lettrage.adapters.calling import exchange
from lettrage.adapters.calling.answers import Garbled, read
from lettrage.adapters.calling.masking import Mask
from lettrage.adapters.chorus import paging
from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.guard.secrets import Secret
from lettrage.invoicing.portal import Trouble
from tests.chorus.setting_up import place, settings_at

TOKEN = "a-token-that-nobody-should-see"  # noqa: S105
PASSWORD = 'canary <é+"\\/> password'  # noqa: S105
ACCOUNT = base64.b64encode(f"TECH_1_1@cpro.fr:{PASSWORD}".encode()).decode()


@contextmanager
def portal_at(url: str, told: list[object] | None = None) -> Iterator[ChorusPortal]:
    kept: list[object] = [] if told is None else told
    settings = settings_at(url, password=Secret(PASSWORD))
    calls = Calls(settings, told=lambda *event, **facts: kept.append((event, facts)))
    try:
        yield ChorusPortal(Piste(calls))
    finally:
        calls.close()


@contextmanager
def talking(say: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """A place that gives a token, and to everything else says what it likes, given the head of the call."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection:
            head = connection.recv(65_536)
            if b"oauth/token" not in head:
                say(connection, head)
                return
            body = json.dumps({"access_token": TOKEN}).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    def listen() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=_until_gone, args=(answer, connection), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _until_gone(answer: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        answer(connection)
    except OSError:
        return


def _interim(connection: socket.socket, _head: bytes) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        time.sleep(0.01)


def _dripping(head: bytes) -> Callable[[socket.socket, bytes], None]:
    def say(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        while True:
            connection.sendall(b"x:y\r\n")
            time.sleep(0.05)

    return say


@pytest.mark.parametrize(
    "say",
    [_interim, _dripping(b""), _dripping(b"content-length: 10000\r\n\r\n")],
    ids=["interim answers", "a head that drips", "a body that drips"],
)
def test_an_answer_that_never_comes_to_its_end_is_a_doubt_in_time(say: Callable[[socket.socket, bytes], None]) -> None:
    with talking(say) as url, mock.patch.object(exchange, "PLATFORM_ANSWER_SECONDS", 0.5):
        began = time.monotonic()
        with portal_at(url) as portal, pytest.raises(Trouble) as caught:
            portal.deposit(b"<x/>", "x.xml", "IN_DP_E1_UBL_INVOICE")
        assert time.monotonic() - began < 5
    assert (caught.value.kind, caught.value.sent) == ("unknown", True)


def test_a_list_has_a_size() -> None:
    row = {"identifiantFactureCPP": 1, "numeroFacture": "F1", "statut": "X", "junk": "z" * 40_000}
    asked = []

    def answer(_path: str) -> tuple[int, dict[str, str], bytes]:
        asked.append(1)
        at = len(asked)
        page = {"pageCourante": at, "pages": 900, "total": 900}
        lines = [row | {"identifiantFactureCPP": at}]
        return 200, {}, json.dumps({"codeRetour": 0, "listeFactures": lines, "parametresRetour": page}).encode()

    with (
        mock.patch.object(paging, "PLATFORM_LIST_BYTES", 200_000),
        place(answer) as url,
        portal_at(url) as portal,
        pytest.raises(Trouble) as caught,
    ):
        portal.find(number="F1")
    assert (caught.value.kind, caught.value.code, len(asked)) == ("garbled", "too large", 5)


def test_a_member_that_is_there_twice_says_nothing() -> None:
    with pytest.raises(Garbled):
        read(b'{"codeRetour": 0, "numeroFluxDepot": "1", "codeRetour": 1}')


def _echo(status: bytes, header: bytes = b"", body: Callable[[str], object] | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """A gateway that prints the call into its answer."""

    def say(connection: socket.socket, head: bytes) -> None:
        carried = f"{TOKEN} {ACCOUNT} {PASSWORD} {quote_plus(PASSWORD)}"
        assert f"Bearer {TOKEN}".encode() in head
        assert ACCOUNT.encode() in head
        content = json.dumps(body(carried)).encode() if body else b""
        named = header % carried.encode("latin-1") if header else b""
        connection.sendall(b"HTTP/1.1 %s\r\n%scontent-length: %d\r\n\r\n" % (status, named, len(content)) + content)

    return say


@pytest.mark.parametrize(
    "say",
    [
        _echo(b"200 OK", body=lambda said: {"codeRetour": 1, "libelle": said}),
        _echo(b"400 Bad", body=lambda said: {"error": said}),
        _echo(b"400 Bad", body=lambda said: {"codeRetour": 1, "libelle": said}),
        _echo(b"500 Bad", b"x-piste-request-id: %s\r\n"),
        _echo(b"500 Bad", b"x-piste-request-id: " + TOKEN.encode()[:-3] + b" %s\r\n"),
        _echo(b"401 No", b'www-authenticate: Bearer error_description="%s"\r\n'),
        _echo(b"200 OK", body=lambda said: {
            "codeRetour": 0, "etatCourantDepotFlux": said,
            "listeErreurDP": [{"numeroDP": said, "libelleErreurDP": said}],
            "listeErreurTechnique": [{"codeErreur": said, "libelleErreur": said}],
        }),
    ],
    ids=["a message", "an error", "a refusal", "its name", "its name, cut", "a challenge", "a report"],
)  # fmt: skip
def test_what_repeats_the_call_repeats_no_secret(say: Callable[[socket.socket, bytes], None]) -> None:
    seen: list[object] = []
    with talking(say) as url, portal_at(url, seen) as portal:
        try:
            seen.append(portal.flow("CPP1"))
        except Trouble as trouble:
            seen.append(vars(trouble))
    shown = repr(seen)
    assert "***" in shown or "'request_id': ''" in shown
    assert not [one for one in (TOKEN[:-3], ACCOUNT, "canary") if one in shown]


def test_a_short_word_of_the_service_is_no_secret() -> None:
    assert Mask([Secret("AVOIR")])("AVOIR") == "AVOIR"
    assert Mask([Secret("a secret text")], Mask([Secret("text text")]))("a secret text, text text") == "***, ***"
