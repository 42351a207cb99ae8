"""Who may pass: tokens, roles, and the count of wrong ones from each address and for each key that is guessed at."""

import re
from typing import Protocol

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from lettrage.adapters.http.problems import Problem
from lettrage.guard.identity import Identity
from lettrage.guard.tokens import read_token
from lettrage.limits import WRONG_TOKENS
from lettrage.refusal import Refusal

_BEARER = re.compile(r"bearer\s+(\S+)\s*", re.IGNORECASE)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="lettrage"'}
_WAIT = {"Retry-After": "60"}


class People(Protocol):
    """Where callers are known."""

    def identify(self, token: str) -> Identity | None:
        """Whose token this is; None for anything that is not a token in force."""


class Door:
    """Lets callers in. Who brings wrong tokens is slowed, by address and by key; a valid token always passes."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._limit = RateLimitItemPerMinute(WRONG_TOKENS)
        self._wrong = MovingWindowRateLimiter(MemoryStorage())

    def admit(self, token: str, source: str) -> Identity:
        """Who holds this token. Raises Problem: 401, or 429 once the address has brought too many wrong ones."""
        identity = self._people.identify(token) if token else None
        if identity is not None:
            return identity
        guessed = read_token(token)  # from many addresses, one key is guessed at: its dossier and first characters
        self.wrong(source, *([("key", guessed.shown)] if guessed else []))
        raise Problem(401, Refusal("unknown_caller"), headers=_CHALLENGE)

    def wrong(self, source: str, *keys: tuple[str, str]) -> None:
        """Count a proof that is none. Raises Problem (429) once the address, or a key, has brought too many."""
        if not all(self._wrong.hit(self._limit, *key) for key in (("source", source), *keys)):
            raise Problem(429, Refusal("too_many_wrong_tokens", "", source, str(WRONG_TOKENS)), headers=_WAIT)


def check(identity: Identity, action: str) -> None:
    """Raises Problem (403) where the role may not do this."""
    if not identity.may(action):
        raise Problem(403, Refusal("not_allowed", "", identity.role, action))


def bearer(authorization: str) -> str:
    """The token of an `Authorization: Bearer` header; "" when there is none."""
    found = _BEARER.fullmatch(authorization)
    return found[1] if found else ""
