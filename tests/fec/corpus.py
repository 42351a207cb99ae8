"""Sound FECs in the shapes of several programs (`sound/`), for faults to be planted in.

All of it is made up. The shapes are those that programs are known to write: an opening of its own journal, amounts
filled with zeros or as short as they can be, numbers for each journal, Montant and Sens, a heading in capitals.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lettrage.books.fec.columns import NAMES

NAME = "356000000FEC20251231.txt"
_SOUND = Path(__file__).parent / "sound"


@dataclass
class Fec:
    """An FEC as rows, and how its file is written."""

    rows: list[list[str]]
    heading: list[str]
    separator: str = "|"
    encoding: str = "utf-8"
    end: str = "\r\n"
    name: str = NAME
    raw: Callable[[bytes], bytes] = bytes  # what is done to the file at last

    def set(self, row: int, column: str, value: str) -> None:
        """Put another value into a row, counted from 0."""
        self.rows[row][self.heading.index(column)] = value

    def get(self, row: int, column: str) -> str:
        """What stands in a row."""
        return self.rows[row][self.heading.index(column)]

    def bytes(self) -> bytes:
        """The file."""
        text = "".join(self.separator.join(line) + self.end for line in (self.heading, *self.rows))
        return self.raw(text.encode(self.encoding))


def _rows(name: str) -> list[list[str]]:
    return [line.split("|") for line in (_SOUND / f"{name}.txt").read_text("utf-8").splitlines()]


def ours() -> Fec:
    """As we write it: numbers over the whole year, the opening with number zero, letters of whole groups."""
    return Fec(_rows("ours"), list(NAMES))


def like_odoo() -> Fec:
    """`|`, CRLF, amounts filled with zeros behind a blank, `-` for no piece, `/` for no label, a number by journal."""
    return Fec(_rows("like_odoo"), list(NAMES))


def like_tryton() -> Fec:
    """Tabs, each journal with numbers from 1, the date of posting as ValidDate, amounts as short as they can be."""
    return Fec(_rows("like_tryton"), list(NAMES), separator="\t", end="\n")


def like_sage() -> Fec:
    """ISO 8859-15, a heading in capitals with an accent, Montant and Sens, signs at either end, columns behind."""
    heading = [*NAMES[:11], "Montant", "Sens", *NAMES[13:], "DateRglt", "ModeRglt"]
    heading = [name.upper().replace("PIECEREF", "PIÉCEREF") for name in heading]
    return Fec(_rows("like_sage"), heading, separator="\t", encoding="iso-8859-15")


SOUND: dict[str, Callable[[], Fec]] = {
    "ours": ours,
    "like_odoo": like_odoo,
    "like_tryton": like_tryton,
    "like_sage": like_sage,
}
