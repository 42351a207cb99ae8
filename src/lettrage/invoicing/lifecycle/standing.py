"""Where an invoice stands by the statuses heard of it, whatever order they came in and however often. Pure.

No status assumes an earlier one: platforms say some, in any order, days late. Each has its own moment; the latest
holds, unless one has ended the invoice: after a refusal or a rejection nothing more comes of it (XP Z12-012), so what
is dated later changes nothing but what was received. At one moment the higher code holds.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction

import msgspec

from lettrage.invoicing.lifecycle.message import Message
from lettrage.invoicing.lifecycle.statuses import statuses
from lettrage.money import Amount, Figure

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class Received(msgspec.Struct, frozen=True):
    """An amount received at a VAT rate (a percentage), VAT included; below zero where it was taken back."""

    rate: Figure
    amount: Amount


class Heard(msgspec.Struct, frozen=True):
    """A status of one invoice, as a message told it. `message`: the message's own number."""

    code: str
    at: datetime | None
    message: str = ""
    reasons: tuple[str, ...] = ()
    received: tuple[Received, ...] = ()


class Stands(msgspec.Struct, frozen=True):
    """What holds now. `history`: every status once, by its moment; `received`: in all, by rate and currency."""

    current: Heard | None = None
    history: tuple[Heard, ...] = ()
    received: tuple[Received, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of the invoice."""
        return self.current is not None and _ends(self.current)


def heard(message: Message, number: str) -> list[Heard]:
    """What a message says of the invoice of this number."""
    return [
        Heard(
            reference.code,
            told.at,
            message.id,
            tuple(detail.reason for detail in reference.details if detail.reason),
            tuple(
                Received(one.percent, one.amount)
                for one in reference.received
                if one.percent is not None and one.amount is not None
            ),
        )
        for told in message.acknowledgements
        for reference in told.references
        if reference.number == number
    ]


def stands(told: Iterable[Heard]) -> Stands:
    """Where an invoice stands. Statuses about something else (a flow, another status) say nothing of it."""
    about = {one for one in told if _about_invoice(one)}  # the same message heard twice is one
    history = tuple(sorted(about, key=_place))
    if not history:
        return Stands()
    ends = [one for one in history if _ends(one)]
    return Stands(ends[-1] if ends else history[-1], history, _summed(history))


def _about_invoice(one: Heard) -> bool:
    """A code that nobody knows may well be about the invoice: it is kept, and shown as it came."""
    known = statuses().get(one.code)
    return known is None or known.about == "invoice"


def _ends(one: Heard) -> bool:
    known = statuses().get(one.code)
    return known is not None and known.ends


def _place(one: Heard) -> tuple[object, ...]:
    """What statuses are sorted by. What has no moment comes before all that has one."""
    amounts = tuple(
        (part.rate.fraction, part.amount.currency.code, part.amount.minor, part.rate.decimals) for part in one.received
    )
    return (one.at or _BEFORE_ALL, one.code, one.message, one.reasons, amounts)


def _summed(history: Iterable[Heard]) -> tuple[Received, ...]:
    sums: dict[tuple[Fraction, str], Received] = {}
    for one in history:
        for part in one.received:
            key = (part.rate.fraction, part.amount.currency.code)
            before = sums.get(key)
            sums[key] = msgspec.structs.replace(before, amount=before.amount + part.amount) if before else part
    return tuple(sums[key] for key in sorted(sums))
