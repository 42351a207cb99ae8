"""Periods and years in the database: what each year opens with, what is locked, what is closed."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from lettrage.adapters.store import schema
from lettrage.adapters.store.events import note
from lettrage.adapters.store.reading import Reader
from lettrage.adapters.store.writing import insert
from lettrage.books.entry import Entry
from lettrage.books.opening import RESULT_CLASSES, Carried, Turnover, carried_over, first_items, opening
from lettrage.books.periods import Closing, Event, MonthLine, YearFacts, YearLine
from lettrage.books.periods import month as month_of
from lettrage.company.dossier import Company, Year
from lettrage.guard.audited import Event as Audited
from lettrage.guard.audited import Hand

if TYPE_CHECKING:
    from lettrage.books.laws import Finding

_json = msgspec.json.Encoder().encode
_carried = msgspec.json.Decoder(tuple[Carried, ...]).decode
_day = date.fromisoformat

# Of what has come to nothing no row comes; a chain of due items is put together behind.
_OF_RESULT = f"substr(l.account, 1, 1) IN {RESULT_CLASSES}"
_TURNOVERS = f"""
SELECT l.account, l.third_party, l.item, l.currency, CASE WHEN {_OF_RESULT} THEN e.year ELSE '' END,
       CAST(sum(l.debit - l.credit) AS BIGINT), CAST(sum(l.amount) AS BIGINT)
FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
WHERE e.dossier = ?1 AND e.date < ?2 GROUP BY 1, 2, 3, 4, 5
HAVING sum(l.debit - l.credit) <> 0 OR sum(l.amount) <> 0
"""
_SUCCESSORS = "SELECT id, previous FROM due_item WHERE dossier = ?1 AND previous IS NOT NULL"
_KEPT = 'SELECT balances FROM closing WHERE dossier = ?1 AND "end" = ?2'
_NEXT_EVENT = "SELECT coalesce(max(id), 0) + 1 FROM period_event WHERE dossier = ?1"
_EVENTS = 'SELECT kind, until, at, "by", why FROM period_event WHERE dossier = ?1 ORDER BY id DESC'
_FIRST = "SELECT min(date) FROM entry WHERE dossier = ?1"
_OF_YEAR = f"""
SELECT count(DISTINCT e.posting),
       CAST(coalesce(sum(CASE WHEN {_OF_RESULT} THEN l.credit - l.debit ELSE 0 END), 0) AS BIGINT)
FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
WHERE e.dossier = ?1 AND e.date BETWEEN ?2 AND ?3
"""
_DRAFTS = "SELECT id FROM draft WHERE dossier = ?1 AND posting IS NULL AND date <= ?2 ORDER BY id"
_CLOSINGS = (
    'SELECT year, "end", at, "by", posting, head, entries, result_home, balances FROM closing WHERE dossier = ?1'
    ' ORDER BY "end"'
)
_MONTHS = """
SELECT m.month, CAST(sum(m.entries) AS BIGINT), CAST(sum(m.drafts) AS BIGINT) FROM (
    SELECT substr(date, 1, 7) AS month, 1 AS entries, 0 AS drafts FROM entry WHERE dossier = ?1
    UNION ALL
    SELECT substr(date, 1, 7), 0, 1 FROM draft WHERE dossier = ?1 AND posting IS NULL
) m GROUP BY m.month ORDER BY m.month
"""
_COUNTS = "SELECT year, count(*) FROM entry WHERE dossier = ?1 GROUP BY year"


class Years(Reader):
    """Reads what years open with, writes what is locked and closed."""

    company: Company
    today: date

    # ------------------------------------------------------------ opening

    def opening_entry(self, name: str) -> Entry | None:
        """The entry that the financial year of this name begins with; None where nothing came before it.

        It is no entry of the books. What was kept when the year before was closed; else what its entries come to now.
        """
        year = self.company.year_named(name)
        return None if year is None else opening(self._carried_into(year), year)

    def _carried_into(self, year: Year) -> Sequence[Carried]:
        kept = self.rows(_KEPT, (year.start - timedelta(days=1)).isoformat())
        return _carried(kept[0][0]) if kept else self.balances_before(year.start)

    def balances_before(self, day: date) -> tuple[Carried, ...]:
        """What the entries before this day come to, account by account and open item by open item."""
        turnovers = [Turnover(*row) for row in self.rows(_TURNOVERS, day.isoformat())]
        first_of = first_items(dict(tuple(row) for row in self.rows(_SUCCESSORS)))
        return carried_over(turnovers, first_of, self.company.accounts, self.company.currency)

    # ------------------------------------------------------------ locking and closing

    def shut(self, event: Event, hand: Hand) -> None:
        """Write that the books were locked, unlocked or closed up to a day."""
        bound = "closed_until" if event.kind == "close" else "locked_until"
        before, until = getattr(self.company, bound), event.until.isoformat() if event.until else ""
        ((number,),) = self.rows(_NEXT_EVENT)
        row = (self.dossier, number, event.kind, until, event.at, event.by, event.why)
        insert(self.connection, schema.period_event, [row])
        self.advance({bound: until})
        self.company = msgspec.structs.replace(self.company, **{bound: event.until})  # for who shares this commit
        old = before.isoformat() if before else ""
        note(self.connection, self.dossier, event.at, hand, [Audited("period", bound, old, until)])

    def year_facts(self, year: Year) -> YearFacts:
        """What closing a year looks at."""
        ((first,),) = self.rows(_FIRST)
        ((entries, result),) = self.rows(_OF_YEAR, year.start.isoformat(), year.end.isoformat())
        drafts = tuple(row[0] for row in self.rows(_DRAFTS, year.end.isoformat()))
        balances = self.balances_before(year.end + timedelta(days=1))
        first_day = _day(first) if first else None
        return YearFacts(first_day, entries, result, balances, drafts, self.counters["postings"], self.counters["head"])

    def keep_closing(self, closing: Closing) -> None:
        """Keep what a closed year was."""
        insert(
            self.connection,
            schema.closing,
            [
                (
                    self.dossier, closing.year, closing.end.isoformat(), closing.at, closing.by, closing.posting,
                    closing.head, closing.entries, closing.result_home, _json(closing.balances).decode(),
                )
            ],
        )  # fmt: skip

    def unsound(self) -> "list[Finding]":
        """Every law that the books break."""
        from lettrage.adapters.store.auditing import audit  # noqa: PLC0415  (only a closing needs it)

        return audit(self.connection, self.dossier, self.company)

    # ------------------------------------------------------------ lists

    def period_events(self) -> list[Event]:
        """Everything that was locked, unlocked and closed, the latest first."""
        return [
            Event(kind, _day(until) if until else None, at, by, why) for kind, until, at, by, why in self.rows(_EVENTS)
        ]

    def months(self) -> list[MonthLine]:
        """The months that hold entries or drafts, and the present one."""
        found = {name: (entries, drafts) for name, entries, drafts in self.rows(_MONTHS)}
        found.setdefault(f"{self.today:%Y-%m}", (0, 0))
        spans = ((month_of(name), counts) for name, counts in sorted(found.items()))
        return [MonthLine(*span, *counts) for span, counts in spans if span]

    def closings(self) -> dict[str, Closing]:
        """The closed years by their names, the oldest first."""
        return {row[0]: _closing(row) for row in self.rows(_CLOSINGS)}

    def year_lines(self) -> list[YearLine]:
        """The financial years of the company file; else the calendar years from the first entry to the present one."""
        counts = dict(tuple(row) for row in self.rows(_COUNTS))
        closings = self.closings()
        years = self.company.years
        if not years:
            names = {*counts, *closings, str(self.today.year)}
            span = range(int(min(names)), int(max(names)) + 1)
            years = tuple(year for number in span if (year := self.company.year_named(f"{number:04}")))
        return [YearLine(year, counts.get(year.name, 0), closings.get(year.name)) for year in years]


def _closing(row: Any) -> Closing:
    year, end, at, by, posting, head, entries, result, balances = row
    return Closing(year, _day(end), at, by, posting, head, entries, result, _carried(balances))
