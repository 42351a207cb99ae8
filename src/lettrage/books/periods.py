"""Periods and years: up to when nothing is posted any more, who said so, and what a year was when it was closed."""

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Any, Literal, Protocol

import msgspec

from lettrage.books.laws.finding import Finding
from lettrage.books.opening import Carried
from lettrage.company.dossier import Company, Year
from lettrage.guard.audited import Hand
from lettrage.money import Currency, decimal_text

Kind = Literal["lock", "unlock", "close"]
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
TRANSFERS = "58"  # money on its way between our own accounts: nothing of it is left at the end of a year


def month(text: str) -> tuple[Day, Day] | None:
    """The first and the last day of a month given as 2026-06."""
    found = _MONTH.fullmatch(text.strip())
    if found is None or found[1] == "0000":
        return None
    year, number = int(found[1]), int(found[2])
    return Day(year, number, 1), Day(year, number, monthrange(year, number)[1])


class Event(msgspec.Struct, frozen=True):
    """Something that was locked, unlocked or closed. `until`: nothing is posted up to this day from now on."""

    kind: Kind
    until: Day | None
    at: str
    by: str
    why: str


class Closing(msgspec.Struct, frozen=True):
    """A closed year: what it held, where the chain stood, and what the next year opens with."""

    year: str
    end: Day
    at: str
    by: str
    posting: int
    head: str
    entries: int
    result_home: int  # above zero: a profit
    balances: tuple[Carried, ...]


class YearFacts(msgspec.Struct, frozen=True):
    """What closing a year looks at."""

    first: Day | None  # of the first entry of the books
    entries: int  # of the year
    result_home: int
    balances: tuple[Carried, ...]  # at its end
    drafts: tuple[int, ...]  # dated up to its end
    posting: int
    head: str


class YearLine(msgspec.Struct, frozen=True):
    """A financial year in the list of them."""

    year: Year
    entries: int
    closing: Closing | None


class MonthLine(msgspec.Struct, frozen=True):
    """A month in the list of them."""

    first: Day
    last: Day
    entries: int
    drafts: int


class PeriodBook(Protocol):
    """What acts on periods ask of the books."""

    def shut(self, event: Event, hand: Hand) -> None:
        """Write that the books were locked, unlocked or closed up to a day."""

    def year_facts(self, year: Year) -> YearFacts:
        """What closing a year looks at."""

    def keep_closing(self, closing: Closing) -> None:
        """Keep what a closed year was."""

    def unsound(self) -> Sequence[Finding]:
        """Every law that the books break."""


def bounds(company: Company) -> dict[str, str | None]:
    """Up to when the books are shut, as the interface says it."""
    return {
        "locked_until": company.locked_until.isoformat() if company.locked_until else None,
        "closed_until": company.closed_until.isoformat() if company.closed_until else None,
    }


def state(company: Company, last: Day) -> str:
    """How a period that ends on this day stands."""
    if company.closed_until and last <= company.closed_until:
        return "closed"
    return "locked" if company.locked_until and last <= company.locked_until else "open"


def month_shape(line: MonthLine, company: Company) -> dict[str, Any]:
    """A month as the interface has it."""
    year = company.year_of(line.first)
    return {
        "month": f"{line.first:%Y-%m}",
        "year": year.name if year else None,
        "state": state(company, line.last),
        "entries": line.entries,
        "drafts": line.drafts,
    }


def event_shape(event: Event) -> dict[str, Any]:
    """An event as the interface has it."""
    until = event.until.isoformat() if event.until else None
    return {"kind": event.kind, "until": until, "at": event.at, "by": event.by, "reason": event.why}


def year_shape(line: YearLine, company: Company, home: Currency) -> dict[str, Any]:
    """A year as the interface has it; `result`, `head`, `closed_at` and `closed_by` once it is closed."""
    closing = line.closing
    return {
        "year": line.year.name,
        "start": line.year.start.isoformat(),
        "end": line.year.end.isoformat(),
        "state": state(company, line.year.end),
        "entries": line.entries,
        "result": decimal_text(closing.result_home, home.decimals) if closing else None,
        "head": closing.head if closing else None,
        "closed_at": closing.at if closing else None,
        "closed_by": closing.by if closing else None,
    }
