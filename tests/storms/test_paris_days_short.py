"""The short form; the long form is `python -m tests.storms.paris_days --years 5`."""

import pytest

from tests.databases import sqlite_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.paris_days import run

pytestmark = sqlite_only


def test_the_day_of_an_entry_is_that_of_paris() -> None:
    assert run(1) == "16 moments of 1 years, each booked on the day of Paris"


def test_the_day_of_the_machine_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match="booked on"):
        run(1, "utc_day")
