"""One line of an FEC: what the line alone shows, and what of it the checks of whole entries go on with."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from lettrage.books.fec.fields import amount, day, decimal_comma
from lettrage.books.fec.finding import Findings
from lettrage.books.fec.layout import Layout
from lettrage.money import currency

_SENSES = {"D": 1, "+1": 1, "1": 1, "C": -1, "-1": -1}


class _Places(NamedTuple):
    """Where in a line stands what is read of it; -1 for what is missing."""

    JournalCode: int
    EcritureNum: int
    EcritureDate: int
    CompteNum: int
    CompAuxNum: int
    CompAuxLib: int
    PieceDate: int
    Debit: int
    Credit: int
    Montant: int
    Sens: int
    EcritureLet: int
    DateLet: int
    ValidDate: int
    Montantdevise: int
    Idevise: int


class Line(msgspec.Struct, gc=False):
    """A line that was read. `balance`: debit less credit in millionths; None where an amount cannot be read.

    Dates are eight digits, "" where there is none.
    """

    number: int  # of the line in the file
    journal: str
    entry: str
    date: str
    account: str
    party: str
    debit: int
    credit: int
    readable: bool
    letter: str
    valid: str

    @property
    def balance(self) -> int:
        """Debit less credit."""
        return self.debit - self.credit


class LineReader:
    """Reads lines of one layout and notes what is wrong with each."""

    def __init__(self, layout: Layout, found: Findings) -> None:
        self.layout = layout
        self.found = found
        self._columns = tuple((c, layout.places[c.name]) for c in layout.columns() if c.name in layout.places)
        self._needed = tuple(place for column, place in self._columns if column.empty)
        self._at = _Places(*(layout.places.get(name, -1) for name in _Places._fields))
        self._lettered = {"EcritureLet", "DateLet"} <= layout.places.keys()

    def read(self, number: int, fields: Sequence[str]) -> Line | None:
        """One line; None where its fields cannot be told apart."""
        if len(fields) != self.layout.width:
            self._count(number, fields)
            return None
        # What is missing stands at -1: nothing.
        values, at = [field.strip() for field in fields], self._at
        values.append("")
        self._texts(number, fields, values)
        debit, credit, readable = self._amounts(number, values)
        line = Line(
            number,
            values[at.JournalCode],
            values[at.EcritureNum],
            self._day(number, "EcritureDate", values[at.EcritureDate]),
            values[at.CompteNum],
            values[at.CompAuxNum],
            debit,
            credit,
            readable,
            values[at.EcritureLet],
            self._day(number, "ValidDate", values[at.ValidDate]),
        )
        self._day(number, "PieceDate", values[at.PieceDate])
        self._third_party(line, values[at.CompAuxLib])
        self._currency(number, values[at.Montantdevise], values[at.Idevise])
        self._letter(line, values[at.DateLet])
        if line.account and not _three_digits(line.account):
            self.found.add("account_digits", number, "CompteNum", line.account)
        if line.valid and line.date and line.valid < line.date:
            self.found.add("validated_before", number, "ValidDate", line.valid, line.date)
        return line

    def _count(self, number: int, fields: Sequence[str]) -> None:
        if len(fields) == 1 and not fields[0].strip():
            self.found.add("blank_line", number)
        else:
            self.found.add("field_count", number, "", str(len(fields)), str(self.layout.width))

    def _texts(self, number: int, fields: Sequence[str], values: Sequence[str]) -> None:
        """What must be there is there, and nothing moves a cursor."""
        for place in self._needed:
            if not values[place]:
                column = next(column for column, at in self._columns if at == place)
                self.found.add(column.empty, number, column.name)
        if not "".join(fields).isprintable():
            for column, place in self._columns:
                if any(c < " " or "\x7f" <= c < "\xa0" for c in fields[place]):
                    self.found.add("control_character", number, column.name, fields[place])

    def _day(self, number: int, column: str, text: str) -> str:
        if not text:
            return ""
        found, wrong = day(text)
        if wrong:
            self.found.add(wrong, number, column, text)
        return found

    # ------------------------------------------------------------ amounts

    def _amounts(self, number: int, values: Sequence[str]) -> tuple[int, int, bool]:
        """Debit and credit, and whether both could be read."""
        if self.layout.signed:
            debit, credit, readable = self._signed(number, values)
        else:
            one = self._amount(number, "Debit", values[self._at.Debit])
            other = self._amount(number, "Credit", values[self._at.Credit])
            debit, credit, readable = one or 0, other or 0, one is not None and other is not None
        if readable and debit and credit:
            self.found.add("both_sides", number, "", f"{decimal_comma(debit)} / {decimal_comma(credit)}")
        if readable and not debit and not credit:
            self.found.add("zero_line", number)
        return debit, credit, readable

    def _signed(self, number: int, values: Sequence[str]) -> tuple[int, int, bool]:
        value, sense = self._amount(number, "Montant", values[self._at.Montant]), values[self._at.Sens].upper()
        side = _SENSES.get(sense)
        if side is None and sense:
            self.found.add("sense_unknown", number, "Sens", sense, "D, C, +1, -1")
        if value is None or side is None:
            return 0, 0, False
        return (value, 0, True) if side > 0 else (0, value, True)

    def _amount(self, number: int, column: str, text: str) -> int | None:
        if not text:
            return 0
        value, wrong = amount(text)
        if wrong:
            self.found.add(wrong, number, column, text)
        return value

    # ------------------------------------------------------------ what goes together

    def _third_party(self, line: Line, name: str) -> None:
        if not line.party and not name:
            return
        if not line.party or not name:
            self.found.add("third_party_half", line.number, "CompAuxLib" if line.party else "CompAuxNum")
        if line.account and line.account[0] != "4":
            self.found.add("third_party_account", line.number, "CompAuxNum", line.account)

    def _currency(self, number: int, there: str, code: str) -> None:
        if not there and not code:
            return
        self._amount(number, "Montantdevise", there)
        if there and not code:
            self.found.add("currency_missing", number, "Idevise", there)
        if code and not there:
            self.found.add("currency_without_amount", number, "Montantdevise", code)
        if code and not _is_currency(code):
            self.found.add("currency_unknown", number, "Idevise", code)

    def _letter(self, line: Line, dated: str) -> None:
        self._day(line.number, "DateLet", dated)
        if not self._lettered:
            return
        if line.letter and not dated and not is_partial(line.letter):
            self.found.add("letter_without_date", line.number, "DateLet", line.letter)
        if dated and not line.letter:
            self.found.add("letter_date_alone", line.number, "EcritureLet", dated)


def is_partial(letter: str) -> bool:
    """By custom, small letters: the group is settled in part and need not balance."""
    return letter.islower()


@lru_cache(maxsize=4096)
def _three_digits(account: str) -> bool:
    return account[:3].isascii() and account[:3].isdecimal() and len(account) >= 3


@lru_cache(maxsize=1024)
def _is_currency(code: str) -> bool:
    return currency(code) is not None


def fields_of(values: Mapping[str, str], layout: Layout) -> list[str]:
    """A line's fields from what stands under each column's name."""
    fields = [""] * layout.width
    for name, place in layout.places.items():
        fields[place] = values.get(name, "")
    return fields
