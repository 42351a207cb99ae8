"""Entries: their balance, their numbers, their chain of hashes."""

from collections.abc import Iterable, Iterator
from datetime import date as Day  # noqa: N812  (rows below have a field called `date`)
from itertools import groupby
from sys import maxsize

from lettrage.books.chain import GENESIS, chained, columns, shown
from lettrage.books.entry import Entry, Line
from lettrage.books.laws.finding import Finding, same, text
from lettrage.books.laws.numbering import CounterRow
from lettrage.books.laws.rows import Row, currency_of
from lettrage.company.dossier import Company
from lettrage.money import Currency


class EntryRow(Row, frozen=True):
    """An entry, every column."""

    posting: int
    year: str
    number: int
    date: Day
    valid_date: Day
    posted_at: str
    journal: str
    label: str
    piece: str
    transaction: int | None
    slip: str | None
    reversal_of: int | None
    hash: str

    @property
    def place(self) -> str:
        """How a finding names it."""
        return f"écriture {shown(self.year, self.number)}"


class LineRow(Row, frozen=True):
    """A line of an entry, every column."""

    posting: int
    line: int
    account: str
    third_party: str
    debit: int
    credit: int
    currency: str
    amount: int
    item: int | None


class YearRow(Row, frozen=True):
    """The counter of a financial year."""

    year: str
    last: int


class Register:
    """Walks the entries once, in order of posting, then compares where it arrived with the counters.

    After a fault it goes on from what is stored, so that one damaged entry is one finding and not all that follow.
    `kept` is a head noted elsewhere earlier: only that shows a tail cut off or recomputed.
    """

    def __init__(self, company: Company, kept: str | None = None) -> None:
        self.company = company
        self.kept = kept.strip().lower() if kept else None
        self.met = self.kept in (None, GENESIS)
        self.posting = 0
        self.head = GENESIS
        self.years: dict[str, int] = {}

    def walk(self, entries: Iterable[EntryRow], lines: Iterable[LineRow]) -> Iterator[Finding]:
        """Everything that can be said of the entries alone; both streams in order of posting."""
        for entry, own in together(entries, lines):
            yield from _balance(entry, own, self.company.currency)
            yield from self._numbers(entry)
            yield from self._link(entry, own)

    def close(self, counters: CounterRow, years: Iterable[YearRow]) -> Iterator[Finding]:
        """The counters agree with the last entry."""
        yield from same("posting_counter", "dossier", "Compteur des écritures", counters.postings, self.posting)
        yield from same("head_differs", "dossier", "Empreinte de tête", counters.head, self.head)
        stored = {row.year: row.last for row in years}
        for year in sorted(stored.keys() | self.years.keys()):
            seen, expected = stored.get(year, 0), self.years.get(year, 0)
            yield from same("year_counter", f"exercice {year}", "Compteur de l'exercice", seen, expected)
        if not self.met:
            message = f"L'empreinte {self.kept} n'est celle d'aucune écriture : fin des livres coupée ou refaite."
            yield Finding("head_not_found", message, "dossier")

    def _numbers(self, entry: EntryRow) -> Iterator[Finding]:
        """Entries are numbered without a gap, over the dossier and in the year of their date."""
        yield from same("posting_gap", entry.place, "Rang de l'écriture", entry.posting, self.posting + 1)
        self.posting = entry.posting
        expected = self.years.get(entry.year, 0) + 1
        yield from same("entry_number", entry.place, "Numéro de l'écriture", entry.number, expected)
        self.years[entry.year] = entry.number
        year = self.company.year_of(entry.date)
        name = "aucun" if year is None else year.name
        yield from same("entry_year", entry.place, f"Exercice de la date {entry.date}", entry.year, name)

    def _link(self, entry: EntryRow, own: list[LineRow]) -> Iterator[Finding]:
        """An entry's hash is that of its content and of the entry before it."""
        content = _content(entry, own)
        numbered = columns(entry.posting, entry.year, entry.number, entry.valid_date, entry.posted_at, content)
        if chained(self.head, numbered) != entry.hash:
            message = "L'empreinte ne correspond pas au contenu : l'écriture ou celle d'avant a été modifiée ou ôtée."
            yield Finding("chain_broken", message, entry.place)
        self.head = entry.hash
        self.met = self.met or entry.hash == self.kept


def together(entries: Iterable[EntryRow], lines: Iterable[LineRow]) -> Iterator[tuple[EntryRow, list[LineRow]]]:
    """Each entry with its lines. Lines without an entry are passed over: the foreign keys tell of them."""
    groups = groupby(lines, key=_posting)
    end: tuple[int, Iterator[LineRow]] = (maxsize, iter(()))
    posting, group = next(groups, end)
    for entry in entries:
        while posting < entry.posting:
            posting, group = next(groups, end)
        own = list(group) if posting == entry.posting else []
        yield entry, own


def _posting(line: LineRow) -> int:
    return line.posting


def _content(entry: EntryRow, lines: list[LineRow]) -> Entry:
    """The entry as it was posted."""
    posted = tuple(_line(line) for line in lines)
    numbers = entry.transaction, entry.slip, entry.reversal_of
    return Entry(entry.date, entry.journal, entry.label, entry.piece, posted, *numbers)


def _line(line: LineRow) -> Line:
    home = line.debit - line.credit
    return Line(line.account, home, currency_of(line.currency), line.amount, line.third_party, line.item)


def _balance(entry: EntryRow, lines: list[LineRow], home: Currency) -> Iterator[Finding]:
    """Debits equal credits, over two lines or more, each on one side."""
    debit, credit = sum(line.debit for line in lines), sum(line.credit for line in lines)
    if debit != credit:
        figures = _sides(debit, credit, home)
        yield Finding("entry_unbalanced", f"L'écriture n'est pas équilibrée : {figures}.", entry.place)
    if len(lines) < 2:
        yield Finding("entry_too_short", f"L'écriture a {len(lines)} ligne(s), il en faut deux.", entry.place)
    for index, line in enumerate(lines, 1):
        # The chain holds debit less credit and the order of the lines, so these two are looked at apart.
        yield from same("line_number", entry.place, "Numéro de ligne", line.line, index)
        if not min(line.debit, line.credit) == 0 < max(line.debit, line.credit):
            figures = _sides(line.debit, line.credit, home)
            yield Finding("line_sides", f"La ligne {line.line} n'est pas d'un seul côté : {figures}.", entry.place)


def _sides(debit: int, credit: int, home: Currency) -> str:
    return f"débit {text(debit, home)}, crédit {text(credit, home)}"
