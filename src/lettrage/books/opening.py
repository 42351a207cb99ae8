"""What a financial year opens with: derived from the entries before it, kept once the year before is closed.

No opening entry is posted: the books go on. The files and reports of a year begin with this one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from lettrage.books.entry import Entry, Line
from lettrage.company.accounts import Accounts
from lettrage.company.dossier import Year
from lettrage.money import Currency, currency

JOURNAL = "AN"
RESULT_CLASSES = ("6", "7")  # charges and income: they begin each year at zero


class Turnover(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Debit less credit of one account before a day, at home and in the currency of the lines.

    `year`: of charges and income alone. `item`: the due item or advance that the lines name.
    """

    account: str
    third_party: str
    item: int | None
    currency: str
    year: str
    home: int
    amount: int


class Carried(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """What is carried over to the next year: a balance by account, on a third party's account by open item.

    `item` is the first of its chain, 0 for none: what a letter is named after.
    """

    account: str
    third_party: str
    item: int
    currency: str
    home: int
    amount: int


def carried_over(
    turnovers: Iterable[Turnover], first_of: Mapping[int, int], accounts: Accounts, home: Currency
) -> tuple[Carried, ...]:
    """The balances that the next year opens with, in the order of accounts.

    `first_of`: the first due item of the chain that a successor goes on. The result of each year goes to the accounts
    of profits and losses, until an entry allocates it.
    """
    balances: Counter[tuple[str, str, int, str]] = Counter()
    amounts: Counter[tuple[str, str, int, str]] = Counter()
    results: Counter[str] = Counter()
    for row in turnovers:
        if row.account.startswith(RESULT_CLASSES):
            results[row.year] += row.home
            continue
        item = row.item or 0
        key = row.account, row.third_party, first_of.get(item, item), row.currency
        balances[key] += row.home
        amounts[key] += row.amount
    for result in results.values():
        key = accounts.loss if result > 0 else accounts.profit, "", 0, home.code
        balances[key] += result
        amounts[key] += result
    return tuple(Carried(*key, balances[key], amounts[key]) for key in sorted(balances) if balances[key])


def opening(carried: Sequence[Carried], year: Year) -> Entry | None:
    """The entry that a year begins with; None where nothing came before it."""
    if not carried:
        return None
    lines = tuple(_line(row) for row in carried)
    assert sum(line.home for line in lines) == 0, year.name
    return Entry(year.start, JOURNAL, f"À nouveaux {year.name}", f"{JOURNAL}{year.name}", lines)


def _line(row: Carried) -> Line:
    held = currency(row.currency) or Currency(row.currency, 0)
    return Line(row.account, row.home, held, row.amount, row.third_party, row.item or None)


def first_items(previous: Mapping[int, int]) -> dict[int, int]:
    """The first due item of each successor's chain, from the one before each."""
    found: dict[int, int] = {}
    for item in sorted(previous):  # a successor is younger than what it goes on
        before = previous[item]
        found[item] = found.get(before, before)
    return found
