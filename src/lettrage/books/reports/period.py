"""The period of a report: as asked, else the financial year."""

from collections.abc import Mapping
from datetime import date

from lettrage.books.reports.asked import Asked
from lettrage.company.dossier import Company, Year
from lettrage.refusal import Refusal, Stop


def period(company: Company, asked: Asked) -> tuple[date, date]:
    """Its first and last day; one that is not given is that of the financial year around the other. Raises Stop."""
    at = asked.last or asked.first or asked.today
    year = company.year_of(at) or Year("", date(at.year, 1, 1), date(at.year, 12, 31))
    first, last = asked.first or year.start, asked.last or year.end
    if first > last:
        raise Stop(Refusal("report_period", "from", first.isoformat(), f"<= {last.isoformat()}"))
    return first, last


def given(criteria: Mapping[str, str | date | None]) -> dict[str, str | date]:
    """The criteria that say something."""
    return {name: value for name, value in criteria.items() if value}
