"""Calling out: only where somebody configured it, and to an end in time, whatever the other end does.

A name is looked up once, what it stands for is judged, and that very address is connected to: a name that means another
machine a moment later leads nowhere else.

httpx times each piece that is read or written. The head of an answer may come in any number of pieces, and any number
of interim answers before it: only all of them together is a bound.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Literal

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


Reach = Literal["here", "near", "world"]  # any address; any but this machine's own; public ones alone


def address_of(host: str, port: int, reach: Reach) -> str:
    """The address that a host stands for now. Raises ConnectError where it is beyond what may be reached."""
    if reach == "here":
        return host
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(type(error).__name__) from None
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not addresses or not all(_reachable(ip_address(address.partition("%")[0]), reach) for address in addresses):
        raise httpcore.ConnectError("an address that is not to be called")
    return addresses[0]


def _reachable(address: IPv4Address | IPv6Address, reach: Reach) -> bool:
    inner = _inside(address)
    if inner is not None and not _reachable(inner, reach):
        return False
    if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
        return False
    return reach == "near" or address.is_global


_TRANSLATED = 0x64FF9B << 96  # 64:ff9b::/96, which gateways translate to IPv4


def _inside(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one carries."""
    if isinstance(address, IPv4Address):
        return None
    if int(address) >> 32 in (_TRANSLATED >> 32, 0):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


class _Network(httpcore.SyncBackend):
    """Connections that keep a deadline, to where they may go. `reach`: of hosts that are named; all others: "world"."""

    def __init__(self, deadline: Deadline, reach: Mapping[str, Reach]) -> None:
        self._deadline = deadline
        self._reach = reach

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = address_of(host, port, self._reach.get(host, "world"))
        left = self._deadline.within(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(address, port, left, local_address, socket_options), self._deadline)


def transport(deadline: Deadline, proxy: str, limits: httpx.Limits, reach: Mapping[str, Reach]) -> httpx.HTTPTransport:
    """httpx's own transport on such connections."""
    made = httpx.HTTPTransport(proxy=proxy or None, limits=limits, trust_env=False)
    # httpcore takes a backend where a pool is made; httpx, which makes it, passes none on.
    made._pool._network_backend = _Network(deadline, reach)
    return made


@contextmanager
def calls(seconds: float, host: str) -> Iterator[httpx.Client]:
    """A client for a few calls that have so many seconds all together; it follows nothing, believes no environment.

    `host`: whose address the operator gave, wherever it is; all others must be public.
    """
    deadline = Deadline()
    with (
        httpx.Client(
            timeout=httpx.Timeout(seconds),
            transport=transport(deadline, "", httpx.Limits(), {host: "here"}),
            trust_env=False,
            follow_redirects=False,
        ) as client,
        deadline.in_(seconds),
    ):
        yield client
