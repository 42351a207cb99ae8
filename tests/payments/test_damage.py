"""Damage to payment files is found, whatever was done behind the program's back."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lettrage.acts.answers import AnswerPayments
from lettrage.adapters.store.books import SqlStore
from lettrage.bank.payments import answers
from tests.databases import edit, sqlite_only
from tests.journeys.helpers import MovableClock, header, pays
from tests.payments.answer_of import pain_002
from tests.payments.helpers import cancelling, done, executing, file, firm_of, make

pytestmark = sqlite_only

HERE = "dossier = '998'"
CONTENT = "CAST(content AS TEXT)"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three transfers in a cancelled file (1), the same in one that stands (2, the second rejected), a bill in (3)."""
    firm = firm_of(tmp_path_factory.mktemp("payments"))
    for code, piece, amount in (("F1", "A-1", "1200"), ("F2", "B-7", "350.50"), ("F3", "D-1", "80")):
        firm.done(header("DECSEP", amount, pays(piece, amount), THIRDPARTY=code))
    firm.done(header("POREFF", "3600", pays("87", "3600")))
    done(firm, make(firm))
    done(firm, cancelling("1"))
    done(firm, make(firm))
    second = file(firm, "2").sent[1]
    answer = answers.read(pain_002(file(firm, "2").message, (second.end_to_end, "RJCT", "AC04")))
    done(firm, AnswerPayments(answer, "answer.xml", "accountant"))
    done(firm, make(firm, "bills"))
    done(firm, executing(firm, "3", firm.clock.today()))
    firm.store.close()
    return firm.file


def two_banks(path: Path) -> None:
    """The index that keeps an instrument from being with two banks is gone, and so is what it kept."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX ux_payment_file_line_alive")
        connection.execute(f"UPDATE payment_file_line SET status = 'sent' WHERE {HERE} AND file = 1")
        connection.commit()


def audited(path: Path) -> set[str]:
    store = SqlStore(f"sqlite:///{path}", MovableClock())
    try:
        return {finding.code for finding in store.audit("998")}
    finally:
        store.close()


def test_files_as_they_were_made_obey_every_law(sound: Path) -> None:
    assert audited(sound) == set()


DAMAGES: dict[str, tuple[str, list[str]]] = {
    "a byte of a file": (
        "payment_content",
        [f"UPDATE payment_file SET content = CAST(replace({CONTENT}, 'B-7', 'B-8') AS BLOB) WHERE {HERE} AND id = 2"],
    ),
    "a digest": ("payment_content", [f"UPDATE payment_file SET sha256 = 'x' WHERE {HERE} AND id = 2"]),
    "a bill file": ("payment_content", [f"UPDATE payment_file SET content = X'00FF' WHERE {HERE} AND id = 3"]),
    "its identification": ("payment_content", [f"UPDATE payment_file SET message = 'other' WHERE {HERE} AND id = 2"]),
    "a total": ("payment_total", [f"UPDATE payment_file SET total = total + 1 WHERE {HERE} AND id = 2"]),
    "a count": ("payment_total", [f"UPDATE payment_file SET count = 9 WHERE {HERE} AND id = 3"]),
    "a line's amount": (
        "payment_line",
        [f"UPDATE payment_file_line SET amount = amount + 1 WHERE {HERE} AND file = 2 AND position = 1"],
    ),
    "a line that is lost": (
        "payment_total",
        [f"DELETE FROM payment_file_line WHERE {HERE} AND file = 2 AND position = 1"],
    ),
    "a line's instrument": (
        "payment_line",
        [f"UPDATE payment_file_line SET instrument = 4 WHERE {HERE} AND file = 1 AND position = 1"],
    ),
    "a file cancelled without a word": (
        "payment_status",
        [f"UPDATE payment_file SET cancelled = 1 WHERE {HERE} AND id = 2"],
    ),
    "a file that is cancelled no more": (
        "payment_status",
        [f"UPDATE payment_file SET cancelled = 0, why = '' WHERE {HERE} AND id = 1"],
    ),
    "a line withdrawn": (
        "payment_status",
        [f"UPDATE payment_file_line SET status = 'withdrawn' WHERE {HERE} AND file = 2 AND position = 1"],
    ),
    "a line rejected by nobody": (
        "payment_status",
        [f"UPDATE payment_file_line SET status = 'rejected' WHERE {HERE} AND file = 2 AND position = 1"],
    ),
    "a rejection forgotten": (
        "payment_taken_back",
        [f"UPDATE payment_file_line SET status = 'sent', answer = NULL WHERE {HERE} AND file = 2 AND position = 2"],
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found(sound: Path, tmp_path: Path, damage: str) -> None:
    code, statements = DAMAGES[damage]
    path = Path(shutil.copy(sound, tmp_path / "books.sqlite"))
    edit(str(path), *statements)
    assert code in audited(path)


def test_an_instrument_with_two_banks_is_found(sound: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(sound, tmp_path / "books.sqlite"))
    two_banks(path)
    assert "payment_twice" in audited(path)
