"""Everybody's time: it stands still until the life goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest import mock

from lettrage.adapters.store import engine, grouping
from tests.journeys.helpers import MovableClock

# Lives begin shortly before something happens to the time: both changes of hour, the end of a year, a leap day's month.
STARTS = (
    datetime(2026, 3, 27, 21, 40, tzinfo=UTC),
    datetime(2026, 10, 23, 20, 15, tzinfo=UTC),
    datetime(2026, 12, 30, 22, 5, tzinfo=UTC),
    datetime(2028, 2, 27, 9, 0, tzinfo=UTC),
    datetime(2026, 6, 15, 8, 30, tzinfo=UTC),
)


class Clock(MovableClock):
    """Satisfies the port `Clock`; moved by whoever waits."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.start = start

    def today(self) -> date:
        """The date in Paris, reckoned without a table of zones: so that a wrong one would be noticed."""
        return paris(self.at)

    def sleep(self, seconds: float) -> None:
        """What a program does that waits."""
        self.at += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return (self.at - self.start).total_seconds()

    @contextmanager
    def ruling(self) -> Iterator[None]:
        """The program's own waiting and measuring goes by this clock."""
        ours: Any = SimpleNamespace(sleep=self.sleep, monotonic=self.monotonic, perf_counter=time.perf_counter)
        with mock.patch.object(engine, "time", ours), mock.patch.object(grouping, "monotonic", self.monotonic):
            yield


def paris(moment: datetime) -> date:
    """The date in Paris: two hours ahead from the last Sunday of March, 1:00 UTC, to that of October, else one."""
    changes = (_last_sunday(moment.year, month) for month in (3, 10))
    summer, winter = changes
    return (moment + timedelta(hours=2 if summer <= moment < winter else 1)).date()


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)
