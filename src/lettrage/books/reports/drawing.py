"""Which reports there are."""

from collections.abc import Callable, Mapping

from lettrage.books.reports.aged import aged
from lettrage.books.reports.asked import Asked, ReportBooks
from lettrage.books.reports.balance import balance
from lettrage.books.reports.entries import journal, ledger, third_parties
from lettrage.books.reports.interest import proposals
from lettrage.books.reports.portfolio import portfolio
from lettrage.books.reports.report import Report
from lettrage.books.reports.statement import statement

_REPORTS: Mapping[str, Callable[[ReportBooks, Asked], Report]] = {
    "aged": aged,
    "third-parties": third_parties,
    "journal": journal,
    "ledger": ledger,
    "balance": balance,
    "portfolio": portfolio,
    "statement": statement,
    "interest": proposals,
}
NAMES = tuple(_REPORTS)


def draw(books: ReportBooks, asked: Asked) -> Report:
    """The report that is asked for. Raises Stop where it cannot be one: its figures are not the ledger's."""
    return _REPORTS[asked.name](books, asked)
