"""The table of promises: which rows there must be, and what promises/*.toml says of each."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

PROMISES = Path(__file__).parent / "promises"

# How many rows each group must have (it may have more), and what it is about.
GROUPS = {
    "A": (7, "Money laws"),
    "B": (7, "Once and only once"),
    "C": (10, "Crash, power, disk"),
    "D": (6, "Network and portal"),
    "E": (3, "Time"),
    "F": (9, "Attacks through data"),
    "G": (12, "People, tenants, secrets"),
    "H": (6, "Load and limits"),
    "I": (1, "The simulation of the whole"),
    "J": (6, "Past one machine"),
}
ROWS = tuple(f"{group}{number}" for group, (count, _) in GROUPS.items() for number in range(1, count + 1))


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row: what is promised and how it is shown; or why it is not promised."""

    promise: str
    command: str = ""  # what follows `python -m`: the long form, with the figure of the table
    short: tuple[str, ...] = ()  # files or tests of pytest that run with every change
    planted: tuple[str, ...] = ()  # bugs that must make it red
    stores: tuple[str, ...] = ()  # sqlite, postgresql: the command is run once for each; none: once
    needs: str = ""  # of the machine, where the command alone does not see to it
    not_promised: str = ""  # the reason

    @property
    def module(self) -> str:
        """The module that the command runs."""
        return self.command.split()[0]


@cache
def promises() -> dict[str, Promise]:
    """Every row that has an entry, in the order of the table."""
    found: dict[str, Promise] = {}
    for file in sorted(PROMISES.glob("*.toml")):
        found |= msgspec.convert(tomllib.loads(file.read_text("utf-8")), dict[str, Promise])
    return {row: found[row] for row in sorted(found, key=place)}


def place(row: str) -> tuple[str, int]:
    """Where a row stands in the table."""
    return row[:1], int(row[1:])
