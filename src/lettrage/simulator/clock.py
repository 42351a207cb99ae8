"""The platform's clock: it runs at real speed, faster, or jumps ahead, so that a test need not wait ten minutes."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LAST_YEAR = 3000
FASTEST = 1e6  # eleven days in a second
PARIS = ZoneInfo("Europe/Paris")  # what the platform writes its hours in


class Clock:
    """A clock of its own, shared by all threads. It never runs backwards."""

    def __init__(
        self, start: datetime | None = None, speed: float = 1, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """Start at `start` (aware; by default the true present) and run `speed` times as fast as `ticks` (seconds)."""
        self._lock = threading.Lock()
        self._ticks = ticks
        self._then = (start or datetime.now(UTC)).astimezone(UTC)
        self._tick = ticks()
        self._speed = _bearable(speed)

    def now(self) -> datetime:
        """The clock's present, in UTC."""
        with self._lock:
            return self._present()

    @property
    def speed(self) -> float:
        """How many of its seconds pass in a true second; 0 where it stands still."""
        with self._lock:
            return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self._lock:
            self._then = self._present()
            self._tick = self._ticks()
            self._speed = _bearable(speed)

    def advance(self, seconds: float) -> datetime:
        """Jump ahead, and say what time it is then. Raise `ValueError` where it would run backwards or off its end."""
        with self._lock:
            ahead = timedelta(seconds=_forward(seconds))
            if self._present().year + ahead.days // 365 >= LAST_YEAR:
                raise ValueError("the clock cannot go that far")
            self._then += ahead
            return self._present()

    def _present(self) -> datetime:
        return self._then + timedelta(seconds=(self._ticks() - self._tick) * self._speed)


def _bearable(speed: float) -> float:
    if _forward(speed) > FASTEST:
        raise ValueError("the clock cannot run that fast")
    return speed


def _forward(figure: float) -> float:
    if not 0 <= figure <= 1e10:  # NaN too
        raise ValueError("a clock goes forwards")
    return figure


def true_seconds() -> int:
    """What the machine's own clock says, in seconds of the epoch: receivers of signed calls compare it with theirs."""
    return int(time.time())


def day_in_paris(moment: datetime) -> str:
    """`AAAA-MM-JJ`."""
    return moment.astimezone(PARIS).strftime("%Y-%m-%d")


def minute_in_paris(moment: datetime) -> str:
    """`AAAA-MM-JJ HH:MM`, as histories write it."""
    return moment.astimezone(PARIS).strftime("%Y-%m-%d %H:%M")


def instant_in_paris(moment: datetime) -> str:
    """ISO 8601 with the offset of Paris, as flow states write it."""
    return moment.astimezone(PARIS).isoformat(timespec="seconds")
