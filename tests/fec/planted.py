"""Faults, each planted in a sound FEC of our own shape: what is done, and the codes that find it, and no others."""

from collections.abc import Callable
from typing import NamedTuple

from tests.fec.corpus import Fec


class Fault(NamedTuple):
    """A fault. `codes`: all that must be found, and nothing else."""

    codes: frozenset[str]
    plant: Callable[[Fec], object]


def _fault(codes: str, plant: Callable[[Fec], object]) -> Fault:
    return Fault(frozenset(codes.split()), plant)


def _set(row: int, column: str, value: str) -> Callable[[Fec], None]:
    return lambda fec: fec.set(row, column, value)


def _of_entry(first: int, last: int, column: str, value: str) -> Callable[[Fec], None]:
    """All lines of an entry alike."""

    def plant(fec: Fec) -> None:
        for row in range(first, last + 1):
            fec.set(row, column, value)

    return plant


def _each_line(change: Callable[[list[str]], object]) -> Callable[[Fec], None]:
    """The heading and every line alike."""

    def plant(fec: Fec) -> None:
        for line in (fec.heading, *fec.rows):
            change(line)

    return plant


def _column_again(fec: Fec) -> None:
    _each_line(lambda line: line.append("JournalLib"))(fec)


def _without_heading(fec: Fec) -> None:
    fec.heading = fec.rows.pop(0)


def _again_without_amounts(fec: Fec) -> None:
    last = fec.rows[-1]
    fec.rows.append([*last[:11], "0,00", "0,00", *last[13:]])


def _on_another_day(fec: Fec) -> None:
    """Two more lines of an entry, on another day, at the end of the file."""
    line = [*fec.rows[2][:3], "20250109", *fec.rows[2][4:]]
    line[13:15] = ["", ""]
    fec.rows += [line, [*line[:11], "0,00", line[11], *line[13:]]]


def _entry_left_out(fec: Fec) -> None:
    del fec.rows[2:5]
    for row in range(len(fec.rows)):
        if fec.get(row, "EcritureLet") == "AA":
            fec.set(row, "EcritureLet", "")
            fec.set(row, "DateLet", "")


def _last_line_first(fec: Fec) -> None:
    fec.rows.insert(0, fec.rows.pop())


def _named(name: str) -> Callable[[Fec], None]:
    return lambda fec: setattr(fec, "name", name)


def _raw(change: Callable[[bytes], bytes]) -> Callable[[Fec], None]:
    return lambda fec: setattr(fec, "raw", change)


def _all(*plants: Callable[[Fec], object]) -> Callable[[Fec], None]:
    def plant(fec: Fec) -> None:
        for one in plants:
            one(fec)

    return plant


def _signed(sense: str) -> Callable[[Fec], None]:
    """Montant and Sens instead of Debit and Credit, with this sense on the first line."""

    def plant(fec: Fec) -> None:
        for row in fec.rows:
            debit, credit = row[11:13]
            row[11:13] = [debit, "D"] if debit != "0,00" else [credit, "C"]
        fec.heading[11:13] = ["Montant", "Sens"]
        fec.rows[0][12] = sense

    return plant


