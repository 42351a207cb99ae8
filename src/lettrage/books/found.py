"""What a search comes up with."""

from datetime import date
from typing import Literal

import msgspec

from lettrage.money import Currency

Kind = Literal["invoice", "item", "party", "transaction", "slip", "entry", "document"]


class Hit(msgspec.Struct, frozen=True):
    """A thing that was found. `key`: what its page is known by; `code`: the third party, else who or what it is of."""

    kind: Kind
    key: str
    title: str
    code: str = ""
    amount: int | None = None
    currency: Currency | None = None
    date: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What somebody looks for: words, or operators, or both. Amounts in minor units of the home currency.

    `text`: what is left once operators are taken out; `client`: a third party's code or name; `least`, `most`: of what
    is open; `first`, `last`: of a day or a month.
    """

    text: str = ""
    client: str = ""
    least: int | None = None
    most: int | None = None
    first: date | None = None
    last: date | None = None

    @property
    def by_amount(self) -> bool:
        """Whether an amount is asked for."""
        return self.least is not None or self.most is not None
