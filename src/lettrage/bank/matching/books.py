"""The facts in the order in which lines ask for them; what an earlier line has taken for certain is gone."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import TypeVar

from lettrage.bank.matching.covering import Pool
from lettrage.bank.matching.facts import Facts, Open
from lettrage.bank.matching.payers import Who
from lettrage.bank.matching.references import PieceIndex
from lettrage.company.states import Direction
from lettrage.money import Currency

V = TypeVar("V")
K = TypeVar("K", bound=Hashable)
Key = tuple[str, Direction, str]  # third party, direction, currency


class OpenItems:
    """What is open of one third party as one direction sees it, by due date."""

    def __init__(self, items: Sequence[Open], direction: Direction) -> None:
        self.items = tuple(sorted(items, key=lambda item: (item.due_date, item.date, item.id)))
        self.amounts = tuple(item.seen(direction) for item in self.items)

    @cached_property
    def pool(self) -> Pool:
        """For the search of choices."""
        return Pool(self.amounts)

    @cached_property
    def total(self) -> int:
        """All of it together."""
        return sum(self.amounts)


class Books:
    """Everything that lines are looked up in."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.who = Who(facts.parties, facts.learnt_ibans, facts.learnt_names)
        self.pieces = PieceIndex(facts.items, facts.settled)
        self.gone: set[str] = set()
        self._own: dict[str, list[Open]] = defaultdict(list)
        self._sums: dict[tuple[int, str, Direction], list[Open]] = defaultdict(list)
        for item in facts.items:
            self._own[item.third_party].append(item)
            for direction in _DIRECTIONS:
                if (seen := item.seen(direction)) > 0 and item.kind != "advance":
                    self._sums[seen, item.currency.code, direction].append(item)
        self._pools: dict[Key, OpenItems] = {}
        self.slips_at = _by(facts.slips, lambda slip: slip.bank)
        self.waiting_of = _by(facts.waiting, lambda one: (one.direction, one.currency.code, one.amount))
        self.waiting_named = {one.end_to_end: one for one in facts.waiting if one.end_to_end}
        self.files = _by((one for one in facts.waiting if one.file is not None), lambda one: one.file)
        self.posted_at = _by(facts.posted, lambda one: (one.bank, one.amount))
        self.back_of = _by(facts.at_bank, lambda one: (one.direction, one.currency.code, one.amount))
        self.back_named = {one.end_to_end: one for one in facts.at_bank if one.end_to_end}

    # ------------------------------------------------------------ due items

    def open_of(self, party: str, direction: Direction, currency: Currency) -> OpenItems:
        """What is open of a third party in one currency."""
        key = (party, direction, currency.code)
        if key not in self._pools:
            own = [item for item in self._own.get(party, ()) if item.currency.code == currency.code]
            self._pools[key] = OpenItems([item for item in own if self.there(item)], direction)
        return self._pools[key]

    def currencies_of(self, party: str) -> list[Currency]:
        """In which currencies a third party has something open."""
        return list(dict.fromkeys(item.currency for item in self._own.get(party, ()) if self.there(item)))

    def of_amount(self, amount: int, currency: Currency, direction: Direction) -> list[Open]:
        """Due items of exactly this amount, whosever they are, the earliest first."""
        found = [item for item in self._sums.get((amount, currency.code, direction), ()) if self.there(item)]
        return sorted(found, key=lambda item: (item.due_date, item.id))

    def there(self, item: Open) -> bool:
        """Whether no line has taken it yet."""
        return f"item {item.id}" not in self.gone

    # ------------------------------------------------------------ what is taken

    def take(self, targets: Iterable[str]) -> None:
        """From now on these are gone."""
        self.gone |= set(targets)
        self._pools.clear()


_DIRECTIONS: tuple[Direction, ...] = ("encashment", "disbursement")


def _by(values: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = defaultdict(list)
    for value in values:
        found[key(value)].append(value)
    return found
