"""What a third party owes or is owed: due, not yet due, advances; in each currency, and at home."""

from collections.abc import Iterable
from datetime import date
from operator import add
from typing import Any

import msgspec

from lettrage.books import shapes
from lettrage.company.states import DUE
from lettrage.money import Currency, decimal_text
from lettrage.settlement.document import Item, ThirdParty


class Balance(msgspec.Struct, frozen=True):
    """What is open of one third party in one currency, in minor units; `_home`: what the books carry it at.

    Invoices are above zero, credit notes and advances below, whether it is a customer or a supplier. An item is due
    from its due date on.
    """

    due: int = 0
    not_yet_due: int = 0
    advances: int = 0
    due_home: int = 0
    not_yet_due_home: int = 0
    advances_home: int = 0

    def __add__(self, other: "Balance") -> "Balance":
        """Both together."""
        return Balance(*map(add, msgspec.structs.astuple(self), msgspec.structs.astuple(other)))


def balances(items: Iterable[Item], today: date) -> dict[Currency, Balance]:
    """What is open of these items, by currency."""
    found: dict[Currency, Balance] = {}
    for item in items:
        if item.kind == "advance":
            one = Balance(advances=item.open, advances_home=item.carried)
        elif item.due_date <= today:
            one = Balance(due=item.open, due_home=item.carried)
        else:
            one = Balance(not_yet_due=item.open, not_yet_due_home=item.carried)
        found[item.currency] = found.get(item.currency, Balance()) + one
    return found


def shape(balance: Balance, currency: Currency, home: Currency) -> dict[str, str]:
    """A balance with its totals, in its currency and at home."""
    amounts = msgspec.structs.asdict(balance) | {
        "total": balance.due + balance.not_yet_due + balance.advances,
        "total_home": balance.due_home + balance.not_yet_due_home + balance.advances_home,
    }
    return {"currency": currency.code} | {
        name: decimal_text(amount, (home if name.endswith("_home") else currency).decimals)
        for name, amount in amounts.items()
    }


def statement(
    party: ThirdParty, name: str, lines: Iterable[tuple[Item, str]], unpaid: int, today: date, home: Currency
) -> dict[str, Any]:
    """A third party's account of what is open on a day: each item with its label, and the totals of each currency."""
    kept = list(lines)
    totals = balances((item for item, _ in kept), today)
    by_code = sorted(totals.items(), key=lambda pair: pair[0].code)
    return {
        "third_party": party.code,
        "kind": party.ledger,
        "name": name,
        "date": today.isoformat(),
        "unpaid": unpaid,
        "items": [_line(item, label, today) for item, label in kept],
        "totals": [shape(balance, currency, home) for currency, balance in by_code],
        "home": _at_home(sum(totals.values(), Balance()), home),
    }


def _line(item: Item, label: str, today: date) -> dict[str, Any]:
    made = None if item.transaction is None else str(item.transaction)
    return shapes.item(item, today, made) | {"date": item.date.isoformat(), "label": label, "position": DUE}


def _at_home(balance: Balance, home: Currency) -> dict[str, str]:
    """Everything together, as the books carry it."""
    alike = Balance(balance.due_home, balance.not_yet_due_home, balance.advances_home)
    return {name: text for name, text in shape(alike, home, home).items() if not name.endswith("_home")}
