"""VAT on receipts over a period: rows, totals by month and rate, what still waits, and the proof against the ledger."""

from collections.abc import Mapping, Sequence
from datetime import date as Day  # noqa: N812
from typing import Any

import msgspec

from lettrage.books.vat_due import Followed, Move, Row, dues, moves, rows
from lettrage.money import Currency, decimal_text
from lettrage.refusal import Refusal
from lettrage.settlement.document import Ledger

_SIGN: Mapping[str, int] = {"customer": 1, "supplier": -1}


class Posted(msgspec.Struct, frozen=True):
    """What the ledger says: credit less debit on the account of VAT collected by settlements of the period; the credit
    balance of the account of VAT that waits, at the period's end. `discounts`: VAT that settlements of the period took
    back by a discount on invoices whose VAT never waited.
    """

    collected_account: str
    parked_account: str
    collected: int
    parked: int
    discounts: int = 0


class Parked(msgspec.Struct, frozen=True):
    """VAT of an invoice that waits for its receipt."""

    invoice: str
    third_party: str
    ledger: Ledger
    date: Day
    vat: int


class Total(msgspec.Struct, frozen=True):
    """A month, a ledger and a rate together."""

    month: str
    ledger: Ledger
    rate: str
    base: int
    vat: int
    received: int


class Proof(msgspec.Struct, frozen=True):
    """Two derivations of the same figures: from the payments, and from the ledger.

    `booked`: VAT collected that settlements of the period moved. `waiting_before`, `waiting_after`: moved, and not due
    yet: a transfer announced, a bill before its due date. `due`: due in the period.
    """

    posted: Posted
    booked: int
    parked: int
    waiting_before: int
    waiting_after: int
    due: int

    @property
    def expected(self) -> int:
        """What the account of VAT collected must have moved by in settlements of the period."""
        return self.booked + self.posted.discounts


class VatReport(msgspec.Struct, frozen=True):
    """VAT on receipts from a day to a day."""

    first: Day
    last: Day
    home: Currency
    rows: Sequence[Row]
    totals: Sequence[Total]
    parked: Sequence[Parked]
    proof: Proof

    @property
    def refusals(self) -> list[Refusal]:
        """Where the ledger says something else: a report with any is not given."""
        posted = self.proof.posted
        compared = (
            (posted.collected_account, posted.collected, self.proof.expected),
            (posted.parked_account, posted.parked, self.proof.parked),
        )
        return [
            Refusal("vat_report_differs", "", self._text(seen), self._text(expected), {"account": account})
            for account, seen, expected in compared
            if seen != expected
        ]

    def _text(self, minor: int) -> str:
        return f"{decimal_text(minor, self.home.decimals)} {self.home.code}"

    @property
    def shape(self) -> dict[str, Any]:
        """As the command line and the API give it."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "currency": self.home.code,
            "rows": [row_shape(row, self.home) for row in self.rows],
            "totals": [total_shape(total, self.home) for total in self.totals],
            "parked": [parked_shape(one, self.home) for one in self.parked],
            "proof": proof_shape(self.proof, self.home),
        }


class Gathering:
    """Takes invoices one by one and keeps what a period's report needs."""

    def __init__(self, first: Day, last: Day, chosen: Mapping[str, str]) -> None:
        self.first, self.last, self.chosen = first, last, chosen
        self.rows: list[Row] = []
        self.parked: list[Parked] = []
        self.booked = self.waits = 0
        self.booked_until = [0, 0]  # before the period, up to its end
        self.due_until = [0, 0]

    def add(self, followed: Followed) -> None:
        """What this invoice adds to the report."""
        sale = followed.sale
        waits = sale.parked
        for move in moves(followed):
            if move.day > self.last:
                waits += move.freed
            if sale.ledger == "customer":
                self._book(move)
        if sale.date <= self.last:
            self.waits += _SIGN[sale.ledger] * waits
            if waits:
                self.parked.append(Parked(sale.piece, sale.third_party, sale.ledger, sale.date, waits))
        wanted = False
        for day, vat in dues(followed, self.chosen):
            wanted = wanted or self.first <= day <= self.last
            if sale.ledger == "customer":
                self.due_until[0] += vat if day < self.first else 0
                self.due_until[1] += vat if day <= self.last else 0
        if wanted:  # splitting over rates needs all receipts of the invoice, and costs most
            self.rows += [row for row in rows(followed, self.chosen) if self.first <= row.date <= self.last]

    def _book(self, move: Move) -> None:
        self.booked_until[0] += move.vat if move.day < self.first else 0
        self.booked_until[1] += move.vat if move.day <= self.last else 0
        self.booked += move.vat if self.first <= move.day <= self.last else 0

    def report(self, posted: Posted, home: Currency) -> VatReport:
        """The report, with its proof."""
        proof = Proof(
            posted, self.booked, self.waits,
            self.booked_until[0] - self.due_until[0], self.booked_until[1] - self.due_until[1],
            sum(row.vat for row in self.rows if row.ledger == "customer"),
        )  # fmt: skip
        found = sorted(self.rows, key=lambda row: (row.date, row.by, row.transaction, row.order, row.invoice, row.rate))
        parked = sorted(self.parked, key=lambda one: (one.date, one.invoice, one.third_party))
        return VatReport(self.first, self.last, home, found, _totals(found), parked, proof)


