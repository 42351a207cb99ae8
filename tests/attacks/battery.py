"""What every battery of attacks shares: a promise that breaks stops it, and each planted bug must break it.

A battery is a function of a random source and of how many; it returns its figure or raises BrokenPromiseError.
`command` makes the long form of it (tests/reliability/long_form.py).
"""

import os
import random
import re
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from lettrage.adapters import logs
from tests.reliability.long_form import BrokenPromiseError, Bug, long_form

Battery = Callable[[random.Random, int], str]
ROOT = Path(__file__).parents[2]


def command(
    row: str,
    battery: Battery,
    *,
    count: int,
    bugs: Mapping[str, Bug],
    trial: int = 0,
    arguments: Sequence[str] | None = None,
) -> int:
    """The long form of a battery: so many cases, then `trial` of them (0: as many) under each planted bug."""
    logs.configure("error")

    def run(given: Namespace, bug: str) -> str:
        with bugs[bug]() if bug else nullcontext():
            return battery(random.Random(given.seed), given.count)

    shorter = {"count": trial} if trial else None
    return long_form(
        row, run, bugs, options={"count": count}, trial=shorter, about=battery.__doc__, arguments=arguments
    )


# ---------------------------------------------------------------- rows that tests of ours show already

_COUNTS = re.compile(r"(\d+) (passed|failed|error)")


def ran(tests: Sequence[str], bug: str = "") -> dict[str, int]:
    """Run these tests in a process of their own, with a bug of `planting` in the program or none; how they ended."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-p", "tests.attacks.planting", "-p", "no:cacheprovider", *tests],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"LETTRAGE_PLANTED_BUG": bug},
    )
    counts = {what: int(number) for number, what in _COUNTS.findall(done.stdout.strip().rpartition("\n")[2])}
    if not counts:
        raise BrokenPromiseError(f"the tests did not run: {done.stdout[-400:]}{done.stderr[-400:]}")
    return counts


def by_tests(tests: Sequence[str], bug: str = "") -> int:
    """Run these tests, which must all hold; how many there were. Raises BrokenPromiseError, also where none was run."""
    counts = ran(tests, bug)
    wrong = counts.get("failed", 0) + counts.get("error", 0)
    if wrong or not counts.get("passed"):
        raise BrokenPromiseError(f"{wrong} of {sum(counts.values())} tests fail")
    return counts["passed"]
