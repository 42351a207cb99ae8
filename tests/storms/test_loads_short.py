"""The short forms of what is under load; the long forms are `python -m tests.storms.loads.huge --count 10000`, ...

How long anything takes says little on a machine that runs other tests: here counts, ratios and contents are judged.
"""

import platform
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
from benchmarks.clients import clients_of

from tests.databases import sqlite_only
from tests.reliability.long_form import BrokenPromiseError, Bug
from tests.storms.loads import doubling, endless, history, huge, steady
from tests.storms.serving import served

pytestmark = sqlite_only
SEED = 20_261_122
PATIENT_MS = 60_000.0


def test_steady_callers_share_commits() -> None:
    seen = steady.run(150, slowest_ms=PATIENT_MS)
    assert len(seen.calls) == 150


def test_a_commit_for_each_row_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match="commits"):
        steady.run(60, "commit_per_row", slowest_ms=PATIENT_MS)


def test_one_file_leaves_the_ledger_of_its_settlements_one_by_one() -> None:
    assert "the same ledger to the last hash" in huge.run(100)


def test_a_match_that_looks_through_everything_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match="times one of a tenth"):
        huge.run(600, "quadratic_match")


def test_twice_the_work_takes_twice_the_time() -> None:
    assert "per doubling" in doubling.run(100, tries=3, most=3.5)


@pytest.mark.parametrize("planted", [bug for bug in doubling.PLANTED if bug])
def test_a_list_searched_in_a_loop_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match="and"):
        doubling.run(400, planted, tries=1, only=[doubling.SHOWS_IN[planted]])


def test_the_service_holds_no_more_at_the_end_than_after_half() -> None:
    assert "open files" in endless.run(4_000)


@pytest.mark.skipif(not platform.libc_ver()[0].startswith("glibc"), reason="other C libraries have one heap")
def test_all_threads_of_the_service_share_one_heap(tmp_path: Path) -> None:
    assert _heaps(tmp_path / "ours") == 1
    assert _heaps(tmp_path / "usual", endless.heap_for_each_thread) > 1
    assert _heaps(tmp_path / "decided", before={"MALLOC_ARENA_MAX": "1"}) > 1, "read by the C library as it starts"


def _heaps(folder: Path, bug: Bug = nullcontext, before: Mapping[str, str] | None = None) -> int:
    """How many heaps a service has after many callers have settled at once."""
    folder.mkdir()
    address = f"sqlite:///{folder}/books.sqlite"
    token = endless.books(address, 2_000)
    numbers = range(0, 2_000, endless.OF_A_DOCUMENT)
    with served(address, folder, bug, before) as service, clients_of(service.url, token) as clients:
        clients.call([endless.document(first) for first in numbers])
        assert service.process.pid is not None
        return endless.heaps(service.process.pid)


def test_what_is_owed_is_found_by_an_index_and_a_missing_one_is_caught() -> None:
    with history.made(20_000) as store:
        assert "20,000 entries" in history.run(store, 20_000, SEED, slowest_ms=4, asked=100)
        history.planted_in(store, "missing_index")
        with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
            history.run(store, 20_000, SEED, slowest_ms=4, asked=50)