FAULTS: dict[str, Fault] = {
    # the file
    "no name at all": _fault("name_malformed", _named("export.txt")),
    "a name with more in it": _fault("name_siren", _named("356000000FEC20251231-copie.txt")),
    "a name in small letters": _fault("name_siren", _named("356000000fec20251231.txt")),
    "a SIREN with a wrong digit": _fault("siren_invalid", _named("356000001FEC20251231.txt")),
    "a closing date that is none": _fault("name_date", _named("356000000FEC20251331.txt")),
    "nothing in it": _fault("file_empty", _raw(lambda data: b"")),
    "no entries": _fault("no_lines", lambda fec: fec.rows.clear()),
    "UTF-16": _fault("encoding_not_allowed", _raw(lambda data: data.decode().encode("utf-16"))),
    "Windows-1252": _fault(
        "encoding_not_allowed",
        _all(_set(2, "EcritureLib", "œuvre – 1"), lambda fec: setattr(fec, "encoding", "cp1252")),
    ),
    "semicolons": _fault("separator_not_allowed", lambda fec: setattr(fec, "separator", ";")),
    "a line without end": _fault(
        "line_too_long", _all(_set(8, "EcritureLib", "x" * 20_000), _set(9, "EcritureLib", "x" * 20_000))
    ),
    # the heading
    "a column is missing": _fault("column_missing", _each_line(lambda line: line.pop(13))),
    "a column twice": _fault("column_twice", _column_again),
    "columns exchanged": _fault("column_order", _each_line(lambda line: line.insert(6, line.pop(5)))),
    "a separator at the end": _fault("trailing_separator", _each_line(lambda line: line.append(""))),
    "no heading": _fault("heading_missing", _without_heading),
    # fields
    "a separator in a text": _fault("field_count", _all(_set(8, "EcritureLib", "a|b"), _set(9, "EcritureLib", "a|b"))),
    "a line break in a text": _fault(
        "field_count", _all(_set(8, "EcritureLib", "a\nb"), _set(9, "EcritureLib", "a\nb"))
    ),
    "a blank line": _fault("blank_line", _raw(lambda data: data + b"\r\n")),
    "no label": _fault("field_empty", _set(2, "EcritureLib", "")),
    "no account": _fault("field_empty", _set(3, "CompteNum", "  ")),
    "no name of an account": _fault("field_empty", _set(3, "CompteLib", "")),
    "no number": _fault("field_empty number_gap", _of_entry(5, 7, "EcritureNum", "")),
    "no date": _fault("field_empty", _set(3, "EcritureDate", "")),
    "no piece": _fault("data_missing", _set(2, "PieceRef", "")),
    "no date of a piece": _fault("data_missing", _set(2, "PieceDate", "")),
    "no journal": _fault("data_missing", _of_entry(2, 4, "JournalCode", "")),
    "no name of a journal": _fault("data_missing", _set(2, "JournalLib", "")),
    "not validated": _fault("data_missing", _set(2, "ValidDate", "")),
    "no credit": _fault("amount_empty", _set(2, "Credit", "")),
    "a decimal point": _fault("decimal_point", _set(2, "Debit", "1200.00")),
    "a decimal point in a foreign amount": _fault("decimal_point", _set(8, "Montantdevise", "100.00")),
    "thousands apart": _fault("thousands_separator", _set(2, "Debit", "1 200,00")),
    "thousands apart, by a narrow blank": _fault("thousands_separator", _set(2, "Debit", "1\u202f200,00")),
    "thousands apart, by points": _fault("thousands_separator", _set(2, "Debit", "1.200,00")),
    "a word for an amount": _fault("not_numeric", _set(2, "Debit", "mille")),
    "digits of another script": _fault("not_numeric", _set(2, "Debit", "１２００,00")),
    "an exponent": _fault("not_numeric", _set(2, "Debit", "12e2")),
    "neither debit nor credit": _fault("sense_unknown", _signed("X")),
    "a date with slashes": _fault("date_malformed", _set(2, "PieceDate", "10/01/2025")),
    "a day that is none": _fault("date_impossible", _set(2, "PieceDate", "20250230")),
    "a year long ago": _fault("date_year", _set(2, "PieceDate", "18990110")),
    "an account of letters": _fault("account_digits", _set(5, "CompteNum", "BNP01")),
    "debit and credit on a line": _fault(
        "both_sides", _all(_set(2, "Debit", "1300,00"), _set(2, "Credit", "100,00"))
    ),
    "nothing on a line": _fault("zero_line", _again_without_amounts),
    "a tab in a text": _fault("control_character", _set(2, "EcritureLib", "Facture\t87")),
    "a currency that is none": _fault("currency_unknown", _set(8, "Idevise", "DOL")),
    "an amount without its currency": _fault("currency_missing", _set(8, "Idevise", "")),
    "a currency without its amount": _fault("currency_without_amount", _set(8, "Montantdevise", "")),
    "a third party on sales": _fault(
        "third_party_account", _all(_set(3, "CompAuxNum", "C1"), _set(3, "CompAuxLib", "Client"))
    ),
    "a third party without a name": _fault("third_party_half", _set(8, "CompAuxLib", "")),
    # entries
    "an amount changed": _fault("entry_unbalanced total_unbalanced", _set(8, "Debit", "91,00")),
    "two entries out of balance that make up for each other": _fault(
        "entry_unbalanced", _all(_set(9, "Credit", "91,00"), _set(5, "Debit", "1701,00"))
    ),
    "a balance lost with a line's number": _fault(
        "total_unbalanced field_empty number_gap",
        _all(_of_entry(5, 7, "EcritureNum", ""), _set(5, "Debit", "1700,01")),
    ),
    "two dates": _fault("entry_dates", _set(3, "EcritureDate", "20250109")),
    "two dates of one number far apart": _fault("entry_dates validation_order", _on_another_day),
    "two journals": _fault("entry_journals", _of_entry(4, 4, "JournalCode", "OD")),
    "validated on two days": _fault("entry_valid_dates", _set(4, "ValidDate", "20250111")),
    "an entry left out": _fault("number_gap", _entry_left_out),
    "a number without digits": _fault("number_without_digits", _of_entry(8, 9, "EcritureNum", "DERNIERE")),
    "out of order": _fault("validation_order", _last_line_first),
    "validated before its date": _fault("validated_before", _of_entry(8, 9, "EcritureDate", "20250302")),
    "an entry after the closing": _fault(
        "date_after_closing",
        _all(_of_entry(8, 9, "EcritureDate", "20260101"), _of_entry(8, 9, "ValidDate", "20260101")),
    ),
    "an entry of long ago": _fault("date_before_year", _of_entry(0, 1, "EcritureDate", "20230101")),
    # letters
    "a letter too many": _fault(
        "letter_unbalanced", _all(_set(8, "EcritureLet", "AC"), _set(8, "DateLet", "20250301"))
    ),
    "a letter without a date": _fault("letter_without_date", _set(6, "DateLet", "")),
    "a date without a letter": _fault("letter_date_alone", _set(8, "DateLet", "20250301")),
}  # fmt: skip
