"""Webhooks: who wants to be called when flows change, and the calls, signed as the OpenAPI's createWebhook says.

The signature is an HMAC-SHA-256 over the SHA-256 digest (its 32 bytes) of `payload@seconds`, with the 32 bytes of the
signing key; key and signature travel in base64. How often a call is tried again is published nowhere: three times here.
"""

import base64
import hashlib
import hmac
import queue
import secrets
import threading
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import httpx
import msgspec

from lettrage.simulator.approved.codes import Ack, Direction, FlowType
from lettrage.simulator.clock import true_seconds

SIGNATURE, STAMP = "Afnor-Signature", "Afnor-Signature-Timestamp"
KEY_BYTES = 32
ATTEMPTS, WAIT = 3, 0.5  # true seconds
TIMEOUT = 5
MOST_WAITING = 10_000
STALE = 3600  # seconds that a stamp is too old by


class Wanted(msgspec.Struct, frozen=True, rename="camel"):
    """WebhookParams: the address, and which flows."""

    callback_url: str
    flow_types: tuple[FlowType, ...] | msgspec.UnsetType = msgspec.UNSET
    flow_direction: Direction | msgspec.UnsetType = msgspec.UNSET
    ack_status: Ack | msgspec.UnsetType = msgspec.UNSET


class Hook(msgspec.Struct, frozen=True):
    """A subscription."""

    id: str
    owner: str
    wanted: Wanted
    key: bytes
    created: datetime

    def wants(self, type_: FlowType, direction: Direction, ack: Ack) -> bool:
        """Whether it is to be told of such a flow."""
        wanted = self.wanted
        return (
            (wanted.flow_types is msgspec.UNSET or type_ in wanted.flow_types)
            and wanted.flow_direction in (msgspec.UNSET, direction)
            and wanted.ack_status in (msgspec.UNSET, ack)
        )


def new_key() -> bytes:
    """A signing key."""
    return secrets.token_bytes(KEY_BYTES)


def signature(payload: bytes, seconds: int, key: bytes) -> str:
    """What proves that a call is ours."""
    digest = hashlib.sha256(payload + b"@" + str(seconds).encode()).digest()
    return base64.b64encode(hmac.new(key, digest, hashlib.sha256).digest()).decode()


def host_of(url: str) -> str:
    """The host that an address names; "" where it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class Call(msgspec.Struct, frozen=True):
    """A call that is to be made. `harm`: what a fault does to it."""

    url: str
    payload: bytes
    key: bytes
    harm: frozenset[str] = frozenset()


class Sent(msgspec.Struct, frozen=True):
    """A call that was made: when, what it was answered; status 0 where nobody answered."""

    at: datetime
    url: str
    status: int
    harm: frozenset[str] = frozenset()


class Courier:
    """Makes the calls, in a thread of its own, in order; looks at the platform so that what is due happens."""

    def __init__(self, look: Callable[[], None], sent: Callable[[str, int, frozenset[str]], None]) -> None:
        """`look` brings the platform up to the present; `sent` is told what a call was answered."""
        self._look, self._sent = look, sent
        self._calls: queue.Queue[Call] = queue.Queue(MOST_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def put(self, call: Call) -> None:
        """Make a call when its turn comes; where too many wait it is lost, as calls may be."""
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            self._sent(call.url, 0, call.harm)

    def start(self) -> None:
        """Begin to look at the platform."""
        if not self._thread.is_alive() and not self._stop.is_set():
            self._thread.start()

    def stop(self) -> None:
        """End, without waiting for what is still to be sent."""
        self._stop.set()

    def _run(self) -> None:
        transport = httpx.HTTPTransport(retries=0)
        with httpx.Client(trust_env=False, timeout=TIMEOUT, follow_redirects=False, transport=transport) as client:
            while not self._stop.is_set():
                self._look()
                try:
                    self._make(client, self._calls.get(timeout=0.05))
                except queue.Empty:
                    continue

    def _make(self, client: httpx.Client, call: Call) -> None:
        seconds = true_seconds() - (STALE if "callback_stale" in call.harm else 0)
        key = new_key() if "callback_unsigned" in call.harm else call.key
        signed = signature(call.payload, seconds, key)
        headers = {"content-type": "application/json", SIGNATURE: signed, STAMP: str(seconds)}
        status = 0
        for attempt in range(ATTEMPTS):
            if attempt and self._stop.wait(WAIT * 2 ** (attempt - 1)):
                break
            status = _posted(client, call, headers)
            if 0 < status < 500:
                break
        if "callback_replayed" in call.harm:
            status = _posted(client, call, headers)
        self._sent(call.url, status, call.harm)


def _posted(client: httpx.Client, call: Call, headers: dict[str, str]) -> int:
    try:
        with client.stream("POST", call.url, content=call.payload, headers=headers) as answer:
            return answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        return 0
