"""Random lives of several companies: at any day, and as known at any earlier moment, the reports hold.

The aged balance and the portfolio are drawn after every step for days before, between and after everything that
happened. None is refused, so each agrees with the ledger; at the end of days the aged balance is what the due items
carry, and the portfolio what the instruments do; and what was printed once is printed again, to the letter, by whoever
asks for it as it was known then.
"""

import os
import sys
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from lettrage.books.reports import Asked, Report, draw, shape
from lettrage.books.reports.asked import Mark, ReportBooks
from lettrage.settlement.document import Ledger
from tests.laws.generators import HOUSES, TODAY, Page
from tests.laws.test_machine import LONG_FORM, SEED, SHORT_FORM, Money, Rows, long

DAYS = (*(TODAY + timedelta(days) for days in (-400, -90, -30, -7, -1, 0, 1, 7)), date(2999, 12, 31))
LEDGERS: tuple[Ledger, ...] = ("customer", "supplier")


class Then:
    """Books as they were known when they had so many entries."""

    def __init__(self, books: ReportBooks, mark: Mark) -> None:
        self._books = books
        self._mark = Mark(mark.posting, mark.head, "9999")  # what is open now is not what was open then

    def mark(self, _known_on: date | None) -> Mark:
        return self._mark

    def __getattr__(self, name: str) -> Any:
        return getattr(self._books, name)


def asked(day: date) -> list[Asked]:
    """Every report that proves itself, as of a day."""
    return [*(Asked("aged", TODAY, ledger, day) for ledger in LEDGERS), Asked("portfolio", TODAY, as_of=day)]


def told(report: Report) -> dict[str, Any]:
    """All that it says, but what awaits its slip: that has no entry, and the clock of these books stands still."""
    said = shape(report)
    for row in (row for section in said["sections"] for row in section["rows"]):
        row.pop("waiting", None)
    return said


class Reported(Money):
    """The same lives, looked at through reports."""

    def __init__(self) -> None:
        super().__init__()
        self.printed: dict[str, list[tuple[Mark, list[dict[str, Any]]]]] = {code: [] for code in HOUSES}

    def teardown(self) -> None:
        try:
            for code in HOUSES if self.sound else ():
                self._again(code)
        finally:
            self.books.close()

    def _send(self, page: Page, *, dry: bool, key: str) -> None:
        super()._send(page, dry=False, key=key)

    def _checked(self, code: str, before: Rows) -> None:
        with self.books.store.books(code, writing=False) as books:
            self.printed[code].append(
                (books.mark(None), [told(draw(books, one)) for day in DAYS for one in asked(day)])
            )
            for ledger in LEDGERS:
                _as_due(draw(books, Asked("aged", TODAY, ledger, DAYS[-1])), books.ageing_by_party(DAYS[-1], ledger))
                assert sorted(books._by_day(ledger)) == sorted(books._read_days(ledger)), "summed on, and summed anew"
                _as_stated(draw(books, Asked("aged", TODAY, ledger, TODAY)), books, TODAY)
            _as_held(draw(books, Asked("portfolio", TODAY, as_of=DAYS[-1])), books)
        self.sound = True

    def _again(self, code: str) -> None:
        """What was printed then is printed now, as it was known then."""
        with self.books.store.books(code, writing=False) as books:
            for mark, printed in self.printed[code][-4:]:
                then: Any = Then(books, mark)
                assert [told(draw(then, one)) for day in DAYS for one in asked(day)] == printed, mark


def _as_due(report: Report, due: Any) -> None:
    """The aged balance at the end of days, third party by third party, is what the due items carry now."""
    shown = {str(row.cells[0]): [cell.minor for cell in row.cells[2:]] for row in report.sections[0].rows}  # type: ignore[union-attr]
    carried = {
        party.third_party: [
            *party.ageing.amounts,
            party.ageing.overdue,
            party.ageing.advances,
            party.ageing.total + party.ageing.advances,
        ]
        for party in due
        if any(party.ageing.amounts) or party.ageing.advances
    }
    assert shown == carried


def _as_stated(report: Report, books: Any, day: date) -> None:
    """A third party's statement as of a day adds up to its line of the aged balance."""
    for row in report.sections[0].rows:
        carried = sum(item.carried for item in books.due_of_party(row.cells[0], day))
        assert carried == row.cells[-1].minor, row  # type: ignore[union-attr]


def _as_held(report: Report, books: Any) -> None:
    """The portfolio at the end of days is every instrument in hand, and those that await their slip."""
    home = books.company.currency
    shown = sorted(
        (str(row.cells[0]), row.cells[8].text, row.cells[9].text)  # type: ignore[union-attr]
        for section in report.sections
        for row in section.rows
        if row.style == "line"
    )
    active = [one for one in books.portfolio(home) if one["state"].endswith("30")]
    waiting = [i for one in books.waiting_for_slip() for i in one.instruments]
    assert len(shown) == len(active) + len(waiting)
    assert sorted((amount, worth) for _, amount, worth in shown) == sorted(
        [(one["amount"], one["amount_home"]) for one in active]
        + [(_text(i.amount, i.currency), _text(i.home, home)) for i in waiting]
    )


def _text(minor: int, currency: Any) -> str:
    from lettrage.money import Amount

    return Amount(minor, currency).text


def test_reports_hold_over_random_lives() -> None:
    run_state_machine_as_test(Reported, settings=settings(SHORT_FORM, max_examples=20, stateful_step_count=15))


@long
@pytest.mark.long
def test_reports_hold_over_thousands_of_lives() -> None:
    runs = int(os.environ.get("LETTRAGE_RUNS", "1000"))
    sys.stderr.write(f"\nseed {SEED}, {runs} runs x 30 steps\n")
    run_state_machine_as_test(seed(SEED)(Reported), settings=settings(LONG_FORM, max_examples=runs))
