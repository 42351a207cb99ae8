"""What is due, told at a glance: as the page of the periods says it, at a cost that does not grow with the books."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import event

from lettrage.acts import declaring
from lettrage.acts.declaring import owed
from lettrage.adapters.store.looks.declarations import DeclarationLooks
from lettrage.reporting.declarations import Due
from tests.journeys.helpers import Firm
from tests.reporting.firms import firm, paid, sold
from tests.reporting.test_declaring import answered, connect, say

DAY = date(2026, 10, 12)
AT = datetime(2026, 11, 5, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A period with more than four sales has many; of these eight are looked at."""
    monkeypatch.setattr(declaring, "_GLANCED", 4)
    monkeypatch.setattr(declaring, "_GLANCED_OF_MANY", 8)


def many(folder: Path, party: str, count: int) -> Firm:
    """So many sales to one customer, each paid in October."""
    of = firm(folder, at=AT, invoices=[sold(f"F-{party}", party)])
    of.load({"code": "998", "invoices": [sold(f"{party}{n}", party) for n in range(count)]})
    for n in range(count):
        received(of, party, f"{party}{n}")
    return of


def received(of: Firm, party: str, number: str, day: date = DAY) -> None:
    paid(of, number, "1750.00", day, party=party)


def glance(of: Firm) -> tuple[Due, ...]:
    with of.store.books("998", writing=False) as books:
        return owed(books, "qualification", of.clock.today())


def told(of: Firm) -> list[tuple[str, str]]:
    return [(one.name, one.standing) for one in glance(of)]


@contextmanager
def work(of: Firm) -> Iterator[list[int]]:
    """Statements of a while, then the sales whose payments were worked out."""
    seen = [0, 0]
    walk = DeclarationLooks._payments_of

    def hear(*_: object) -> None:
        seen[0] += 1

    def walked(self: DeclarationLooks, sales: set[int]) -> object:
        seen[1] += len(sales)
        return walk(self, sales)

    event.listen(of.store.engine, "before_cursor_execute", hear)
    with mock.patch.object(DeclarationLooks, "_payments_of", walked):
        yield seen
    event.remove(of.store.engine, "before_cursor_execute", hear)


def test_of_many_receipts_one_is_enough(tmp_path: Path) -> None:
    of = many(tmp_path, "CONSO", 6)
    assert told(of) == [("2026-10", "to_do")]
    of.clock.at = datetime(2026, 11, 13, 11, 0, tzinfo=UTC)
    assert told(of) == [("2026-10", "late")]


def test_many_receipts_that_cannot_be_declared_are_missing(tmp_path: Path) -> None:
    assert told(many(tmp_path, "QUI", 6)) == [("2026-10", "missing")]


def test_many_receipts_of_which_none_is_declared_owe_nothing(tmp_path: Path) -> None:
    assert told(many(tmp_path, "PRO", 6)) == []


def test_more_than_are_looked_at_are_told_to_be_looked_at(tmp_path: Path) -> None:
    """Rather a line too many than a deadline missed."""
    assert told(many(tmp_path, "PRO", 10)) == [("2026-10", "to_do")]


def test_once_declared_only_what_was_posted_since_counts(tmp_path: Path) -> None:
    of = many(tmp_path, "CONSO", 6)
    connect(of)
    assert say(of).result is not None
    answered(of, "accepted")
    assert told(of) == []
    of.clock.at = AT.replace(hour=15)
    of.load({"code": "998", "invoices": [sold("LATE", "CONSO")]})
    received(of, "CONSO", "LATE")
    assert told(of) == [("2026-10", "to_correct")]


def test_a_glance_costs_the_same_for_twice_as_many(tmp_path: Path) -> None:
    found = []
    for count in (10, 20):
        folder = tmp_path / str(count)
        folder.mkdir()
        of = many(folder, "CONSO", count)
        with work(of) as seen:
            assert told(of) == [("2026-10", "to_do")]
        found.append(tuple(seen))
        with work(of) as again:
            glance(of)
        assert again[1] == 0, "kept while the books stay"
    assert found[0] == found[1]
    assert found[0][1] <= 8
