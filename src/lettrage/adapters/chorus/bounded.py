"""Connections on which a call comes to its end in time, whatever the other end does.

httpx times each piece that is read or written. The head of an answer may come in any number of pieces, and any number
of interim answers before it: only all of them together is a bound.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx


class Deadline:
    """Until when the call of this thread may take, by this clock."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._here = threading.local()

    @contextmanager
    def in_(self, seconds: float) -> Iterator[None]:
        """What is read and written inside has so many seconds in all."""
        self._here.until = self._ticks() + seconds
        try:
            yield
        finally:
            del self._here.until

    def within(self, timeout: float | None, late: type[Exception]) -> float | None:
        """A time-out that does not go beyond; raises `late` where no time is left."""
        until: float | None = getattr(self._here, "until", None)
        if until is None:
            return timeout
        left = until - self._ticks()
        if left <= 0:
            raise late
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose every piece keeps the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.within(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.within(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Network(httpcore.SyncBackend):
    """Connections that keep a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.within(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options), self._deadline)


def transport(deadline: Deadline, proxy: str, limits: httpx.Limits) -> httpx.HTTPTransport:
    """httpx's own transport on such connections."""
    made = httpx.HTTPTransport(proxy=proxy or None, limits=limits, trust_env=False)
    # httpcore takes a backend where a pool is made; httpx, which makes it, passes none on.
    made._pool._network_backend = _Network(deadline)
    return made
