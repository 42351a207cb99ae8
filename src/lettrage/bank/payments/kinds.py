"""The kinds of payment file: what goes into each, and by which state changes it comes in and goes on. Data."""

from typing import Literal

import msgspec

from lettrage.company.dossier import Company
from lettrage.company.states import DUE, Direction, StateChange

Scheme = Literal["CORE", "B2B"]
SCHEMES: tuple[Scheme, ...] = ("CORE", "B2B")


class Kind(msgspec.Struct, frozen=True):
    """A kind of file: its instruments wait in one of these states, in this direction.

    `entered`: the state into which the due items that are chosen for it are brought.
    """

    key: str
    direction: Direction
    states: tuple[str, ...]
    entered: str
    most: int  # minor units of one amount


KINDS = {
    kind.key: kind
    for kind in (
        Kind("transfers", "disbursement", ("V30", "S30"), "S30", 99_999_999_999),
        Kind("debits", "encashment", ("D30",), "D30", 99_999_999_999),
        Kind("bills", "encashment", ("L30",), "L30", 999_999_999_999),
    )
}


def kind_of(state: str, direction: Direction) -> Kind | None:
    """The kind of file that an instrument in this state goes into; None where there is none."""
    return next((k for k in KINDS.values() if k.direction == direction and state in k.states), None)


def onward(company: Company, state: str, direction: Direction) -> StateChange | None:
    """The state change by which the bank executes what is in this state; None where the dossier has none."""
    ways = [
        change
        for change in company.changes.values()
        if change.step == "move"
        and change.direction == direction
        and state in change.sources
        and change.target == f"{state[:1]}50"
    ]
    return min(ways, key=lambda change: (not change.default, change.code), default=None)


def entering(company: Company, kind: Kind) -> StateChange | None:
    """The state change by which due items come into a kind of file; None where the dossier has none."""
    ways = [
        change
        for change in company.changes.values()
        if change.sources == (DUE,) and change.direction == kind.direction and change.target == kind.entered
    ]
    return min(ways, key=lambda change: (not change.default, change.code), default=None)
