"""Reports: the aged balance, ledgers, journals, balances, the portfolio, late-payment interest.

A report is a value (`report.py`): rows with their kinds, totals, and what proves it. Commands, the API, pages and paper
all show that value. What a report asks of the books stands in `asked.py`; each report is one file.
"""

from lettrage.books.reports.asked import Asked, ReportBooks
from lettrage.books.reports.drawing import NAMES, draw
from lettrage.books.reports.report import Cell, Column, Kind, Proof, Report, Row, Section, shape

__all__ = [
    "NAMES",
    "Asked",
    "Cell",
    "Column",
    "Kind",
    "Proof",
    "Report",
    "ReportBooks",
    "Row",
    "Section",
    "draw",
    "shape",
]