def _totals(found: Sequence[Row]) -> list[Total]:
    """By month, ledger and rate."""
    sums: dict[tuple[str, Ledger, str], list[int]] = {}
    for row in found:
        known = sums.setdefault((row.date.isoformat()[:7], row.ledger, row.rate), [0, 0, 0])
        for at, figure in enumerate((row.base, row.vat, row.received)):
            known[at] += figure
    ordered = sorted(sums, key=lambda key: (key[0], key[1], _by_size(key[2])))
    return [Total(*key, *sums[key]) for key in ordered]


def _by_size(rate: str) -> tuple[int, str]:
    whole, _, part = rate.partition(".")
    return int(whole), part


# ---------------------------------------------------------------- shapes


def row_shape(row: Row, home: Currency) -> dict[str, Any]:
    """A row as the command line and the API give it."""
    return {
        "date": row.date.isoformat(),
        "booked": row.booked.isoformat(),
        "invoice": row.invoice,
        "third_party": row.third_party,
        "direction": row.ledger,
        "rate": row.rate,
        "base": decimal_text(row.base, home.decimals),
        "vat": decimal_text(row.vat, home.decimals),
        "received": decimal_text(row.received, home.decimals),
        "currency": row.currency.code,
        "received_currency": decimal_text(row.received_currency, row.currency.decimals),
        "means": row.means,
        "event": row.event,
        "transaction": str(row.transaction),
        "order": str(row.order),
        "by": str(row.by),
        "reversed_by": None if row.reversed_by is None else str(row.reversed_by),
    }


def total_shape(total: Total, home: Currency) -> dict[str, Any]:
    """A total as the command line and the API give it."""
    return {
        "month": total.month,
        "direction": total.ledger,
        "rate": total.rate,
        "base": decimal_text(total.base, home.decimals),
        "vat": decimal_text(total.vat, home.decimals),
        "received": decimal_text(total.received, home.decimals),
    }


def parked_shape(one: Parked, home: Currency) -> dict[str, Any]:
    """VAT that waits as the command line and the API give it."""
    return {
        "invoice": one.invoice,
        "third_party": one.third_party,
        "direction": one.ledger,
        "date": one.date.isoformat(),
        "vat": decimal_text(one.vat, home.decimals),
    }


def proof_shape(proof: Proof, home: Currency) -> dict[str, str]:
    """The proof as the command line and the API give it: each figure of the payments beside that of the ledger."""
    figures = {
        "booked": proof.booked,
        "discounts": proof.posted.discounts,
        "collected_posted": proof.posted.collected,
        "waiting_before": proof.waiting_before,
        "waiting_after": proof.waiting_after,
        "due": proof.due,
        "parked": proof.parked,
        "parked_posted": proof.posted.parked,
    }
    accounts = {"collected_account": proof.posted.collected_account, "parked_account": proof.posted.parked_account}
    return accounts | {name: decimal_text(figure, home.decimals) for name, figure in figures.items()}
