"""uvicorn's HTTP protocol, bounded: a header that never ends, in size or in time, ends the connection.

So does what is neither header nor content: the fields behind a chunked content, which are never taken for the header's.
When too many connections are open, the one that has been idle longest makes room.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lettrage.limits import CONNECTIONS, HEADER_BYTES, HEADER_SECONDS, SILENT_SECONDS


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Each part that the application does not read itself has a time to arrive in."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head_done = False
        self._head_bytes = 0
        self._loose_bytes = 0  # since the last piece of content
        self._idle_since = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection: its first call is awaited, but not for ever."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(SILENT_SECONDS, self._end)
        if len(self.connections) > CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._met()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a header are counted before they are kept; those of a content are counted at the edge."""
        if not self._head_done:
            if not self._head_bytes:
                self._met()
            self._head_bytes += len(data)
            self._expect()
        else:
            self._loose_bytes += len(data)
        super().data_received(data)
        if (self._loose_bytes if self._head_done else self._head_bytes) > 2 * HEADER_BYTES:
            self._end()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the header; one behind the content is nobody's business."""
        if not self._head_done:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """A piece of the content."""
        self._loose_bytes = 0
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """The call is the application's from here on."""
        self._head_done, self._head_bytes, self._loose_bytes = True, 0, 0
        self._met()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The call has arrived whole."""
        self._head_done = False
        self._met()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Answered; what is left of the content is awaited for a while, so that the caller can read the answer."""
        if self._head_done:
            self._expect()
        self._idle_since = self.loop.time()
        super().on_response_complete()

    @property
    def _idle(self) -> bool:
        """Whether no call is being carried out here."""
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # None at first

    def _make_room(self) -> None:
        """Close the connection that has been idle longest: this one, where all others are at work."""
        idle = [other for other in self.connections if isinstance(other, BoundedProtocol) and other._idle]
        min(idle, key=lambda other: other._idle_since)._end()

    def _expect(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self._end)

    def _met(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._met()
        if not self.transport.is_closing():
            self.transport.close()
