"""The short form of the storm over the drop folder; long: `python -m tests.storms.drop_folder --kills 10000`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def storm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The storm in a process of its own: it forks, which threads of a test runner would not survive."""
    command = [sys.executable, "-m", "tests.storms.drop_folder", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_killed_watchers_lose_nothing_and_settle_nothing_twice_and_the_storm_would_notice() -> None:
    ran = storm("--kills", "60", "--lines", "24", "--seed", "20241120")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "NOT CAUGHT" not in ran.stdout
    assert ran.stdout.count("planted ") == 3
    assert int(ran.stdout.split(" killed")[0].split()[-1]) > 15, ran.stdout
