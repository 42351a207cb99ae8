"""Reports of entry lines: the journals of a period, the ledger of third parties, that of all accounts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta

import msgspec

from lettrage.books.chain import shown
from lettrage.books.chart import Labels, journal_name
from lettrage.books.lettering import Letter, Place
from lettrage.books.opening import JOURNAL
from lettrage.books.reports.aged import accounts_of, of_ledger
from lettrage.books.reports.asked import Asked, Posted, ReportBooks, Wanted
from lettrage.books.reports.period import given, period
from lettrage.books.reports.report import Column, Report, Row, Section
from lettrage.money import Amount, Currency

_JOURNAL = (
    Column("date", "day"),
    Column("number", share=2),
    Column("piece", share=2),
    Column("account"),
    Column("third_party", share=2),
    Column("label", share=5),
    Column("debit", "money"),
    Column("credit", "money"),
)
_LEDGER = (
    Column("date", "day"),
    Column("number", share=2),
    Column("journal"),
    Column("piece", share=2),
    Column("label", share=5),
    Column("letter"),
    Column("debit", "money"),
    Column("credit", "money"),
    Column("balance", "money"),
)
_BLANKS = 6  # cells before the figures, in both


class _Part(msgspec.Struct):
    """An account, or a third party on it: what it stood at before, and its lines."""

    opening: int = 0
    lines: list[Posted] = []


_Parts = dict[tuple[str, str], _Part]  # by third party ("" where accounts are told) and account


def journal(books: ReportBooks, asked: Asked) -> Report:
    """Every entry of a period, journal by journal."""
    home, mark = books.company.currency, books.mark(None)
    first, last = period(books.company, asked)
    by_journal: dict[str, list[Posted]] = defaultdict(list)
    posted = books.posted(Wanted(first, last, mark.posting, journal=asked.journal))
    for line in _in_order([*_opened(books, first, asked.journal), *posted]):
        by_journal[line.journal].append(line)
    sections = [
        Section([*(_of_journal(line, home) for line in own), _sums(own, home)], code, journal_name(code))
        for code, own in sorted(by_journal.items())
    ]
    total = _sums([line for own in by_journal.values() for line in own], home)
    criteria = given({"first": first, "last": last, "journal": asked.journal})
    return Report("journal", home, criteria, _JOURNAL, sections, (total,), (), (), mark.posting, mark.head)


def _opened(books: ReportBooks, first: date, journal: str) -> Iterator[Posted]:
    """The lines of the entry that a financial year begins with, where the period does: it is derived, not posted."""
    year = books.company.year_of(first)
    if year is None or year.start != first or journal not in ("", JOURNAL):
        return
    entry = books.opening_entry(year.name)
    if entry is None:
        return
    for at, line in enumerate(entry.lines, 1):
        said = (year.name, 0, first, entry.journal, entry.piece, entry.label, line.account, line.third_party)
        yield Posted(0, at, *said, max(line.home, 0), max(-line.home, 0))


def ledger(books: ReportBooks, asked: Asked) -> Report:
    """Every account with its lines of a period, its balance before them and after each."""
    first, last = period(books.company, asked)
    accounts = (asked.account,) if asked.account else ()
    wanted = Wanted(first, last, books.mark(None).posting, accounts)
    parts: _Parts = defaultdict(_Part)
    for account, home in balances_at(books, first).items():
        if home and asked.account in ("", account):
            parts["", account] = _Part(home, [])
    for line in _in_order(books.posted(wanted)):
        _part(parts, "", line.account).lines.append(line)
    criteria = given({"first": first, "last": last, "account": asked.account})
    return _running(books, "ledger", criteria, parts, wanted)


def third_parties(books: ReportBooks, asked: Asked) -> Report:
    """Every third party of a ledger, account by account, with its lines of a period and its running balance."""
    first, last = period(books.company, asked)
    accounts = {asked.account} if asked.account else accounts_of(books.company.accounts, asked.ledger)
    wanted = Wanted(first, last, books.mark(None).posting, accounts, third_party=asked.third_party)
    before = books.account_sums(accounts, first - timedelta(days=1), wanted.upto)
    parts: _Parts = {}
    for row in of_ledger(books, before, asked.ledger):
        if row.home and asked.third_party in ("", row.third_party):
            parts[row.third_party, row.account] = _Part(row.home, [])
    for line in _in_order(of_ledger(books, books.posted(wanted), asked.ledger)):
        _part(parts, line.third_party, line.account).lines.append(line)
    criteria = given({"ledger": asked.ledger, "first": first, "last": last, "account": asked.account})
    criteria |= given({"third_party": asked.third_party})
    return _running(books, "third-parties", criteria, parts, wanted)


def balances_at(books: ReportBooks, day: date) -> dict[str, int]:
    """What each account stood at before a day. Charges and income begin each financial year at zero."""
    year = books.company.year_of(day)
    start = year.start if year else day
    found: dict[str, int] = defaultdict(int)
    for row in books.balances_before(start):
        found[row.account] += row.home
    if start < day:
        for moved in books.movements(start, day - timedelta(days=1)):
            found[moved.account] += moved.debit - moved.credit
    return found


def _in_order(lines: Iterable[Posted]) -> list[Posted]:
    return sorted(lines, key=lambda line: (line.date, line.posting, line.line))


def _part(parts: _Parts, party: str, account: str) -> _Part:
    return parts.setdefault((party, account), _Part(0, []))


def _running(
    books: ReportBooks, name: str, criteria: Mapping[str, str | date], parts: _Parts, wanted: Wanted
) -> Report:
    """The report of these parts, each with its balance after every line."""
    home, mark = books.company.currency, books.mark(None)
    year = books.company.year_of(wanted.first)
    begins = shown(year.name, 0) if year and year.start == wanted.first else ""
    lines = [line for part in parts.values() for line in part.lines]
    letters = books.letters({line.posting for line in lines}, wanted.last)
    names, labels = books.names_of(sorted({party for party, _ in parts if party})), Labels(books.company)
    sections = [
        Section(
            list(_rows(part, wanted.first, begins, letters, home)),
            f"{party} · {account}" if party else account,
            names.get(party, "") if party else labels.account(account),
        )
        for (party, account), part in sorted(parts.items())
    ]
    total = _sums(lines, home, sum(part.opening for part in parts.values()))
    return Report(name, home, criteria, _LEDGER, sections, (total,), (), (), mark.posting, mark.head)


def _rows(part: _Part, first: date, begins: str, letters: Mapping[Place, Letter], home: Currency) -> Iterator[Row]:
    """The balance before (`begins`: by which entry of the year), each line with the balance after it, the totals."""
    balance = part.opening
    carried = (begins, JOURNAL) if begins and balance else ("", "")
    yield Row((first, *carried, "", "", "", None, None, Amount(balance, home)), "opening")
    for line in part.lines:
        balance += line.debit - line.credit
        letter = letters.get((line.posting, line.line))
        number = shown(line.year, line.number)
        said = (line.date, number, line.journal, line.piece, line.label, letter.code if letter else "")
        yield Row((*said, *_sides(line, home), Amount(balance, home)))
    yield _sums(part.lines, home, part.opening)


def _of_journal(line: Posted, home: Currency) -> Row:
    number = shown(line.year, line.number)
    said = (line.date, number, line.piece, line.account, line.third_party, line.label)
    return Row((*said, *_sides(line, home)))


def _sides(line: Posted, home: Currency) -> tuple[Amount | None, Amount | None]:
    """Debit and credit; the side that is not used is blank."""
    return (Amount(line.debit, home) if line.debit else None, Amount(line.credit, home) if line.credit else None)


def _sums(lines: Collection[Posted], home: Currency, opening: int | None = None) -> Row:
    """Totals of debit and credit; with an opening balance, what stands at the end too."""
    debit, credit = sum(line.debit for line in lines), sum(line.credit for line in lines)
    figures = [debit, credit, *([] if opening is None else [opening + debit - credit])]
    return Row((*("",) * _BLANKS, *(Amount(figure, home) for figure in figures)), "total")
