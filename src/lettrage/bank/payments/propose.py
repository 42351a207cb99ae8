"""What is due to be paid to suppliers, or collected from customers by direct debit: who, how much, for which pieces."""

from collections.abc import Iterable, Sequence
from datetime import date as Day  # noqa: N812
from itertools import groupby
from typing import Any, Literal

import msgspec

from lettrage.bank.payments.file import EURO, Candidate, Use
from lettrage.bank.payments.kinds import Kind
from lettrage.company.payee import Payee
from lettrage.money import Amount
from lettrage.settlement.document import Instrument, Item

Why = Literal["disputed", "other_means", "no_mandate", "credit"]
# The means that people plan for a kind: a supplier who collects by himself is not paid by us.
_MEANS = {"transfers": "VS", "debits": "D"}
LEDGERS = {"transfers": "supplier", "debits": "customer"}


class Choice(msgspec.Struct, frozen=True):
    """What is asked for: all that is due until a day, of some third parties, or these due items only."""

    bank: str
    kind: str
    until: Day
    date: Day | None = None
    third_parties: tuple[str, ...] = ()
    items: tuple[int, ...] = ()


class Payment(msgspec.Struct, frozen=True):
    """One line of the file to come: a third party, and the due items that it settles, credit notes among them."""

    payee: Payee
    items: tuple[Item, ...]

    @property
    def total(self) -> int:
        """What is paid, in cents."""
        return sum(item.open for item in self.items)

    @property
    def about(self) -> str:
        """The pieces, as the payee is told."""
        return " ".join(dict.fromkeys(item.piece for item in self.items))


class Left(msgspec.Struct, frozen=True):
    """What is due and not proposed: disputed, by other means, without a mandate, outweighed by what is owed to us."""

    payee: Payee
    items: tuple[Item, ...]
    why: Why


class Proposal(msgspec.Struct, frozen=True):
    """What would be paid, and what would not."""

    payments: tuple[Payment, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def total(self) -> int:
        """The sum of the payments, in cents."""
        return sum(payment.total for payment in self.payments)


def propose(choice: Choice, kind: Kind, due: Iterable[tuple[Item, Payee]]) -> Proposal:
    """One payment for each third party: what is due, less every credit note that is open."""
    payments: list[Payment] = []
    left: list[Left] = []
    for code, pairs in groupby(due, key=lambda pair: pair[0].third_party):
        own = list(pairs)
        payee = own[0][1]
        asked = [item for item, _ in own if _asked(item, choice)]
        if choice.third_parties and code not in choice.third_parties:
            continue
        disputed = [item for item in asked if item.disputed]
        others = [item for item in asked if not item.disputed and not _by_means(item, kind)]
        fit = [item for item in asked if not item.disputed and _by_means(item, kind)]
        left += [
            Left(payee, tuple(items), why)
            for items, why in _reasons(disputed, others)
            if any(item.amount > 0 for item in items)
        ]
        if _unsigned(payee, fit, kind, choice):
            left += [Left(payee, tuple(fit), "no_mandate")] if any(item.open > 0 for item in fit) else []
        elif any(item.open > 0 for item in fit):
            payment = Payment(payee, tuple(fit))
            if payment.total > 0:
                payments.append(payment)
            else:
                left.append(Left(payee, tuple(fit), "credit"))
    return Proposal(tuple(payments), tuple(left))


def _reasons(disputed: list[Item], others: list[Item]) -> tuple[tuple[list[Item], Why], tuple[list[Item], Why]]:
    return (disputed, "disputed"), (others, "other_means")


def _asked(item: Item, choice: Choice) -> bool:
    return not choice.items or item.id in choice.items


def _unsigned(payee: Payee, fit: Sequence[Item], kind: Kind, choice: Choice) -> bool:
    """Whether nobody meant a customer without a mandate to be debited; who is named, or planned so, is refused."""
    meant = choice.items or choice.third_parties or any(item.means == _MEANS[kind.key] for item in fit)
    return kind.key == "debits" and payee.mandate is None and not meant


def _by_means(item: Item, kind: Kind) -> bool:
    """Whether it is planned by means of this kind; a credit note is offset whatever its means."""
    return item.amount < 0 or item.means in _MEANS[kind.key]


def candidates(proposal: Proposal, kind: Kind, bank: str, today: Day, uses: dict[str, Use]) -> list[Candidate]:
    """The instruments that these payments would make, before they have numbers."""
    found = []
    for payment in proposal.payments:
        payee, total = payment.payee, payment.total
        ahead = Instrument(0, 0, 1, kind.entered, kind.direction, payee.code, EURO, total, total, today, bank)
        used = uses.get(payee.mandate.id) if payee.mandate else None
        due = max(item.due_date for item in payment.items)
        found.append(Candidate(ahead, payee, payment.about, due, None, used))
    return found


def headers(proposal: Proposal, kind: Kind, change: str, bank: str, day: Day) -> list[dict[str, Any]]:
    """The settlement document's headers: one for each payment, a transaction of its own."""
    word = {"transfers": "Virement", "debits": "Prélèvement"}[kind.key]
    return [
        {
            "PAYMENTTYPE": kind.direction.upper(),
            "TIERS": payment.payee.code,
            "CHGETAT": change,
            "BQC": bank,
            "DATE": f"{day:%Y%m%d}",
            "DEV": EURO.code,
            "AMOUNT": Amount(payment.total, EURO).text,
            "LIB": f"{word} {payment.payee.name or payment.payee.code}"[:100],
            "DetailReglementtb": [_detail(item) for item in payment.items],
        }
        for payment in proposal.payments
    ]


def _detail(item: Item) -> dict[str, str]:
    prefix = {"PREFPIECE": item.prefix} if item.prefix else {}
    return prefix | {
        "TIERS": item.third_party,
        "PIECE": item.piece,
        "DUEDATE": f"{item.due_date:%Y%m%d}",
        "AMOUNT": Amount(item.open, EURO).text,
    }


def shape(proposal: Proposal) -> dict[str, Any]:
    """A proposal as JSON."""
    return {
        "total": Amount(proposal.total, EURO).text,
        "currency": EURO.code,
        "count": len(proposal.payments),
        "payments": [_shown(p.payee, p.items) for p in proposal.payments],
        "left": [_shown(one.payee, one.items) | {"why": one.why} for one in proposal.left],
    }


def _shown(payee: Payee, items: Sequence[Item]) -> dict[str, Any]:
    return {
        "third_party": payee.code,
        "name": payee.name,
        "iban": payee.iban,
        "amount": Amount(sum(item.open for item in items), EURO).text,
        "items": [
            {
                "id": str(item.id),
                "piece": item.piece,
                "due_date": item.due_date.isoformat(),
                "amount": Amount(item.open, EURO).text,
            }
            for item in items
        ],
    }
