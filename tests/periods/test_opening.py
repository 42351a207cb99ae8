"""What a year opens with is derived from the entries before it."""

from pathlib import Path

import pytest

from lettrage.adapters.store.books import SqlStore
from lettrage.books.entry import Entry
from lettrage.books.opening import first_items
from tests.databases import ask, at_path
from tests.laws.rich import RICH, make
from tests.world import FixedClock


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("opening") / "books.sqlite"
    make(path)
    return path


def opened(path: Path, year: str, dossier: str = RICH) -> Entry | None:
    store = SqlStore(at_path(path), FixedClock())
    try:
        with store.books(dossier, writing=False) as books:
            return books.opening_entry(year)
    finally:
        store.close()


def test_a_year_opens_with_every_balance_and_balances(rich: Path) -> None:
    entry = opened(rich, "2025")
    assert entry is not None
    assert (entry.date.isoformat(), entry.journal, entry.piece) == ("2024-07-01", "AN", "AN2025")
    assert sum(line.home for line in entry.lines) == 0
    assert not [line for line in entry.lines if line.account[0] in "67" or not line.home]
    posted = ask(
        at_path(rich),
        "SELECT l.account, sum(l.debit - l.credit) FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND"
        " l.posting = e.posting WHERE e.dossier = ?1 AND e.date < '2024-07-01' GROUP BY l.account",
        RICH,
    )
    kept = {account: home for account, home in posted if account[0] not in "67"}
    result = sum(home for account, home in posted if account[0] in "67")
    assert result < 0  # sales: a profit
    carried: dict[str, int] = {}
    for line in entry.lines:
        carried[line.account] = carried.get(line.account, 0) + line.home
    assert carried.pop("120000") == result
    assert carried == {account: home for account, home in kept.items() if home}


def test_third_parties_open_item_by_item(rich: Path) -> None:
    entry = opened(rich, "2025")
    assert entry is not None
    of_parties = [line for line in entry.lines if line.account in ("411000", "401000", "419100", "409100")]
    assert of_parties
    assert all(line.third_party and line.item for line in of_parties)
    assert len({(line.item, line.account) for line in of_parties}) == len(of_parties)


def test_the_first_year_opens_with_nothing(rich: Path) -> None:
    assert opened(rich, "2024") is None
    assert opened(rich, "nonsense") is None


def test_a_successor_stands_for_the_first_of_its_chain() -> None:
    assert first_items({5: 2, 9: 5, 12: 9, 7: 3}) == {5: 2, 9: 2, 12: 2, 7: 3}
