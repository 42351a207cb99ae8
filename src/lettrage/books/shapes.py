"""The JSON shapes of the books: amounts as decimal strings, numbers as strings, dates ISO."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from lettrage.books.entry import Entry
from lettrage.money import Currency, decimal_text
from lettrage.settlement.document import Instrument, Item


def item(value: Item, today: date, transaction: str | None) -> dict[str, Any]:
    """A due item or an open advance. `transaction` is the one that made it, "" in a dry run, None for a loaded one."""
    decimals = value.currency.decimals
    late = (today - value.due_date).days if value.open and value.kind == "invoice" else 0
    return {
        "kind": value.kind,
        "third_party": value.third_party,
        "direction": value.ledger,
        "prefix": value.prefix,
        "piece": value.piece,
        "due_date": value.due_date.isoformat(),
        "currency": value.currency.code,
        "amount": decimal_text(value.amount, decimals),
        "open_amount": decimal_text(value.open, decimals),
        "state": state(value),
        "days_overdue": max(late, 0),
        "previous": None if value.previous is None else str(value.previous),
        "transaction": transaction,
    }


def item_made(value: Item, today: date) -> dict[str, Any]:
    """A due item or an advance, with the transaction that made it."""
    return item(value, today, None if value.transaction is None else str(value.transaction))


def state(value: Item) -> str:
    """An open due item counts as state 10 of its planned means."""
    if not value.open:
        return "settled"
    return "disputed" if value.disputed else f"{value.means or 'V'}10"


def instrument(value: Instrument, home: Currency, identity: str) -> dict[str, Any]:
    """An instrument as its transaction shows it."""
    return {
        "id": identity,
        "order": str(value.order),
        "state": value.state,
        "third_party": value.third_party,
        "currency": value.currency.code,
        "amount": decimal_text(value.amount, value.currency.decimals),
        "amount_home": decimal_text(value.home, home.decimals),
        "previous": [] if value.previous is None else [str(value.previous)],
        "active": value.active,
    }


def portfolio_line(value: Instrument, home: Currency, slip: str | None) -> dict[str, Any]:
    """An active instrument as the portfolio lists it."""
    shape = instrument(value, home, str(value.id))
    shape |= {
        "transaction": str(value.transaction),
        "date": value.date.isoformat(),
        "bank": value.bank or None,
        "slip": slip,
    }
    del shape["previous"], shape["active"]
    return shape


def entry(
    value: Entry,
    home: Currency,
    number: str,
    transactions: Sequence[str],
    reglement_nums: Sequence[str],
    reversal_of: str | None = None,
    letters: Sequence[str] = (),
) -> dict[str, Any]:
    """An accounting entry with its lines."""
    return {
        "number": number,
        "date": value.date.isoformat(),
        "journal": value.journal,
        "label": value.label,
        "piece": value.piece,
        "transaction": transactions[0] if len(transactions) == 1 else None,
        "transactions": list(transactions),
        "slip": value.slip,
        "reversal_of": reversal_of,
        "reglement_nums": list(reglement_nums),
        "lines": [
            {
                "account": line.account,
                "third_party": line.third_party,
                "debit": decimal_text(max(line.home, 0), home.decimals),
                "credit": decimal_text(max(-line.home, 0), home.decimals),
                "currency": line.currency.code,
                "currency_amount": decimal_text(line.amount, line.currency.decimals),
                "letter": letters[index] if index < len(letters) else "",
            }
            for index, line in enumerate(value.lines)
        ],
    }
