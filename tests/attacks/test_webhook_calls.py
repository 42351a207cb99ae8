"""Webhook calls as bytes on a connection: every spelling of a call, every lie, many at once; nobody learns anything."""

import base64
import socket
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Barrier, Thread

import pytest

from lettrage.adapters.http import door
from lettrage.invoicing.doors import QUALIFICATION
from lettrage.invoicing.hooks import SIGNATURE, STAMP
from lettrage.limits import HOOK_BYTES, HOOK_REFUSED_SECONDS, STRANGER_SECONDS
from tests.approved.test_hooks import KEY, signed
from tests.http.service import Service, running
from tests.journeys.helpers import Firm, company, run_here

BODY = b'{"flowId":"F-1","flowDirection":"In"}'
OURS = f"/hooks/998/{QUALIFICATION}"
OTHER = base64.b64encode(b"another key of thirty-two bytes.").decode()


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    monkeypatch.setenv("LETTRAGE_KEYS", str(tmp_path / "keys.json"))
    monkeypatch.setattr(door, "WRONG_TOKENS", 10**6)  # what is counted is shown elsewhere
    made = Firm(tmp_path, company("998"), company("999"))
    env = {"LETTRAGE_DATABASE": made.address, "LETTRAGE_KEYS": str(tmp_path / "keys.json")}
    given = ("--dossier", "998", "platform", "set", "flow_url=http://127.0.0.1:9/f", "signing_key=-")
    assert run_here(*given, folder=tmp_path, stdin=KEY.encode(), env=env).status == 0
    yield made
    made.store.close()


class Wire:
    """A service, called by bytes."""

    def __init__(self, service: Service, firm: Firm) -> None:
        self._at = ("127.0.0.1", int(service.url.rpartition(":")[2]))
        self.service, self.firm = service, firm
        self.now = str(int(firm.clock.now().timestamp()))

    def call(
        self,
        path: str = OURS,
        body: bytes = BODY,
        *,
        key: str = KEY,
        stamp: str = "",
        more: bytes = b"",
        method: str = "POST",
        signature: str | None = None,
    ) -> bytes:
        at = stamp or self.now
        said = signed(body, at, key) if signature is None else signature
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{STAMP}: {at}\r\n{SIGNATURE}: {said}\r\n"
        length = b"" if b"ncoding: chunked" in more else b"Content-Length: %d\r\n" % len(body)
        return head.encode("latin-1") + length + b"Connection: close\r\n" + more + b"\r\n" + body

    def send(self, data: bytes) -> tuple[int, bytes]:
        """Send these bytes; the status of the answer, and all of it."""
        with socket.create_connection(self._at, 20) as connection:
            connection.sendall(data)
            answer = b""
            with suppress(ConnectionError):
                while piece := connection.recv(65_536):
                    answer += piece
        return int(answer.split(b" ")[1]) if answer else 0, answer

    def heeded(self) -> int:
        return int(self.firm.ask("SELECT count(*) FROM webhook_call")[0][0])


@pytest.fixture
def wire(firm: Firm) -> Iterator[Wire]:
    with running(firm) as service:
        yield Wire(service, firm)
        assert not [line for line in service.logged if line.get("event") in ("internal_error", "store_trouble")]


