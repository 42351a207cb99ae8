"""On another machine: few cores or many, little room in memory, no git, a folder of somebody else's."""

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from importlib.machinery import ModuleSpec
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests import scratch
from tests.attacks import guesses
from tests.reliability import circumstances
from tests.reliability.circumstances import ROOT, as_run, commit, cores, memory, side_by_side
from tests.storms import disk
from tests.storms.loads import doubling

GROUP = {"cpu.max": "150000 100000", "memory.max": str(3 * 2**30)}


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the kernel tells within a container."""
    for name, told in GROUP.items():
        (tmp_path / name).write_text(f"{told}\n")
    monkeypatch.setattr(circumstances, "_GROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(16)))
    return tmp_path


def test_a_container_has_what_it_may_use_and_not_what_its_machine_has(container: Path) -> None:
    assert (cores(), memory()) == (2, 3)
    (container / "cpu.max").write_text("max 100000\n")
    (container / "memory.max").write_text("max\n")
    assert cores() == 16
    assert memory() > 0


def test_processes_side_by_side_have_their_memory(container: Path) -> None:
    (container / "cpu.max").write_text("max 100000\n")
    assert side_by_side() == 5
    assert side_by_side(4) == 1


def test_a_small_folder_in_memory_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "IN_MEMORY", tmp_path)
    assert scratch.scratch("room-").parent == tmp_path
    monkeypatch.setattr(scratch, "ROOM", 2**60)
    assert scratch.scratch("no-room-").parent != tmp_path
    monkeypatch.setattr(scratch, "IN_MEMORY", tmp_path / "nowhere")
    assert scratch.scratch("nowhere-").exists()


def test_a_folder_of_a_process_of_a_pool_goes_with_it() -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        folder = pool.submit(scratch.scratch, "pool-").result()
        assert folder.is_dir()
    assert not folder.exists()


def test_on_a_slow_machine_guesses_go_on_for_more_minutes() -> None:
    assert [guesses._most(seconds) for seconds in (0.5, 59, 61, 200)] == [10, 10, 20, 40]


def test_a_true_error_of_the_disk_is_no_want_of_root() -> None:
    def broken() -> Counter[str]:
        raise OSError(5, "Input/output error")

    def not_here() -> Counter[str]:
        raise disk.NotHereError("no mount")

    assert not disk._told(broken)[1].startswith(disk.NOT_HERE)
    assert disk._told(not_here)[1].startswith(disk.NOT_HERE)


def test_what_seems_to_take_too_much_is_tried_again_before_it_is_believed() -> None:
    waits = iter((0.0, 0.0, 0.0))
    slow_for_a_while = [doubling.Cost(1.0, 100), doubling.Cost(3.0, 200), doubling.Cost(4.0, 400)]
    works = [lambda: next(waits)] * 3
    assert doubling._tried_again(slow_for_a_while, works, 1, 10.0) is slow_for_a_while
    again = doubling._tried_again(slow_for_a_while, works, 1, 2.3, again=1)
    assert [cost.calls for cost in again] == [100, 200, 400]
    assert all(cost.seconds < 0.5 for cost in again)


def test_without_git_there_is_no_commit_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert commit() == ""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit, in the place of this one."""
    monkeypatch.setattr(circumstances, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    for name in ("program.py", "docs/reliability.json"):
        (tmp_path / name).write_text("1\n")
    person = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (("init", "-q"), ("add", "."), (*person, "commit", "-q", "-m", "x")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_what_the_storms_write_themselves_is_no_change_of_the_program(repository: Path) -> None:
    clean = commit()
    assert clean
    (repository / "docs" / "reliability.json").write_text("2\n")
    assert commit() == clean
    (repository / "program.py").write_text("2\n")
    assert commit() == f"{clean}+"


def test_a_seed_is_given_again_by_the_option_that_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", ModuleSpec("tests.storms.x", None), raising=False)
    monkeypatch.setattr(sys, "argv", ["x", "--seeds", "20"])
    assert as_run(7, "", "--first").endswith(" --seeds 20 --first 7")
    assert as_run(7, "").endswith(" --seeds 20 --seed 7")
    monkeypatch.setattr(sys, "argv", ["x", "--seed=5"])
    assert as_run(5, "").endswith(" --seed=5")


def test_the_simulation_takes_its_own_command_again() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--planted", "all", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--first SEED" in done.stderr
