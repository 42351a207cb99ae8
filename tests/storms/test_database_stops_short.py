"""The short form; the long form is `python -m tests.storms.database_stops --count 40`."""

import pytest

from tests.databases import postgresql_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.database_stops import run

# Where a call is cut off the client leaves its socket to the collector of garbage.
pytestmark = [postgresql_only, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
SEED = 20_261_122


def test_a_server_that_is_stopped_loses_and_doubles_nothing() -> None:
    assert "0 lost, 0 doubled" in run(2, SEED)


def test_a_commit_that_is_not_durable_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(5, SEED, "commit_not_durable")
