"""A bank account reconciled (*état de rapprochement*): what keeps the ledger and the bank's statement apart.

    the ledger
    - what only the ledger has + what only the statement has
    + what the statement began with beyond the ledger + what is missing between statements
    = the statement

The last line is arithmetic, and proves that no line was matched with another sum than its own.
"""

from collections.abc import Iterable, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from itertools import pairwise
from typing import Any

import msgspec

from lettrage.money import Currency, decimal_text


class Balance(msgspec.Struct, frozen=True):
    """The balances of one statement."""

    start: Day
    end: Day
    opening: int
    closing: int


class LedgerSide(msgspec.Struct, frozen=True):
    """A line of the ledger of which no statement shows all. `reversal_of`: the posting that its entry takes back."""

    posting: int
    line: int
    entry: str
    date: Day
    label: str
    amount: int
    left: int
    reversal_of: int | None = None


class StatementSide(msgspec.Struct, frozen=True):
    """A line of a statement that the ledger does not have, or not all of."""

    id: int
    date: Day
    text: str
    amount: int
    left: int


class Gap(msgspec.Struct, frozen=True):
    """Movements that no statement tells: one begins with another balance than the one before ended with."""

    after: Day
    before: Day
    amount: int


class Reconciliation(msgspec.Struct, frozen=True):
    """One account on one day. `start`: the first statement's old balance; `before`: what the ledger had until then."""

    bank: str
    date: Day
    currency: Currency
    ledger: int
    statement: int | None
    ledger_only: tuple[LedgerSide, ...]
    statement_only: tuple[StatementSide, ...]
    start: int
    before: int
    gaps: tuple[Gap, ...]

    @property
    def reached(self) -> int:
        """The ledger's balance with all that keeps the two apart: what the statement must say."""
        apart = sum(own.left for own in self.statement_only) - sum(own.left for own in self.ledger_only)
        return self.ledger + apart + self.start - self.before + sum(gap.amount for gap in self.gaps)

    @property
    def proven(self) -> bool:
        """Whether it does; nothing is proven where there is no statement."""
        return self.statement is not None and self.reached == self.statement


def reconciled(
    bank: str,
    day: Day,
    currency: Currency,
    ledger: int,
    balances: Sequence[Balance],
    moved: int,
    ledger_left: Iterable[LedgerSide],
    statement_left: Iterable[StatementSide],
) -> Reconciliation:
    """Put the two sides together. `moved`: all that statements say was moved up to the day, in order of their ends."""
    told = _told(balances)
    start = told[0].opening if told else 0
    begun = told[0].start if told else None
    gaps = tuple(_gaps(told))
    statement = start + moved + sum(gap.amount for gap in gaps) if told else None
    open_ = _without_reversed(ledger_left)
    before = [own for own in open_ if begun is not None and own.date <= begun]
    after = tuple(own for own in open_ if begun is None or own.date > begun)
    return Reconciliation(
        bank, day, currency, ledger, statement, after, tuple(statement_left), start,
        sum(own.left for own in before), gaps,
    )  # fmt: skip


def _told(balances: Sequence[Balance]) -> list[Balance]:
    """The statements one behind the other; of the same day, each behind the one whose balance it goes on from."""
    left = sorted(balances, key=lambda own: (own.end, own.start))
    chain: list[Balance] = []
    while left:
        first = left[0]
        same = [own for own in left if own.end == first.end]
        at = next((own for own in same if chain and own.opening == chain[-1].closing), None)
        if at is None:
            ends = {own.closing for own in same if own.opening != own.closing}
            at = next((own for own in same if own.opening not in ends), first)
        chain.append(at)
        left.remove(at)
    return chain


def _gaps(told: Sequence[Balance]) -> Iterable[Gap]:
    for one, other in pairwise(told):
        if one.closing != other.opening:
            yield Gap(one.end, other.start, other.opening - one.closing)


def _without_reversed(lines: Iterable[LedgerSide]) -> list[LedgerSide]:
    """Lines without those pairs of which one takes the other back: the bank will show neither."""
    own = list(lines)
    whole = {line.posting: line for line in own if line.left == line.amount}
    gone: set[int] = set()
    for line in whole.values():
        other = whole.get(line.reversal_of) if line.reversal_of is not None else None
        if other is not None and other.left + line.left == 0:
            gone |= {line.posting, other.posting}
    return [line for line in own if line.posting not in gone]


def shape(own: Reconciliation) -> dict[str, Any]:
    """A reconciliation as JSON."""

    def text(minor: int | None) -> str | None:
        return None if minor is None else decimal_text(minor, own.currency.decimals)

    return {
        "bank": own.bank,
        "date": own.date.isoformat(),
        "currency": own.currency.code,
        "ledger": text(own.ledger),
        "statement": text(own.statement),
        "ledger_only": [
            {"entry": x.entry, "line": x.line, "date": x.date.isoformat(), "label": x.label, "amount": text(x.left)}
            for x in own.ledger_only
        ],
        "statement_only": [
            {"line": x.id, "date": x.date.isoformat(), "text": x.text, "amount": text(x.left)}
            for x in own.statement_only
        ],
        "start": text(own.start - own.before),
        "gaps": [
            {"after": x.after.isoformat(), "before": x.before.isoformat(), "amount": text(x.amount)} for x in own.gaps
        ],
        "reached": text(own.reached),
        "difference": text(None if own.statement is None else own.statement - own.reached),
        "proven": own.proven,
    }
