"""Letters: a group of lines comes to what is open of its due items, on each account; by hand it comes to zero."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from lettrage.books.laws.finding import Finding, equal
from lettrage.books.laws.rows import Row, currency_of, ledger_sign
from lettrage.books.lettering import by_hand, code
from lettrage.company.accounts import Accounts
from lettrage.company.dossier import Company


class GroupRow(Row, frozen=True):
    """What of a chain of due items stands on one account: as its lines say, or as its items do (`of` line, item).

    Of lines debit less credit; of items what they have open and carry, `account` "" for the ledger's own. An advance
    worth less than one minor unit at home has no line, since an entry has no line of nothing: it is there as `unsaid`.
    """

    first: int
    of: str
    ledger: str
    advance: int
    account: str
    third_party: str
    currency: str
    amount: int
    home: int


class HandRow(Row, frozen=True):
    """A lettering by hand that stands, with what its lines add up to."""

    number: int
    account: str
    third_party: str
    lines: int
    elsewhere: int  # lines that are not on its account, or not of its third party
    of_items: int  # lines that name a due item
    currencies: int
    currency: str
    amount: int
    home: int


class TwiceRow(Row, frozen=True):
    """A line in several letterings by hand that stand."""

    posting: int
    line: int
    letterings: int


def groups(rows: Iterable[GroupRow], company: Company) -> Iterator[Finding]:
    """The lines of a group add up to what is open of it: to zero, in its currency too, where all is settled."""
    home = company.currency
    for first, own in groupby(rows, lambda row: row.first):
        posted: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        open_: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        for row in own:
            sums = open_ if row.of == "item" else posted
            sign = 1 if row.of == "line" else ledger_sign(row.ledger)
            key = _account(row, company.accounts), row.third_party, row.currency
            sums[key][0] += sign * row.amount
            sums[key][1] += sign * row.home
        for key in sorted(posted.keys() | open_.keys()):
            account, party, held = key
            place = f"compte {account} {party}, lettre {code(first)}"
            (amount, worth), (due, carried) = posted[key], open_[key]
            yield from equal("letter_differs", place, "Lignes du groupe", worth, carried, home)
            yield from equal("letter_differs", place, "Lignes du groupe, en devise", amount, due, currency_of(held))


def _account(row: GroupRow, accounts: Accounts) -> str:
    """The account of lines, or on which an item stands."""
    if row.account or row.of == "line":
        return row.account
    ledger = "customer" if row.ledger == "customer" else "supplier"
    return accounts.advance(ledger) if row.advance else accounts.third_party(ledger)


def letterings(rows: Iterable[HandRow], company: Company) -> Iterator[Finding]:
    """What was lettered by hand balances, on one account, of one third party, and is about no due item."""
    for row in rows:
        place = f"compte {row.account} {row.third_party}, lettre {by_hand(row.number)}"
        if row.lines < 2 or row.elsewhere or row.of_items:
            message = f"{row.lines} ligne(s), dont {row.elsewhere} d'un autre compte et {row.of_items} d'une échéance."
            yield Finding("lettering_lines", message, place)
        yield from equal("lettering_sum", place, "Lignes lettrées", row.home, 0, company.currency)
        if row.currencies == 1:
            yield from equal("lettering_sum", place, "Lignes lettrées", row.amount, 0, currency_of(row.currency))


def lettered_twice(rows: Iterable[TwiceRow]) -> Iterator[Finding]:
    """A line is in one lettering at most."""
    for row in rows:
        message = f"La ligne est dans {row.letterings} lettrages à la fois."
        yield Finding("lettering_twice", message, f"écriture de rang {row.posting}, ligne {row.line}")
