"""What the lines of statements make one ask of the books, so that only that is read."""

from collections.abc import Sequence
from datetime import date as Day  # noqa: N812
from datetime import timedelta

import msgspec

from lettrage.bank.matching.facts import Movement
from lettrage.bank.matching.instruments import RETURN_DAYS, RETURN_FEES
from lettrage.bank.matching.others import BOOKED_DAYS, SLIP_BEFORE, SLIP_DAYS
from lettrage.bank.matching.patterns import Patterns
from lettrage.bank.matching.payers import bare
from lettrage.bank.matching.references import spellings

LEARNT_DAYS = 550  # how far back earlier acceptances teach who a payer is


class Asked(msgspec.Struct, frozen=True):
    """Keys and bounds for the store's questions."""

    first: Day
    last: Day
    pieces: frozenset[str]
    ends: frozenset[str]  # end-to-end ids
    ibans: frozenset[str]
    names: frozenset[str]  # as the lines write them
    returned: tuple[tuple[int, int], ...]  # amounts that may come back, from and to

    @property
    def booked_from(self) -> Day:
        """The first day on which a movement, or a slip, may have been booked."""
        return self.first - timedelta(max(BOOKED_DAYS, SLIP_DAYS))

    @property
    def booked_to(self) -> Day:
        """The last one."""
        return self.last + timedelta(max(BOOKED_DAYS, SLIP_BEFORE))

    @property
    def returned_from(self) -> Day:
        """The first day from which a payment may come back."""
        return self.first - timedelta(RETURN_DAYS)

    @property
    def learnt_from(self) -> Day:
        """The first day of acceptances that are heard."""
        return self.first - timedelta(LEARNT_DAYS)


def asked(movements: Sequence[Movement], patterns: Patterns) -> Asked:
    """What these lines ask for."""
    lines = [movement.line for movement in movements]
    days = [line.date for line in lines] or [Day.min + timedelta(LEARNT_DAYS)]
    back = sorted({m.amount for m in movements if _may_be_a_return(m, patterns)})
    return Asked(
        min(days),
        max(days),
        frozenset(spelling for line in lines for spelling in spellings(line)),
        frozenset(e for line in lines for e in (line.end_to_end, *(part.end_to_end for part in line.parts)) if e),
        frozenset(bare(line.iban) for line in lines if line.iban),
        frozenset(line.name for line in lines if line.name),
        tuple((amount - RETURN_FEES, amount) for amount in back),
    )


def _may_be_a_return(movement: Movement, patterns: Patterns) -> bool:
    line = movement.line
    return bool(line.reason or line.reversal) or "return" in patterns.of(f"{line.text} {line.name}", movement.direction)
