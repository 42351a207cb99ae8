"""The list of sales: one line for each invoice or credit note in the books, wherever it stands. Values for looking at.

Each line belongs to one view, so that the views add up to the whole; the first that fits is it.
"""

from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Literal

import msgspec

from lettrage.invoicing.doors import Door
from lettrage.money import Currency

View = Literal[
    "a_corriger", "suspendues", "doute", "a_deposer", "en_cours", "chez_le_client", "mises_en_paiement", "reglees",
    "sans_plateforme",
]  # fmt: skip
ALL: Literal["toutes"] = "toutes"
COUNTED = 10_000  # of the latest sales, whose views are counted; an index tells what stopped among all
LOOKED = 1_000  # sales that are looked through at a time by a filter without an index
SUMMED = 1_000  # lines of a filtered list that are counted and summed; of more it is said that there are more
Order = Literal["date", "number", "home"]
Comparison = Literal["<", "=", ">"]


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for. `words`: of the number, or of the customer; `amounts`: with VAT, at home."""

    view: View | Literal["toutes"] = "toutes"
    words: tuple[str, ...] = ()
    customer: str = ""
    commitment: str = ""
    amounts: tuple[tuple[Comparison, int], ...] = ()
    first: Day | None = None
    last: Day | None = None
    establishment: str = ""
    order: Order = "date"
    ascending: bool = False

    @property
    def narrows(self) -> bool:
        """Whether it asks for less than the whole view."""
        return self != Wanted(self.view, order=self.order, ascending=self.ascending)


class Listed(msgspec.Struct, frozen=True):
    """A line. `document`: the newest of its number, None for what was loaded; amounts are below zero for a credit note.

    `door`: the one that it left by, or will leave by as its customer's route is now; "" for none. `state`: on the
    platform of that door.
    """

    id: int
    document: int | None
    number: str
    third_party: str
    name: str
    date: Day
    due: Day | None
    currency: Currency
    amount: int
    open: int
    state: str
    view: View
    door: Door | Literal[""]
    credit: bool

    def is_overdue(self, today: Day) -> bool:
        """Whether money should have come."""
        return self.open > 0 and self.due is not None and self.due < today


class Tally(msgspec.Struct, frozen=True):
    """How many lines, and what is left to pay of them at home. `more`: there may be more than were counted."""

    count: int = 0
    open: int = 0
    more: bool = False


def reads(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """What was typed to search: words, and what was asked by name (`client:C15 montant>1000`)."""
    words: list[str] = []
    named: dict[str, str] = {}
    for part in text.split():
        name, mark, value = _parted(part)
        if name in _NAMES and value:
            named[_NAMES[name] + (mark if mark != ":" else "")] = value
        else:
            words.append(part)
    return tuple(words), named


_NAMES = {
    "client": "customer",
    "customer": "customer",
    "engagement": "commitment",
    "commitment": "commitment",
    "montant": "amount",
    "amount": "amount",
}


def _parted(part: str) -> tuple[str, str, str]:
    """`montant>1000` as name, mark and value; no mark where there is none."""
    for at, character in enumerate(part):
        if character in ":<>=":
            return part[:at].lower(), character, part[at + 1 :]
    return part, "", ""
