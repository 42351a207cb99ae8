"""Workers at SERIALIZABLE, in short (J3)."""

from tests.cluster.serializable import run
from tests.databases import postgresql_only

pytestmark = postgresql_only


def test_all_is_settled_once_whatever_crosses() -> None:
    met, wrong = run(30, 20261122)
    assert wrong == []
    assert met["40001"] > 0


def test_who_gives_up_is_found() -> None:
    _, lost = run(30, 20261122, planted=True)
    assert lost
