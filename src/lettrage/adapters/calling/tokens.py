"""Tokens: kept until shortly before their end, asked for by one at a time, and what is sent with them.

A token is this process's; whoever needs one while it is asked for waits for the same.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeVar

from lettrage.adapters.calling.answers import Garbled
from lettrage.adapters.calling.exchange import Reply
from lettrage.guard.secrets import Secret
from lettrage.invoicing.portal import Trouble
from lettrage.limits import PLATFORM_PAUSES, PLATFORM_TOKEN_MARGIN

T = TypeVar("T")
TOKEN_SECONDS = 3_600  # where the answer does not say
_MOST_CHARACTERS = 4_096


class Held(NamedTuple):
    """A token, and until when it is used, by the clock of whoever keeps it."""

    token: Secret
    until: float


class Bearer(Protocol):
    """Whatever has a token."""

    def token(self) -> tuple[Secret, bool]:
        """A token in force, and whether it was had just now. Raises Trouble: nothing else was sent then."""

    def drop(self, token: Secret) -> None:
        """Do not use a token any more."""


class Tokens:
    """Tokens that are asked for. Satisfies `Bearer`. `fetch` asks for one; what it raises is raised."""

    def __init__(self, fetch: Callable[[], Held], ticks: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._ticks = ticks
        self._lock = threading.Lock()
        self.held: Held | None = None

    def token(self) -> tuple[Secret, bool]:
        """A token in force, and whether it was asked for just now."""
        with self._lock:
            if self.held is not None and self.held.until > self._ticks():
                return self.held.token, False
            self.held = self._fetch()
            return self.held.token, True

    def drop(self, token: Secret) -> None:
        """Do not use a token any more; one that another thread has renewed meanwhile stays."""
        with self._lock:
            if self.held is not None and self.held.token == token:
                self.held = None

    def renew(self) -> None:
        """Have a token, a new one. Raises Trouble."""
        with self._lock:
            self.held = None
        self.token()


class Fixed:
    """A token that a person was given and entered: there is no other. Satisfies `Bearer`."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def token(self) -> tuple[Secret, bool]:
        """The token, which nothing makes newer."""
        return self._token, True

    def drop(self, token: Secret) -> None:
        """Nothing to do: the next call says again that it is refused."""


def held(reply: Reply, begun: float) -> Held:
    """The token that an answer with status 200 gives. Raises Trouble `garbled` where there is none."""
    answer = reply.answer()
    why = "JSON"
    if answer is not None:
        try:
            token = answer.needed("access_token")
            seconds = answer.count("expires_in")
            if fits_a_header(token):
                return Held(Secret(token), begun + _useful(TOKEN_SECONDS if seconds is None else seconds))
            why = "access_token"
        except Garbled as garbled:
            why = str(garbled)
    raise Trouble("garbled", step="token", status=200, code=why, sent=False, request_id=reply.request_id)


def fits_a_header(token: str) -> bool:
    """Whether a text may be sent as a token."""
    return token.isascii() and token.isprintable() and " " not in token and len(token) < _MOST_CHARACTERS


def _useful(seconds: int) -> int:
    """For how long a token is used: until a margin before its end, half its life where that is shorter."""
    return max(seconds - PLATFORM_TOKEN_MARGIN, seconds // 2)


def authorized(bearer: Bearer, send: Callable[[Secret], Reply], renewals: Iterator[bool]) -> Reply:
    """What is answered to a call with a token, which is renewed as often as `renewals` allow. Raises Trouble."""
    token, is_new = bearer.token()
    reply = send(token)
    # It may have been revoked, or have ended early: 401 is before the service.
    if reply.status == 401 and not is_new and next(renewals, False):
        bearer.drop(token)
        token, _ = bearer.token()
        reply = send(token)
    if reply.status == 401:
        bearer.drop(token)
    return reply


def patiently(once: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """What comes of an attempt; where there are too many calls, of three more, each after a longer pause."""
    for pause in PLATFORM_PAUSES:
        try:
            return once()
        except Trouble as trouble:
            if trouble.kind != "quota" or trouble.after > pause:
                raise
        sleep(pause)
    return once()
