"""A report in words: its title, what it is of, its heads and cells; the same on paper, on pages and in files."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from lettrage.books.reports.report import Cell, Column, Report, Row, Section, percentage
from lettrage.company.late import LatePayment
from lettrage.money import Amount
from lettrage.refusal import Language

Filed = str | int | date | Amount | None  # a cell of a file
HEAD_SHOWN = 16  # characters of a hash: enough to tell it from any other
_IN_ORDER = ("as_of", "known_on", "first", "last", "journal", "account", "third_party")


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    tree: dict[str, Any] = tomllib.loads(files("lettrage.books.reports").joinpath("words.toml").read_text("utf-8"))
    return tree


def word(language: Language, kind: str, key: str, **values: object) -> str:
    """What is said for a key of a kind, its blanks filled."""
    return _words()[kind][key][language].format(**values)


def title(report: Report, language: Language) -> str:
    """What the report is called."""
    ledger = report.criteria.get("ledger")
    return word(language, "title", f"{report.name}_{ledger}" if ledger else report.name)


def criteria(report: Report, language: Language, day: Callable[[date], str]) -> str:
    """What it is of, in one line: the days, and what it is narrowed down to."""
    told = ((name, report.criteria[name]) for name in _IN_ORDER if name in report.criteria)
    shown = ((name, day(value) if isinstance(value, date) else value) for name, value in told)
    return " ".join(word(language, "criterion", name, value=value) for name, value in shown)


def heads(report: Report, language: Language) -> list[str]:
    """The words above its columns."""
    return [_head(column, report.bounds, language) for column in report.columns]


def _head(column: Column, bounds: Sequence[int], language: Language) -> str:
    at = {"to_30": 0, "to_60": 1, "to_90": 2, "older": 2}.get(column.key)
    if at is None or not bounds:
        return word(language, "column", column.key)
    begins = bounds[at - 1] + 1 if at else 1
    return word(language, "column", column.key, **{"from": begins, "to": bounds[at]})


def cells(report: Report, row: Row, language: Language, *, whole: bool = False) -> list[Cell]:
    """A row's cells, with words for codes. What is no line says what it is; `whole`: the total of all sections."""
    found = [
        word(language, "cell", cell) if isinstance(cell, str) and _is_code(column, cell) else cell
        for column, cell in zip(report.columns, row.cells, strict=True)
    ]
    if row.style == "line" and "paid_on" in (keys := [column.key for column in report.columns]):
        found[keys.index("paid_on")] = found[keys.index("paid_on")] or word(language, "cell", "open")
    if row.style != "line":
        found[_told_in(report)] = word(language, "row", "whole" if whole else row.style)
    return found


def _is_code(column: Column, cell: str) -> bool:
    return column.key in ("waiting", "buyer") and cell in _words()["cell"]


def _told_in(report: Report) -> int:
    """The column that says what a row is when it is no line: the label, else the first one."""
    keys = [column.key for column in report.columns]
    return keys.index("label") if "label" in keys else 0


def proof(report: Report, language: Language, figure: Callable[[Amount], str]) -> list[str]:
    """What proves it, an account a line."""
    sides = ((one, Amount(one.reported, report.currency), Amount(one.posted, report.currency)) for one in report.proof)
    return [
        word(language, "said", "proof", account=one.account, reported=figure(reported), posted=figure(posted))
        for one, reported, posted in sides
    ]


def notes(report: Report, terms: LatePayment, language: Language) -> list[str]:
    """What must be known to read it."""
    if report.name != "interest":
        return []
    points = {"b2b": percentage(terms.b2b_points), "b2g": percentage(terms.b2g_points)}
    return [word(language, "said", "proposal", basis=terms.basis, **points)]


def table(report: Report, language: Language) -> tuple[list[str], Iterator[list[Filed]]]:
    """The report as one table, as files have it: heads and rows; totals are left out, for files are added up anew."""
    parted = any(section.code for section in report.sections)
    before = [word(language, "column", "code"), word(language, "column", "name")] if parted else []
    return [*before, *heads(report, language)], _rows(report.sections, report, language, parted=parted)


def _rows(sections: Sequence[Section], report: Report, language: Language, *, parted: bool) -> Iterator[list[Filed]]:
    for section in sections:
        before: list[Filed] = [section.code, section.name] if parted else []
        for row in section.rows:
            if row.style != "total":
                yield before + [percentage(c) if isinstance(c, Fraction) else c for c in cells(report, row, language)]
