"""Tells a promise that ordinary tests show: how many there are, and which of them show a planted bug red.

python -m tests.reliability.by_tests D6 tests/house/test_timeouts.py --planted default=test_a_default_is_found
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.reliability.outcomes import KEPT, tell


class Counted:
    """A pytest plugin that notes what became of each test."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test is over."""
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed.append(report.nodeid)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests of one row and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row")
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--planted", nargs="*", default=[], metavar="BUG=TEST", help="the test that shows a bug red")
    given = parser.parse_args(arguments)
    began, seen = time.monotonic(), Counted()
    aside = os.environ.pop(KEPT, "")  # is for this row, not for storms among the tests
    workers = "auto" if any(Path(test).is_dir() for test in given.tests) else "0"  # a file is soonest done by one
    status = pytest.main(["-n", workers, "--dist", "worksteal", *given.tests], plugins=[seen])
    os.environ |= {KEPT: aside} if aside else {}
    bugs = dict(pair.split("=", 1) for pair in given.planted)
    caught = {bug: next((test for test in seen.passed if name in test), "") for bug, name in bugs.items()}
    figure = f"{len(seen.passed):,} tests passed, {len(seen.failed)} failed"
    figure += f": {', '.join(seen.failed[:5])}" if seen.failed else ""
    held = status == pytest.ExitCode.OK and bool(seen.passed)
    store = os.environ.get("LETTRAGE_TEST_STORE", "")
    return tell(given.row, figure, seconds=time.monotonic() - began, store=store, held=held, planted=caught)


if __name__ == "__main__":
    sys.exit(main())
