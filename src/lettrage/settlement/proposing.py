"""What a payment probably settles, and how a gap may be closed: proposed to a person, who decides.

Amounts are as the settlement sees them (above zero in its own direction), in one currency.
"""

from collections.abc import Sequence

import msgspec

from lettrage.company.dossier import Company
from lettrage.money import Currency
from lettrage.refusal import Refusal
from lettrage.settlement.document import Detail, Item, Operation, Place
from lettrage.settlement.operations import OPERATIONS, Scene, Target

STEPS_MOST = 100_000  # sums looked at before the search gives up: some hundredths of a second


class Proposal(msgspec.Struct, frozen=True):
    """What of each due item to settle, 0 for none. `exact`: these alone add up to the amount."""

    parts: tuple[int, ...]
    exact: bool

    @property
    def chosen(self) -> list[int]:
        """The places of what is settled."""
        return [place for place, part in enumerate(self.parts) if part]


def proposed(open_: Sequence[int], amount: int) -> Proposal:
    """The items that add up exactly where only one choice does, else the oldest first. `open_`: by age."""
    choice = exactly(open_, amount)
    if choice is None:
        return Proposal(oldest_first(open_, amount), exact=False)
    return Proposal(tuple(value if place in choice else 0 for place, value in enumerate(open_)), exact=True)


def exactly(open_: Sequence[int], amount: int) -> frozenset[int] | None:
    """The one choice of items whose open amounts add up to this; None for none, several, or a search too long."""
    if amount <= 0:
        return None
    above, below = _still_to_come(open_)
    ways: dict[int, tuple[int, ...] | None] = {0: ()}  # a sum -> the only choice that makes it, None for several
    steps = 0
    for place, value in enumerate(open_):
        steps += len(ways)
        if steps > STEPS_MOST:
            return None
        longer = {total + value: None if choice is None else (*choice, place) for total, choice in ways.items()}
        for total, choice in longer.items():
            ways[total] = None if total in ways else choice
        lowest, highest = amount - above[place + 1], amount - below[place + 1]
        ways = {total: choice for total, choice in ways.items() if lowest <= total <= highest}
    found = ways.get(amount)
    return None if found is None else frozenset(found)


def _still_to_come(open_: Sequence[int]) -> tuple[list[int], list[int]]:
    """By place: by how much the items from there on can raise a sum, and lower it."""
    above, below = [0], [0]
    for value in reversed(open_):
        above.append(above[-1] + max(value, 0))
        below.append(below[-1] + min(value, 0))
    return above[::-1], below[::-1]


def oldest_first(open_: Sequence[int], amount: int) -> tuple[int, ...]:
    """As much of each item as is left of the amount; credit notes and advances stay where they are."""
    left, parts = amount, []
    for value in open_:
        part = max(min(value, left), 0)
        parts.append(part)
        left -= part
    return tuple(parts)


def against(
    item: Item, sense: int, operation: Operation, amount: int, company: Company, settled_in: Currency
) -> Refusal | None:
    """What the operation's own rule says against closing a gap with it; None where it may be done."""
    detail = Detail(Place("", {}), operation=operation)
    target = Target(item, sense, [(detail, amount)], {operation: amount})
    return next(OPERATIONS[operation](target, amount, Scene(company, settled_in)), None)
