"""The short form; the long form is `python -m tests.storms.interleavings`, on SQLite and on PostgreSQL."""

import pytest

from tests.reliability.long_form import BrokenPromiseError
from tests.storms.interleavings import SHOWS_IT, kind_of, run


@pytest.mark.parametrize("name", ["one invoice, paid twice", "one key"])
def test_every_order_of_two_settlements_ends_as_a_serial_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(only=name).pairs > 10
    assert name in capsys.readouterr().out


def test_what_is_open_read_before_the_lock_is_caught() -> None:
    with pytest.raises(BrokenPromiseError, match=f"{SHOWS_IT}, order 0"):
        run(only=SHOWS_IT, planted="read_before_lock")


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("BEGIN", "begin"),
        ("BEGIN IMMEDIATE", "lock"),
        ("SELECT a FROM dossier WHERE code = ? FOR UPDATE", "lock"),
        ("SELECT a\n FROM b", "read"),
        ("INSERT INTO b VALUES (1)", "write"),
        ("WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a", "write"),
        ("COMMIT", "commit"),
    ],
)
def test_what_a_statement_does(sql: str, kind: str) -> None:
    assert kind_of(sql) == kind
