"""What the pages ask of the books for reports: what every report asks."""

from typing import Protocol

from lettrage.books.reports.asked import ReportBooks


class ReportLooks(ReportBooks, Protocol):
    """Sums and lines up to a day, and up to the last entry that is known."""
