"""A list as a file for spreadsheets: what a program opens without harm, and a person without asking how."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from lettrage.money import Amount
from lettrage.refusal import Language

Cell = str | int | date | Amount | None
# What makes a program take a text for a formula; some take the full-width forms of these signs for the signs.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BOM = "\ufeff"


def written(heads: Sequence[str], rows: Iterable[Sequence[Cell]], language: Language) -> bytes:
    """The rows under their heads: semicolons and decimal commas in French, commas and points in English."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if language == "fr" else ",", lineterminator="\r\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_cell(cell, language) for cell in row])
    return (_BOM + out.getvalue()).encode()


def _cell(cell: Cell, language: Language) -> str:
    """An amount stays a number even below zero; a text that would be taken for a formula is marked as text."""
    if cell is None:
        return ""
    if isinstance(cell, Amount):
        return cell.text.replace(".", ",") if language == "fr" else cell.text
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y") if language == "fr" else cell.isoformat()
    if isinstance(cell, int):
        return str(cell)
    return marked(cell)


def marked(text: str) -> str:
    """A text as a cell: one that would be taken for a formula is marked as text."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text
