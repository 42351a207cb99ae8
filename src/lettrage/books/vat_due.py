"""VAT on receipts: what each payment makes due, by rate and date, and what still waits.

A settlement takes something of a due item and, in its own entry, moves VAT from the account where it waited. When that
VAT is *due* is another question: at once for a cheque, when it is credited for a transfer, on its due date for a bill
(`company/vat_dates.py`). What was due and is taken back (an unpaid, a cancellation) is a row of its own with the
opposite sign, so a period that was declared never changes.

A receipt is split over the rates in proportion to what each rate has left, so nothing is lost to rounding: no sequence
of partial payments ends elsewhere than at the invoice's own totals, and what is taken back is exactly what was given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from fractions import Fraction
from typing import Literal

import msgspec

from lettrage.company.vat_dates import NAMES, VatDay, vat_day
from lettrage.money import Currency, apportion, percent_text, ratio
from lettrage.settlement.document import Ledger, Vat
from lettrage.settlement.posting import vat_shares

Event = Literal["received", "credited", "due", "represented", "unpaid", "cancelled"]
OFFSET = "offset"  # in the place of a means: credit notes and advances alone
BEFORE_ALL = -1  # what a day brings by itself stands before everything that was posted on it

# ---------------------------------------------------------------- what the books hold


class Due(msgspec.Struct, frozen=True):
    """A due item of an invoice. `root`: the first of its chain; that one's whole amount, and what it carries."""

    root: int
    due_date: Day
    amount: int
    carried: int


class Sale(msgspec.Struct, frozen=True):
    """An invoice (or a purchase) with VAT on receipts. `parked`: what waits now, at home. `date`: of its entry."""

    id: int
    ledger: Ledger
    third_party: str
    piece: str
    date: Day
    currency: Currency
    amount: int
    home: int
    vat: tuple[Vat, ...]
    dues: Mapping[int, Due]
    parked: int

    @property
    def sense(self) -> int:
        """+1 for an invoice, -1 for a credit note."""
        return 1 if self.amount > 0 else -1


class Cause(msgspec.Struct, frozen=True):
    """A transaction as it was posted, and when it was taken back by cancelling it: days and ranks of the entries."""

    transaction: int
    day: Day
    posting: int
    back: tuple[Day, int] | None = None


class Receipt(msgspec.Struct, frozen=True):
    """A header that took something of due items.

    `means`: the letter of its instrument, "" where it made none. `at_bank`: that was at the bank at once. `credited`:
    what moved it there; `returned`: what brought it back unpaid.
    """

    own: Cause
    order: int
    again: bool  # presented again after it came back
    means: str
    at_bank: bool
    credited: tuple[Cause, ...] = ()
    returned: tuple[Cause, ...] = ()

    @property
    def key(self) -> tuple[int, int]:
        """Its transaction and order."""
        return self.own.transaction, self.order


class Taken(msgspec.Struct, frozen=True):
    """What a header took of one due item, in its own sense: in all, then of that by discount and differences.

    Each in the invoice's currency and at home. `moves`: by line of the invoice's VAT, what became due and what left the
    account of VAT that waits. `advance`: the advance that this part came from, 0 where the header itself brought it.
    """

    transaction: int
    order: int
    item: int
    part: int
    relief: int
    discount: int = 0
    discount_home: int = 0
    difference: int = 0
    difference_home: int = 0
    exchange: int = 0
    exchange_home: int = 0
    moves: Mapping[int, tuple[int, int]] = {}
    advance: int = 0


class Used(msgspec.Struct, frozen=True):
    """An advance that a header used: how much, beside the `money` that it brought itself, and how it had come in."""

    advance: int
    amount: int
    money: int
    means: str
    at_bank: bool
    credited: tuple[Cause, ...] = ()


class Followed(msgspec.Struct, frozen=True):
    """An invoice with all that was done to it. `used`: by header, the advances that it used."""

    sale: Sale
    receipts: Mapping[tuple[int, int], Receipt]
    taken: Sequence[Taken]
    used: Mapping[tuple[int, int], Sequence[Used]] = {}

    def receipt(self, of: Taken) -> Receipt:
        """What brought this part in: the header, or before it the advance that it used."""
        own = self.receipts[of.transaction, of.order]
        for used in self.used.get((of.transaction, of.order), ()):
            if used.advance == of.advance:
                return msgspec.structs.replace(own, means=used.means, at_bank=used.at_bank, credited=used.credited)
        return own


