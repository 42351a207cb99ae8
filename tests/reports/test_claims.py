"""Late-payment interest is claimed once: for each day of each amount, and the lump sum for each invoice."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from lettrage.acts.claiming import ClaimInterest
from lettrage.acts.drafts import DropDraft, ValidateDrafts
from lettrage.books.late import Claimed, Stretch, unclaimed
from lettrage.books.reports import Asked, draw, shape
from tests.journeys.helpers import Firm, company, header, invoice, pays
from tests.journeys.reversing import unpaid
from tests.periods.hands import done, draft, recharge, reverse

RATES = [{"from": "2024-07-01", "rate": "4.25"}, {"from": "2025-01-01", "rate": "3.15"}]


@pytest.fixture
def late(tmp_path: Path) -> Iterator[Firm]:
    """An invoice of 3 600 due on 20 October 2024; it is 10 February 2025."""
    held = Firm(
        tmp_path,
        company(
            late_payment={"ecb": RATES},
            third_parties=[{"code": "C1", "kind": "customer", "name": "Client 1"}],
            invoices=[invoice("1", "3600.00")],
        ),
        at=datetime(2025, 2, 10, 10, 0, tzinfo=UTC),
    )
    yield held
    assert held.findings() == []


def day(text: str) -> date:
    return date.fromisoformat(text)


def claim(firm: Firm, as_of: str, **more: Any) -> list[tuple[int, str]]:
    """Claim: the number and the amount of each draft that this makes."""
    made = done(firm, ClaimInterest("anne", day(as_of), **more))["drafts"]
    return [(int(one["number"]), one["debit"]) for one in made]


def validated(firm: Firm, number: int) -> str:
    (entry,) = done(firm, ValidateDrafts((number,)))["entries"]
    return str(entry["entry"])


def told(firm: Firm, as_of: str) -> list[tuple[Any, ...]]:
    """What the report says: days, interest, lump sum, claimed before, to claim."""
    with firm.store.books(firm.dossier, writing=False) as books:
        drawn = shape(draw(books, Asked("interest", firm.clock.today(), as_of=day(as_of))))
    names = ("paid_on", "base", "days", "interest", "indemnity", "claimed", "sum")
    return [tuple(r[n] for n in names) for part in drawn["sections"] for r in part["rows"] if r["row"] == "line"]


def test_what_a_draft_claims_is_not_claimed_again(late: Firm) -> None:
    assert claim(late, "2024-12-31") == [(1, "141.19")]

    assert claim(late, "2024-12-31") == []
    assert claim(late, "2024-11-30") == []
    assert told(late, "2024-12-31") == [(None, "3600.00", 0, "0.00", "0.00", "141.19", "0.00")]


def test_later_only_the_days_after_the_last_claim_are_claimed(late: Firm) -> None:
    validated(late, claim(late, "2024-12-31")[0][0])

    assert told(late, "2025-02-10") == [(None, "3600.00", 41, "53.18", "0.00", "141.19", "53.18")]
    assert claim(late, "2025-02-10") == [(2, "53.18")]
    assert claim(late, "2025-02-10") == []


def test_a_dropped_draft_claims_nothing_and_its_number_is_not_used_again(late: Firm) -> None:
    ((number, amount),) = claim(late, "2024-12-31")
    done(late, DropDraft(number))

    assert draft(late, recharge(date="2025-02-01")) == [2]
    assert claim(late, "2024-12-31") == [(3, amount)]


def test_an_entry_that_is_taken_back_claims_nothing(late: Firm) -> None:
    ((number, amount),) = claim(late, "2024-12-31")
    entry = validated(late, number)
    done(late, reverse(entry))

    assert [one[-2:] for one in told(late, "2024-12-31")] == [("0.00", amount)]
    assert [found for _, found in claim(late, "2024-12-31")] == [amount]


def test_the_lump_sum_comes_back_only_with_the_claim_that_bore_it(late: Firm) -> None:
    first = validated(late, claim(late, "2024-11-30")[0][0])
    validated(late, claim(late, "2024-12-31")[0][0])
    done(late, reverse(first))

    ((_, base, days, interest, indemnity, before, _),) = told(late, "2024-12-31")
    assert (base, days, interest, indemnity, before) == ("3600.00", 41, "57.62", "40.00", "43.57")


def test_what_is_paid_in_part_owes_each_amount_from_the_last_claim_on(late: Firm) -> None:
    validated(late, claim(late, "2024-11-30")[0][0])
    late.done(header("PORCHQ", "600", pays("1", "600"), pays("1", "3000", "WPA"), DATE="20241219"))

    assert told(late, "2024-12-31") == [
        ("2024-12-19", "600.00", 19, "4.45", "0.00", "97.62", "4.45"),
        (None, "3000.00", 31, "36.31", "0.00", "0.00", "36.31"),
    ]
    assert claim(late, "2024-12-31") == [(2, "40.76")]
    assert claim(late, "2024-12-31") == []


def test_a_payment_that_came_back_owes_the_days_for_which_it_seemed_paid(late: Firm) -> None:
    received = late.done(header("PORCHQ", "3600", pays("1", "3600"), DATE="20241130"))
    validated(late, claim(late, "2024-12-31")[0][0])
    unpaid(late, received)

    found = told(late, "2025-02-10")
    assert [(base, days) for _, base, days, *_ in found] == [("3600.00", 31), ("3600.00", 41)]


def test_parts_that_a_claim_left_out_are_still_owed(late: Firm) -> None:
    late.done(header("PORCHQ", "600", pays("1", "600"), pays("1", "3000", "WPA"), DATE="20241119"))
    validated(late, claim(late, "2024-12-31", first=day("2024-12-01"))[0][0])

    assert sum(float(one[3]) for one in told(late, "2024-12-31")) == pytest.approx(7.03, abs=0.01)


def test_two_who_claim_at_once_claim_once(late: Firm) -> None:
    found: list[list[tuple[int, str]]] = []
    both = [Thread(target=lambda: found.append(claim(late, "2024-12-31"))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sorted(found) == [[], [(1, "141.19")]]


def test_what_was_claimed_is_never_changed(late: Firm) -> None:
    claim(late, "2024-12-31")
    for verb in ("UPDATE late_claim SET base_home = 1", "DELETE FROM late_claim"):
        with pytest.raises(Exception, match="posted rows do not change"):
            late.change_behind_the_scenes(verb)


def test_only_days_and_amounts_that_nobody_claimed_are_left() -> None:
    def was(base: int, after: int, until: int) -> Claimed:
        return Claimed("C1", "1", date(2024, 1, 1), base, date(2024, 1, after), date(2024, 1, until), 0, 0)

    parts = [Stretch(600, date(2024, 1, 1), date(2024, 1, 20)), Stretch(3000, date(2024, 1, 1), date(2024, 1, 31))]
    assert unclaimed(parts, []) == [[one] for one in parts]
    assert unclaimed(parts, [was(3600, 1, 10)]) == [
        [Stretch(600, date(2024, 1, 10), date(2024, 1, 20))],
        [Stretch(3000, date(2024, 1, 10), date(2024, 1, 31))],
    ]
    assert unclaimed(parts, [was(3600, 1, 31)]) == [[], []], "what was claimed too much is no new claim"
    assert unclaimed(parts, [was(1600, 5, 10)]) == [
        [Stretch(600, date(2024, 1, 1), date(2024, 1, 5)), Stretch(600, date(2024, 1, 10), date(2024, 1, 20))],
        [
            Stretch(3000, date(2024, 1, 1), date(2024, 1, 5)),
            Stretch(2000, date(2024, 1, 5), date(2024, 1, 10)),
            Stretch(3000, date(2024, 1, 10), date(2024, 1, 31)),
        ],
    ]
