"""Damage to deposit slips is found, whatever was done behind the program's back."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lettrage.acts import Moment
from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.bank.slip import Wanted
from tests.databases import sqlite_only
from tests.laws.rich import RICH, make
from tests.laws.test_damage import audited, codes, edit

pytestmark = sqlite_only

HERE = f"dossier = '{RICH}'"
FIRST, SECOND = "BNP-2025-000001", "BNP-2025-000002"
ENTRY = f"{HERE} AND posting = (SELECT posting FROM slip WHERE {HERE} AND number = '{SECOND}')"
MOMENT = Moment(datetime(2024, 10, 21, 10, 0, tzinfo=UTC), datetime(2024, 10, 21, tzinfo=UTC).date())


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rich books with a slip taken back and one that stands: transactions 13 and 30 are on both."""
    path = tmp_path_factory.mktemp("slips") / "books.sqlite"
    store = make(path).store
    for act in (MakeSlip(Wanted("BNP")), CancelSlip(FIRST), MakeSlip(Wanted("BNP"))):
        with store.books(RICH, writing=True) as books:
            act.perform(books, MOMENT)
    store.close()
    return path


@pytest.fixture
def books(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "books.sqlite"))


def test_slips_made_and_taken_back_obey_every_law(sound: Path) -> None:
    assert audited(sound) == []


DAMAGES: dict[str, tuple[str, list[str]]] = {
    "a slip's number in its year": ("slip_gap", [f"UPDATE slip SET sequence = 7 WHERE {HERE} AND number = '{SECOND}'"]),
    "a slip's bank": ("slip_number", [f"UPDATE slip SET bank = 'CIC', sequence = 1 WHERE {HERE} AND sequence = 2"]),
    "a slip's date": ("slip_entry", [f"UPDATE slip SET date = '2024-10-20' WHERE {HERE} AND number = '{SECOND}'"]),
    "a slip's entry": (
        "slip_entry",
        [
            f"UPDATE slip SET posting = (SELECT posting FROM slip WHERE {HERE} AND number = '{FIRST}')"
            f" WHERE {HERE} AND number = '{SECOND}'"
        ],
    ),
    "an entry's slip": ("slip_entry", [f"UPDATE entry SET slip = '{FIRST}' WHERE {ENTRY}"]),
    "a slip's total": ("slip_total", [f"UPDATE slip SET total = total + 1 WHERE {HERE} AND number = '{SECOND}'"]),
    "what the bank was debited with": (
        "slip_total",
        [f"UPDATE slip SET home = home + 1 WHERE {HERE} AND number = '{SECOND}'"],
    ),
    "two cheques exchanged in the entry": (
        "slip_instruments",
        [
            f"UPDATE entry_line SET line = 9 WHERE {ENTRY} AND line = 2",
            f"UPDATE entry_line SET line = 2 WHERE {ENTRY} AND line = 3",
            f"UPDATE entry_line SET line = 3 WHERE {ENTRY} AND line = 9",
        ],
    ),
    "a cheque's line gone": ("slip_instruments", [f"DELETE FROM entry_line WHERE {ENTRY} AND line = 3"]),
    "a transaction off its slip": (
        "slip_transactions",
        [f"DELETE FROM slip_transaction WHERE {HERE} AND slip = '{SECOND}' AND \"transaction\" = 30"],
    ),
    "a transaction on no slip": (
        "slip_transactions",
        [f'UPDATE "transaction" SET slip = NULL WHERE {HERE} AND number = 30'],
    ),
    "a transaction on a slip that was taken back": (
        "slip_transactions",
        [f"UPDATE \"transaction\" SET slip = '{FIRST}' WHERE {HERE} AND number = 30"],
    ),
    "a transaction on a slip that is not there": (
        "slip_transactions",
        [f"UPDATE \"transaction\" SET slip = 'BNP-2025-000009' WHERE {HERE} AND number = 30"],
    ),
    "a transaction on its slip and waiting": (
        "slip_transactions",
        [f"UPDATE \"transaction\" SET status = 'awaiting_slip' WHERE {HERE} AND number = 30"],
    ),
    "a slip that stands said to be taken back": (
        "slip_status",
        [f"UPDATE slip SET status = 'cancelled' WHERE {HERE} AND number = '{SECOND}'"],
    ),
    "a slip taken back said to stand": (
        "slip_status",
        [f"UPDATE slip SET status = 'posted' WHERE {HERE} AND number = '{FIRST}'"],
    ),
    "a slip's status": ("slip_status", [f"UPDATE slip SET status = 'lost' WHERE {HERE} AND number = '{SECOND}'"]),
    "a slip's reversal": ("slip_status", [f"UPDATE slip SET reversal = posting WHERE {HERE} AND number = '{FIRST}'"]),
    "a slip gone": ("slip_gap", [f"DELETE FROM slip WHERE {HERE} AND number = '{FIRST}'"]),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_damage_to_a_slip_is_found(damage: str, books: Path) -> None:
    code, statements = DAMAGES[damage]

    edit(books, *statements)

    assert code in codes(audited(books))