# ---------------------------------------------------------------- what follows from it


class Row(msgspec.Struct, frozen=True):
    """VAT that became due on a day at one rate, or that was taken back (below zero).

    At home: `base` and `vat`; `received`, VAT included, at the invoice's own rate of exchange. `received_currency`: the
    same in the invoice's currency. What is kept beyond the invoice's amount is no price and not in it. `transaction`,
    `order`: what received it. `by`: the transaction that made this row; `item`: the due item;
    `reversed_by`: the transaction that took it back; `advance`: the one that it came from, 0 for none.
    """

    date: Day
    booked: Day
    invoice: str
    third_party: str
    ledger: Ledger
    rate: str
    base: int
    vat: int
    received: int
    currency: Currency
    received_currency: int
    means: str
    event: Event
    transaction: int
    order: int
    by: int
    item: int
    reversed_by: int | None = None
    advance: int = 0


class Move(msgspec.Struct, frozen=True):
    """What an entry did on the accounts of VAT that is due and of VAT that waits, in the invoice's own sense."""

    day: Day
    vat: int
    freed: int


class _Parts(msgspec.Struct, frozen=True):
    """What of a receipt falls on each line of VAT: what bears the VAT, what was received, and that in currency."""

    taxed: Sequence[int]
    received: Sequence[int]
    in_currency: Sequence[int]


class Change(msgspec.Struct, frozen=True):
    """VAT becomes due (`sign` +1), or is no longer (-1). `posting`: its rank among what happened on that day."""

    day: Day
    posting: int
    sign: int
    event: Event
    by: int


class _Step(msgspec.Struct, frozen=True, order=True):
    """Something that happens to a receipt: on a day, at a rank of that day, to one of its conditions."""

    day: Day
    posting: int
    condition: str
    on: bool
    event: Event
    by: int


def moves(followed: Followed) -> Iterator[Move]:
    """What the entries of this invoice's settlements did."""
    for taken in followed.taken:
        receipt = followed.receipt(taken)
        vat = sum(due for due, _ in taken.moves.values())
        freed = sum(left for _, left in taken.moves.values())
        for step in _bookings(receipt):
            sign = 1 if step.on == (step.condition == "own") else -1
            yield Move(step.day, sign * vat, sign * freed)


def events(followed: Followed, chosen: Mapping[str, str]) -> Iterator[tuple[Taken, Change]]:
    """Each time that what a header took of a due item began to count as received, or no longer counted."""
    for taken in followed.taken:
        receipt = followed.receipt(taken)
        for change in _changes_of(followed, taken, receipt, chosen):
            yield taken, change


def dues(followed: Followed, chosen: Mapping[str, str]) -> Iterator[tuple[Day, int]]:
    """When how much VAT of this invoice became due, or was taken back: the rows, not yet split over rates."""
    for taken, change in events(followed, chosen):
        yield change.day, change.sign * sum(due for due, _ in taken.moves.values())


def rows(followed: Followed, chosen: Mapping[str, str]) -> Iterator[Row]:
    """Everything that became due on this invoice or was taken back. `chosen`: the dossier's own `vat_dates`."""
    parts = _apportioned(followed)
    for taken in followed.taken:
        receipt = followed.receipt(taken)
        changes = list(_changes_of(followed, taken, receipt, chosen))
        for at, change in enumerate(changes):
            after = changes[at + 1].by if change.sign > 0 and at + 1 < len(changes) else None
            yield from _rows(followed.sale, taken, parts[_key(taken)], change, receipt, after)


