"""Tables of figures: as text, as JSON, as a picture."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import msgspec

Cell = str | int | float


class Bar(msgspec.Struct, frozen=True):
    """One bar of a picture."""

    label: str
    value: float
    ours: bool = True


class Table(msgspec.Struct, frozen=True):
    """What one part of a run has seen."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    unit: str = ""
    bars: tuple[Bar, ...] = ()


class Aim(msgspec.Struct, frozen=True):
    """What was aimed at, what was reached."""

    aim: str
    figure: str
    reached: bool


class Seen(msgspec.Struct, frozen=True):
    """Everything that one run of a part has seen."""

    day: str
    machine: str
    command: str
    tables: tuple[Table, ...]
    aims: tuple[Aim, ...] = ()
    seconds: float = 0.0
    peak: float = 0.0
    """The mebibytes that the part's own process held at most."""
    others: float = 0.0
    """The same of the largest process that it started."""
    failed: str = ""
    """Why it did not end."""


def shown(cell: Cell) -> str:
    """A figure with as many digits as it is worth."""
    if isinstance(cell, float):
        digits = max(0, 3 - len(str(int(abs(cell))))) if cell else 0
        return f"{cell:,.{digits}f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def markdown(table: Table) -> str:
    """The table as the documents show it."""
    kinds = [all(isinstance(row[at], int | float) for row in table.rows) for at in range(len(table.columns))]
    lines = [table.columns, tuple("---:" if numbers else "---" for numbers in kinds)]
    lines += [tuple(map(shown, row)) for row in table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# ---------------------------------------------------------------- pictures

WIDTH, LABEL, ROW, TOP = 760, 300, 24, 34
# Ours are blue, the others grey, on white or, where the reader wants it so, on black.
COLOURS = (
    "<style>text{fill:#222}.paper{fill:#fff}.ours{fill:#1f5f8b}.theirs{fill:#b8b8b8}"
    "@media(prefers-color-scheme:dark){"
    "text{fill:#e6e6e6}.paper{fill:#0d1117}.ours{fill:#4ea3d8}.theirs{fill:#6e7681}}</style>"
)


def picture(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """Bars from the left, each with its figure; lengths are in proportion."""
    longest = max(bar.value for bar in bars)
    height = TOP + ROW * len(bars) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' font-family="sans-serif" font-size="13" role="img"><title>{escape(title)}</title>',
        COLOURS,
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        f'<text x="10" y="20" font-weight="bold">{escape(title)}, {escape(unit)}</text>',
    ]
    for at, bar in enumerate(bars):
        top, length = TOP + at * ROW, (WIDTH - LABEL - 90) * bar.value / longest
        parts.append(
            f'<text x="{LABEL - 8}" y="{top + 16}" text-anchor="end">{escape(bar.label)}</text>'
            f'<rect x="{LABEL}" y="{top + 3}" width="{max(length, 1):.1f}" height="{ROW - 7}"'
            f' class="{"ours" if bar.ours else "theirs"}"/>'
            f'<text x="{LABEL + length + 6:.1f}" y="{top + 16}">{shown(float(bar.value))}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


# ---------------------------------------------------------------- kept

KEPT = Path(__file__).parent.parent / "docs" / "benchmarks"


def keep(part: str, seen: Seen) -> None:
    """Keep what a part has seen: figures as JSON, one picture for each table that has bars."""
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{part}.json").write_bytes(msgspec.json.format(msgspec.json.encode(seen), indent=1) + b"\n")
    for table in seen.tables:
        if table.bars:
            (KEPT / f"{table.name}.svg").write_text(picture(table.title, table.unit, table.bars), "utf-8")


def kept(part: str) -> Seen | None:
    """What the last run of this part has seen."""
    file = KEPT / f"{part}.json"
    return msgspec.json.decode(file.read_bytes(), type=Seen) if file.exists() else None
