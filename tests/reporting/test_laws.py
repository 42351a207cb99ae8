"""Random invoices of several rates, paid in parts, with discounts and differences, returned and cancelled in any order.

What is reported by rate is what was received by rate; nothing once everything came back; on the day that counts. Bugs
planted in each of these must be seen.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lettrage.books.vat_due import Cause, Followed, Receipt, Taken
from lettrage.money import ratio
from lettrage.reporting import received
from lettrage.reporting.received import Payment, Received, payments, untold
from tests.databases import tidy
from tests.reporting.samples import EUR, sale
from tests.vat.helpers import report, sums
from tests.vat.test_laws import Life, new_life, pay_off, undo_everything

RATES = {"20": 200, "10": 100, "5.5": 55, "2.1": 21, "0": 0}  # tenths of a percent
START = date(2026, 9, 1)
CHOICES: list[dict[str, str]] = [{}, {"C": "credited"}, {"V": "received", "L": "received"}]
Step = tuple[str, int, int, int, int]  # what, which, how much of it (percent), discount, difference


# ---------------------------------------------------------------- a life of an invoice


class Story:
    """An invoice and what is done to it, as the books would hold it after each step."""

    def __init__(self, lines: Sequence[tuple[str, int]], second: int) -> None:
        of_rate = [(rate, base, ratio(base * RATES[rate], 1000)) for rate, base in lines]
        whole = sum(base + vat for _, base, vat in of_rate)
        parts = [whole - whole * second // 100, whole * second // 100]
        self.sale = sale(of_rate, [(START + timedelta(40 * at), part) for at, part in enumerate(parts, 1) if part])
        self.whole = {rate: base + vat for rate, base, vat in of_rate}
        self.open = {at: due.amount for at, due in self.sale.dues.items()}
        self.taken: list[Taken] = []
        self.means: dict[int, str] = {}
        self.causes: dict[tuple[str, int], list[Cause]] = {}  # own, credited, returned; by header
        self.number = self.posting = 0
        self.day = START

    def do(self, step: Step) -> None:
        what, which, share, discount, difference = step
        self.day += timedelta(which % 3)
        if what == "pay":
            self.pay(1 + which % len(self.open), share, discount, difference, "CVLE"[which % 4])
        elif self.taken and self.standing(header := self.taken[which % len(self.taken)].transaction):
            if what == "credit" and not self.causes.get(("credited", header)):
                self.causes["credited", header] = [self.cause()]
            elif what == "return":
                self.causes.setdefault(("returned", header), []).append(self.cause())
                self.give_back(header)
            elif what == "cancel":
                self.cancel(header)

    def pay(self, item: int, share: int, discount: int, difference: int, means: str) -> None:
        part = self.open[item] * share // 100 if share < 90 else self.open[item]
        lost, short = min(discount, part // 4), min(difference, part // 4)
        if part:
            own = self.cause()
            self.causes["own", own.transaction] = [own]
            self.means[own.transaction] = means
            self.open[item] -= part
            self.taken.append(Taken(own.transaction, 1, item, part, part, lost, lost, short, short))

    def cancel(self, header: int) -> None:
        """A cancelled payment, with what moved it on cancelled before it."""
        for condition in ("credited", "own"):
            for at, cause in enumerate(self.causes.get((condition, header), [])):
                self.posting += 1
                back = Cause(cause.transaction, cause.day, cause.posting, (self.day, self.posting))
                self.causes[condition, header][at] = back
        self.give_back(header)

    def give_back(self, header: int) -> None:
        for one in self.taken:
            if one.transaction == header:
                self.open[one.item] += one.part

    def cause(self) -> Cause:
        self.number += 1
        self.posting += 1
        return Cause(self.number, self.day, self.posting)

    def standing(self, header: int) -> bool:
        return self.causes["own", header][0].back is None and not self.causes.get(("returned", header))

    @property
    def followed(self) -> Followed:
        receipts = {
            (header, 1): Receipt(
                self.causes["own", header][0], 1, False, means, False,
                tuple(self.causes.get(("credited", header), ())), tuple(self.causes.get(("returned", header), ())),
            )
            for header, means in self.means.items()
        }  # fmt: skip
        return Followed(self.sale, receipts, tuple(self.taken))

    def counts(self, one: Taken, chosen: Mapping[str, str]) -> date | None:
        """When what stands counts, worked out anew from the rules as they are told."""
        own, means = self.causes["own", one.transaction][0], self.means[one.transaction]
        day = {"C": "received", "E": "received", "V": "credited", "L": "due_date"}[means]
        match chosen.get(means, day):
            case "credited":
                credited = self.causes.get(("credited", one.transaction))
                return credited[0].day if credited else None
            case "due_date":
                return max(own.day, self.sale.dues[one.item].due_date)
        return own.day


LINES = st.lists(
    st.tuples(st.sampled_from(list(RATES)), st.integers(1, 50_000)),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one[0],
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "pay", "pay", "credit", "return", "cancel"]), st.integers(0, 11), st.integers(1, 100),
        st.sampled_from([0, 0, 7, 150]), st.sampled_from([0, 0, 3, -5]),
    ),
    max_size=10,
)  # fmt: skip
SHARES = st.sampled_from([0, 0, 33, 60])
FEW = settings(max_examples=150, deadline=None, report_multiple_bugs=False, derandomize=True, database=None)


def by_rate(all_payments: Sequence[Payment]) -> Counter[str]:
    found: Counter[str] = Counter()
    for payment in all_payments:
        for one in payment.rates:
            assert one.amount == one.home, "in euros both are one"
            found[one.rate] += one.amount
    return found


def lived(lines: Sequence[tuple[str, int]], second: int, steps: Sequence[Step]) -> Iterator[Story]:
    story = Story(lines, second)
    for step in steps:
        story.do(step)
        yield story


# ---------------------------------------------------------------- the laws


@FEW
@given(LINES, SHARES, STEPS)
def what_is_paid_off_gave_each_rate_its_own(lines: Any, second: int, steps: Any) -> None:
    story = Story(lines, second)
    for what, which, share, *_ in steps:
        story.do((what, which, share, 0, 0))
    for item in story.open:
        story.pay(item, 100, 0, 0, "C")
    found = payments(story.followed, {"V": "received", "L": "received"}, EUR)

    assert by_rate(found) == Counter(story.whole)
    assert found[-1].remaining == 0


@FEW
@given(LINES, SHARES, STEPS, st.sampled_from(CHOICES))
def what_stands_is_reported_and_nothing_else(lines: Any, second: int, steps: Any, chosen: dict[str, str]) -> None:
    for story in lived(lines, second, steps):
        found = payments(story.followed, chosen, EUR)
        counted = [
            (day, one.part - one.discount - max(one.difference, 0))
            for one in story.taken
            if story.standing(one.transaction) and (day := story.counts(one, chosen)) is not None
        ]
        assert sum(by_rate(found).values()) == sum(amount for _, amount in counted)
        for rate, amount in by_rate(found).items():
            assert 0 <= amount <= story.whole[rate], rate


@FEW
@given(LINES, SHARES, STEPS, st.sampled_from(CHOICES))
def a_payment_is_on_the_day_that_counts(lines: Any, second: int, steps: Any, chosen: dict[str, str]) -> None:
    story = Story(lines, second)
    for step in steps:
        story.do(step)
    found = payments(story.followed, chosen, EUR)
    for one in story.taken:
        if story.standing(one.transaction):
            days = [payment.day for payment in found if payment.transaction == one.transaction and payment.amount]
            received_ = one.part - one.discount - max(one.difference, 0)
            expected = story.counts(one, chosen)
            assert days == ([expected] if expected and received_ else [])


@FEW
@given(LINES, SHARES, STEPS, st.sampled_from(CHOICES))
def nothing_is_left_of_what_came_back(lines: Any, second: int, steps: Any, chosen: dict[str, str]) -> None:
    story = Story(lines, second)
    for step in steps:
        story.do(step)
    for one in story.taken:
        if story.standing(one.transaction):
            story.cancel(one.transaction)
    found = payments(story.followed, chosen, EUR)

    assert not any(by_rate(found).values())
    if found:
        assert found[-1].remaining == story.sale.amount


@FEW
@given(LINES, SHARES, STEPS, st.lists(st.sampled_from(CHOICES), min_size=10, max_size=10))
def what_is_told_adds_up_to_what_is_known(lines: Any, second: int, steps: Any, chosen: list[dict[str, str]]) -> None:
    told: list[Payment] = []
    for story, choice in zip(lived(lines, second, steps), chosen, strict=False):
        known = payments(story.followed, choice, EUR)
        told += untold(known, told)
        assert by_rate(told) == by_rate(known)
        assert untold(known, told) == ()
        assert len({payment.key for payment in told}) == len(told)


LAWS = [
    what_is_paid_off_gave_each_rate_its_own,
    what_stands_is_reported_and_nothing_else,
    a_payment_is_on_the_day_that_counts,
    nothing_is_left_of_what_came_back,
    what_is_told_adds_up_to_what_is_known,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_law_holds(law: Any) -> None:
    law()


# ---------------------------------------------------------------- bugs that must be seen


def _each_alone(amount: int, left: Sequence[int], whole: Sequence[int]) -> list[int]:
    """The share of each rate, rounded for itself."""
    return [ratio(amount * part, sum(whole)) for part in whole]


def _without_sign(of: Any) -> tuple[Received, ...]:
    return tuple(Received(row.rate, abs(row.received_currency), abs(row.received)) for row in of)


PLANTED = {
    "each payment rounded alone": ("lettrage.books.vat_due._split", _each_alone, LAWS[0]),
    "a return that is not below zero": ("lettrage.reporting.received._by_rate", _without_sign, LAWS[3]),
    "the day of the booking": ("lettrage.books.vat_due.vat_day", lambda means, chosen: "received", LAWS[2]),
    "a withdrawal forgotten": ("lettrage.reporting.received._standing", lambda told: {}, LAWS[4]),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_seen(bug: str) -> None:
    place, wrong, law = PLANTED[bug]
    with mock.patch(place, wrong), pytest.raises(AssertionError):
        law()


# ---------------------------------------------------------------- through a real store


def reported(life: Life) -> dict[tuple[str, str], tuple[int, int]]:
    """By invoice and rate: at home, and in the invoice's currency."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    with life.firm.store.books(life.firm.dossier, writing=False) as books:
        for payment in received.of_all(books.followed(), books.company.vat_dates, books.company.currency):
            for one in payment.rates:
                home, amount = found.get((payment.invoice, one.rate), (0, 0))
                found[payment.invoice, one.rate] = home + one.home, amount + one.amount
    return found