def _rows(
    sale: Sale, taken: Taken, parts: _Parts, change: Change, receipt: Receipt, after: int | None
) -> Iterator[Row]:
    """A change by rate: lines of one rate together."""
    sums: dict[Fraction, list[int]] = {}
    for at, line in enumerate(sale.vat):
        vat = taken.moves.get(at, (0, 0))[0]
        figures = (parts.taxed[at] - vat, vat, parts.received[at], parts.in_currency[at])
        known = sums.setdefault(line.rate, [0] * len(figures))
        sums[line.rate] = [a + change.sign * b for a, b in zip(known, figures, strict=True)]
    for rate, (base, vat, received, in_currency) in sums.items():
        if base or vat or received or in_currency:
            yield Row(
                change.day, receipt.own.day, sale.piece, sale.third_party, sale.ledger, rate_text(rate),
                base, vat, received, sale.currency, in_currency,
                OFFSET if taken.advance else NAMES.get(receipt.means, OFFSET), change.event, *receipt.key, change.by,
                taken.item, after, taken.advance,
            )  # fmt: skip


def rate_text(rate: Fraction) -> str:
    """A rate in percent as it is written: `20`, `5.5`."""
    return percent_text(rate * Fraction(1, 100)).removesuffix(" %")


# ---------------------------------------------------------------- when


def _bookings(receipt: Receipt) -> Iterator[_Step]:
    """When the books held a receipt, and when they no longer did."""
    yield from _steps(receipt.own, "own", "represented" if receipt.again else "received")
    for cause in receipt.returned:
        yield from _steps(cause, "returned", "unpaid")


def _steps(cause: Cause, condition: str, event: Event) -> Iterator[_Step]:
    yield _Step(cause.day, cause.posting, condition, True, event, cause.transaction)
    if cause.back is not None:
        yield _Step(*cause.back, condition, False, "cancelled", cause.transaction)


def _changes_of(followed: Followed, taken: Taken, receipt: Receipt, chosen: Mapping[str, str]) -> Iterator[Change]:
    return _changes(receipt, vat_day(receipt.means, chosen), followed.sale.dues[taken.item].due_date)


def _changes(receipt: Receipt, counts: VatDay, due_date: Day) -> Iterator[Change]:
    """When the VAT of a receipt became due, and when it was no longer: as long as all conditions hold."""
    steps = list(_bookings(receipt))
    if counts == "credited" and receipt.means and not receipt.at_bank:
        steps += [step for cause in receipt.credited for step in _steps(cause, "met", "credited")]
        met = False
    elif counts == "due_date":
        steps.append(_Step(due_date, BEFORE_ALL, "met", True, "due", receipt.own.transaction))
        met = False
    else:
        met = True
    own, returned, was = False, 0, False
    for step in sorted(steps):
        if step.condition == "own":
            own = step.on
        elif step.condition == "returned":
            returned += 1 if step.on else -1
        else:
            met = step.on
        now = own and not returned and met
        if now != was:
            yield Change(step.day, step.posting, 1 if now else -1, step.event, step.by)
        was = now


# ---------------------------------------------------------------- how much


def vat_at_home(vat: Iterable[Vat], amount: int, home: int) -> list[int]:
    """The VAT of an invoice at home, per line: its share of what the invoice is worth, rounded."""
    sign = 1 if amount > 0 else -1
    return [line.amount if amount == home else ratio(sign * line.amount * home, abs(amount)) for line in vat]


def by_origin(sale: Sale, taken: Taken, used: Sequence[Used]) -> Iterator[Taken]:
    """What a header took, apart by where it came from: advances that it used, each with its part of what was received.

    Discounts and differences stay with the header's own part.
    """
    money = max(used[0].money, 0) if used else 0
    weights = [money, *(one.amount for one in used)]
    if not used or not sum(weights):
        yield taken
        return
    _, received, in_currency = _figures(sale, taken)
    parts, reliefs = apportion(in_currency, weights), apportion(received, weights)
    vat = {line: apportion(due, weights) for line, (due, _) in taken.moves.items()}
    own = taken
    for at, one in enumerate(used, start=1):
        moved = {line: (shares[at], shares[at]) for line, shares in vat.items()}
        part = Taken(
            taken.transaction, taken.order, taken.item, parts[at], reliefs[at], moves=moved, advance=one.advance
        )
        yield part
        left = {line: (due - moved[line][0], freed - moved[line][1]) for line, (due, freed) in own.moves.items()}
        own = msgspec.structs.replace(own, part=own.part - part.part, relief=own.relief - part.relief, moves=left)
    if own.part or own.relief or any(map(any, own.moves.values())):
        yield own


