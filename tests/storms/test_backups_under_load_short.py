"""The short form; the long form is `python -m tests.storms.backups_under_load --count 50`."""

import pytest

from tests.databases import sqlite_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.backups_under_load import run

SEED = 20_261_122


def test_a_backup_under_load_is_of_one_moment() -> None:
    assert "0 differences" in run(2, SEED)


@sqlite_only
def test_a_copy_of_the_file_alone_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(3, SEED, "file_without_its_log")
