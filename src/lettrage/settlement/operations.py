"""The operations of a detail, one small rule each, in a table.

Each rule looks at the sum of one operation on one due item, as the header sees it, and says what is wrong with it.
WAR is not here: an advance has no due item (see `match.py`).
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import msgspec

from lettrage.company.dossier import Company, Tolerance
from lettrage.money import Amount, Currency, percent_text, rounded
from lettrage.refusal import Refusal
from lettrage.settlement.document import Detail, Item, Operation


class Target(msgspec.Struct, gc=False):
    """A due item, the details that settle it, and their sums by operation (the item's currency, as seen).

    `sense` is +1 where the header sees the item's own sense, -1 where it sees the opposite.
    """

    item: Item
    sense: int
    details: list[tuple[Detail, int]]
    sums: dict[Operation, int]

    @property
    def open_seen(self) -> int:
        """The open amount as the header sees it."""
        return self.sense * self.item.open

    def first(self, operation: Operation) -> Detail:
        """The first detail of this operation, where a refusal points."""
        return next(detail for detail, _ in self.details if detail.operation == operation)

    def count(self, operation: Operation) -> int:
        """How many details of this operation."""
        if len(self.sums) == 1:
            return len(self.details) if operation in self.sums else 0
        return len([detail for detail, _ in self.details if detail.operation == operation])

    @property
    def paid_in_full(self) -> bool:
        """By one payment and nothing else, as most are: nothing can be wrong with it."""
        return len(self.details) == 1 and self.sums.get("PAYMENT") == self.sense * self.item.open


class Scene(msgspec.Struct, frozen=True):
    """What a rule may look at beside the due item."""

    company: Company
    currency: Currency | None  # of the settlement; None when it cannot be read


Rule = Callable[[Target, int, Scene], Iterator[Refusal]]


def _refusal(code: str, target: Target, operation: Operation, expected: str = "") -> Refusal:
    seen = Amount(target.sums[operation], target.item.currency).text
    facts = {
        "piece": target.item.piece,
        "operation": operation,
        "open": str(Amount(target.open_seen, target.item.currency)),
    }
    return Refusal(code, target.first(operation).place.of("amount"), seen, expected, facts)


def _sign(target: Target, operation: Operation) -> Iterator[Refusal]:
    """Each detail has the sign of the due item, not only their sum."""
    for detail, amount in target.details:
        if detail.operation == operation and amount * target.open_seen < 0:
            seen = Amount(amount, target.item.currency).text
            expected = "-" if target.open_seen < 0 else "+"
            facts = {"piece": target.item.piece, "operation": operation}
            yield Refusal("wrong_sign", detail.place.of("amount"), seen, expected, facts)


def payment(target: Target, amount: int, scene: Scene) -> Iterator[Refusal]:
    """An ordinary payment has the sign of the due item."""
    yield from _sign(target, "PAYMENT")


def partial(target: Target, amount: int, scene: Scene) -> Iterator[Refusal]:
    """WPA: what stays to pay. Once per due item, with its sign, and less than what is open."""
    yield from _sign(target, "WPA")
    if abs(amount) >= abs(target.open_seen):
        limit = Amount(target.open_seen, target.item.currency).text
        yield _refusal("remainder_too_large", target, "WPA", f"< {limit}")
    elif amount * target.open_seen > 0 and not target.item.parts_are_worth_something(
        target.item.open - target.sense * amount
    ):
        yield _refusal("worth_nothing", target, "WPA", scene.company.currency.code)
    if target.count("WPA") > 1:
        yield _refusal("remainder_twice", target, "WPA", "1 WPA")


def discount(target: Target, amount: int, scene: Scene) -> Iterator[Refusal]:
    """WE: with the sign of the due item, at most the dossier's share of the open amount."""
    yield from _sign(target, "WE")
    if abs(amount) > abs(target.open_seen) * scene.company.discount_limit:
        limit = Amount(int(abs(target.open_seen) * scene.company.discount_limit), target.item.currency)
        yield _refusal("discount_too_large", target, "WE", f"<= {limit.text}")


def settlement_difference(target: Target, amount: int, scene: Scene) -> Iterator[Refusal]:
    """WDR: either sign, within the dossier's tolerance."""
    yield from _tolerated(target, "WDR", scene.company.settlement_difference, scene.company)


def exchange_difference(target: Target, amount: int, scene: Scene) -> Iterator[Refusal]:
    """WDC: like WDR, for a residue in the invoice's currency; without foreign currency there is none."""
    if target.item.currency == scene.currency == scene.company.currency:
        yield _refusal("no_exchange", target, "WDC", "WDR")
    else:
        yield from _tolerated(target, "WDC", scene.company.exchange_difference, scene.company)


def _tolerated(target: Target, operation: Operation, tolerance: Tolerance, company: Company) -> Iterator[Refusal]:
    item, amount = target.item, abs(target.sums[operation])
    home = rounded(Fraction(amount * abs(item.origin_carried), abs(item.origin_amount)))
    limits = []
    if tolerance.amount is not None and home > tolerance.amount:
        limits.append(str(Amount(tolerance.amount, company.currency)))
    if tolerance.percent is not None and amount > abs(item.open) * tolerance.percent:
        limits.append(f"{percent_text(tolerance.percent)}")
    if limits:
        code = "difference_too_large" if target.sums[operation] > 0 else "excess_too_large"
        yield _refusal(code, target, operation, f"<= {', '.join(limits)}")


OPERATIONS: dict[Operation, Rule] = {
    "PAYMENT": payment,
    "WPA": partial,
    "WDR": settlement_difference,
    "WDC": exchange_difference,
    "WE": discount,
}


def judged(target: Target, scene: Scene) -> Iterator[Refusal]:
    """Every fault of the operations on one due item, and their sum against what is open (rule 1)."""
    signs = True
    for operation, amount in target.sums.items():
        for refusal in OPERATIONS[operation](target, amount, scene):
            signs &= refusal.code != "wrong_sign"
            yield refusal
    total = sum(target.sums.values())
    if signs and total != target.open_seen:  # with a wrong sign the sum says nothing more
        yield _sum_differs(target, total)


def _sum_differs(target: Target, total: int) -> Refusal:
    """The details of a due item always cover its open amount; a missing cent is a WDR, never a silent rest."""
    currency = target.item.currency
    gap = Amount(target.open_seen - total, currency)
    facts = {
        "piece": target.item.piece,
        "due": target.item.due_date.isoformat(),
        "gap": gap.text,
        "excess": (-gap).text,
        "currency": currency.code,
    }
    more = abs(total) > abs(target.open_seen)
    place = target.details[0][0].place.of("amount")
    return Refusal(
        "more_than_open" if more else "sum_differs_from_open",
        place,
        Amount(total, currency).text,
        Amount(target.open_seen, currency).text,
        facts,
    )
