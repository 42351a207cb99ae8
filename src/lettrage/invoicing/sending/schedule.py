"""When the platform is asked again: about what is in doubt, flows, statuses, and after a trouble. The clock is given.

Every length of time is that of the platform itself. `Pace.speed` shortens them all alike, for a platform whose clock
runs faster: our own simulator's.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import msgspec

from lettrage.invoicing.settings import WARN_DAYS

Chance = Callable[[int], int]  # a whole number from 0 up to its argument, by chance

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_FIRST_LOOKS = (5 * _MINUTE, 15 * _MINUTE, _HOUR)  # at a doubtful deposit, and at a flow
FLOW_ALERT = 48 * _HOUR  # a flow that has not ended by then is told, and looked at daily
# How old the youngest document is that is followed, and how often changes are asked for until then.
_ROUNDS = ((_DAY, _HOUR), (7 * _DAY, 4 * _HOUR), (30 * _DAY, 12 * _HOUR))
_LATE_ROUND = _DAY
OVERLAP = _HOUR  # how far before the last change known the next round begins
REFERRED = 5 * _MINUTE  # for a document whose preceding one is in doubt or not sent yet
LAGGING = 5 * _MINUTE  # for a history that does not yet say what the search does
_BACK_OFF, _BACK_OFF_MOST = _MINUTE, 30 * _MINUTE
_MISSED = _HOUR  # what an approved platform has for us and could not be had is asked for again
_BELIEVED = 3 * _HOUR  # a file that cannot be read is fetched again for so long: something may have stood in for it
_DOUBLINGS = 20
_SENDING, _ASKING = 10 * _MINUTE, 30 * _MINUTE  # of true time: longer than a call, than very many of them, may take


class Pace(msgspec.Struct, frozen=True):
    """What may be set of the schedule.

    `speed`: seconds of the platform's in one of ours. `resend_hours`: how long nothing may be found of a deposit in
    doubt before it is sent again. `unreported_days`: how long a document is followed whose buyer never reports the
    payment, from its last status on. `redeposits`: how often a flow that Chorus wants again is sent again.
    """

    speed: int = 1
    resend_hours: int = 24
    unreported_days: int = 60
    redeposits: int = 5

    def ours(self, length: timedelta) -> timedelta:
        """A length of the platform's time in our own."""
        return length // self.speed

    def look_up(self, since: datetime, now: datetime) -> datetime:
        """When a deposit in doubt since then is looked up next: after 5, 15, 60 minutes, then hourly."""
        return self._next(since, now, _HOUR)

    def forgotten(self, since: datetime, now: datetime) -> bool:
        """Whether a deposit without a trace has been in doubt for so long that it may be sent again."""
        return now - since >= self.ours(self.resend_hours * _HOUR)

    def flow(self, sent: datetime, now: datetime) -> datetime:
        """When a flow is looked at next: after 5, 15, 60 minutes, hourly for 48 hours, then daily."""
        return self._next(sent, now, _DAY if self.overdue(sent, now) else _HOUR)

    def overdue(self, sent: datetime, now: datetime) -> bool:
        """Whether a flow should have ended by now."""
        return now - sent >= self.ours(FLOW_ALERT)

    def strange(self, sent: datetime, now: datetime) -> bool:
        """Whether the platform should know the number of a flow by now."""
        return now - sent >= self.ours(_HOUR)

    def changes(self, youngest: datetime, now: datetime) -> datetime:
        """When changes are asked for next, by the age of the youngest document that is followed."""
        age = (now - youngest) * self.speed
        return now + self.ours(next((often for until, often in _ROUNDS if age < until), _LATE_ROUND))

    def missed(self, now: datetime) -> datetime:
        """When what an approved platform has for us, and could not be had, is asked for again."""
        return now + self.ours(_MISSED)

    def believed(self, since: datetime, now: datetime) -> bool:
        """Whether a file that could not be read since then is believed to be what the platform has."""
        return now - since >= self.ours(_BELIEVED)

    def given_up(self, last: datetime, now: datetime) -> bool:
        """Whether a document whose buyer never reports the payment has been followed for long enough."""
        return now - last >= self.ours(self.unreported_days * _DAY)

    def gives_up(self, last: datetime, now: datetime) -> datetime:
        """When that is to be asked."""
        return max(now, min(last, now) + self.ours(self.unreported_days * _DAY))

    def later(self, attempts: int, now: datetime, chance: Chance, least: int = 0) -> datetime:
        """When to try again after so many tries: twice as late each time, at random up to that (full jitter).

        `least` seconds are kept in any case: what the platform asked for, in its own true seconds.
        """
        most = min(_BACK_OFF * 2 ** min(attempts, _DOUBLINGS), _BACK_OFF_MOST)
        milliseconds = self.ours(most) // timedelta(milliseconds=1)
        return now + timedelta(seconds=least, milliseconds=1 + chance(max(1, milliseconds)))

    def _next(self, since: datetime, now: datetime, then: timedelta) -> datetime:
        planned = (since + self.ours(after) for after in _FIRST_LOOKS)
        return next((at for at in planned if at > now), now + self.ours(then))


def lease(kind: str) -> timedelta:
    """For how long a job of this kind is in one worker's hands before another may take it over."""
    return _SENDING if kind == "send" else _ASKING


Paces = Callable[[str], Pace]  # of each platform


def days_left(expires: date | None, today: date) -> int | None:
    """Days until the technical password expires, once that is to be said; None before, or where nothing is known."""
    left = (expires - today).days if expires is not None else WARN_DAYS + 1
    return left if left <= WARN_DAYS else None
