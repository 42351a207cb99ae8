"""Entries as lines of an FEC."""

from collections.abc import Iterator, Sequence
from datetime import date as Day  # noqa: N812  (a value below has a field called `date`)
from functools import lru_cache
from typing import Literal

import msgspec

from lettrage.books.chart import Labels
from lettrage.books.fec.columns import NAMES
from lettrage.books.fec.reading import SEPARATORS
from lettrage.books.fec.text import Texts
from lettrage.books.lettering import Letter
from lettrage.company.accounts import Accounts
from lettrage.company.dossier import Company
from lettrage.money import Currency, decimal_text

Separator = Literal["tab", "pipe"]
Encoding = Literal["utf-8", "iso-8859-15", "ascii"]
END = "\r\n"


class Style(msgspec.Struct, frozen=True):
    """How a file is written, within what the law allows."""

    separator: Separator = "tab"
    encoding: Encoding = "utf-8"


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of an entry, with the name of its third party and its letter at the end of the year."""

    account: str
    third_party: str
    name: str
    debit: int
    credit: int
    currency: Currency
    amount: int
    letter: Letter | None = None


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """An entry as it is written."""

    number: str
    date: Day
    journal: str
    label: str
    piece: str
    valid_date: Day
    lines: Sequence[Line]


class Writer:
    """Writes the entries of one company in one style; remembers which journals it met."""

    def __init__(self, company: Company, style: Style) -> None:
        self.labels = Labels(company)
        self.home = company.currency
        self.separator = SEPARATORS[style.separator]
        self.fit = Texts(style.encoding, self.separator).fit
        self.journals: set[str] = set()
        self._told: dict[tuple[str, str], str] = {}
        self._parties = _third_party_accounts(company.accounts)

    def heading(self) -> str:
        """The first line."""
        return self.separator.join(NAMES) + END

    def lines(self, entry: Numbered) -> Iterator[str]:
        """The lines of an entry. A piece and a label are never empty: the entry's number and its journal stand in."""
        self.journals.add(entry.journal)
        between, day = self.separator, f"{entry.date:%Y%m%d}"
        journal = self.fit(self.labels.journal(entry.journal))
        head = between.join((self.fit(entry.journal), journal, entry.number, day, ""))
        piece = between.join((self.fit(entry.piece) or entry.number, day, self.fit(entry.label) or journal, ""))
        valid = f"{entry.valid_date:%Y%m%d}"
        for line in entry.lines:
            debit, credit = _comma(line.debit, self.home), _comma(line.credit, self.home)
            rest = between.join((debit, credit, *_letter(line.letter), valid, *self._foreign(line)))
            yield f"{head}{self._account(line)}{between}{piece}{rest}{END}"

    def _account(self, line: Line) -> str:
        """The account and whom it is about, as they were told before or for the first time."""
        key = line.account, line.third_party
        told = self._told.get(key)
        if told is None:
            account = self.fit(line.account), self.fit(self.labels.account(line.account))
            told = self._told[key] = self.separator.join((*account, *self._third_party(line)))
        return told

    def _third_party(self, line: Line) -> tuple[str, str]:
        """Who it is about, on accounts of third parties only."""
        if not line.third_party or not line.account.startswith(self._parties):
            return "", ""
        code = self.fit(line.third_party)
        return code, self.fit(line.name) or code

    def _foreign(self, line: Line) -> tuple[str, str]:
        """The amount in another currency, signed as debit less credit; nothing where the line has none."""
        if line.currency == self.home or not line.amount:
            return "", ""
        return _comma(line.amount, line.currency), line.currency.code


def _third_party_accounts(accounts: Accounts) -> tuple[str, ...]:
    own = accounts.customer, accounts.supplier, accounts.customer_advance, accounts.supplier_advance, accounts.doubtful
    return tuple({"401", "411", "416", "4091", "4191", *own})


def _letter(letter: Letter | None) -> tuple[str, str]:
    """A letter of a whole group; what is settled in part is not lettered yet."""
    if letter is None or letter.date is None:
        return "", ""
    return letter.code, f"{letter.date:%Y%m%d}"


@lru_cache(maxsize=65536)
def _comma(minor: int, of: Currency) -> str:
    return decimal_text(minor, of.decimals).replace(".", ",")
