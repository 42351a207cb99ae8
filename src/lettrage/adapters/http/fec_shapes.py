"""What our own API answers about FECs and the chain of entries."""

from typing import Literal

from lettrage.adapters.http.fields import Shape
from lettrage.adapters.http.shapes import Finding


class Head(Shape):
    """Where the chain of entries stands: `number` and `date` of the last one, "" where there is none."""

    dossier: str
    head: str
    entries: int
    number: str
    date: str


class FecFinding(Finding):
    """One thing found in an FEC. `level`: error, missing, alert; `more`: so many others of its code are not listed."""

    level: Literal["error", "missing", "alert"]
    line: int | None
    column: str | None
    seen: str
    expected: str
    more: int
    official: bool
    message_en: str
    fix_fr: str
    fix_en: str


class FecFile(Shape):
    """What a file is, as far as it could be read; sums with a decimal comma."""

    name: str
    encoding: str
    separator: str
    lines: int
    entries: int
    debit: str
    credit: str


class FecVerdict(Shape):
    """An FEC, judged. `ok`: nothing was found; `conform`: nothing but alerts."""

    ok: bool
    conform: bool
    findings: list[FecFinding]
    levels: dict[str, int]
    file: FecFile


class FecExported(FecVerdict):
    """The FEC of a year as it would be exported, and the description that goes with it."""

    written: bool
    provisional: bool
    description: str
