"""The short form; the long form is `python -m tests.storms.tamper --count 1000`."""

import pytest

from tests.databases import sqlite_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms.tamper import WAYS, run

pytestmark = sqlite_only
SEED = 20_261_122


def test_whatever_is_done_to_posted_entries_is_found() -> None:
    done = run(100, SEED)
    assert done["by itself"] + done["by the head"] == 100
    assert {way.__name__ for way in WAYS} <= {what.removesuffix(" and covered up") for what in done}


@pytest.mark.parametrize("planted", ["lines_forgotten", "head_not_kept"])
def test_a_weaker_chain_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(300, SEED, planted)
