"""A financial year's entries for its FEC, in the order of their validation, as a stream.

They come a few thousand at a time, with their lines, names and letters: a year may have more of them than memory
should hold, so the number of statements grows with the thousands, and with nothing else.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from lettrage.adapters.store.events import note
from lettrage.adapters.store.lettering import Letters
from lettrage.adapters.store.looks.customers import CustomerLooks
from lettrage.adapters.store.reading import held
from lettrage.adapters.store.sql import run
from lettrage.adapters.store.years import Years
from lettrage.books.chain import shown
from lettrage.books.fec.writing import Line, Numbered
from lettrage.books.lettering import Letter, Place
from lettrage.company.dossier import Year
from lettrage.guard.audited import Event, Hand

BATCH = 4_000  # entries held at a time
_json = msgspec.json.Encoder().encode
_day = date.fromisoformat

# ValidDate is the day of posting, or an entry's own date where that is later: not always in the order of numbers.
_ENTRIES = """
SELECT posting, number, date, journal, label, piece, valid_date FROM entry
WHERE dossier = ?1 AND year = ?2 ORDER BY valid_date, number
"""
_LINES = """
SELECT l.posting, l.account, l.third_party, l.debit, l.credit, l.currency, l.amount, l.line FROM json_each(?2) k
CROSS JOIN entry_line l ON l.dossier = ?1 AND l.posting = CAST(k.value->>0 AS BIGINT) ORDER BY l.posting, l.line
"""


class FecBook(Years, CustomerLooks, Letters):
    """Reads what an FEC says."""

    def fec_entries(self, year: Year) -> Iterator[Numbered]:
        """What a year opens with, then its entries in the order of their validation."""
        opening = self._fec_opening(year)
        if opening is not None:
            yield opening
        names: dict[str, str] = {}
        rows = run(self.connection, _ENTRIES, (self.dossier, year.name), stream=True)
        for batch in rows.partitions(BATCH):
            yield from self._fec_numbered(batch, year, names)

    def _fec_opening(self, year: Year) -> Numbered | None:
        """The derived entry with number zero; a group that the year completes letters its opening balance too."""
        entry = self.opening_entry(year.name)
        if entry is None:
            return None
        letters = self.letters_of_chains({line.item for line in entry.lines if line.item is not None}, year.end)
        names = self.names_of(sorted({line.third_party for line in entry.lines if line.third_party}))
        lines = [
            Line(
                line.account,
                line.third_party,
                names.get(line.third_party, ""),
                max(line.home, 0),
                max(-line.home, 0),
                line.currency,
                line.amount,
                letters.get((line.item or 0, line.account)),
            )
            for line in entry.lines
        ]
        number = shown(year.name, 0)
        return Numbered(number, entry.date, entry.journal, entry.label, entry.piece, entry.date, lines)

    def _fec_numbered(self, batch: Sequence[Any], year: Year, names: dict[str, str]) -> Iterator[Numbered]:
        postings = [row[0] for row in batch]
        letters = self.letters(postings, until=year.end, since=year.start)
        lines = self._fec_lines(postings, letters, names)
        for posting, number, day, journal, label, piece, valid in batch:
            yield Numbered(
                shown(year.name, number), _day(day), journal, label, piece, _day(valid), lines.get(posting, [])
            )

    def _fec_lines(
        self, postings: Sequence[int], letters: dict[Place, Letter], names: dict[str, str]
    ) -> dict[int, list[Line]]:
        """The lines of these entries; `names` of third parties are kept for the entries that follow."""
        rows = self.rows(_LINES, _json([[posting] for posting in postings]).decode())
        names |= self.names_of(sorted({row[2] for row in rows if row[2]} - names.keys()))
        found: dict[int, list[Line]] = defaultdict(list)
        for posting, account, party, debit, credit, code, amount, line in rows:
            name, letter = names.get(party, ""), letters.get((posting, line))
            found[posting].append(Line(account, party, name, debit, credit, held(code), amount, letter))
        return found

    def note_export(self, at: datetime, hand: Hand, subject: str, what: str) -> None:
        """Keep in the audit log that somebody took the books away."""
        note(self.connection, self.dossier, at.isoformat(), hand, [Event("export", subject, "", what)])

    def fec_years(self) -> dict[str, int]:
        """The financial years that have entries, the latest first, each with how many."""
        years: dict[str, int] = msgspec.json.decode(self.counters["years"])
        return dict(sorted(years.items(), reverse=True))
