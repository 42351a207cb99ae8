"""The balance of all accounts over a period: what each stood at, what moved, what it stands at."""

from collections.abc import Sequence

from lettrage.books.chart import Labels
from lettrage.books.reports.asked import Asked, Movement, ReportBooks
from lettrage.books.reports.entries import balances_at
from lettrage.books.reports.period import given, period
from lettrage.books.reports.report import Column, Report, Row, Section, Style
from lettrage.money import Amount, Currency

_SIDES = ("opening_debit", "opening_credit", "debit", "credit", "closing_debit", "closing_credit")
COLUMNS = (Column("account"), Column("label", share=1), *(Column(side, "money") for side in _SIDES))


def balance(books: ReportBooks, asked: Asked) -> Report:
    """The general balance. Its debits and credits are equal in each of the three pairs of columns."""
    first, last = period(books.company, asked)
    home, mark = books.company.currency, books.mark(None)
    before = balances_at(books, first)
    moved = {row.account: row for row in books.movements(first, last)}
    rows, sums, labels = [], [0] * len(_SIDES), Labels(books.company)
    for account in sorted(before.keys() | moved.keys()):
        figures = _figures(before.get(account, 0), moved.get(account, Movement(account, 0, 0)))
        if any(figures):
            rows.append(_row(account, labels.account(account), figures, home))
            sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
    criteria = given({"first": first, "last": last})
    totals = (_row("", "", sums, home, "total"),)
    return Report("balance", home, criteria, COLUMNS, (Section(rows),), totals, (), (), mark.posting, mark.head)


def _figures(opening: int, moved: Movement) -> list[int]:
    closing = opening + moved.debit - moved.credit
    return [max(opening, 0), max(-opening, 0), moved.debit, moved.credit, max(closing, 0), max(-closing, 0)]


def _row(account: str, label: str, figures: Sequence[int], home: Currency, style: Style = "line") -> Row:
    return Row((account, label, *(Amount(figure, home) for figure in figures)), style)
