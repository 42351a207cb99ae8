"""Faults that can be switched on: what breaks, on which paths, how often."""

import json
import random
import threading
from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Any

import msgspec

HTML = "text/html;charset=UTF-8"
PLAIN = "text/plain;charset=UTF-8"
MAINTENANCE = (
    "<!DOCTYPE html><html lang='fr'><head><title>Chorus Pro</title></head><body><h1>Portail indisponible</h1>"
    "<p>Une opération de maintenance est en cours. Merci de réessayer ultérieurement.</p></body></html>"
)


class Canned(msgspec.Struct, frozen=True):
    """An answer that is the same whatever was asked."""

    status: int
    body: str = ""
    content_type: str = PLAIN


def _trouble(status: int, reason: str) -> Canned:
    return Canned(status, f"<html><body><h1>{status} {reason}</h1></body></html>", HTML)


# Instead of carrying the call out. The empty 403s are one and the same answer for different causes, as on the platform.
CANNED = {
    "maintenance": Canned(500, MAINTENANCE, HTML),
    "maintenance_empty": Canned(500),
    "not_subscribed": Canned(403),
    "terms_not_accepted": Canned(403),
    "not_linked": Canned(403),
    "too_many_calls": Canned(429),
    "too_many_calls_wait": Canned(429),
    "bad_gateway": _trouble(502, "Bad Gateway"),
    "unavailable": _trouble(503, "Service Unavailable"),
    "gateway_timeout": _trouble(504, "Gateway Timeout"),
    "version_not_supported": _trouble(505, "HTTP Version Not Supported"),
    "html_answer": Canned(200, MAINTENANCE, HTML),
    "empty_answer": Canned(200),
}
ACCOUNT = ("password_expired", "password_changed", "account_not_yet_active")  # all refused alike
BEFORE = ("dropped_before", "token_revoked", "token_refused", "slow")
AFTER = ("dropped_after", "truncated", "wrong_types", "html_after")
CHORUS = (*CANNED, *ACCOUNT, *BEFORE, *AFTER)
# What only the approved platform can have: of a call, of what becomes of a flow, of what it tells by itself. A call may
# be answered with the Error of the OpenAPI in the place of being carried out, by this status.
REFUSALS = {"server_error": 500, "resource_error": 503, "timed_out": 408, "inconsistent": 422, "not_offered": 501}
APPROVED_CALLS = (*REFUSALS, "unhealthy", "wrong_sha256", "wrong_content", "cursor_repeated")
APPROVED_FLOWS = ("flow_lost", "acknowledgement_late", "acknowledgement_never")
APPROVED_ARRIVALS = ("arrival_late", "arrival_doubled")
APPROVED_CALLBACKS = ("callback_unsigned", "callback_replayed", "callback_stale", "callback_never")
APPROVED = (*APPROVED_CALLS, *APPROVED_FLOWS, *APPROVED_ARRIVALS, *APPROVED_CALLBACKS)
KINDS = (*CHORUS, *APPROVED)
WRONG: tuple[Any, ...] = (None, "", "x", -1, 3.5, True, [], {}, [[]], {"x": None}, "9" * 300)


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault switched on.

    `path` is a pattern of paths (`*` for any characters). It strikes the next `times` calls of such a path, or all
    until it is switched off, each with `probability`. `seconds`, true ones, is how long `slow` waits and what
    `too_many_calls_wait` asks for; of the platform's clock how much later something comes that comes late.
    """

    kind: str
    path: str = "*"
    times: int | None = None
    probability: float = 1
    seconds: float = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: {', '.join(KINDS)}")
        if not 0 <= self.seconds <= 3600 or not 0 <= self.probability <= 1:
            raise ValueError("seconds: 0 to 3600, probability: 0 to 1")


class Faults:
    """The faults that are on. The same seed and the same calls give the same faults."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._dice = random.Random(seed)  # noqa: S311  a test's dice, to be thrown again
        self._next = 1
        self._on: dict[int, Fault] = {}

    def on(self, kind: str, **how: Any) -> int:
        """Switch a fault on; its number switches it off. Raises ValueError, TypeError."""
        return self.add(Fault(kind=kind, **how))

    def add(self, fault: Fault) -> int:
        """Switch this fault on; its number switches it off."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._on[number] = fault
        return number

    def off(self, number: int | None = None) -> None:
        """Switch one fault off, or all of them."""
        with self._lock:
            if number is None:
                self._on.clear()
            else:
                self._on.pop(number, None)

    def seed(self, seed: int) -> None:
        """Start the dice anew."""
        with self._lock:
            self._dice.seed(seed)

    def listed(self) -> dict[int, Fault]:
        """What is on, with what is left of its times."""
        with self._lock:
            return dict(self._on)

    def strike(self, path: str, among: Collection[str]) -> dict[str, Fault]:
        """The faults of these kinds that strike a call of this path, by kind; each has then struck once more."""
        with self._lock:
            struck = {
                number: fault
                for number, fault in self._on.items()
                if fault.kind in among
                and fnmatchcase(path, fault.path)
                and fault.times != 0
                and (fault.probability >= 1 or self._dice.random() < fault.probability)
            }
            for number, fault in struck.items():
                if fault.times is not None:
                    self._on[number] = msgspec.structs.replace(fault, times=fault.times - 1)
                    if fault.times == 1:
                        del self._on[number]
            return {fault.kind: fault for fault in struck.values()}

    def twisted(self, body: bytes) -> bytes:
        """An answer some of whose values are of another kind than they should be."""
        value: Any = json.loads(body)
        with self._lock:
            places = list(_places(value))
            for holder, key in self._dice.sample(places, self._dice.randint(1, max(1, len(places) // 3))):
                holder[key] = self._dice.choice(WRONG)
        return json.dumps(value).encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON value that could hold another one, outermost last."""
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if _is_list(value) else []
    return [place for _, inner in pairs for place in _places(inner)] + [(value, key) for key, _ in pairs]


def _is_list(value: Any) -> bool:
    return isinstance(value, list)
