"""The payments of an invoice as they are reported: one for each receipt, each return and each day that counts.

What each rate received comes from `books/vat_due.py`, which splits in proportion to what each rate has left: the sum of
all payments of an invoice is what was received, exactly, and nothing after everything came back.

A payment is known by its key. The same event always has the same key, so that nothing is told twice; what was told and
is no longer so (the dossier chose another day that counts) is told again with the opposite sign.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date as Day  # noqa: N812
from itertools import groupby
from operator import attrgetter

import msgspec
from msgspec.structs import replace

from lettrage.books.vat_due import Event, Followed, Row, events, rows
from lettrage.money import Currency

_AGAIN = "~"  # between a key and how often it was told before


class Received(msgspec.Struct, frozen=True):
    """What was received at one rate, VAT included: minor units of the invoice's currency, and at home."""

    rate: str
    amount: int
    home: int


class Payment(msgspec.Struct, frozen=True):
    """A receipt of an invoice, or its return (below zero), on the day that counts.

    `sale`: the invoice's own number in the books; `invoice`: the one that it bears; `issued`: its date. `transaction`,
    `order`: the header that received it; `by`: the transaction that made this payment count, or no longer. `since`: the
    day on which this receipt counted first, so that what comes back of it is reported as it was. `discount`: granted
    with it; `remaining`: to be paid after it, both in minor units of the invoice's currency; None where a payment told
    before is withdrawn. Of a credit note all amounts have the opposite sign.
    """

    key: str
    sale: int
    invoice: str
    third_party: str
    issued: Day | None
    day: Day
    since: Day
    event: Event
    transaction: int
    order: int
    by: int
    currency: Currency
    home: Currency
    rates: tuple[Received, ...]
    discount: int = 0
    remaining: int | None = None

    @property
    def amount(self) -> int:
        """All rates together, in the invoice's currency."""
        return sum(one.amount for one in self.rates)

    @property
    def amount_home(self) -> int:
        """All rates together, at home."""
        return sum(one.home for one in self.rates)


class _Moment(msgspec.Struct, frozen=True, order=True):
    """What makes one payment: due items of a header that began to count together, or no longer count."""

    day: Day
    since: Day
    event: Event
    by: int
    transaction: int
    order: int


class _Happened(msgspec.Struct, frozen=True):
    """What was taken of an invoice at one moment: in all, and of that by discount. `posting`: its rank on the day."""

    posting: int
    taken: int = 0
    discount: int = 0


def payments(followed: Followed, chosen: Mapping[str, str], home: Currency) -> tuple[Payment, ...]:
    """What there is to report of an invoice, in the order of the days that count; nothing of a purchase.

    `chosen`: the dossier's own `vat_dates`. Discounts and differences are no receipts and in no rate's amount.
    """
    if followed.sale.ledger != "customer":
        return ()
    since = _since(followed, chosen)
    by_moment: dict[_Moment, list[Row]] = {}
    for row in rows(followed, chosen):
        of = _Moment(
            row.date,
            since[row.transaction, row.order, row.item, row.advance],
            row.event,
            row.by,
            row.transaction,
            row.order,
        )
        by_moment.setdefault(of, []).append(row)
    left = sum(due.amount for at, due in followed.sale.dues.items() if at == due.root)
    found = []
    happened = _happened(followed, chosen, since)
    for moment in sorted(happened, key=lambda one: (one.day, happened[one].posting, one)):
        left -= happened[moment].taken
        rates = _by_rate(by_moment.get(moment, []))
        if rates:
            found.append(_payment(followed, moment, rates, happened[moment].discount, left, home))
    return tuple(found)


def _since(followed: Followed, chosen: Mapping[str, str]) -> dict[tuple[int, int, int, int], Day]:
    """By header, due item and advance: the day on which what was taken counted first."""
    found: dict[tuple[int, int, int, int], Day] = {}
    for taken, change in events(followed, chosen):
        key = taken.transaction, taken.order, taken.item, taken.advance
        found[key] = min(change.day, found.get(key, change.day))
    return found


def _happened(
    followed: Followed, chosen: Mapping[str, str], since: Mapping[tuple[int, int, int, int], Day]
) -> dict[_Moment, _Happened]:
    found: dict[_Moment, _Happened] = {}
    for taken, change in events(followed, chosen):
        began = since[taken.transaction, taken.order, taken.item, taken.advance]
        of = _Moment(change.day, began, change.event, change.by, taken.transaction, taken.order)
        known = found.get(of, _Happened(change.posting))
        found[of] = replace(
            known, taken=known.taken + change.sign * taken.part, discount=known.discount + change.sign * taken.discount
        )
    return found


def _by_rate(of: Iterable[Row]) -> tuple[Received, ...]:
    sums: dict[str, list[int]] = {}
    for row in of:
        known = sums.setdefault(row.rate, [0, 0])
        known[0] += row.received_currency
        known[1] += row.received
    return tuple(Received(rate, amount, home) for rate, (amount, home) in sums.items() if amount or home)


def _payment(
    followed: Followed, of: _Moment, rates: tuple[Received, ...], discount: int, left: int, home: Currency
) -> Payment:
    sale = followed.sale
    key = f"{sale.id}/{of.transaction}.{of.order}/{of.event}/{of.by}/{of.day.isoformat()}/{of.since.isoformat()}"
    return Payment(
        key, sale.id, sale.piece, sale.third_party, sale.date, of.day, of.since, of.event, of.transaction, of.order,
        of.by, sale.currency, home, rates, discount, left,
    )  # fmt: skip


# ---------------------------------------------------------------- what is still to be told


def untold(known: Sequence[Payment], told: Sequence[Payment]) -> tuple[Payment, ...]:
    """The messages still to be sent: what is known and was not told, and withdrawals of what was told and is not so.

    `told`: every message sent before about the invoices of `known`, in their order. Told together with what is returned
    they add up to what is known.
    """
    standing = _standing(told)
    now = {payment.key: payment for payment in known}
    withdrawn = [
        replace(_opposite(payment), key=_again(key, times))
        for key, (payment, times) in standing.items()
        if times % 2 and key not in now
    ]
    new = [
        replace(payment, key=_again(key, times))
        for key, payment in now.items()
        for times in [standing[key][1] if key in standing else 0]
        if times % 2 == 0
    ]
    return (*withdrawn, *new)


def _standing(told: Sequence[Payment]) -> dict[str, tuple[Payment, int]]:
    """By the event's own key: what was told of it first, and how many times; each second time withdrew it."""
    found: dict[str, tuple[Payment, int]] = {}
    ordered = sorted(told, key=lambda one: own_key(one.key))
    for key, messages in groupby(ordered, key=lambda one: own_key(one.key)):
        of_it = list(messages)
        found[key] = min(of_it, key=attrgetter("key")), len(of_it)
    return found


def own_key(key: str) -> str:
    """The event's key, whichever message about it this is."""
    return key.partition(_AGAIN)[0]


def _again(key: str, times: int) -> str:
    return f"{key}{_AGAIN}{times}" if times else key


def _opposite(payment: Payment) -> Payment:
    rates = tuple(Received(one.rate, -one.amount, -one.home) for one in payment.rates)
    return replace(payment, rates=rates, event="cancelled", discount=-payment.discount, remaining=None)


def of_all(books: Iterable[Followed], chosen: Mapping[str, str], home: Currency) -> Iterator[Payment]:
    """The payments of all invoices."""
    for followed in books:
        yield from payments(followed, chosen, home)
