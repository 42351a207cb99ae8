"""Numbers and hashes of entries: given in the commit that posts them, in order of posting, without a gap.

The chain covers every column of an entry and of its lines, so an edit, a dropped or a swapped entry shows. A cut or
recomputed tail shows only against a head kept elsewhere.
"""

import hashlib
from collections.abc import Iterable
from datetime import date

import msgspec

from lettrage.books.entry import Entry, Line

GENESIS = "0" * 64
_encode = msgspec.json.Encoder().encode


class Posted(msgspec.Struct, frozen=True):
    """An entry in the books. `posting` counts all entries of the dossier, `number` those of the year."""

    posting: int
    year: str
    number: int
    valid_date: date
    posted_at: str
    entry: Entry
    hash: str


def shown(year: str, number: int) -> str:
    """An entry's number as printed: `2024-000123`."""
    return f"{year}-{number:06}"


class Counters(msgspec.Struct):
    """Where the numbering of a dossier stands; `years` maps the name of a financial year to its last number."""

    posting: int
    head: str
    years: dict[str, int]


def post(entries: Iterable[tuple[str, Entry]], counters: Counters, today: date, posted_at: str) -> list[Posted]:
    """Number and chain entries, each with the name of its financial year; the counters move on.

    ValidDate is the day of posting, or the entry's own date where that is later.
    """
    posted = []
    for year, entry in entries:
        counters.posting += 1
        counters.years[year] = counters.years.get(year, 0) + 1
        valid = max(today, entry.date)
        content = columns(counters.posting, year, counters.years[year], valid, posted_at, entry)
        counters.head = chained(counters.head, content)
        posted.append(Posted(counters.posting, year, counters.years[year], valid, posted_at, entry, counters.head))
    return posted


def columns(posting: int, year: str, number: int, valid: date, posted_at: str, entry: Entry) -> list[object]:
    """Everything that is stored of an entry, in a fixed order."""
    return [
        posting,
        year,
        number,
        entry.date,
        valid,
        posted_at,
        entry.journal,
        entry.label,
        entry.piece,
        entry.transaction,
        entry.slip,
        entry.reversal_of,
        [_line_columns(line) for line in entry.lines],
    ]


def _line_columns(line: Line) -> tuple[object, ...]:
    return (line.account, line.third_party, line.home, line.currency.code, line.amount, line.item)


def chained(head: str, content: list[object]) -> str:
    """The hash of an entry's columns behind the hash of the entry before it."""
    return hashlib.sha256(head.encode() + _encode(content)).hexdigest()
