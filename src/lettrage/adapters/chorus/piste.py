"""PISTE's tokens, and calls made with them: a token is kept until shortly before its end, and renewed when refused."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from lettrage.adapters.chorus.answers import Answer, Garbled, message
from lettrage.adapters.chorus.calls import Calls, Reply
from lettrage.guard.secrets import Secret
from lettrage.invoicing.portal import Trouble
from lettrage.limits import CHORUS_PAUSES, CHORUS_TOKEN_MARGIN, TEXT_CHARACTERS
from lettrage.refusal import legible

TOKEN_SECONDS = 3_600  # where the answer does not say
_MOST_CHARACTERS = 4_096


class _Held(NamedTuple):
    token: Secret
    until: float


class Piste:
    """One application of PISTE with one technical account behind it: what the services answer, or Trouble.

    The token is this process's; whoever needs one while it is asked for waits for the same.
    """

    def __init__(self, calls: Calls, ticks: Callable[[], float] = time.monotonic) -> None:
        self.calls = calls
        self._ticks = ticks
        self._lock = threading.Lock()
        self._held: _Held | None = None

    def call(self, path: str, asked: Mapping[str, object], *, write: bool = False) -> Answer:
        """What a service answers to a request that it carried out (`codeRetour` 0). Raises Trouble.

        Where there are too many calls, three more attempts, each after a longer pause.
        """
        for pause in CHORUS_PAUSES:
            try:
                return self._once(path, asked, write=write)
            except Trouble as trouble:
                if trouble.kind != "quota" or trouble.after > pause:
                    raise
            self.calls.sleep(pause)
        return self._once(path, asked, write=write)

    def _once(self, path: str, asked: Mapping[str, object], *, write: bool) -> Answer:
        token, is_new = self._token()
        reply = self.calls.api(path, asked, token, write=write)
        if (
            reply.status == 401 and not is_new
        ):  # it may have been revoked, or have ended early: 401 is before the service
            self._drop(token)
            token, _ = self._token()
            reply = self.calls.api(path, asked, token, write=write)
        if reply.status == 401:
            self._drop(token)
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
        token, _ = self._token()
        reply = self.calls.api(path, {}, token, nameless=True)
        if reply.status != 200:
            raise self.calls.trouble(reply, path)
        return self._carried_out(reply, path, write=False)

    def reach(self) -> None:
        """Have a token, a new one. Raises Trouble."""
        with self._lock:
            self._held = None
        self._token()

    # ------------------------------------------------------------ tokens

    def _token(self) -> tuple[Secret, bool]:
        """A token in force, and whether it was asked for just now. Raises Trouble: nothing else was sent then."""
        with self._lock:
            if self._held is not None and self._held.until > self._ticks():
                return self._held.token, False
            self._held = self._fetched()
            return self._held.token, True

    def _drop(self, token: Secret) -> None:
        """Do not use a token any more; one that another thread has renewed meanwhile stays."""
        with self._lock:
            if self._held is not None and self._held.token == token:
                self._held = None

    def _fetched(self) -> _Held:
        begun = self._ticks()
        reply = self.calls.token()
        if reply.status != 200:
            trouble = self.calls.trouble(reply, "token")
            if reply.status in (400, 401):  # which of the two it answers, sources disagree
                trouble.kind = "settings" if trouble.code else "garbled"
            trouble.sent = False
            raise trouble
        answer = reply.answer()
        why = "JSON"
        if answer is not None:
            try:
                token = answer.needed("access_token")
                seconds = answer.count("expires_in")
                if _fits_a_header(token):
                    return _Held(Secret(token), begun + _useful(TOKEN_SECONDS if seconds is None else seconds))
                why = "access_token"
            except Garbled as garbled:
                why = str(garbled)
        raise Trouble("garbled", step="token", status=200, code=why, sent=False, request_id=reply.request_id)


def _fits_a_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token and len(token) < _MOST_CHARACTERS


def _useful(seconds: int) -> int:
    """For how long a token is used: until a margin before its end, half its life where that is shorter."""
    return max(seconds - CHORUS_TOKEN_MARGIN, seconds // 2)