def _key(taken: Taken) -> tuple[int, int, int, int]:
    return taken.transaction, taken.order, taken.item, taken.advance


def _apportioned(followed: Followed) -> dict[tuple[int, int, int, int], _Parts]:
    """What of each receipt falls on each line of VAT, worked out in the order of posting."""
    left = {root: _Left(whole) for root, whole in _wholes(followed.sale).items()}
    parts: dict[tuple[int, int, int, int], _Parts] = {}
    steps = sorted(
        (step.posting, at, step.on == (step.condition == "own"))
        for at, taken in enumerate(followed.taken)
        for step in _bookings(followed.receipt(taken))
    )
    for _, at, given in steps:
        taken = followed.taken[at]
        key = _key(taken)
        of_chain = left[followed.sale.dues[taken.item].root]
        if key not in parts:
            parts[key] = of_chain.split(*_figures(followed.sale, taken))
        of_chain.take(parts[key], 1 if given else -1)
    return parts


def _figures(sale: Sale, taken: Taken) -> tuple[int, int, int]:
    """Of what was taken: what bears the VAT that became due, what was received, and that in the invoice's currency."""
    short, short_home = _lost(sale, taken.difference), _lost(sale, taken.difference_home)
    exchange, exchange_home = _lost(sale, taken.exchange), _lost(sale, taken.exchange_home)
    given_up = sum(freed - vat for vat, freed in taken.moves.values())
    adjusted = taken.discount_home if given_up != sum(vat_shares(short_home, sale.vat)) else 0
    received = taken.relief - short_home - taken.discount_home - exchange_home
    return taken.relief - short_home - adjusted, received, taken.part - short - taken.discount - exchange


def _lost(sale: Sale, amount: int) -> int:
    """What was received too little; what was received too much is a gain beside the price."""
    return sale.sense * max(sale.sense * amount, 0)


def _wholes(sale: Sale) -> dict[int, tuple[list[int], list[int]]]:
    """The amount of each chain of due items by line of VAT, VAT included: at home, and in the invoice's currency.

    Each chain takes its part of what the chains before it left, so that rows and columns both add up.
    """
    roots = {due.root: due for _, due in sorted(sale.dues.items())}
    vat = vat_at_home(sale.vat, sale.amount, sale.home)
    bases = _split(sale.home - sum(vat), [], [line.base for line in sale.vat])
    at_home = [base + part for base, part in zip(bases, vat, strict=True)]
    in_currency = [line.base + line.amount for line in sale.vat]
    found = {}
    for root, due in roots.items():
        own = _split(due.carried, at_home, at_home), _split(due.amount, in_currency, in_currency)
        at_home = [all_ - part for all_, part in zip(at_home, own[0], strict=True)]
        in_currency = [all_ - part for all_, part in zip(in_currency, own[1], strict=True)]
        found[root] = own
    return found


class _Left:
    """What a chain of due items has left by line of VAT."""

    def __init__(self, whole: tuple[list[int], list[int]]) -> None:
        self.whole = whole
        self.taxed, self.received, self.in_currency = list(whole[0]), list(whole[0]), list(whole[1])

    def split(self, taxed: int, received: int, in_currency: int) -> _Parts:
        """Amounts, each in proportion to what is left of it."""
        at_home, foreign = self.whole
        return _Parts(
            _split(taxed, self.taxed, at_home),
            _split(received, self.received, at_home),
            _split(in_currency, self.in_currency, foreign),
        )

    def take(self, parts: _Parts, sign: int) -> None:
        """These parts are taken, or given back."""
        for own, taken in zip(
            (self.taxed, self.received, self.in_currency), msgspec.structs.astuple(parts), strict=True
        ):
            own[:] = [left - sign * part for left, part in zip(own, taken, strict=True)]


def _split(amount: int, left: Sequence[int], whole: Sequence[int]) -> list[int]:
    """An amount in proportion to what is left; all of it where nothing else is left."""
    if left and amount == sum(left):
        return list(left)
    for weights in (left, whole):
        if sum(weights) and len({weight > 0 for weight in weights if weight}) == 1:
            return apportion(amount, weights)
    return apportion(amount, whole) if sum(whole) else [amount, *(0 for _ in whole[1:])]
