"""The short form; the long form is `python -m tests.storms.polite_retries --count 2000`."""

import pytest

from tests.reliability.long_form import BrokenPromiseError
from tests.storms.polite_retries import PLANTED, run

SEED = 20_261_122


def test_calls_and_flows_are_asked_again_politely() -> None:
    assert "0 refusals asked again" in run(60, SEED)


@pytest.mark.parametrize("planted", [bug for bug in PLANTED if bug])
def test_an_impolite_client_is_caught(planted: str) -> None:
    with pytest.raises(BrokenPromiseError, match=f"seed {SEED}"):
        run(30, SEED, planted)
