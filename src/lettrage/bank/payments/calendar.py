"""The days on which money moves between banks: TARGET's calendar."""

from datetime import date, timedelta

_CLOSED = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})
_DAY = timedelta(days=1)


def is_bank_day(day: date) -> bool:
    """Whether TARGET is open."""
    easter = _easter(day.year)
    moving = (easter - 2 * _DAY, easter + _DAY)  # Good Friday, Easter Monday
    return day.weekday() < 5 and (day.month, day.day) not in _CLOSED and day not in moving


def bank_day(day: date) -> date:
    """The first day from this one on which TARGET is open."""
    while not is_bank_day(day):
        day += _DAY
    return day


def _easter(year: int) -> date:
    """Easter Sunday, by the Gregorian reckoning (Meeus)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)