def agrees(life: Life) -> None:
    """What is reported is what the report of VAT says was received, and that one is proved against the ledger."""
    due = {key: value[2:] for key, value in sums(report(life.firm)).items() if any(value[2:])}
    assert {key: value for key, value in reported(life).items() if any(value)} == due
    moved_in_its_month(life)


def moved_in_its_month(life: Life) -> None:
    """Whatever counts in a month is of a sale that the books know to have moved in it."""
    with life.firm.store.books(life.firm.dossier, writing=False) as books:
        months: dict[date, set[int]] = {}
        for payment in received.of_all(books.followed(), books.company.vat_dates, books.company.currency):
            months.setdefault(payment.day.replace(day=1), set()).add(payment.sale)
        for first, sales in months.items():
            last = (first + timedelta(31)).replace(day=1) - timedelta(1)
            assert sales <= set(books.sales_moved(first, last, 10_000).sales), first


@pytest.mark.parametrize("seed", range(100, 106))
def test_what_is_reported_agrees_with_the_books(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder, tidy():
        life = new_life(seed, Path(folder))
        life.live(10)
        agrees(life)
        pay_off(life)
        agrees(life)
        found, waits = reported(life), {one.invoice for one in report(life.firm).parked}
        for paper in life.papers:
            if paper.lossless:
                assert paper.number not in waits
                in_currency = [found.get((paper.number, rate), (0, 0))[1] for rate, _, _ in paper.lines]
                assert in_currency == [base + vat for _, base, vat in paper.lines]
        undo_everything(life)
        assert not any(any(figures) for figures in reported(life).values())
        life.firm.store.close()
