"""The short form; the long form is `python -m tests.storms.tokens --count 20`."""

import pytest

from tests.reliability.long_form import BrokenPromiseError
from tests.storms.tokens import PLANTED, run

SEED = 20_261_122


def test_one_renewal_for_everybody_and_each_trouble_its_own_explanation() -> None:
    assert "1 renewal each" in run(1, SEED)


@pytest.mark.parametrize("planted", [bug for bug in PLANTED if bug])
def test_a_careless_client_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(1, SEED, planted)
