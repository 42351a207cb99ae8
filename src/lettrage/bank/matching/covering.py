"""Which open amounts add up to a sum exactly: whole numbers, credit notes included, within bounds.

Up to `WHOLE` amounts every choice is looked at, by halves: all sums of one half are kept, and met by those of the
other.
Beyond that only choices of up to three are, and the search says that it has not seen everything.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import combinations

import msgspec

WHOLE = 22  # amounts of which every choice is looked at: 2 times 2 ** 11 sums
SMALL = 120  # amounts of which every choice of three is looked at
CHOICES_MOST = 12  # choices given; one more tells that there are others


class Covering(msgspec.Struct, frozen=True):
    """Choices (places, in order) that add up to a sum. `complete`: there is no other."""

    choices: tuple[tuple[int, ...], ...]
    complete: bool

    @property
    def only(self) -> bool:
        """Whether there is one, and no other."""
        return self.complete and len(self.choices) == 1


class Pool:
    """Amounts of which choices are looked for again and again: what can be prepared is prepared once."""

    def __init__(self, amounts: Sequence[int]) -> None:
        self.amounts = tuple(amounts)
        self._whole = len(amounts) <= WHOLE
        self._halves: tuple[dict[int, list[int]], dict[int, list[int]]] | None = None
        self._at: dict[int, list[int]] | None = None

    def adding_up_to(self, total: int) -> Covering:
        """The choices of at least one amount that add up to this."""
        if self._whole:
            return self._every(total)
        return self._few(total)

    def _every(self, total: int) -> Covering:
        middle = len(self.amounts) // 2
        if self._halves is None:
            self._halves = _sums(self.amounts[:middle]), _sums(self.amounts[middle:])
        left, right = self._halves
        if len(right) < len(left):
            met = ((masks, right_masks) for s, right_masks in right.items() if (masks := left.get(total - s)))
        else:
            met = ((masks, right_masks) for s, masks in left.items() if (right_masks := right.get(total - s)))
        found: list[tuple[int, ...]] = []
        for masks, others in met:
            for one in masks:
                for other in others:
                    if one | other:
                        found.append(_places(one | other << middle))
                    if len(found) > CHOICES_MOST:
                        return Covering(_simplest(found), False)
        return Covering(_simplest(found), True)

    def _few(self, total: int) -> Covering:
        if self._at is None:
            self._at = {}
            for place, amount in enumerate(self.amounts):
                self._at.setdefault(amount, []).append(place)
        found: list[tuple[int, ...]] = [(place,) for place in self._at.get(total, ())[: CHOICES_MOST + 1]]
        for one, amount in enumerate(self.amounts):
            if len(found) > CHOICES_MOST:
                break
            others = self._at.get(total - amount, ())
            later = bisect_right(others, one)
            found += [(one, other) for other in others[later : later + CHOICES_MOST + 1]]
        if len(self.amounts) <= SMALL and len(found) <= CHOICES_MOST:
            found += self._threes(total, CHOICES_MOST + 1 - len(found))
        return Covering(_simplest(found), False)

    def _threes(self, total: int, most: int) -> list[tuple[int, ...]]:
        assert self._at is not None
        found: list[tuple[int, ...]] = []
        for one, other in combinations(range(len(self.amounts)), 2):
            left = total - self.amounts[one] - self.amounts[other]
            found += [(one, other, third) for third in self._at.get(left, ()) if third > other]
            if len(found) >= most:
                break
        return found


def _sums(amounts: Sequence[int]) -> dict[int, list[int]]:
    """Every sum of a choice of these, with the choices (bits) that make it: a few of each are enough."""
    sums = {0: [0]}
    for place, amount in enumerate(amounts):
        bit = 1 << place
        for total, masks in list(sums.items()):
            longer = sums.setdefault(total + amount, [])
            longer += [mask | bit for mask in masks[: CHOICES_MOST + 1 - len(longer)] if not mask & bit]
    return sums


def _places(mask: int) -> tuple[int, ...]:
    return tuple(place for place in range(mask.bit_length()) if mask >> place & 1)


def _simplest(found: list[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """The choices with the fewest amounts, the oldest of them first."""
    return tuple(sorted(dict.fromkeys(found), key=lambda choice: (len(choice), choice))[:CHOICES_MOST])
