"""The platform's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from lettrage.simulator.clock import Clock, day_in_paris, instant_in_paris, minute_in_paris

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Ticks:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_it_runs_as_fast_as_it_is_set_and_jumps() -> None:
    ticks = Ticks()
    clock = Clock(NOON, 60, ticks)

    ticks.seconds += 2
    assert clock.now() == NOON + timedelta(minutes=2)
    clock.speed = 0
    ticks.seconds += 1000
    assert clock.now() == NOON + timedelta(minutes=2)
    assert clock.advance(3600) == NOON + timedelta(hours=1, minutes=2)
    clock.speed = 1
    ticks.seconds += 5
    assert clock.now() == NOON + timedelta(hours=1, minutes=2, seconds=5)


@pytest.mark.parametrize("figure", [-1, float("nan"), float("inf"), 1e300])
def test_it_goes_neither_backwards_nor_off_its_end(figure: float) -> None:
    clock = Clock(NOON, 0)

    with pytest.raises(ValueError, match="clock"):
        clock.advance(figure)
    with pytest.raises(ValueError, match="clock"):
        clock.speed = figure
    assert clock.now() == NOON


def test_it_stays_in_the_years_that_dates_can_write() -> None:
    clock = Clock(NOON, 0)

    for _ in range(3):
        clock.advance(9e9)
    with pytest.raises(ValueError, match="clock"):
        clock.advance(9e9)
    with pytest.raises(ValueError, match="clock"):
        clock.speed = 1e7
    assert clock.now().year < 3000


def test_it_writes_what_it_says_in_paris() -> None:
    late = datetime(2026, 1, 1, 23, 30, 15, tzinfo=UTC)

    assert day_in_paris(late) == "2026-01-02"
    assert minute_in_paris(late) == "2026-01-02 00:30"
    assert instant_in_paris(late) == "2026-01-02T00:30:15+01:00"
    assert instant_in_paris(NOON) == "2026-07-01T14:00:00+02:00"
