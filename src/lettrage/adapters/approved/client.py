"""Calls made with a token of an approved platform's: the answer hoped for, or Trouble."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from lettrage.adapters.approved.calls import Ask, Calls
from lettrage.adapters.calling.answers import Answer, Garbled
from lettrage.adapters.calling.exchange import Reply
from lettrage.adapters.calling.tokens import Bearer, Fixed, Held, Tokens, authorized, held, patiently
from lettrage.invoicing.portal import Trouble, TroubleKind
from lettrage.limits import PLATFORM_LIST_SECONDS

T = TypeVar("T")


class Client:
    """One approved platform under one dossier's credentials."""

    def __init__(self, calls: Calls, ticks: Callable[[], float] = time.monotonic) -> None:
        self.calls = calls
        self._ticks = ticks
        self._tokens = Tokens(self._fetched, ticks)
        fixed = calls.settings.token
        self._bearer: Bearer = Fixed(fixed) if fixed else self._tokens

    def reply(self, ask: Ask, hoped: int = 200) -> Reply:
        """The answer with the status hoped for. Raises Trouble.

        Where there are too many calls, three more attempts, each after a longer pause; a token is renewed once.
        """
        renewals = iter((True,))
        return patiently(lambda: self._once(ask, hoped, renewals), self.calls.sleep)

    def _once(self, ask: Ask, hoped: int, renewals: Iterator[bool]) -> Reply:
        reply = authorized(self._bearer, lambda token: self.calls.api(ask, token), renewals)
        if reply.status != hoped:
            raise self.calls.trouble(reply, ask.step, write=ask.write)
        return reply

    def read(self, ask: Ask, reading: Callable[[Answer], T], hoped: int = 200) -> T:
        """What the answer says. Raises Trouble: an answer to a write that cannot be read leaves a doubt."""
        reply = self.reply(ask, hoped)
        answer = reply.answer()
        why = "JSON"
        if answer is not None:
            try:
                return reading(answer)
            except Garbled as garbled:
                why = str(garbled)
        kind: TroubleKind = "unknown" if ask.write else "garbled"
        raise Trouble(kind, step=ask.step, status=reply.status, code=why, request_id=reply.request_id)

    def found(self, ask: Ask, reading: Callable[[Answer], T]) -> T | None:
        """What the answer says; None where the service says itself that it has nothing of this name."""
        try:
            return self.read(ask, reading)
        except Trouble as trouble:
            if not absent(trouble):
                raise
        return None

    def in_time(self, step: str) -> Callable[[], None]:
        """What raises Trouble `gateway` once the pages of a list, of which the first begins now, take too long."""
        until = self._ticks() + PLATFORM_LIST_SECONDS

        def check() -> None:
            if self._ticks() >= until:
                raise Trouble("gateway", step=step, status=200, code="too slow")

        return check

    def reach(self) -> None:
        """Have a token, a new one; a fixed one is there. Raises Trouble."""
        if not self.calls.settings.token:
            self._tokens.renew()

    def _fetched(self) -> Held:
        """A token that was just asked for. Raises Trouble: nothing else was sent then."""
        begun = self._ticks()
        reply = self.calls.token()
        if reply.status == 200:
            return held(reply, begun)
        trouble = self.calls.trouble(reply, "token")
        if reply.status in (400, 401, 403):  # OAuth answers 400 or 401 in JSON with `error`
            trouble.kind = "settings" if trouble.code else "garbled"
        trouble.sent = False
        raise trouble


def absent(trouble: Trouble) -> bool:
    """Whether a trouble is the service's own word that it has nothing of this name."""
    return (trouble.kind, trouble.status) == ("refused", 404)
