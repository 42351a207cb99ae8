"""What a text is read into: a tree whose leaves are all texts, and what had to be mended to read it."""

from collections.abc import Iterable
from typing import TypeAlias, Union

import msgspec

Node: TypeAlias = Union[str, list["Node"], dict[str, "Node"], "Pairs"]

REPAIRS_KEPT = 1_000  # the logbook shows the first ones; a hostile text could ask for millions
WORDS = {"true": "true", "false": "false", "null": ""}


class Pairs(list[tuple[str, Node]]):
    """An object in which the very same name stands twice: its members in the order written."""


class Repair(msgspec.Struct, frozen=True):
    """What was mended in order to read the text: `quote_inside`, `missing_brace` or `stray_closer`."""

    code: str
    line: int
    column: int
    seen: str


class Text(msgspec.Struct, frozen=True):
    """A text that was read: its tree, and the first `REPAIRS_KEPT` repairs in the order of the text."""

    tree: Node
    repairs: tuple[Repair, ...] = ()


def pairs(node: dict[str, Node] | Pairs) -> Iterable[tuple[str, Node]]:
    """The members of an object, in the order written, whether or not a name stands twice."""
    return node if isinstance(node, Pairs) else node.items()


def members(written: list[tuple[str, Node]]) -> dict[str, Node] | Pairs:
    """The object of these members."""
    named = dict(written)
    return named if len(named) == len(written) else Pairs(written)
