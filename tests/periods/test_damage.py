"""Whatever is done behind the program's back to entries by hand, to closed years and to locks is found."""

import json
from pathlib import Path
from typing import Any

import pytest

from lettrage.adapters.store.books import SqlStore
from tests.databases import ask, copied, edit
from tests.journeys.helpers import Firm
from tests.periods.hands import close, done, draft, house, lock, posted, recharge, rent, reverse
from tests.world import FixedClock

HERE = "dossier = '998'"
TAKEN = "(SELECT posting FROM entry WHERE reversal_of IS NOT NULL)"
RECHARGED = "(SELECT posting FROM draft WHERE piece = 'R2')"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of books with a closed year, a lock, a draft, entries by hand, and one that was taken back."""
    firm = Firm(tmp_path_factory.mktemp("periods"), house())
    (entry,) = posted(firm, recharge())
    posted(firm, rent(), recharge(piece="R2"))
    done(firm, reverse(entry))
    draft(firm, rent(piece="left"))
    for act in (close("2022"), close("2023"), lock("2024-08")):
        done(firm, act)
    firm.store.close()
    return firm.address


@pytest.fixture
def books(sound: str, tmp_path: Path) -> str:
    """The address of a copy, to be damaged."""
    return copied(sound, tmp_path, "damaged")


def found(address: str) -> set[str]:
    """The codes of what the integrity check finds."""
    store = SqlStore(address, FixedClock())
    codes = {finding.code for finding in store.audit("998")}
    store.close()
    return codes


def balances(address: str, change: Any) -> str:
    """A statement that changes what a closed year keeps."""
    kept = json.loads(ask(address, "SELECT balances FROM closing WHERE year = '2023'")[0][0])
    change(kept)
    return f"UPDATE closing SET balances = '{json.dumps(kept)}' WHERE year = '2023'"


def test_sound_books_obey(sound: str) -> None:
    assert found(sound) == set()


DAMAGES: dict[str, tuple[str, str]] = {
    "a validated draft's label": ("draft_differs", "UPDATE draft SET label = 'x' WHERE piece = 'R2'"),
    "a validated draft's line": (
        "draft_differs",
        f"UPDATE draft_line SET account = '615000' WHERE draft = (SELECT id FROM draft WHERE posting = {RECHARGED})"
        " AND line = 2",
    ),
    "a validated draft's line gone": ("draft_differs", "DELETE FROM draft_line WHERE draft = 2 AND line = 2"),
    "a draft of another entry": ("draft_differs", "UPDATE draft SET posting = 1 WHERE piece = 'R2'"),
    "a draft gone": ("item_of_nothing", "DELETE FROM draft WHERE piece = 'R2'"),
    "what a line opened": (
        "item_of_nothing",
        "UPDATE due_item SET amount = 1, open = 1, origin_amount = 1 WHERE piece = 'R2'",
    ),
    "what it is worth": ("item_of_nothing", "UPDATE due_item SET origin_carried = 1 WHERE piece = 'R2'"),
    "a due item of nothing": (
        "item_of_nothing",
        "UPDATE due_item SET invoice = NULL WHERE piece = '86'",
    ),
    "an opposite entry's line": (
        "reversal_differs",
        f"UPDATE entry_line SET account = '707000' WHERE posting = {TAKEN} AND account = '708000'",
    ),
    "an entry taken back twice": (
        "reversal_differs",
        f"UPDATE entry SET reversal_of = (SELECT posting FROM draft WHERE piece = 'R1') WHERE posting = {RECHARGED}",
    ),
    "the result of a closed year": ("closing_differs", "UPDATE closing SET result_home = 0 WHERE year = '2023'"),
    "its head": ("closing_differs", "UPDATE closing SET head = 'x' WHERE year = '2023'"),
    "its count": ("closing_differs", "UPDATE closing SET entries = 7 WHERE year = '2023'"),
    "its end": ("closing_differs", "UPDATE closing SET \"end\" = '2023-12-30' WHERE year = '2023'"),
    "its balances, no JSON": ("unreadable", "UPDATE closing SET balances = '[' WHERE year = '2023'"),
    "an entry moved into it": (
        "closing_differs",
        "UPDATE entry SET date = '2023-12-31', year = '2023', number = 9 WHERE piece = 'L10'",
    ),
    "a line of it": (
        "closing_balance",
        "UPDATE entry_line SET account = '413000' WHERE posting = 2 AND account = '411000'",
    ),
    "an earlier lock": ("period_differs", "UPDATE dossier SET locked_until = '2024-07-31'"),
    "a lock of which nothing was said": ("period_differs", "DELETE FROM period_event WHERE kind = 'lock'"),
    "a year opened again": ("period_differs", "UPDATE dossier SET closed_until = '2022-12-31'"),
    "a closing gone": ("period_differs", "DELETE FROM closing WHERE year = '2023'"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_planted_damage_is_found(damage: str, books: str) -> None:
    expected, statement = DAMAGES[damage]
    where = f" AND {HERE}" if " WHERE " in statement else f" WHERE {HERE.replace('dossier', 'code')}"
    edit(books, statement + where)
    assert expected in found(books)


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: kept.pop(),
        lambda kept: kept[0].__setitem__(4, 1),
        lambda kept: kept.append(["106", "", 0, "EUR", 1, 1]),
    ],
    ids=["one left out", "another amount", "one more"],
)
def test_a_balance_that_was_kept_is_compared_with_the_entries(change: Any, books: str) -> None:
    edit(books, balances(books, change))
    assert found(books) == {"closing_balance"}
