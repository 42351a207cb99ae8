"""uvicorn's HTTP protocol, bounded: a header that never ends, in size or in time, ends the connection."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lettrage.limits import HEADER_BYTES, HEADER_SECONDS


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Each part that the application does not read itself has a time to arrive in."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head_done = False
        self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection: its first call is awaited, but not for ever."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._met()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a header are counted before they are kept; those of a content are counted at the edge."""
        if not self._head_done:
            self._head_bytes += len(data)
            self._expect()
        super().data_received(data)
        if not self._head_done and self._head_bytes > 2 * HEADER_BYTES:
            self._end()

    def on_headers_complete(self) -> None:
        """The call is the application's from here on."""
        self._head_done, self._head_bytes = True, 0
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
        super().on_response_complete()

    def _expect(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self._end)

    def _met(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()
