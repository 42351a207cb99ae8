"""Money expected by age: how many days late what is open is.

An item that is payable today is not late: it is late from the next day on. Everything is at home, in the sense of its
own ledger: invoices above zero, credit notes and advances below.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from lettrage.company.dossier import AGE_BOUNDS

AGES = ("not_due", "to_30", "to_60", "to_90", "older")
_DAYS_LATE = (0, *AGE_BOUNDS)  # the most of each age but the last


class Ageing(msgspec.Struct, frozen=True):
    """What is open by age (in the order of AGES): how much, how many; and the advances, which have no age."""

    amounts: tuple[int, ...] = (0,) * len(AGES)
    counts: tuple[int, ...] = (0,) * len(AGES)
    advances: int = 0
    advance_count: int = 0

    @property
    def total(self) -> int:
        """What is open, advances aside."""
        return sum(self.amounts)

    @property
    def count(self) -> int:
        """How many items are open, advances aside."""
        return sum(self.counts)

    @property
    def overdue(self) -> int:
        """What of it is late."""
        return sum(self.amounts[1:])

    @property
    def overdue_count(self) -> int:
        """How many items are late."""
        return sum(self.counts[1:])


class PartyAgeing(msgspec.Struct, frozen=True):
    """What one third party has open."""

    third_party: str
    ageing: Ageing


class Receivables(msgspec.Struct, frozen=True):
    """What customers owe by age beside the accounts that carry it.

    `accounts`: those on which open items stand. `carried`: what all items there carry. `posted`: what their entries
    add up to. Two questions to two tables: in sound books they agree.
    """

    ageing: Ageing
    accounts: tuple[str, ...]
    carried: int
    posted: int

    @property
    def gap(self) -> int:
        """By how much the accounts say more than the items."""
        return self.posted - self.carried


def edges(today: date) -> tuple[date, ...]:
    """The earliest due date of each age but the last."""
    return tuple(today - timedelta(days) for days in _DAYS_LATE)


def age_of(due: date, today: date, bounds: Sequence[int] = AGE_BOUNDS) -> int:
    """The place in AGES of what is due on a day."""
    late = (today - due).days
    return next((age for age, most in enumerate((0, *bounds)) if late <= most), len(bounds) + 1)


def by_age(sums: Iterable[tuple[int, int, int]]) -> Ageing:
    """The ageing that sums say, each with its age (-1 for advances), how many items it is of, and what they carry."""
    amounts, counts = [0] * (len(AGES) + 1), [0] * (len(AGES) + 1)
    for age, count, carried in sums:
        amounts[age] += carried
        counts[age] += count
    return Ageing(tuple(amounts[:-1]), tuple(counts[:-1]), amounts[-1], counts[-1])
