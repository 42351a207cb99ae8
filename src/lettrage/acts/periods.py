"""Locking a month, unlocking it, closing a year for good."""

from collections.abc import Iterator
from datetime import date as Day  # noqa: N812
from datetime import timedelta
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused, told
from lettrage.books import periods
from lettrage.books.periods import TRANSFERS, Closing, Event, YearFacts, bounds
from lettrage.company.dossier import Company, Year
from lettrage.guard.audited import Hand
from lettrage.money import Amount, decimal_text
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.answer import reason_shape

_LISTED = 5  # drafts that a refusal names


class LockPeriod(msgspec.Struct, frozen=True):
    """Lock the books up to the end of a month, until somebody unlocks it. Satisfies the port `Act`."""

    month: str
    hand: Hand
    reason: str = ""

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "period lock"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"month": self.month, "reason": self.reason}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """Up to when the books are shut now."""
        why, faults = told(self.reason)
        span = periods.month(self.month)
        shut = books.company.shut_until
        if span is None:
            faults.append(_malformed(self.month))
        elif shut and span[1] <= shut:
            faults.append(Refusal("already_locked", "month", self.month, str(shut)))
        if faults or span is None:
            raise Refused(*faults)
        books.shut(Event("lock", span[1], moment.at.isoformat(), self.hand.name, why), self.hand)
        return bounds(books.company)


class UnlockPeriod(msgspec.Struct, frozen=True):
    """Open a locked month again, and those after it. Satisfies the port `Act`."""

    month: str
    reason: str
    hand: Hand

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "period unlock"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"month": self.month, "reason": self.reason}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """Up to when the books are shut now."""
        why, faults = told(self.reason)
        if not self.reason:
            faults.append(Refusal("missing_reason", "reason"))
        span = periods.month(self.month)
        if span is None:
            raise Refused(_malformed(self.month), *faults)
        company, first = books.company, span[0]
        if company.closed_until and first <= company.closed_until:
            faults.append(Refusal("year_closed", "month", self.month, str(company.closed_until)))
        elif not company.locked_until or company.locked_until < first:
            faults.append(Refusal("not_locked", "month", self.month, str(company.locked_until or "-")))
        if faults:
            raise Refused(*faults)
        until = first - timedelta(days=1)
        left = None if company.closed_until and until <= company.closed_until else until
        books.shut(Event("unlock", left, moment.at.isoformat(), self.hand.name, why), self.hand)
        return bounds(books.company)


def _malformed(text: str) -> Refusal:
    return Refusal("malformed_month", "month", quoted(text), "2026-06")


class CloseYear(msgspec.Struct, frozen=True):
    """Close a financial year for good. Satisfies the port `Act`."""

    year: str
    hand: Hand

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "year close"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"year": self.year}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """What the year came to, where its chain stood, and what is worth knowing of it."""
        year = books.company.year_named(self.year)
        if year is None:
            known = ", ".join(one.name for one in books.company.years)
            raise Refused(Refusal("unknown_year", "year", quoted(self.year), known or "2026"))
        facts = books.year_facts(year)
        reasons = list(_against(year, facts, books.company, moment.today))
        if not reasons and (findings := books.unsound()):
            seen = f"{findings[0].where} : {findings[0].message}"
            reasons.append(Refusal("books_unsound", "year", seen, str(len(findings))))
        if reasons:
            raise Refused(*reasons)
        at, by, home = moment.at.isoformat(), self.hand.name, books.company.currency
        closing = Closing(
            year.name, year.end, at, by, facts.posting, facts.head, facts.entries, facts.result_home, facts.balances
        )
        books.keep_closing(closing)
        books.shut(Event("close", year.end, at, by, year.name), self.hand)
        return {
            "year": year.name,
            "end": year.end.isoformat(),
            "entries": facts.entries,
            "result": decimal_text(facts.result_home, home.decimals),
            "head": facts.head,
            "posting": str(facts.posting),
            "warnings": [reason_shape(warning) for warning in _warnings(year, facts, books.company)],
        }


def _against(year: Year, facts: YearFacts, company: Company, today: Day) -> Iterator[Refusal]:
    """Everything that stands in the way."""
    shut = company.closed_until
    if shut and year.end <= shut:
        yield Refusal("year_closed", "year", year.name, str(shut))
        return
    if year.end >= today:
        yield Refusal("year_not_over", "year", year.name, str(year.end))
    if facts.first and facts.first < year.start and (shut is None or shut < year.start - timedelta(days=1)):
        before = company.year_of(year.start - timedelta(days=1)) or company.year_of(facts.first)
        yield Refusal("year_before_open", "year", year.name, before.name if before else str(facts.first))
    if facts.drafts:
        listed = ", ".join(map(str, facts.drafts[:_LISTED])) + (", ..." if len(facts.drafts) > _LISTED else "")
        yield Refusal("drafts_left", "year", listed, str(len(facts.drafts)))


def _warnings(year: Year, facts: YearFacts, company: Company) -> Iterator[Refusal]:
    """What does not stand in the way, and is seldom meant."""
    left = sum(row.home for row in facts.balances if row.account.startswith(TRANSFERS))
    if left:
        yield Refusal("transfers_left", "year", Amount(left, company.currency).text, year.name)
