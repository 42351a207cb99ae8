"""Tenants, roles and secrets, shown by the tests that ask everything there is; each with a bug really planted.

    python -m tests.attacks.people G1        # G1, G3, G5 or G6

The tests run in a process of their own, once as the program is and once for each bug, which must turn them red.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lettrage.guard.roles import MATRIX, ROLES
from tests.attacks.battery import by_tests
from tests.pages.test_who_may import WAYS
from tests.people.test_canaries import SECRETS_IN_USE
from tests.people.test_roles import GUARDED
from tests.people.test_tenants import COMMANDS
from tests.reliability.long_form import BrokenPromiseError, noticed
from tests.reliability.outcomes import tell


class Row(NamedTuple):
    """`tests`: what shows the promise; `bugs`: each with the tests that must turn red; `figure`: of how much."""

    tests: tuple[str, ...]
    bugs: dict[str, tuple[str, ...]]
    figure: Callable[[], str]


_TENANTS, _ROLES, _PAGES = "tests/people/test_tenants.py", "tests/people/test_roles.py", "tests/pages/test_who_may.py"
_CANARIES, _SECRETS = "tests/chorus/test_canaries.py", "tests/chorus/test_secrets.py"
_EVERYWHERE, _APPROVED = "tests/people/test_canaries.py", "tests/approved/test_commands.py"
ROWS = {
    "G1": Row(
        (_TENANTS, f"{_PAGES}::test_no_page_shows_or_asks_for_the_twin"),
        {
            "one_query_without_tenant": (
                f"{_TENANTS}::test_a_token_of_ours_never_shows_or_changes_theirs[GET /api/v1/third-parties]",
            )
        },
        lambda: f"{len(GUARDED)} routes, {len(COMMANDS)} commands, {len(WAYS)} pages and forms beside a twin, 0 leaks",
    ),
    "G3": Row(
        (_ROLES, _PAGES),
        {"new_route_forgotten": (f"{_ROLES}::test_every_route_asks_for_an_action_of_the_matrix",)},
        lambda: (
            f"{len(MATRIX)} actions x {len(ROLES)} roles on {len(GUARDED)} routes and {len(WAYS)} pages and forms,"
            " every cell asked, denied by default"
        ),
    ),
    "G5": Row(
        (_EVERYWHERE, _CANARIES, _APPROVED),
        {
            "exception_with_headers": (f"{_CANARIES}::test_no_trouble_carries_a_canary",),
            "token_in_the_log": (f"{_EVERYWHERE}::test_whatever_is_done_no_secret_is_written_or_shown",),
        },
        lambda: f"{SECRETS_IN_USE} secrets in use at once, 0 found in what is written or shown",
    ),
    "G6": Row(
        (_SECRETS, "tests/chorus/test_settings.py"),
        {"key_beside_the_data": (f"{_SECRETS}::test_without_a_name_the_keys_are_not_beside_the_database",)},
        lambda: "every character of a sealed value changed, each refused; keys changed under load, 0 calls failed",
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one row and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", choices=list(ROWS))
    given = parser.parse_args(arguments)
    row, began = ROWS[given.row], time.monotonic()
    try:
        figure, held = f"{row.figure()}; {by_tests(row.tests)} tests", True
    except BrokenPromiseError as broken:
        figure, held = str(broken), False
    seconds = time.monotonic() - began
    planted = {bug: noticed(by_tests, tests, bug) for bug, tests in row.bugs.items()}
    return tell(given.row, figure, seconds=seconds, held=held, planted=planted)


if __name__ == "__main__":
    sys.exit(main())
