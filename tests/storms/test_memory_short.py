"""The short form; the long form is `python -m tests.storms.memory`."""

from pathlib import Path

from tests.databases import sqlite_only
from tests.storms.memory import FILES, PEAK, try_one

pytestmark = sqlite_only


def test_a_small_cap_is_no_trouble_for_a_file_of_a_megabyte(tmp_path: Path) -> None:
    """A statement of 1 MB is done, far below the peak that the largest may have."""
    (statement,) = [large for large in FILES if large.name == "statement"]
    outcome, peak = try_one(statement._replace(size=1024 * 1024), tmp_path)
    assert outcome == "done"
    assert peak < PEAK
