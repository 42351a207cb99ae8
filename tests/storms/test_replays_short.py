"""The short form; the long form is `python -m tests.storms.replays --replays 20000 --changed 5000`."""

import pytest

from tests.reliability.long_form import BrokenPromiseError
from tests.storms.replays import another, run

SEED = 20_261_122


def test_the_same_key_is_answered_alike_and_another_content_is_refused() -> None:
    storm = run(400, 100, SEED)

    assert storm.replays >= 400
    assert storm.refused >= 100


@pytest.mark.parametrize("planted", ["key_checked_outside", "key_compared_alone"])
def test_a_careless_look_at_keys_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(400, 100, SEED, planted)


def test_what_is_changed_is_another_value() -> None:
    assert (another("12.09"), another("C1"), another("")) == ("12.00", "C1X", "X")
