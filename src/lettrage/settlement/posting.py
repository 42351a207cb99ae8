"""What a sound settlement does: items closed or passed on, advances, the instrument, VAT, the lines of the entry.

Signs. An item's own amounts are above zero for an invoice, below for a credit note or an advance. `ledger_sign` is +1
for customers and -1 for suppliers: an own amount times it is a debit on the third party's account, so a line that
relieves the item is the opposite. `money_sign` is +1 for money in, -1 for money out.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import msgspec

from lettrage.books.entry import Line
from lettrage.company.states import StateChange
from lettrage.money import Currency, apportion, ratio, rounded
from lettrage.settlement.desk import Draft
from lettrage.settlement.document import (
    Allocation,
    Header,
    Instrument,
    Item,
    Operation,
    Settlement,
    Task,
    TaskKind,
    Vat,
    VatMove,
)
from lettrage.settlement.exchange import Valued
from lettrage.settlement.match import Advance, Match
from lettrage.settlement.operations import Target
from lettrage.settlement.terms import Terms

_DIFFERENCES: tuple[Operation, ...] = ("WE", "WDR", "WDC")


class Work:
    """What the headers of one group make together: one transaction in the making."""

    def __init__(self, draft: Draft, day: date) -> None:
        self.draft = draft
        self.company = draft.company
        self.day = day
        self.headers: list[Header] = []
        self.allocations: list[Allocation] = []
        self.instruments: list[Instrument] = []
        self.ended: list[int] = []
        self.vat_moves: list[VatMove] = []
        self.tasks: list[Task] = []
        self.lines: list[Line] = []
        self.waits_for_slip = False
        self._counted = 0

    def lines_made(self) -> int:
        """How many lines the entry has gained since this was asked before: those of one header."""
        made = [line for line in self.lines[self._counted :] if line.home]
        self._counted = len(self.lines)
        return len(made)


def money_sign(direction: str) -> int:
    """+1 for money in, -1 for money out."""
    return 1 if direction == "encashment" else -1


def ledger_sign(item: Item) -> int:
    """+1 for customers, -1 for suppliers."""
    return 1 if item.ledger == "customer" else -1


class SettlementPosting:
    """Posts one header of a settlement into the group's work."""

    def __init__(self, work: Work, settlement: Settlement, terms: Terms, change: StateChange) -> None:
        assert terms.currency is not None
        self.work = work
        self.settlement = settlement
        self.change = change
        self.terms = terms
        self.currency: Currency = terms.currency
        self.home = work.company.currency
        self.accounts = work.company.accounts
        self.money_sign = money_sign(change.direction)
        self.sums: dict[str, int] = {}  # differences, discount and VAT, added up per account
        self.relieved: dict[tuple[str, int], Line] = {}  # one third-party line per account and item

    def post(self, match: Match, valued: Valued) -> None:
        """Apply a matched and valued header: the draft's items change, the work gains lines and rows."""
        self._instrument(valued)
        parts: list[int] = []
        homes: list[int] = []
        at = 0
        for target in match.targets:
            end = at + target.count("PAYMENT")
            parts.append(sum(valued.paid[at:end]))
            homes.append(sum(valued.paid_home[at:end]))
            at = end
        of_advances = valued.paid_home[at:]
        if self.currency != self.home:
            self._at_their_own_rate(match, parts, homes, of_advances)
        for target, paid, paid_home in zip(match.targets, parts, homes, strict=True):
            self._settle(target, paid, paid_home)
        for advance, paid_home in zip(match.advances, of_advances, strict=True):
            if advance.item is not None:
                self._consume(advance, advance.item, paid_home)
        if match.advances:
            self._open_advances(match.advances, of_advances)
        self.work.lines += [Line(account, home, self.home, home) for account, home in self.sums.items() if home]
        self.work.lines += self.relieved.values()
        self.work.headers.append(self._header(valued))

    def _at_their_own_rate(self, match: Match, parts: list[int], homes: list[int], of_advances: list[int]) -> None:
        """What advances pay of the due items is worth what the invoices carry, not what the day's rate makes of it.

        So the day's rate counts for the money only, and each advance differs from the invoices by its own rate alone.
        Changes the home amounts in place.
        """
        used = [i for i, a in enumerate(match.advances) if a.item is not None and a.amount < 0]
        paid = [i for i, part in enumerate(parts) if part > 0]
        if not used or not paid:
            return
        amounts = [-match.advances[i].amount for i in used]
        weights = [parts[i] for i in paid]
        nominal = apportion(-sum(of_advances[i] for i in used), weights)
        covered = 0
        for i, share, at_the_day in zip(paid, apportion(sum(amounts), weights), nominal, strict=True):
            target = match.targets[i]
            carried = ratio(target.sense * self._worth(target)[2] * share, parts[i])
            homes[i] += carried - at_the_day
            covered += carried
        for i, cover in zip(used, apportion(covered, amounts), strict=True):
            of_advances[i] = -cover

    # ------------------------------------------------------------ the instrument

    def _header(self, valued: Valued) -> Header:
        settlement = self.settlement
        return Header(
            settlement.order,
            settlement.label,
            settlement.number,
            self.change,
            settlement.third_party,
            self.currency,
            valued.total,
            valued.total_home,
            self.terms.bank,
            self.work.lines_made(),
        )

    def _instrument(self, valued: Valued) -> None:
        settlement, change, terms = self.settlement, self.change, self.terms
        if valued.total == 0:
            return  # payments, credit notes and advances cancel out
        draft = self.work.draft
        instrument = Instrument(
            draft.new_instrument_id(),
            draft.transaction,
            settlement.order,
            change.target,
            change.direction,
            settlement.third_party,
            self.currency,
            valued.total,
            valued.total_home,
            terms.day,
            terms.bank,
        )
        self.work.instruments.append(instrument)
        account = self.work.company.account_of(change.target, change.direction, terms.bank)
        sign = self.money_sign
        held = self.work.company.currency_kept(change.target, change.direction, terms.bank, self.currency)
        amount = valued.total if held == self.currency else valued.total_home
        self.work.lines.append(Line(account, sign * valued.total_home, held, sign * amount))

    # ------------------------------------------------------------ due items

    def _settle(self, target: Target, paid: int, paid_home: int) -> None:
        """Close a due item: payments, differences and discount relieve it, a WPA passes the rest on."""
        item, sense, sign = target.item, target.sense, ledger_sign(target.item)
        own = target.sums if sense == 1 else {o: -amount for o, amount in target.sums.items()}
        rest = own.get("WPA", 0)
        relief, values, by_payment = self._worth(target)
        released = self._differences(item, sign, values, relief, closes=not rest) if values or item.parked else []
        gain = sense * paid_home - by_payment
        if gain:
            self._add(self.accounts.exchange(-sign * gain), -sign * gain)
        account = item.account or self.accounts.third_party(item.ledger)
        self._relieve(account, item, -sign * relief, -sign * (item.open - rest))
        self._allocate(item, own, values, by_payment, sense * paid_home, paid)
        self._close(item, item.open - rest, relief, rest, released)

    def _worth(self, target: Target) -> tuple[int, dict[Operation, int], int]:
        """What a header takes of an item's carrying amount: in all, by discount and differences, by payments."""
        item, sense, sums = target.item, target.sense, target.sums
        rest = sense * sums.get("WPA", 0)
        relief = item.relieved(item.open - rest) if rest else item.carried
        if len(sums) == 1 and "PAYMENT" in sums:
            return relief, {}, relief
        values = {o: item.share(sense * sums[o]) for o in _DIFFERENCES if o in sums}
        by_payment = relief - sum(values.values())
        if "PAYMENT" not in sums and values:
            last = next(reversed(values))
            values[last] += by_payment
            by_payment = 0
        return relief, values, by_payment

    def _allocate(
        self,
        item: Item,
        own: dict[Operation, int],
        values: dict[Operation, int],
        by_payment: int,
        value_home: int,
        paid: int,
    ) -> None:
        for operation, amount in own.items():
            if operation == "PAYMENT":
                row = (amount, by_payment, value_home, paid)
            else:
                worth = values.get(operation, 0)
                row = (amount, worth, worth, 0)
            successor = self.work.draft.next_item if operation == "WPA" else None
            self.work.allocations.append(
                Allocation(self.settlement.order, item.id, operation, *row, successor=successor)
            )

    def _close(self, item: Item, part: int, relief: int, rest: int, released: list[int]) -> None:
        draft = self.work.draft
        draft.change(
            msgspec.structs.replace(
                item,
                open=0,
                carried=0,
                settled=item.settled + part,
                passed_on=item.passed_on + rest,
                parked=(0,) * len(item.parked),
            )
        )
        if rest:
            draft.make(
                msgspec.structs.replace(
                    item,
                    id=draft.new_item_id(),
                    amount=rest,
                    open=rest,
                    carried=item.carried - relief,
                    parked=tuple(p - r for p, r in zip(item.parked, released, strict=True)),
                    previous=item.id,
                    transaction=draft.transaction,
                    order=self.settlement.order,
                    settled=0,
                    passed_on=0,
                )
            )

    # ------------------------------------------------------------ differences, discount, VAT

    def _differences(self, item: Item, sign: int, values: dict[Operation, int], relief: int, closes: bool) -> list[int]:
        """Post WE, WDR and WDC, and the VAT that goes with them or that the receipt makes due: what it frees."""
        adjusts = self.work.company.adjust_discount_vat
        no_vat = [0] * len(item.vat)
        discount_vat = vat_shares(values.get("WE", 0), item.vat) if adjusts else no_vat
        parked = any(item.parked)
        # What was received too little takes its share of the VAT that waits; a gain has no VAT in it.
        short = values.get("WDR", 0) * item.amount > 0
        difference_vat = vat_shares(values["WDR"], item.vat) if parked and short else no_vat
        freed = released_vat(item, relief, closes) if parked else [0] * len(item.parked)
        for rate, (released, of_discount, of_difference) in enumerate(
            zip(freed or no_vat, discount_vat, difference_vat, strict=True)
        ):
            moved = released - of_difference - of_discount
            if parked:
                self._add(self.accounts.vat_parked, sign * released)
            self._move(item, rate, moved, released)
            self._add(self.accounts.vat(item.ledger), -sign * moved)
        if "WE" in values:
            self._add(self.accounts.discount(item.ledger), sign * (values["WE"] - sum(discount_vat)))
            self._task(item, values["WE"], sum(discount_vat))
        if "WDR" in values:
            net = sign * (values["WDR"] - sum(difference_vat))
            self._add(self.accounts.difference(net), net)
        if "WDC" in values:
            self._add(self.accounts.exchange(sign * values["WDC"]), sign * values["WDC"])
        return freed

    def _move(self, item: Item, rate: int, moved: int, freed: int) -> None:
        """Keep what VAT became due, or was taken back by a discount, by rate: the payment reporting needs it."""
        if moved or freed:
            of_rate = item.vat[rate].rate
            self.work.vat_moves.append(VatMove(self.settlement.order, item.id, rate, of_rate, moved, freed))

    def _task(self, item: Item, discount: int, vat: int) -> None:
        """A discount with its VAT taken back wants a credit note."""
        if vat:
            kind: TaskKind = "credit_note_to_issue" if item.ledger == "customer" else "credit_note_to_receive"
            self.work.tasks.append(Task(kind, self.settlement.order, item.id, discount, vat))

    # ------------------------------------------------------------ advances

    def _consume(self, advance: Advance, item: Item, paid_home: int) -> None:
        """Relieve an advance at its own carrying amount; the difference to the invoice's goes to 656/756."""
        item = self.work.draft.changed.get(item.id, item)
        sign, part = ledger_sign(item), advance.sense * advance.amount
        relief = item.carried if part == item.open else item.relieved(part)
        value = advance.sense * paid_home
        if value != relief:
            self._add(self.accounts.exchange(-sign * (value - relief)), -sign * (value - relief))
        self._relieve(self.accounts.advance(item.ledger), item, -sign * relief, -sign * part)
        self.work.allocations.append(
            Allocation(self.settlement.order, item.id, "WAR", part, relief, value, advance.sense * advance.amount)
        )
        self.work.draft.change(
            msgspec.structs.replace(
                item, open=item.open - part, carried=item.carried - relief, settled=item.settled + part
            )
        )

    def _open_advances(self, advances: Sequence[Advance], paid_home: Sequence[int]) -> None:
        """Open one advance per third party for what this header received ahead of any invoice."""
        received: dict[str, list[int]] = {}
        for advance, home in zip(advances, paid_home, strict=True):
            if advance.item is None:
                sums = received.setdefault(advance.detail.third_party, [0, 0])
                sums[0] += advance.amount
                sums[1] += home
        for third_party, (amount, home) in received.items():
            self._open_advance(third_party, amount, home)

    def _open_advance(self, third_party: str, amount: int, home: int) -> None:
        draft, terms = self.work.draft, self.terms
        party = draft.desk.third_parties[third_party]
        item = Item(
            id=draft.new_item_id(),
            kind="advance",
            ledger=party.ledger,
            third_party=third_party,
            prefix="",
            piece="",
            date=terms.day,
            due_date=terms.day,
            currency=self.currency,
            amount=-amount,
            open=-amount,
            carried=-home,
            origin_amount=-amount,
            origin_carried=-home,
            transaction=draft.transaction,
            order=self.settlement.order,
        )
        draft.make(item)
        sign = self.money_sign
        self._relieve(self.accounts.advance(party.ledger), item, -sign * home, -sign * amount)

    # ------------------------------------------------------------ lines

    def _add(self, account: str, home: int) -> None:
        self.sums[account] = self.sums.get(account, 0) + home

    def _relieve(self, account: str, item: Item, home: int, amount: int) -> None:
        """One line per item, even where several details take of one advance."""
        if other := self.relieved.get((account, item.id)):
            home, amount = home + other.home, amount + other.amount
        self.relieved[account, item.id] = Line(account, home, item.currency, amount, item.third_party, item.id)


def vat_shares(amount: int, vat: Sequence[Vat]) -> list[int]:
    """The VAT inside an amount including VAT, per rate: pro rata of the invoice's amounts including VAT."""
    weights = [line.base + line.amount for line in vat]
    if not amount or not sum(weights):
        return [0] * len(weights)
    parts = apportion(amount, weights)
    return [rounded(Fraction(part) * line.rate / (100 + line.rate)) for part, line in zip(parts, vat, strict=True)]


def released_vat(item: Item, relief: int, closes: bool) -> list[int]:
    """The parked VAT that a relieved amount frees, per rate; the last receipt takes all that is left."""
    if closes:
        return list(item.parked)
    shares = vat_shares(relief, item.vat)
    return [
        max(min(share, left), 0) if left > 0 else min(max(share, left), 0)
        for share, left in zip(shares, item.parked, strict=True)
    ]
