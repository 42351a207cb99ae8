"""The heading of an FEC: which column stands where, and what is wrong about it."""

from collections.abc import Sequence

import msgspec

from lettrage.books.fec.columns import COLUMNS, MONTANT, NAMES, SENS, Column, known
from lettrage.books.fec.finding import Findings


class Layout(msgspec.Struct, frozen=True):
    """Where each column stands; -1 for one that is missing. `width`: how many fields a line has."""

    width: int
    places: dict[str, int]
    signed: bool  # Montant and Sens instead of Debit and Credit

    def columns(self) -> tuple[Column, ...]:
        """The columns that a line should have."""
        if not self.signed:
            return COLUMNS
        both = tuple(column for column in COLUMNS if column.name not in ("Debit", "Credit"))
        return (*both[:11], MONTANT, SENS, *both[11:])


def layout_of(headings: Sequence[str], found: Findings) -> Layout:
    """Read a heading; what is wrong about it is noted."""
    trailing = len(headings) > 1 and not headings[-1].strip()
    if trailing:
        found.add("trailing_separator", 1)
    places: dict[str, int] = {}
    for at, heading in enumerate(headings):
        column = known(heading)
        if column is None:
            continue
        if column.name in places:
            found.add("column_twice", 1, column.name)
        else:
            places[column.name] = at
    signed = "Montant" in places and "Debit" not in places
    layout = Layout(len(headings), places, signed)
    _in_order(layout, found)
    return layout


def _in_order(layout: Layout, found: Findings) -> None:
    previous = -1
    for at, column in enumerate(layout.columns()):
        place = layout.places.get(column.name, -1)
        if place < 0:
            found.add("column_missing", 1, column.name)
            continue
        if place < previous:
            found.add("column_order", 1, column.name, str(place + 1), str(at + 1))
        previous = max(previous, place)


def has_heading(headings: Sequence[str]) -> bool:
    """Whether a first line names columns rather than holding an entry."""
    return any(known(heading) is not None for heading in headings)


def by_position(width: int) -> Layout:
    """Where the columns stand in a file without a heading."""
    return Layout(width, {name: at for at, name in enumerate(NAMES) if at < width}, signed=False)
