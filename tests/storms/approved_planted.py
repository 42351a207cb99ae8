"""Bugs that the storm of an approved platform must turn red; those of the outbox are the same for both doors."""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

import msgspec

from lettrage.adapters.store.outbox import Flows
from lettrage.invoicing.sending import arrive, submit
from lettrage.invoicing.sending.outbox import Conclusion, Packet, Taken
from lettrage.invoicing.sending.schedule import Pace
from tests.reliability.long_form import Bug
from tests.storms.deposits import doubt_forgotten, instead, interrupted_is_forgotten, sent_again_blindly


def trace_ignored() -> AbstractContextManager[None]:
    """A flow in doubt is sent again after a while without being looked for."""
    sound = submit.after_trace

    def blind(taken: Taken, _seen: Any, now: datetime, pace: Pace) -> Conclusion:
        return sound(taken, (), now, pace)

    return instead(submit, "after_trace", blind)


def another_name() -> AbstractContextManager[None]:
    """What is sent again bears another name than before."""
    sound = Flows._tracking

    def renamed(self: Flows, platform: str, number: int, packet: Packet, at: str) -> str:
        return sound(self, platform, number, msgspec.structs.replace(packet, tracking=""), at)

    return instead(Flows, "_tracking", renamed)


def statuses_doubled() -> AbstractContextManager[None]:
    """A status that is told twice is kept twice."""
    return instead(arrive, "unheard", lambda _kept, heard: list(heard))


def asked_by_our_clock() -> AbstractContextManager[None]:
    """The next question begins at our own present."""
    return instead(arrive, "_moved", lambda _job, _done, _kept, now: now)


PLANTED: dict[str, Bug] = {
    "": nullcontext,
    "sent_again_blindly": sent_again_blindly,
    "trace_ignored": trace_ignored,
    "doubt_forgotten": doubt_forgotten,
    "another_name": another_name,
    "statuses_doubled": statuses_doubled,
    "asked_by_our_clock": asked_by_our_clock,
    "interrupted_is_forgotten": interrupted_is_forgotten,
}
