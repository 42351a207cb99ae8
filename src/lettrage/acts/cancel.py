"""Cancelling a transaction: a counter-entry, and everything that it made, settled or moved as it was before."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused, told
from lettrage.books import shapes
from lettrage.books.chain import shown
from lettrage.books.entry import reversal
from lettrage.company.accounts import Accounts
from lettrage.company.dossier import Company
from lettrage.refusal import Refusal
from lettrage.settlement.document import Allocation, Item
from lettrage.settlement.past import (
    Cancellation,
    Deed,
    opposite,
    opposite_line,
    opposite_moves,
    settled,
    standing_on,
)
from lettrage.settlement.terms import period_faults


class Cancel(msgspec.Struct, frozen=True):
    """Cancel a transaction. Satisfies the port `Act`. It makes no transaction: its entry names the one it cancels."""

    number: int
    reason: str
    day: date | None = None
    of_line: int = 0  # the line of a bank statement whose acceptance is taken back by this

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "cancel"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        day = "" if self.day is None else self.day.isoformat()
        return {"transaction": str(self.number), "date": day, "reason": self.reason}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The transaction's reversal (none where it awaited its slip), and what has come back."""
        deed = books.deed(self.number)
        if deed is None:
            raise Refused(Refusal("unknown_transaction", "transaction", str(self.number)))
        day = self.day or max(moment.today, deed.date)  # what is dated ahead is not taken back before
        why, faults = told(self.reason)
        files = books.files_holding(self.number)
        reasons = [*_against(deed, day, moment.today, books.company), *_in_files(deed, files), *faults]
        reasons += self._reconciled(books)
        if not self.reason:
            reasons.append(Refusal("missing_reason", "reason"))
        if reasons:
            raise Refused(*reasons)
        number = None
        if deed.entry is not None and deed.posting is not None:
            label = f"Annulation transaction {deed.number} : {why}"
            (posted,) = books.post([reversal(deed.entry, deed.posting, day, label)], moment.at)
            number = shown(posted.year, posted.number)
        items = before(deed, books.company.accounts)
        books.record_cancellation(Cancellation(deed, tuple(items)))
        made = {item.id for past in deed.headers for item in past.made}
        home = books.company.currency
        instruments = [msgspec.structs.replace(i, active=False) for i in deed.made]
        instruments += [msgspec.structs.replace(i, active=True) for i in deed.ended]
        return {
            "transaction": str(deed.number),
            "entry": number,
            "items": [shapes.item_made(item, moment.today) for item in items if item.id not in made],
            "instruments": [shapes.instrument(i, home, str(i.id)) for i in instruments],
        }

    def _reconciled(self, books: ActBooks) -> Iterator[Refusal]:
        """What a statement of the bank accounts for is undone where the statement is."""
        if lines := [line for line in books.reconciled(self.number) if line != self.of_line]:
            yield Refusal("reconciled", "transaction", str(self.number), _listed(lines))


def _against(deed: Deed, day: date, today: date, company: Company) -> Iterator[Refusal]:
    """Everything that stands in the way."""
    number = str(deed.number)
    if deed.kind == "loaded":
        yield Refusal("loaded_transaction", "transaction", number)
        return
    if deed.status == "cancelled":
        yield Refusal("already_cancelled", "transaction", number)
        return
    if deed.slip:
        yield Refusal("on_slip", "transaction", number, deed.slip)
    for past in deed.headers:
        if past.vat_moves and not past.counted:
            yield Refusal("posted_before", "transaction", past.name)
    if deed.moved_on_by:
        yield Refusal("moved_on", "transaction", number, _listed(deed.moved_on_by))
    if later := sorted(set(deed.built_on_by) - set(deed.moved_on_by)):
        yield Refusal("built_on", "transaction", number, _listed(later))
    if deed.entry is not None:
        yield from period_faults(company, day, today, "date")
        if day < deed.date:
            yield Refusal("date_before", "date", day.isoformat(), f">= {deed.date}", {"piece": number})


def _in_files(deed: Deed, files: list[int]) -> Iterator[Refusal]:
    """What the bank is being asked to pay or collect is not taken back behind its back."""
    if files and deed.status != "cancelled":
        yield Refusal("in_payment_file", "transaction", str(deed.number), _listed(files))


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def before(deed: Deed, accounts: Accounts) -> list[Item]:
    """The items as they stand without the transaction; what it made is withdrawn.

    Orders are undone from the last to the first: a later one may have settled what an earlier one passed on.
    """
    items = {item.id: item for past in deed.headers for item in (*past.items, *past.made)}
    for past in reversed(deed.headers):
        own = {item.id: items[item.id] for item in (*past.items, *past.made)}
        own = settled(own, opposite(past.taken, past.order), opposite_moves(past.vat_moves, past.order))
        own = standing_on(own, map(opposite_line, past.lines), accounts)
        for row in past.allocations:
            if row.operation == "WPA":
                own |= _joined(own, row)
        items |= own | {item.id: _withdrawn(own[item.id]) for item in past.made}
    return list(items.values())


def _joined(items: dict[int, Item], row: Allocation) -> dict[int, Item]:
    """What a WPA had passed on is again part of the due item."""
    assert row.successor is not None
    item, successor = items[row.item], items[row.successor]
    parked = tuple(own + passed for own, passed in zip(item.parked, successor.parked, strict=True))
    whole = msgspec.structs.replace(
        item,
        open=item.open + row.amount,
        passed_on=item.passed_on - row.amount,
        carried=item.carried + successor.carried,
        parked=parked,
    )
    return {item.id: whole}


def _withdrawn(item: Item) -> Item:
    """An item that nobody owes any more and that never counts again."""
    return msgspec.structs.replace(
        item, open=0, carried=0, settled=item.amount, passed_on=0, parked=(0,) * len(item.parked)
    )
