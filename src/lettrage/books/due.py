"""What is due as a person looks at it: an open item, a list with its filter and order, a third party's account."""

from collections.abc import Mapping, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from datetime import timedelta
from typing import Literal

import msgspec

from lettrage.books.ageing import AGES, Ageing, age_of, by_age
from lettrage.money import Currency
from lettrage.settlement.document import Ledger

Order = Literal["due_date", "third_party", "carried"]
_DAYS = {"not_due": (None, 0), "to_30": (1, 30), "to_60": (31, 60), "to_90": (61, 90), "older": (91, None)}
ADVANCE = -1  # in the place of an age


class OpenItem(msgspec.Struct, frozen=True):
    """A due item, or an advance, with something open. `carried`: what that is worth at home.

    `document`: the invoice's document, where one is kept; `transaction`: the one that made it.
    """

    id: int
    kind: Literal["invoice", "credit_note", "advance"]
    third_party: str
    name: str
    prefix: str
    piece: str
    date: Day
    due_date: Day
    currency: Currency
    amount: int
    open: int
    carried: int
    disputed: bool
    document: int | None
    transaction: int | None
    label: str = ""
    letter: str = ""  # in small letters, where it is settled in part

    def days_late(self, today: Day) -> int:
        """How many days it is late; 0 for what is not, and for advances."""
        return 0 if self.kind == "advance" else max(0, (today - self.due_date).days)


class Search(msgspec.Struct, frozen=True):
    """Which open items are listed, and in which order. `age`: one of AGES, or "" for all."""

    ledger: Ledger = "customer"
    advances: bool = False  # advances alone; otherwise all but them
    third_party: str = ""
    until: Day | None = None
    overdue: bool = False
    age: str = ""
    disputed: bool = False
    currency: str = ""
    order: Order = "due_date"
    descending: bool = False

    def span(self, today: Day) -> tuple[Day, Day]:
        """The first and the last due date that are listed."""
        first, last = Day.min, self.until or Day.max
        if self.overdue:
            last = min(last, today - timedelta(1))
        if self.age in AGES:
            least, most = _DAYS[self.age]
            last = last if least is None else min(last, today - timedelta(least))
            first = first if most is None else today - timedelta(most)
        return first, last

    @property
    def by_day_alone(self) -> bool:
        """Whether nothing but due dates decides what is listed."""
        return not (self.third_party or self.disputed or self.currency)


class Sum(msgspec.Struct, frozen=True):
    """How many items a list has in all, and what they carry at home."""

    count: int
    carried: int


class Account(msgspec.Struct, frozen=True):
    """What is open of one third party on a day, by due date; advances stand where their date puts them."""

    third_party: str
    name: str
    address: Sequence[str]
    ledger: Ledger
    day: Day
    items: Sequence[OpenItem]

    @property
    def ageings(self) -> Mapping[Currency, Ageing]:
        """What is open by age, in each currency."""
        found: dict[Currency, list[tuple[int, int, int]]] = {}
        for item in self.items:
            age = ADVANCE if item.kind == "advance" else age_of(item.due_date, self.day)
            found.setdefault(item.currency, []).append((age, 1, item.open))
        return {currency: by_age(sums) for currency, sums in sorted(found.items(), key=lambda pair: pair[0].code)}
