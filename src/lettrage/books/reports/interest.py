"""Late-payment interest and the lump sum as proposals: nothing is posted until somebody asks for the entry."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any

import msgspec

from lettrage.books.late import Claimed, Interest, Stretch, interest, unclaimed
from lettrage.books.reports.asked import Asked, LateBooks, Paid, ReportBooks
from lettrage.books.reports.period import given
from lettrage.books.reports.report import Column, Report, Row, Section
from lettrage.company.late import LatePayment
from lettrage.money import Amount, Currency

_LABEL = "Intérêts de retard et indemnités"
COLUMNS = (
    Column("piece", share=2),
    Column("due_date", "day"),
    Column("paid_on", "day"),
    Column("base", "money"),
    Column("buyer"),
    Column("half", "day"),
    Column("days", "count"),
    Column("rate", "percent"),
    Column("interest", "money"),
    Column("indemnity", "money"),
    Column("claimed", "money"),
    Column("sum", "money"),
)


class Claim(msgspec.Struct, frozen=True):
    """What one late part of an invoice owes; the lump sum stands with the invoice's first late part.

    `before`: what was claimed of the due item already, and is not in the rest; it stands with its first part.
    """

    paid: Paid
    public: bool
    late: Stretch
    interest: Interest
    indemnity: int
    before: int = 0

    @property
    def sum(self) -> int:
        """In all."""
        return self.interest.amount + self.indemnity


def claims(
    parts: Sequence[Paid],
    public_buyers: Collection[str],
    asked: Asked,
    terms: LatePayment,
    claimed: Sequence[Claimed] = (),
) -> Iterator[Claim]:
    """What every late part owes, to the day on which it was paid, or to the report's day while it is open.

    What was claimed already is left out: its days, and the lump sum of its invoice.
    """
    met = {(one.third_party, one.piece) for one in claimed if one.indemnity}
    for (party, due, piece), found in groupby(sorted(parts, key=_by_day_paid), key=lambda part: _by_day_paid(part)[:3]):
        own = list(_within(found, asked, met))
        before = [one for one in claimed if (one.third_party, one.due_date, one.piece) == (party, due, piece)]
        for part, late, told in _owing(own, before):
            owed = interest(late, due, public=party in public_buyers, terms=terms)
            indemnity = 0 if (party, piece) in met else terms.indemnity
            yield Claim(part, party in public_buyers, late, owed, indemnity, told)
            met.add((party, piece))


def _by_day_paid(part: Paid) -> tuple[str, date, str, date]:
    return part.third_party, part.due_date, part.piece, part.on or date.max


def _within(parts: Iterator[Paid], asked: Asked, met: set[tuple[str, str]]) -> Iterator[tuple[Paid, Stretch]]:
    """The late parts that are asked for. An invoice with a late part of before has its lump sum behind it."""
    last = asked.as_of or asked.today
    for part in parts:
        paid = part.on or last
        if paid <= part.due_date or part.home <= 0 or paid > last:
            continue
        if asked.first and part.on and part.on < asked.first:
            met.add((part.third_party, part.piece))
            continue
        yield part, Stretch(part.home, part.due_date, paid)


def _owing(own: Sequence[tuple[Paid, Stretch]], before: Sequence[Claimed]) -> Iterator[tuple[Paid, Stretch, int]]:
    """What of a due item is not claimed yet; where all of it is, its first part with no day, to tell what was."""
    told = sum(one.sum for one in before)
    stretches = unclaimed([late for _, late in own], before)
    found = [(part, late) for (part, _), lates in zip(own, stretches, strict=True) for late in lates]
    if own and not found:
        part, late = own[0]
        found = [(part, Stretch(late.base, late.until, late.until))]
    for at, (part, late) in enumerate(found):
        yield part, late, 0 if at else told


def owed(books: LateBooks, asked: Asked) -> list[Claim]:
    """What customers owe for paying late. Raises Stop where a half-year's rate is not loaded."""
    parts = books.paid_late(asked.as_of or asked.today, asked.third_party)
    buyers = books.public_buyers({part.third_party for part in parts})
    return list(claims(parts, buyers, asked, books.company.late_payment, books.late_claims(asked.third_party)))


def proposals(books: ReportBooks, asked: Asked) -> Report:
    """The same as a report, invoice by invoice and half-year by half-year."""
    home, mark = books.company.currency, books.mark(None)
    found = owed(books, asked)
    by_party = _by_party(found)
    names = books.names_of(list(by_party))
    sections = [
        Section([*(row for claim in own for row in _rows(claim, home)), _total(own, home)], code, names.get(code, ""))
        for code, own in by_party.items()
    ]
    last = asked.as_of or asked.today
    criteria = given({"first": asked.first, "as_of": last, "third_party": asked.third_party})
    total = (_total(found, home),)
    return Report("interest", home, criteria, COLUMNS, sections, total, (), (), mark.posting, mark.head)


def records(books: LateBooks, asked: Asked) -> list[tuple[dict[str, Any], list[Claimed]]]:
    """The entries that would claim it, one for each third party, as the texts of which drafts are made.

    With each: what it claims, piece by piece.
    """
    company, last = books.company, asked.as_of or asked.today
    day = last.isoformat()
    made = []
    for code, own in _by_party([claim for claim in owed(books, asked) if claim.sum]).items():
        text = Amount(sum(claim.sum for claim in own), company.currency).text
        claimed = {"account": company.accounts.customer, "third_party": code, "debit": text, "due_date": day}
        lines = [claimed, {"account": company.late_payment.account, "credit": text}]
        piece = f"IR{last:%Y%m%d}"
        record = {"date": day, "label": f"{_LABEL} {code}", "piece": piece, "lines": lines}
        made.append((record, [_claimed(claim) for claim in own]))
    return made


def _claimed(claim: Claim) -> Claimed:
    paid, late = claim.paid, claim.late
    return Claimed(
        paid.third_party, paid.piece, paid.due_date,
        late.base, late.after, late.until, claim.interest.amount, claim.indemnity,
    )  # fmt: skip


def _by_party(found: Sequence[Claim]) -> dict[str, list[Claim]]:
    by_party: dict[str, list[Claim]] = {}
    for claim in found:
        by_party.setdefault(claim.paid.third_party, []).append(claim)
    return by_party


def _rows(claim: Claim, home: Currency) -> Iterator[Row]:
    """A line for each half-year; the piece, the lump sum and what was claimed before stand in the first."""
    paid, debtor = claim.paid, "b2g" if claim.public else "b2b"
    named = (paid.piece, paid.due_date, paid.on, Amount(claim.late.base, home), debtor)
    spans: list[tuple[date | None, int, Fraction | None, int]] = [
        (span.half, span.days, span.rate, span.interest) for span in claim.interest.spans
    ]
    for at, (half, days, rate, own) in enumerate(spans or [(None, 0, None, 0)]):
        indemnity, before = (0, 0) if at else (claim.indemnity, claim.before)
        figures = (Amount(figure, home) for figure in (own, indemnity, before, own + indemnity))
        yield Row((*named, half, days, rate, *figures))


def _total(found: Sequence[Claim], home: Currency) -> Row:
    """The sums of what is to be claimed; what was claimed before is no part of them and is summed beside."""
    each = ((c.interest.amount, c.indemnity, c.before, c.sum) for c in found)
    sums = [sum(column) for column in zip(*each, strict=True)] or [0] * 4
    return Row(("", None, None, None, "", None, None, None, *(Amount(figure, home) for figure in sums)), "total")
