"""uvicorn's HTTP protocol, bounded: a header that never ends, in size or in time, ends the connection.

So does what is neither header nor content: the fields behind a chunked content, which are never taken for the header's.
When too many connections are open, the one that has been idle longest makes room.
A call for which there is no place is answered here, before anything is made of it.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from lettrage.limits import CONNECTIONS, HEADER_BYTES, HEADER_SECONDS, SILENT_SECONDS

Fields = list[tuple[bytes, bytes]]
# The answer to a method, a path and the fields of a header, all but its first line; None: the call may come in.
SentAway = Callable[[str, str, Fields], bytes | None]


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Each part that the application does not read itself has a time to arrive in."""

    def __init__(self, sent_away: SentAway, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._sent_away = sent_away
        self._is_away = False  # the call whose content comes now
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
        if not self._is_away:
            super().on_body(body)

    def on_headers_complete(self) -> None:
        """The call is the application's from here on."""
        self._head_done, self._head_bytes, self._loose_bytes = True, 0, 0
        self._met()
        answer = self._no_place() if self._idle else None
        self._is_away = answer is not None
        if answer is None:
            super().on_headers_complete()
        else:
            self._send_away(answer)

    def _no_place(self) -> bytes | None:
        """What a call is told for which there is no place; one without a content in its answer is left to the edge."""
        method = self.parser.get_method().decode("ascii")
        path = httptools.parse_url(self.url).path.decode("ascii")
        return None if method == "HEAD" else self._sent_away(method, path, self.headers)

    def _send_away(self, answer: bytes) -> None:
        """Answer a call at once. Its content is read and forgotten, unless it is only sent to who is ready for it."""
        fields = [STATUS_LINE[503], *(b"%b: %b\r\n" % field for field in self.server_state.default_headers)]
        stays = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        stays = stays and not self.expect_100_continue
        if not stays:
            fields.append(b"connection: close\r\n")
        self.transport.write(b"".join([*fields, answer]))
        if not stays:
            self.transport.close()
        self.on_response_complete()

    def on_message_complete(self) -> None:
        """The call has arrived whole."""
        self._head_done = False
        self._met()
        if not self._is_away:
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
