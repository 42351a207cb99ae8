"""What earlier headers did, as the books hold it, and how that is given back or done once more.

Rows are the memory: an allocation says what it took of an item, a VAT move what it freed, an entry's line what it
posted. The same rows with the opposite sign give all of it back to the minor unit; those again with the opposite sign
do it once more. So nothing is computed a second time.
"""

from collections.abc import Iterable, Mapping
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)

import msgspec

from lettrage.books.entry import Entry, Line
from lettrage.company.accounts import Accounts
from lettrage.company.states import Direction
from lettrage.money import Currency
from lettrage.settlement.document import Allocation, Instrument, Item, Task, VatMove

WITHDRAWN = ""  # in place of the credit note's number: a task that nobody has to do any more


class PastTask(msgspec.Struct, frozen=True):
    """A task as it stands. `done_by`: the credit note's number; None while open, `WITHDRAWN` when no longer wanted."""

    task: Task
    done_by: str | None


class Past(msgspec.Struct, frozen=True):
    """One header as it was done, with the items that it touched as they stand now."""

    transaction: int
    order: int
    kind: str
    direction: Direction
    date: Day
    establishment: str
    third_party: str
    currency: Currency
    amount: int
    home: int
    bank: str
    lines: tuple[Line, ...]  # its own of the entry, the instrument's first
    allocations: tuple[Allocation, ...]
    vat_moves: tuple[VatMove, ...]
    tasks: tuple[PastTask, ...]
    items: tuple[Item, ...]  # those that its allocations are on
    made: tuple[Item, ...]  # successors, advances and claims
    counted: bool = True  # False: posted before its lines were counted and what it freed of parked VAT was kept

    @property
    def key(self) -> tuple[int, int]:
        """Its transaction and order."""
        return self.transaction, self.order

    @property
    def name(self) -> str:
        """How a refusal names it."""
        return f"{self.transaction}/{self.order}"

    @property
    def known_whole(self) -> bool:
        """Whether all that it did can be told from what else its transaction did, to be given back."""
        return self.counted or not (self.vat_moves or not self.lines)

    @property
    def other_lines(self) -> tuple[Line, ...]:
        """Its lines but the instrument's."""
        return self.lines[1:] if self.home else self.lines

    @property
    def taken(self) -> tuple[Allocation, ...]:
        """What it took of items; a WPA takes nothing."""
        return tuple(row for row in self.allocations if row.operation != "WPA")


class Life(msgspec.Struct, frozen=True):
    """An instrument that a transaction made, and the one that stands for it now, with the transaction that made that.

    The last one is `active`, unless the transaction itself was cancelled.
    """

    first: Instrument
    last: Instrument
    kind: str
    status: str


class Deed(msgspec.Struct, frozen=True):
    """A whole transaction as the books hold it, and what stands in the way of cancelling it."""

    number: int
    kind: str
    date: Day
    status: str
    slip: str
    headers: tuple[Past, ...]
    made: tuple[Instrument, ...]
    ended: tuple[Instrument, ...]
    moved_on_by: tuple[int, ...]  # standing transactions that moved on what it made
    built_on_by: tuple[int, ...]  # later standing ones that touched what it made or opened again
    posting: int | None
    entry: Entry | None


class Returned(msgspec.Struct, frozen=True):
    """A returned instrument that may be presented again: the unpaid header, and the header that it undid."""

    unpaid: Past
    undone: Past


class Unpaid(msgspec.Struct, frozen=True):
    """What is kept of a return beside its transaction: fees in minor units of the bank's currency."""

    instrument: int  # the one that came back
    undone_transaction: int
    undone_order: int
    third_party: str
    currency: str
    fees: int
    fees_vat: int
    reason: str


class Cancellation(msgspec.Struct, frozen=True):
    """A transaction taken back: the items as they stand without it."""

    deed: Deed
    items: tuple[Item, ...]


class Numbers(msgspec.Struct, frozen=True):
    """The numbers that come next."""

    transaction: int
    item: int
    instrument: int


# ---------------------------------------------------------------- the other way round


def opposite(rows: Iterable[Allocation], order: int) -> tuple[Allocation, ...]:
    """The same rows with the opposite sign, of this order."""
    return tuple(
        msgspec.structs.replace(
            row,
            order=order,
            amount=-row.amount,
            relieved_home=-row.relieved_home,
            value_home=-row.value_home,
            paid=-row.paid,
        )
        for row in rows
    )


def opposite_moves(moves: Iterable[VatMove], order: int) -> tuple[VatMove, ...]:
    """The same VAT moves with the opposite sign, of this order."""
    return tuple(
        msgspec.structs.replace(move, order=order, vat_home=-move.vat_home, freed_home=-move.freed_home)
        for move in moves
    )


def opposite_line(line: Line, account: str = "") -> Line:
    """The line with the opposite sign; on another account where one is given."""
    return msgspec.structs.replace(line, account=account or line.account, home=-line.home, amount=-line.amount)


# ---------------------------------------------------------------- items


def settled(items: Mapping[int, Item], rows: Iterable[Allocation], moves: Iterable[VatMove]) -> dict[int, Item]:
    """The items after these rows took of them, or gave back to them; WPA rows are left out."""
    after = dict(items)
    for row in rows:
        if row.operation != "WPA":
            item = after[row.item]
            after[row.item] = msgspec.structs.replace(
                item,
                open=item.open - row.amount,
                settled=item.settled + row.amount,
                carried=item.carried - row.relieved_home,
            )
    for move in moves:
        item = after[move.item]
        if not move.freed_home:
            continue  # a discount on an invoice that has nothing parked
        parked = list(item.parked)
        parked[move.line] -= move.freed_home
        after[move.item] = msgspec.structs.replace(item, parked=tuple(parked))
    return after


def standing_on(items: Mapping[int, Item], lines: Iterable[Line], accounts: Accounts) -> dict[int, Item]:
    """The items with the account on which these lines opened them; closed ones stand nowhere in particular."""
    after = dict(items)
    for line in lines:
        item = after.get(line.item) if line.item is not None else None
        if item is not None and item.kind != "advance":
            elsewhere = item.open != 0 and line.account != accounts.third_party(item.ledger)
            after[item.id] = msgspec.structs.replace(item, account=line.account if elsewhere else "")
    return after


def account_of(item: Item, accounts: Accounts) -> str:
    """The account that carries an item now."""
    return (
        accounts.advance(item.ledger) if item.kind == "advance" else item.account or accounts.third_party(item.ledger)
    )
