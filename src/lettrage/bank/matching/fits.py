"""How an amount may settle a few due items of one third party: exactly, or with what makes it fit."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal

import msgspec

from lettrage.bank.matching.facts import Open
from lettrage.bank.matching.proposal import Part
from lettrage.bank.statements.document import StatementLine
from lettrage.company.dossier import Company
from lettrage.company.states import Direction
from lettrage.money import apportion, rounded

# In the order of likelihood.
How = Literal["exact", "fees_told", "discount", "difference", "fees", "exchange", "part", "surplus"]

FEES_MOST = 60_00  # of the home currency's minor units: what banks keep on the way, at most
FEES_SHARE = Fraction(5, 100)
GRACE_DAYS = 5  # after the due date a discount may still be taken: the money was on its way
_STEPS = 400  # discounts are quarters of a percent


class Fit(msgspec.Struct, frozen=True):
    """One way; `share` is the discount's."""

    how: How
    parts: tuple[Part, ...]
    fees: int = 0
    share: Fraction = Fraction(0)


def fits(
    items: Sequence[Open], line: StatementLine, amount: int, direction: Direction, company: Company, abroad: bool
) -> Iterator[Fit]:
    """Every way in which the line's amount may settle these items, all in the line's currency, by due date."""
    seen = [item.seen(direction) for item in items]
    total = sum(seen)
    if total == amount:
        yield Fit("exact", _whole(items, seen))
        return
    told = line.fees if direction == "encashment" else -line.fees
    if line.fees and total == amount + told:
        yield Fit("fees_told", _whole(items, seen), line.fees)
        return
    if total > amount:
        yield from _short(items, seen, total - amount, line, direction, company, abroad)
    elif total > 0:
        yield from _over(items, seen, amount - total, line, company)


def _short(
    items: Sequence[Open],
    seen: Sequence[int],
    short: int,
    line: StatementLine,
    direction: Direction,
    company: Company,
    abroad: bool,
) -> Iterator[Fit]:
    discounted = _discounts(items, seen, short, line, direction, company.discount_limit)
    if discounted is not None:
        yield discounted
    largest = max(range(len(items)), key=lambda at: seen[at])
    if _tolerated(short, seen[largest], line, company):
        yield Fit("difference", _with(items, seen, largest, difference=short))
    if abroad and short <= min(FEES_MOST, rounded(sum(seen) * FEES_SHARE)) and direction == "encashment":
        yield Fit("fees", _whole(items, seen), short)
    if short < seen[-1]:
        yield Fit("part", _with(items, seen, len(items) - 1, left=short))


def _over(
    items: Sequence[Open], seen: Sequence[int], over: int, line: StatementLine, company: Company
) -> Iterator[Fit]:
    largest = max(range(len(items)), key=lambda at: seen[at])
    if _tolerated(over, seen[largest], line, company):
        yield Fit("difference", _with(items, seen, largest, difference=-over))
    advance = Part(items[0].third_party, over, line.currency.code, "WAR")
    yield Fit("surplus", (*_whole(items, seen), advance))


def _discounts(
    items: Sequence[Open],
    seen: Sequence[int],
    short: int,
    line: StatementLine,
    direction: Direction,
    limit: Fraction,
) -> Fit | None:
    """The discount that explains what is missing, of one rate on all that is not yet due; None where none does."""
    own = "customer" if direction == "encashment" else "supplier"
    may = [
        at
        for at, item in enumerate(items)
        if seen[at] > 0 and item.ledger == own and (line.date - item.due_date).days <= GRACE_DAYS
    ]
    base = sum(seen[at] for at in may)
    if not base:
        return None
    share = rounded(Fraction(short * _STEPS, base)) * Fraction(1, _STEPS)
    if not 0 < share <= limit:
        return None
    each = {at: rounded(seen[at] * share) for at in may}
    if sum(each.values()) != short:
        if rounded(base * share) != short:
            return None
        each = dict(zip(may, apportion(short, [seen[at] for at in may]), strict=True))
    if any(part > seen[at] * limit for at, part in each.items()):
        return None
    parts = tuple(_part(item, seen[at] - each.get(at, 0), discount=each.get(at, 0)) for at, item in enumerate(items))
    return Fit("discount", parts, share=share)


def _tolerated(gap: int, open_: int, line: StatementLine, company: Company) -> bool:
    """Whether the dossier lets a difference of this size be written off; in a foreign currency nobody is asked here."""
    if line.currency != company.currency:
        return False
    allowed = company.settlement_difference
    within = allowed.amount is None or gap <= allowed.amount
    return within and (allowed.percent is None or gap <= open_ * allowed.percent)


def _whole(items: Sequence[Open], seen: Sequence[int]) -> tuple[Part, ...]:
    return tuple(_part(item, amount) for item, amount in zip(items, seen, strict=True))


def _with(
    items: Sequence[Open], seen: Sequence[int], at: int, *, difference: int = 0, left: int = 0
) -> tuple[Part, ...]:
    """All of them whole, but one with a difference, or with something left to pay."""
    return tuple(
        _part(item, amount - (difference + left if place == at else 0),
              difference=difference if place == at else 0, left=left if place == at else 0)
        for place, (item, amount) in enumerate(zip(items, seen, strict=True))
    )  # fmt: skip


def _part(item: Open, amount: int, *, discount: int = 0, difference: int = 0, left: int = 0) -> Part:
    advance = item.kind == "advance"
    return Part(
        item.third_party, amount, item.currency.code, "WAR" if advance else "PAYMENT", item.id, item.prefix, item.piece,
        None if advance else item.due_date, discount, difference, left, None, item.transaction if advance else None,
        item.order if advance else None,
    )  # fmt: skip
