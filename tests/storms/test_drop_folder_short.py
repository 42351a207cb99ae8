"""The short form of the storm over the drop folder; long: `python -m tests.storms.drop_folder --kills 10000`."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def storm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The storm in a process of its own: it forks, which threads of a test runner would not survive."""
    command = [sys.executable, "-m", "tests.storms.drop_folder", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_hundreds_of_killed_watchers_lose_nothing_and_settle_nothing_twice() -> None:
    ran = storm("--kills", "200", "--seed", "20241120")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "seed 20241120: " in ran.stdout
    assert int(ran.stdout.split(" killed")[0].split()[-1]) > 20, ran.stdout


def test_a_watcher_may_be_killed_at_any_line() -> None:
    ran = storm("--lines", "4")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("bug", ["claim", "moved", "answered"])
def test_the_storm_catches_a_planted_bug(bug: str) -> None:
    ran = storm("--lines", "4", "--planted", bug)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "FAILED" in ran.stdout
