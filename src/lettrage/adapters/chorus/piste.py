"""Calls made with PISTE's tokens: what a service that carried out its request answers, or Trouble."""

import time
from collections.abc import Callable, Iterator, Mapping

from lettrage.adapters.calling.answers import Answer, Garbled
from lettrage.adapters.calling.exchange import Reply
from lettrage.adapters.calling.tokens import Held, Tokens, authorized, held, patiently
from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.trouble import message
from lettrage.invoicing.portal import Trouble
from lettrage.limits import TEXT_CHARACTERS
from lettrage.refusal import legible


class Piste:
    """One application of PISTE with one technical account behind it: what the services answer, or Trouble."""

    def __init__(self, calls: Calls, ticks: Callable[[], float] = time.monotonic) -> None:
        self.calls = calls
        self._ticks = ticks
        self.tokens = Tokens(self._fetched, ticks)

    def call(self, path: str, asked: Mapping[str, object], *, write: bool = False) -> Answer:
        """What a service answers to a request that it carried out (`codeRetour` 0). Raises Trouble.

        Where there are too many calls, three more attempts, each after a longer pause; a token is renewed once.
        """
        renewals = iter((True,))
        return patiently(lambda: self._once(path, asked, renewals, write=write), self.calls.sleep)

    def _once(self, path: str, asked: Mapping[str, object], renewals: Iterator[bool], *, write: bool) -> Answer:
        reply = authorized(self.tokens, lambda token: self.calls.api(path, asked, token, write=write), renewals)
        if reply.status != 200:
            raise self.calls.trouble(reply, path, write=write)
        return self._carried_out(reply, path, write=write)

    def _carried_out(self, reply: Reply, path: str, *, write: bool) -> Answer:
        answer = reply.answer()
        why = "JSON"
        if answer is not None:
            try:
                returned, libelle = answer.whole("codeRetour"), answer.text("libelle")
                if returned == 0:
                    return answer
                if returned is not None:
                    raise self._refused(reply, path, libelle or str(returned))
                why = "codeRetour"
            except Garbled as garbled:
                why = str(garbled)
        raise Trouble("unknown" if write else "garbled", step=path, status=200, code=why, request_id=reply.request_id)

    def _refused(self, reply: Reply, path: str, libelle: str) -> Trouble:
        code, text = message(libelle)
        return Trouble(
            "refused",
            step=path,
            status=200,
            code=code or text[:100],
            text=legible(text[:TEXT_CHARACTERS]),
            request_id=reply.request_id,
        )

    def nameless(self, path: str) -> Answer:
        """What a service answers to a caller with a token and without the technical account. Raises Trouble."""
        token, _ = self.tokens.token()
        reply = self.calls.api(path, {}, token, nameless=True)
        if reply.status != 200:
            raise self.calls.trouble(reply, path)
        return self._carried_out(reply, path, write=False)

    def reach(self) -> None:
        """Have a token, a new one. Raises Trouble."""
        self.tokens.renew()

    def _fetched(self) -> Held:
        """A token that was just asked for. Raises Trouble: nothing else was sent then."""
        begun = self._ticks()
        reply = self.calls.token()
        if reply.status == 200:
            return held(reply, begun)
        trouble = self.calls.trouble(reply, "token")
        if reply.status in (400, 401):  # which of the two it answers, sources disagree
            trouble.kind = "settings" if trouble.code else "garbled"
        trouble.sent = False
        raise trouble
