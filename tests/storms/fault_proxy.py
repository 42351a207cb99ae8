"""A proxy that spoils exchanges over HTTP: seeded, so that a run can be repeated.

    with FaultProxy(url, seed=7) as proxy: ...   # call proxy.url

One exchange for each connection: whole request, fault or not, answer. It refuses, cuts the request or the answer, loses
the answer, is slow, or sends the request twice at the same time, as networks and the boxes on them do.
"""

import asyncio
import random
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

FAULTS = ("refused", "request_cut", "answer_cut", "answer_lost", "slow", "twice")
PASSED = "passed"
SLOW_SECONDS = 0.05
_LENGTH = re.compile(rb"\r\ncontent-length:\s*([0-9]+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class FaultProxy:
    """Stands before a service until the block ends. `sound`: exchanges let through for each six that are spoiled."""

    def __init__(self, url: str, seed: int, *, sound: int = 4, faults: Sequence[str] = FAULTS) -> None:
        place = urlsplit(url)
        self._target = (place.hostname, place.port)
        self._dice = random.Random(seed)
        self._fates = [*faults, *[PASSED] * sound]
        self.seen: Counter[str] = Counter()
        self.twice: list[bytes] = []  # the contents that were sent twice
        self.on = True
        self._loop = asyncio.new_event_loop()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def exchanges(self) -> int:
        """How many there were so far."""
        return self.seen.total()

    @property
    def figure(self) -> str:
        """What became of them, as people read it."""
        spoiled = self.exchanges - self.seen[PASSED]
        return f"{self.exchanges:,} exchanges ({spoiled:,} spoiled)"

    # ------------------------------------------------------------ one exchange

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fate = self._dice.choice(self._fates) if self.on else PASSED
        try:
            if fate != "refused":
                await _FATES[fate](self, await _request(reader), writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side went away: the other is told by the end of its connection
        finally:
            self.seen[fate] += 1
            _reset(writer)

    async def _pass(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(await self._asked(request))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def _cut_request(self, request: bytes, _writer: asyncio.StreamWriter) -> None:
        _, upstream = await asyncio.open_connection(*self._target)
        upstream.write(request[: self._dice.randrange(1, len(request))])
        await upstream.drain()
        upstream.close()

    async def _cut_answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        answer = await self._asked(request)
        writer.write(answer[: self._dice.randrange(1, len(answer))] if len(answer) > 1 else b"")
        await writer.drain()
        writer.close()

    async def _lose_answer(self, request: bytes, _writer: asyncio.StreamWriter) -> None:
        await self._asked(request)

    async def _slow(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._dice.random() * SLOW_SECONDS)
        await self._pass(request, writer)

    async def _twice(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.twice.append(request)
        answers = await asyncio.gather(self._asked(request), self._asked(request))
        writer.write(self._dice.choice(answers))
        await writer.drain()
        writer.close()

    async def _asked(self, request: bytes) -> bytes:
        """What the service answers, to the end of the connection."""
        reader, writer = await asyncio.open_connection(*self._target)
        try:
            writer.write(request)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()

    # ------------------------------------------------------------ its thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._exchange, sock=self._listening))
        self._loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


_FATES = {
    PASSED: FaultProxy._pass,
    "request_cut": FaultProxy._cut_request,
    "answer_cut": FaultProxy._cut_answer,
    "answer_lost": FaultProxy._lose_answer,
    "slow": FaultProxy._slow,
    "twice": FaultProxy._twice,
}


async def _request(reader: asyncio.StreamReader) -> bytes:
    """One whole request, asking for one answer only."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    content = await reader.readexactly(int(length[1])) if length else b""
    return _CONNECTION.sub(b"", head[:-4]) + b"\r\nConnection: close\r\n\r\n" + content


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with a reset, unless it has been closed in peace."""
    if writer.is_closing():
        return
    held = writer.get_extra_info("socket")
    if held is not None:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
