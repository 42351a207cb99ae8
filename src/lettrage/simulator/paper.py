"""The platform's PDFs: the report of a flow, and an invoice that came without a readable form."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import typst

_TEMPLATE = Path(__file__).with_name("paper.typ")
_FOOTER = "Plateforme de qualification simulée"
MOST_ROWS = 200  # of a table
MOST_IN_A_CELL = 2000


class Part(msgspec.Struct, frozen=True):
    """A table of a sheet; every row has a cell for each column."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def pdf(title: str, facts: Sequence[tuple[str, str]], parts: Sequence[Part]) -> bytes:
    """A sheet as a PDF. Parts without rows are left out, rows past the bound too."""
    sheet = {
        "title": title,
        "footer": _FOOTER,
        "facts": [[label, _writable(value)] for label, value in facts],
        "parts": [
            {
                "title": part.title,
                "columns": part.columns,
                "rows": [[_writable(cell) for cell in row] for row in part.rows[:MOST_ROWS]],
            }
            for part in parts
            if part.rows
        ],
    }
    written: bytes = typst.compile(
        _TEMPLATE.read_bytes(), format="pdf", sys_inputs={"sheet": msgspec.json.encode(sheet).decode()}
    )
    return written


def _writable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text[:MOST_IN_A_CELL])
