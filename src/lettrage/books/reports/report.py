"""A report as a value: its columns, its rows in sections, its totals, and what proves them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Literal

import msgspec

from lettrage.money import Amount, Currency

Kind = Literal["text", "day", "money", "count", "percent"]
Style = Literal["line", "opening", "total"]
Cell = str | int | date | Amount | Fraction | None


class Column(msgspec.Struct, frozen=True):
    """A column. `key` names its word and its field in JSON; `share` is how wide it is on paper beside the others."""

    key: str
    kind: Kind = "text"
    share: int = 0  # 0: as wide as its figures


class Row(msgspec.Struct, frozen=True):
    """A row: a cell for each column. An opening balance or a total is said in its first column by its style."""

    cells: Sequence[Cell]
    style: Style = "line"


class Section(msgspec.Struct, frozen=True):
    """A part of a report: of a third party, an account, a journal. Without a code it is the whole of it."""

    rows: Sequence[Row]
    code: str = ""
    name: str = ""


class Proof(msgspec.Struct, frozen=True):
    """What the report makes of an account beside what the ledger says of it: computed apart, and equal."""

    account: str
    reported: int
    posted: int


class Report(msgspec.Struct, frozen=True):
    """A report. `criteria`: what was asked, by name. `bounds`: of the ages, where there are any.

    `entries` and `head`: how many entries it knows, and the hash of the last one.
    """

    name: str
    currency: Currency
    criteria: Mapping[str, str | date]
    columns: Sequence[Column]
    sections: Sequence[Section]
    totals: Sequence[Row] = ()
    proof: Sequence[Proof] = ()
    bounds: Sequence[int] = ()
    entries: int = 0
    head: str = ""

    @property
    def rows(self) -> Iterator[Row]:
        """Every row of every section, then the totals."""
        for section in self.sections:
            yield from section.rows
        yield from self.totals


def shape(report: Report) -> dict[str, Any]:
    """A report as JSON: amounts as decimal texts, days ISO, each row by the keys of its columns."""
    keys = [column.key for column in report.columns]
    return {
        "report": report.name,
        "currency": report.currency.code,
        "criteria": {name: _text(value) for name, value in report.criteria.items()},
        "columns": keys,
        "sections": [
            {"code": part.code, "name": part.name, "rows": [_row(keys, row) for row in part.rows]}
            for part in report.sections
        ],
        "totals": [_row(keys, row) for row in report.totals],
        "proof": [
            {
                "account": one.account,
                "report": Amount(one.reported, report.currency).text,
                "ledger": Amount(one.posted, report.currency).text,
            }
            for one in report.proof
        ],
        "entries": report.entries,
        "head": report.head,
    }


def _row(keys: Sequence[str], row: Row) -> dict[str, Any]:
    return {"row": row.style} | {key: _text(cell) for key, cell in zip(keys, row.cells, strict=True)}


def _text(cell: Cell) -> str | int | None:
    if isinstance(cell, Amount):
        return cell.text
    if isinstance(cell, date):
        return cell.isoformat()
    return percentage(cell) if isinstance(cell, Fraction) else cell


def percentage(rate: Fraction) -> str:
    """A rate in percent as a decimal text without idle zeros: `12.15`."""
    scaled = rate * 10**4
    assert scaled.denominator == 1, rate
    whole, part = divmod(scaled.numerator, 10**4)
    return f"{whole}.{part:04}".rstrip("0").rstrip(".")
