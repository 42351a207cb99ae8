"""The short form; the long form is `python -m tests.storms.slow_portal --seconds 20`.

Latencies of a moment on a machine that does other things prove nothing: here the bug alone must be seen.
"""

import pytest

from tests.databases import sqlite_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.slow_portal import run

pytestmark = sqlite_only


def test_a_worker_that_holds_the_books_while_it_asks_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match="times normal"):
        run(0.5, 20_261_122, "call_within_the_transaction")
