"""A day on which every statement has to be done again, in short (J4)."""

import pytest

from tests.cluster.again import run
from tests.databases import postgresql_only
from tests.reliability.long_form import BrokenPromiseError

pytestmark = postgresql_only


def test_each_statement_of_a_day_is_done_again_and_the_books_are_the_same() -> None:
    asked = run(12, 20261122)
    assert asked["COMMIT"] >= 10
    assert asked.total() > 60


def test_what_is_not_begun_anew_is_found() -> None:
    with pytest.raises(BrokenPromiseError, match=r"answered \{\"error\":503"):
        run(4, 20261122, planted=True)
