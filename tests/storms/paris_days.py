"""The day of an entry is the day in Paris, whatever the hour there is just doing.

    python -m tests.storms.paris_days --years 5
    python -m tests.storms.paris_days --years 1 --planted utc_day     # must fail

Both changes of hour and the ends of the year, in UTC: half an hour before and after midnight in Paris, before, within
and after the hour that does not exist in March, and through the hour that comes twice in October. At each moment a
settlement that names no date is booked. The expected day is counted here from the rule that the clocks of Europe
follow, without a table of time zones.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock

from lettrage.settlement.once import Receipt
from tests.journeys.helpers import Firm, advance, company, header
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form

FIRST_YEAR = 2024
_DAY, _HOUR, _HALF = timedelta(days=1), timedelta(hours=1), timedelta(minutes=30)


def change(year: int, month: int) -> datetime:
    """When the hour changes: at one o'clock UTC on the last Sunday of March and of October."""
    last = date(year, month, 31)
    day = last - timedelta(days=(last.weekday() + 1) % 7)
    return datetime(day.year, day.month, day.day, 1, tzinfo=UTC)


def day_in_paris(at: datetime) -> date:
    """The day there: two hours ahead of UTC in summer, one in winter."""
    summer = change(at.year, 3) <= at < change(at.year, 10)
    return (at + (2 if summer else 1) * _HOUR).date()


def edges(year: int) -> Iterator[tuple[str, datetime]]:
    """The moments of a year at which a day could be mistaken."""
    for name, turn, before in (("March", change(year, 3), 1), ("October", change(year, 10), 2)):
        midnight = turn - _HOUR - before * _HOUR  # the beginning of that day in Paris
        following = turn - _HOUR + _DAY - (3 - before) * _HOUR
        yield f"{name}, 23:30 the day before", midnight - _HALF
        yield f"{name}, 00:30", midnight + _HALF
        yield f"{name}, half an hour before the change", turn - _HALF
        yield f"{name}, at the change", turn
        yield f"{name}, half an hour after the change (02:30 again in October)", turn + _HALF
        yield f"{name}, 23:30", following - _HALF
        yield f"{name}, 00:30 the day after", following + _HALF
    new_year = datetime(year, 12, 31, 23, tzinfo=UTC)
    yield "31 December, 23:30", new_year - _HALF
    yield "1 January, 00:30", new_year + _HALF


def run(years: int, planted: str = "") -> str:
    """Book at every edge of so many years; the figure. Raises BrokenPromiseError."""
    moments = [edge for year in range(FIRST_YEAR, FIRST_YEAR + years) for edge in edges(year)]
    with tempfile.TemporaryDirectory() as folder, PLANTED[planted]():
        firm = Firm(Path(folder), company(), at=moments[0][1] - _DAY)
        for name, at in moments:
            firm.clock.at = at
            paid = header("PORCHQ", "10.00", advance("10.00"))
            del paid["DATE"]
            number = firm.done(paid, repeat=True)
            booked = {date.fromisoformat(entry["date"]) for entry in firm.entries(number)}
            if booked != {day_in_paris(at)}:
                raise BrokenPromiseError(f"{at:%Y-%m-%d %H:%M} UTC ({name}): booked on {booked}")
        findings = firm.findings()
        firm.store.close()
    if findings:
        raise BrokenPromiseError(f"{findings[:3]}")
    return f"{len(moments)} moments of {years} years, each booked on the day of Paris"


def utc_day() -> AbstractContextManager[object]:
    """The planted bug: the day of the machine's clock."""
    return mock.patch.object(Receipt, "today", property(lambda receipt: receipt.at.date()))


PLANTED: dict[str, Bug] = {"": nullcontext, "utc_day": utc_day}


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    return long_form(
        "E2",
        lambda given, bug: run(given.years, bug),
        PLANTED,
        options={"years": 5},
        trial={"years": 1},
        seeded=False,
        about=__doc__,
        arguments=arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