CHUNKED = b"Transfer-Encoding: chunked\r\n"
# What a call is, and how it is answered. Those that are heeded are all the same call.
SPELLINGS: dict[str, tuple[Callable[[Wire], bytes], int]] = {
    "as it should be": (lambda w: w.call(), 200),
    "once more": (lambda w: w.call(), 200),
    "its headers in capitals": (lambda w: w.call().replace(b"Afnor", b"AFNOR"), 200),
    "its content of another type": (lambda w: w.call(more=b"Content-Type: application/xml\r\n"), 200),
    "said to be packed": (lambda w: w.call(more=b"Content-Encoding: gzip\r\n"), 200),
    "with a query": (lambda w: w.call(f"{OURS}?dossier=999"), 200),
    "its dossier encoded": (lambda w: w.call(f"/hooks/%39%39%38/{QUALIFICATION}"), 200),
    "two lengths": (lambda w: w.call(more=b"Content-Length: 1\r\n"), 400),
    "a length and pieces": (lambda w: w.call(more=b"X: y\r\n").replace(b"X: y\r\n", CHUNKED), 400),
    "a length below zero": (lambda w: w.call().replace(b"Length: 37", b"Length: -1"), 400),
    "a length of a gigabyte": (lambda w: w.call().replace(b"Length: 37", b"Length: 1000000000"), 413),
    "too long": (lambda w: w.call(body=b"x" * (HOOK_BYTES + 1)), 413),
    "too long in pieces": (
        lambda w: w.call(body=b"20000\r\n" + b"x" * 0x20000 + b"\r\n0\r\n\r\n", more=CHUNKED),
        413,
    ),
    "two signatures": (lambda w: w.call(more=f"{SIGNATURE}: {signed(BODY, w.now)}\r\n".encode()), 401),
    "a right one after a wrong one": (
        lambda w: w.call(key=OTHER, more=f"{SIGNATURE}: {signed(BODY, w.now)}\r\n".encode()),
        401,
    ),
    "two moments": (lambda w: w.call(more=f"{STAMP}: {w.now}\r\n".encode()), 401),
    "two signatures in one": (lambda w: w.call(signature=f"{signed(BODY, w.now)}, x"), 401),
    "no padding": (lambda w: w.call(signature=signed(BODY, w.now).rstrip("=")), 401),
    "letters beyond ASCII": (lambda w: w.call(signature="\xe9" * 44), 401),
    "underscores for hyphens": (lambda w: w.call().replace(b"Afnor-Signature", b"Afnor_Signature"), 401),
    "a wrong key": (lambda w: w.call(key=OTHER), 401),
    "an old moment": (lambda w: w.call(stamp=str(int(w.now) - 301)), 401),
    "a moment to come": (lambda w: w.call(stamp=str(int(w.now) + 301)), 401),
    "the twin's": (lambda w: w.call(f"/hooks/999/{QUALIFICATION}"), 401),
    "nobody's": (lambda w: w.call(f"/hooks/NOPE/{QUALIFICATION}"), 401),
    "a dossier of NUL": (lambda w: w.call(f"/hooks/%00/{QUALIFICATION}"), 401),
    "a dossier of half a character": (lambda w: w.call(f"/hooks/%ED%A0%80/{QUALIFICATION}"), 401),
    "a dossier of no text": (lambda w: w.call(f"/hooks/%ff%fe/{QUALIFICATION}"), 401),
    "a dossier of SQL": (lambda w: w.call(f"/hooks/998'%20OR%201=1--/{QUALIFICATION}"), 401),
    "a dossier with a line": (lambda w: w.call(f"/hooks/998%0d%0aX:%20y/{QUALIFICATION}"), 401),
    "a slash for a dossier": (lambda w: w.call(f"/hooks/998%2F{QUALIFICATION}"), 404),
    "a way round": (lambda w: w.call(f"/hooks/999/../998/{QUALIFICATION}"), 404),
    "a way to a folder": (lambda w: w.call(f"{OURS}/"), 404),
    "read": (lambda w: w.call(method="GET"), 405),
    "put": (lambda w: w.call(method="PUT"), 405),
}


def test_however_a_call_is_spelt_it_is_heeded_once_or_not_at_all(wire: Wire) -> None:
    met = {name: wire.send(spelt(wire))[0] for name, (spelt, _) in SPELLINGS.items()}
    assert met == {name: status for name, (_, status) in SPELLINGS.items()}
    assert wire.heeded() == 1
    assert wire.firm.ask("SELECT dossier, platform, kind FROM job") == [("998", QUALIFICATION, "receive")]


def test_a_second_call_behind_the_first_is_a_call_of_its_own(wire: Wire) -> None:
    first = wire.call().replace(b"Connection: close\r\n", b"")
    _, answer = wire.send(first + wire.call(key=OTHER))
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 401") == 1


def test_nobody_can_tell_by_the_time_whether_there_is_a_dossier(wire: Wire) -> None:
    """One with a key took a fifth longer than none: enough for whoever asks often."""
    took: dict[str, list[float]] = {"998": [], "999": [], "NOPE": []}
    for _ in range(15):
        for dossier, times in took.items():
            call = wire.call(f"/hooks/{dossier}/{QUALIFICATION}", key=OTHER)
            begun = time.perf_counter()
            assert wire.send(call)[0] == 401
            times.append(time.perf_counter() - begun)
    assert min(min(times) for times in took.values()) >= HOOK_REFUSED_SECONDS
    assert statistics.median(took["998"]) < 4 * HOOK_REFUSED_SECONDS


def _at_once(calls: list[bytes], wire: Wire) -> Counter[int]:
    start, met = Barrier(len(calls)), Counter[int]()

    def one(data: bytes) -> None:
        start.wait()
        met[wire.send(data)[0]] += 1

    threads = [Thread(target=one, args=(data,)) for data in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return met


def test_the_same_call_by_many_at_once_is_heeded_once(wire: Wire) -> None:
    assert _at_once([wire.call()] * 24, wire) == {200: 24}
    assert wire.heeded() == 1


def test_strangers_who_are_refused_hold_up_nobody(wire: Wire) -> None:
    """Each waits for a twentieth of a second before it is refused: others have the turn."""
    met = _at_once([wire.call(key=OTHER)] * 60 + [wire.call(body=b"%d" % n) for n in range(4)], wire)
    assert met == {401: 60, 200: 4}


def test_bodies_that_drip_are_sent_away_and_others_are_served(wire: Wire) -> None:
    waiting = [socket.create_connection(wire._at, 20) for _ in range(40)]
    try:
        for one in waiting:
            one.sendall(wire.call(body=b"x" * 1_000)[:-900])
        begun = time.monotonic()
        assert wire.send(wire.call())[0] == 200
        assert time.monotonic() - begun < 2
        answers = {one.recv(65_536).split(b"\r\n")[0] for one in waiting}
        assert answers == {b"HTTP/1.1 408 Request Timeout"}
        assert time.monotonic() - begun < STRANGER_SECONDS + 5
    finally:
        for one in waiting:
            one.close()
