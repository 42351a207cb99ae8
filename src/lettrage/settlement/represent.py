"""Presented again: a returned payment goes back and settles once more what it had settled (spec section 9).

The details are not sent again: the rows of the unpaid transaction with the opposite sign are those of the receipt. That
is sound only while every due item is open as the return left it.
"""

import msgspec

from lettrage.books.entry import Line
from lettrage.money import Amount, Currency
from lettrage.settlement.deposit import Deposit
from lettrage.settlement.document import Allocation, Header, Instrument, Item, VatMove
from lettrage.settlement.past import (
    WITHDRAWN,
    Returned,
    account_of,
    opposite,
    opposite_moves,
    settled,
    standing_on,
)
from lettrage.settlement.posting import ledger_sign, money_sign


class Represent(Deposit):
    """One header that presents a returned payment again; its one detail names the unpaid transaction."""

    def post(self, *, sound: bool) -> None:
        """Apply the receipt's details again; only what is wrong when anything is (or was: `sound`)."""
        details = self.settlement.details
        if len(details) > 1:
            self._fault("one_detail_only", self.settlement.place.of("details"), str(len(details)), "1")
        for detail in details:
            if not detail.transaction and "transaction" not in detail.malformed:
                self._fault("missing_field", detail.place.of("transaction"))
        if not self.faults:
            super().post(sound=sound)

    # ------------------------------------------------------------ checking

    def _check(self, instruments: list[Instrument], held: Currency) -> None:
        super()._check(instruments, held)
        (instrument,) = instruments
        path = self.settlement.details[0].place.of("transaction")
        returned = self.draft.desk.returned.get(instrument.transaction)
        if returned is None:  # loaded in this state, or brought there by a state change of the dossier's own
            self._fault("not_returned_here", path, str(instrument.transaction))
            return
        items = self._items(returned)
        after = settled(items, self._rows(returned, instrument), self._moves(returned))
        changed = [item for item in items.values() if not _closes(after[item.id])]
        disputed = [item for item in items.values() if item.disputed and item not in changed]
        if changed:
            listed = ", ".join(_named(item, item.open) for item in changed)
            wanted = ", ".join(_named(item, item.open - after[item.id].open) for item in changed)
            self._fault("no_longer_open", path, listed, wanted, transaction=str(instrument.transaction))
        for item in disputed:
            self._fault("in_dispute", path, item.piece, due=item.due_date.isoformat())

    def _items(self, returned: Returned) -> dict[int, Item]:
        """What the return opened (or closed), as it stands now."""
        return {item.id: self.draft.item(item.id) for item in (*returned.unpaid.items, *returned.unpaid.made)}

    def _rows(self, returned: Returned, instrument: Instrument) -> tuple[Allocation, ...]:
        """The rows of the receipt once more; a claim that the return made is simply paid."""
        order = self.settlement.order
        claims = [
            Allocation(
                order, claim.id, "PAYMENT", claim.amount, claim.origin_carried, claim.origin_carried, instrument.amount
            )
            for claim in returned.unpaid.made
        ]
        return (*opposite(returned.unpaid.allocations, order), *claims)

    def _moves(self, returned: Returned) -> tuple[VatMove, ...]:
        return opposite_moves(returned.unpaid.vat_moves, self.settlement.order)

    # ------------------------------------------------------------ moving

    def _move(self, instruments: list[Instrument], held: Currency) -> None:
        (instrument,) = instruments
        work, order = self.work, self.settlement.order
        returned = self.draft.desk.returned[instrument.transaction]
        items = self._items(returned)
        rows, moves = self._rows(returned, instrument), self._moves(returned)
        work.instruments.append(self._moved(instrument))
        work.ended.append(instrument.id)
        work.allocations += rows
        work.vat_moves += moves
        work.tasks += [
            msgspec.structs.replace(past.task, order=order)
            for past in returned.undone.tasks
            if past.done_by == WITHDRAWN
        ]
        lines = [self._instrument_line(instrument, held), *self._others(returned, items)]
        for item in standing_on(settled(items, rows, moves), lines, self.company.accounts).values():
            self.draft.change(item)
        work.lines += lines
        work.headers.append(
            Header(
                order,
                self.settlement.label,
                self.settlement.number,
                self.change,
                instrument.third_party,
                held,
                instrument.amount,
                instrument.home,
                self.terms.bank,
                work.lines_made(),
            )
        )

    def _instrument_line(self, instrument: Instrument, held: Currency) -> Line:
        target, direction, bank = self.change.target, self.change.direction, self.terms.bank
        sign = money_sign(direction)
        kept_in = self.company.currency_kept(target, direction, bank, held)
        amount = instrument.amount if kept_in == held else instrument.home
        return Line(self.company.account_of(target, direction, bank), sign * instrument.home, kept_in, sign * amount)

    def _others(self, returned: Returned, items: dict[int, Item]) -> list[Line]:
        """The receipt's other lines, each item's on the account where it stands now; for a claim its own."""
        accounts = self.company.accounts
        claims = [
            Line(
                account_of(items[claim.id], accounts), -ledger_sign(claim) * claim.origin_carried, claim.currency,
                -ledger_sign(claim) * claim.amount, claim.third_party, claim.id,
            )
            for claim in returned.unpaid.made
        ]  # fmt: skip
        if claims:
            return claims
        return [
            msgspec.structs.replace(line, account=account_of(items[line.item], accounts))
            if line.item in items
            else line
            for line in returned.undone.other_lines
        ]


def _closes(after: Item) -> bool:
    """Whether the rows of the receipt fit: a due item is closed by them, an advance keeps what it can have."""
    if after.kind != "advance":
        return after.open == 0 and after.carried == 0
    within = min(0, after.amount) <= after.open <= max(0, after.amount)
    return within and (after.open == 0) == (after.carried == 0) and after.amount * after.carried >= 0


def _named(item: Item, amount: int) -> str:
    """An item and an amount of it, as a refusal lists them."""
    return f"{item.piece or 'acompte'} {Amount(amount, item.currency)}"
