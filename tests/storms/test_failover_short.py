"""The short form; the long form is `python -m tests.storms.failover --count 20`."""

from collections.abc import Iterator

import pytest

from tests.databases import postgresql_only
from tests.reliability.long_form import BrokenPromiseError
from tests.storms import failover
from tests.storms.failover import EVERY, Pair, Standby, Storm

pytestmark = postgresql_only
SEED = 20_261_122


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr(failover, "BEFORE_SECONDS", (0.3, 0.3))
    monkeypatch.setattr(failover, "AFTER_SECONDS", 0.5)
    pair = Pair(EVERY)
    yield pair
    pair.stop()


def test_a_standby_that_commits_wait_for_has_all_of_it_and_one_that_they_do_not_has_not(pair: Pair) -> None:
    storm = Storm(pair, SEED, (Standby.cut_off,))
    assert "0 lost, 0 doubled" in storm.run(1)
    pair.waited_for = ""
    with pytest.raises(BrokenPromiseError, match="acknowledged settlements lost"):
        storm.run(1)
