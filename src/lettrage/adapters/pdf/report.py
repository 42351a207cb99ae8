"""A report as a PDF: a table for each of its parts, what proves it, and at the foot the chain's head and the moment."""

from datetime import date, datetime
from fractions import Fraction
from importlib.resources import files
from typing import Any

import msgspec
import typst

from lettrage.adapters.pdf.french import day as french_day
from lettrage.adapters.pdf.french import figures as french_figures
from lettrage.adapters.pdf.french import flowing, fonts, writable
from lettrage.books.reports.report import Cell, Report, Row, percentage
from lettrage.books.reports.said import HEAD_SHOWN, cells, criteria, heads, notes, proof, title, word
from lettrage.company.dossier import Company
from lettrage.dates import PARIS
from lettrage.limits import REPORT_ROWS_PRINTED
from lettrage.money import Amount, decimal_text
from lettrage.refusal import Language, Refusal, Stop

_json = msgspec.json.Encoder().encode
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TAGGED = 500  # rows up to which every cell is told to screen readers; more of them take gigabytes
_LEAST = 9  # characters that a column of amounts has room for, for its head
_WIDE = 7  # columns from which on the paper is turned


def report_pdf(report: Report, company: Company, at: datetime, language: Language) -> bytes:
    """The report as PDF/A-2b; the same at the same moment gives the same bytes. Raises Stop for too long a one."""
    count = sum(1 for _ in report.rows)
    if count > REPORT_ROWS_PRINTED:
        raise Stop(Refusal("report_too_long", "format", str(count), str(REPORT_ROWS_PRINTED)))
    compiled: bytes = typst.compile(
        files("lettrage.adapters.pdf").joinpath("report.typ").read_bytes(),
        format="pdf",
        font_paths=fonts(),
        sys_inputs={"report": _json(_content(report, company, at, language)).decode()},
        pdf_standards=["a-2b"],
        pdf_tags=count <= _TAGGED,
    )
    return compiled


def _content(report: Report, company: Company, at: datetime, language: Language) -> dict[str, Any]:
    """Everything that the template writes, as texts."""
    moment = at.astimezone(PARIS)
    name = title(report, language)
    return {
        "lang": language,
        "day": [moment.year, moment.month, moment.day],
        "company": writable(company.name),
        "siren": f"SIREN {company.siret[:9]}" if company.siret else "",
        "title": name,
        "of": writable(criteria(report, language, lambda day: _day(day, language))),
        "unit": word(language, "said", "in_currency", currency=report.currency.code),
        "wide": len(report.columns) > _WIDE,
        "heads": heads(report, language),
        "widths": widths(report, language),
        "right": [column.kind in ("money", "count", "percent") for column in report.columns],
        "parts": [
            {
                "head": writable(" · ".join(filter(None, (part.code, part.name)))),
                "rows": [_row(report, row, language) for row in part.rows],
            }
            for part in report.sections
            if part.rows
        ],
        "totals": [_row(report, row, language, whole=True) for row in report.totals],
        "nothing": word(language, "said", "nothing"),
        "proof": [writable(line) for line in proof(report, language, lambda amount: _figures(amount, language))],
        "notes": [writable(note) for note in notes(report, company.late_payment, language)],
        "foot": _foot(report, moment, language),
        "page": word(language, "said", "page"),
    }


def widths(report: Report, language: Language) -> list[dict[str, int]]:
    """How wide each column is: a share of what is left, or as wide as so many characters."""
    longest = [max(map(len, head.split())) for head in heads(report, language)]
    for row in report.rows:
        for at, cell in enumerate(row.cells):
            longest[at] = max(longest[at], len(_text(cell, language)))
    return [
        {"share": column.share, "letters": max(most, _LEAST if column.kind == "money" else 0)}
        for column, most in zip(report.columns, longest, strict=True)
    ]


def _foot(report: Report, moment: datetime, language: Language) -> str:
    said = f"{_day(moment.date(), language)} {moment:%H:%M}"
    return word(language, "said", "foot", head=report.head[:HEAD_SHOWN], entries=report.entries, moment=said)


def _row(report: Report, row: Row, language: Language, *, whole: bool = False) -> dict[str, Any]:
    texts = [_text(cell, language) for cell in cells(report, row, language, whole=whole)]
    if row.style == "line":
        nothing = [isinstance(cell, Amount) and not cell.minor for cell in row.cells]
        texts = ["–" if blank else text for text, blank in zip(texts, nothing, strict=True)]
    return {"style": "whole" if whole else row.style, "cells": texts}


def _text(cell: Cell, language: Language) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Amount):
        return _figures(cell, language)
    if isinstance(cell, date):
        return _day(cell, language)
    if isinstance(cell, Fraction):
        said = percentage(cell)
        return f"{said.replace('.', ',')}\u00a0%" if language == "fr" else f"{said}%"
    return str(cell) if isinstance(cell, int) else flowing(cell)


def _figures(amount: Amount, language: Language) -> str:
    if language == "fr":
        return french_figures(amount.minor, amount.currency)
    whole, _, part = decimal_text(abs(amount.minor), amount.currency.decimals).partition(".")
    sign = "\u2212" if amount.minor < 0 else ""
    return f"{sign}{int(whole):,}" + (f".{part}" if part else "")


def _day(of: date, language: Language) -> str:
    return french_day(of) if language == "fr" else f"{of.day} {_MONTHS[of.month - 1]} {of.year}"
