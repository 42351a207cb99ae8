"""The short forms of what kills, cuts and fills; the long forms are commands: `python -m tests.storms.kills`, ..."""

from pathlib import Path

import pytest

from lettrage.adapters.store.books import SqlStore
from lettrage.adapters.store.engine import KNOWN
from tests.databases import empty_books, sqlite_only
from tests.journeys.helpers import MovableClock
from tests.reliability.long_form import BrokenPromiseError
from tests.storms import disk, errors, kills, old_books, points, power, restored
from tests.storms.forgetting import forgetting

SEED = 20_261_122


# ---------------------------------------------------------------- kill -9


@sqlite_only
def test_what_a_killed_caller_heard_is_there_once() -> None:
    seen = kills.run(15, SEED)
    assert seen["kills"] >= 15
    assert seen["deeds"] >= 60


@sqlite_only
@pytest.mark.parametrize("planted", kills.PLANTED)
def test_commits_apart_from_their_answers_are_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError):
        kills.run(300, SEED, planted)


@sqlite_only
def test_books_that_are_restored_stand_kills() -> None:
    assert restored.run(5, SEED)["kills"] >= 5


@sqlite_only
def test_restoring_without_the_keys_is_noticed() -> None:
    with pytest.raises(BrokenPromiseError, match="the password does not open: key_missing"):
        restored.run(5, SEED, "keys_left_behind")


# ---------------------------------------------------------------- power and the disk


@sqlite_only
def test_books_on_the_forgetting_disk_are_those_of_the_program(tmp_path: Path) -> None:
    """Its pragmas are in force, and a commit is synced."""
    with forgetting() as disk_:
        store = SqlStore(empty_books(tmp_path), MovableClock())
        with store.engine.connect() as connection:
            asked = ("journal_mode", "synchronous", "foreign_keys")
            pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
        store.accounts.add("anne", "clerk", "")
        store.close()
    assert pragmas == ["wal", 2, 1]
    assert disk_.calls["sync"] > 0


@sqlite_only
def test_what_was_acknowledged_survives_power_cuts() -> None:
    assert power.run(20, SEED)["cuts"] >= 20


@sqlite_only
@pytest.mark.parametrize("planted", power.PLANTED)
def test_commits_that_do_not_wait_for_the_disk_are_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError):
        power.run(50, SEED, planted)


@sqlite_only
def test_an_error_of_the_disk_is_a_refusal() -> None:
    assert errors.run(SEED, step=40, most=2)["refusals"] > 10


@sqlite_only
def test_a_sync_that_nobody_checks_is_caught() -> None:
    with pytest.raises(BrokenPromiseError):
        errors.run(SEED, "sync_not_checked", step=30)


@sqlite_only
def test_a_full_disk_is_named_and_work_goes_on() -> None:
    assert disk.run(4, SEED)["fillings"] >= 4


@sqlite_only
def test_a_blind_rollback_is_caught() -> None:
    with pytest.raises(BrokenPromiseError):
        disk.run(20, SEED, "blind_rollback")


# ---------------------------------------------------------------- points, and books of before


def test_an_operation_that_is_stopped_is_done_whole_or_not_at_all() -> None:
    assert points.run(SEED, step=25, most=4)["operations"] == 4


def test_a_commit_between_two_tables_is_caught() -> None:
    with pytest.raises(BrokenPromiseError):
        points.run(SEED, 3, "commit_between_tables", most=3)


@pytest.mark.parametrize("version", ["0001", "0004"])
def test_books_of_before_open_today(version: str) -> None:
    assert old_books.run(SEED, step=60, versions=(version,))["versions"] == 1


def test_a_migration_that_commits_as_it_goes_is_caught() -> None:
    with pytest.raises(BrokenPromiseError):
        old_books.run(SEED, 7, "no_transaction", versions=KNOWN[:1])
