"""Callers in a process of their own: sixteen keep-alive connections, each calling as fast as it is answered."""

import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import msgspec

CLIENTS = 16
BUSY, RETRY_SECONDS = b'{"error":503', 1  # come back in a moment: the call lasts until it is done


class Timed(msgspec.Struct):
    """How long all the calls took, and each of them, in seconds."""

    seconds: float
    each: list[float]


class Clients:
    """The other process, as the benchmark sees it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def call(self, bodies: list[bytes]) -> Timed:
        """Send all of them; raises RuntimeError with the first answer that is not one of everything done."""
        self._pipe.send(bodies)
        answered = self._pipe.recv()
        if isinstance(answered, str):
            raise RuntimeError(answered)
        assert isinstance(answered, Timed)
        return answered


@contextmanager
def clients_of(url: str, token: str) -> Iterator[Clients]:
    """A process of callers, connected, until the block ends."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_serve, args=(url, token, theirs), daemon=True)
    process.start()
    theirs.close()
    assert ours.recv() == "connected"
    yield Clients(ours)
    ours.close()
    process.join(10)


def _serve(url: str, token: str, pipe: Connection) -> None:
    connections = [_KeepAlive(url, token) for _ in range(CLIENTS)]
    pipe.send("connected")
    while True:
        try:
            bodies = pipe.recv()
        except EOFError:
            return
        pipe.send(_call_all(connections, bodies))


def _call_all(connections: "list[_KeepAlive]", bodies: list[bytes]) -> Timed | str:
    waiting: SimpleQueue[bytes] = SimpleQueue()
    for body in bodies:
        waiting.put(connections[0].request(body))
    answers: list[tuple[float, bytes]] = []

    def work(connection: _KeepAlive) -> None:
        while True:
            try:
                request = waiting.get_nowait()
            except Empty:
                return
            start = time.perf_counter()
            answer = connection.call(request)
            while answer.startswith(BUSY):
                time.sleep(RETRY_SECONDS)
                answer = connection.call(request)
            answers.append((time.perf_counter() - start, answer))

    threads = [threading.Thread(target=work, args=(connection,)) for connection in connections]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    wrong = next((answer for _, answer in answers if not _all_done(answer)), None)
    if wrong is not None or len(answers) != len(bodies):
        return f"{len(answers)} of {len(bodies)} answers; {wrong!r:.2000}"
    return Timed(seconds, [taken for taken, _ in answers])


def _all_done(answer: bytes) -> bool:
    try:
        common = json.loads(json.loads(answer)["result"])["result"]["common"]
    except (ValueError, KeyError):
        return False
    return bool(common["resultcode"] == "0")


class _KeepAlive:
    """One connection, as bare as can be: what is measured is the service."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._head = (
            f"POST /webservice HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._socket = socket.create_connection((parts.hostname, parts.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(self, body: bytes) -> bytes:
        """The whole text of a call."""
        return self._head + f"{len(body)}\r\n\r\n".encode() + body

    def call(self, request: bytes) -> bytes:
        """The content of the answer."""
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, content = received.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        pieces = [content]
        missing = int(fields[b"content-length"]) - len(content)
        while missing > 0:
            pieces.append(self._more())
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def _more(self) -> bytes:
        piece = self._socket.recv(262_144)
        if not piece:
            raise ConnectionError("the service hung up")
        return piece
