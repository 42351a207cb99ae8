"""What tests of periods and of entries by hand share: a firm with two past years, and what people ask of it."""

from typing import Any

from lettrage.acts import Act, Performed
from lettrage.acts.drafts import AddDrafts, ChangeDraft, ValidateDrafts
from lettrage.acts.periods import CloseYear, LockPeriod, UnlockPeriod
from lettrage.acts.reverse import Reverse
from lettrage.dates import day as day_of
from lettrage.guard.audited import Hand
from tests.journeys.helpers import Firm, company, invoice
from tests.journeys.reversing import asked

HAND = Hand("anne", "127.0.0.1")


def house(**more: Any) -> dict[str, Any]:
    """A firm with an invoice of 2022, of 2023 and of September 2024; today is 21 October 2024."""
    old = [
        invoice("O22", "100.00", date="2022-05-10", due_dates=None),
        invoice("O23", "240.00", date="2023-05-10"),
        invoice("86", "2400.00"),
    ]
    for record in old:
        record.pop("due_dates", None)
    return company(invoices=old, rates=[{"currency": "USD", "date": "2024-10-20", "rate": "0.9"}], **more)


def line(account: str, debit: str = "", credit: str = "", **more: str) -> dict[str, str]:
    return {"account": account, "debit": debit, "credit": credit} | more


def rent(**more: Any) -> dict[str, Any]:
    """A sound entry: the rent of October."""
    lines = [line("613200", "1000.00"), line("512100", "", "1000.00")]
    return {"date": "2024-10-15", "label": "Loyer", "piece": "L10", "lines": lines} | more


def recharge(amount: str = "120.00", **more: Any) -> dict[str, Any]:
    """An entry that a customer owes for."""
    lines = [line("411000", amount, third_party="C1", due_date="2024-11-30"), line("708000", "", amount)]
    return {"date": "2024-10-15", "label": "Refacturation", "piece": "R1", "lines": lines} | more


def of(performed: Performed) -> dict[str, Any]:
    """The result of what was done."""
    assert performed.result is not None, [reason["en"] for reason in performed.reasons]
    return performed.result


def draft(firm: Firm, *records: dict[str, Any]) -> list[int]:
    """Keep drafts; their numbers."""
    return [int(one["number"]) for one in of(asked(firm, AddDrafts(records, "anne")))["drafts"]]


def posted(firm: Firm, *records: dict[str, Any]) -> list[str]:
    """Keep drafts and validate them; the numbers of their entries."""
    done = of(asked(firm, ValidateDrafts(tuple(draft(firm, *records)))))
    return [one["entry"] for one in done["entries"]]


def change(number: int, record: dict[str, Any]) -> ChangeDraft:
    return ChangeDraft(number, record, "anne")


def lock(month: str) -> LockPeriod:
    return LockPeriod(month, HAND)


def unlock(month: str, reason: str = "oubli") -> UnlockPeriod:
    return UnlockPeriod(month, reason, HAND)


def close(year: str) -> CloseYear:
    return CloseYear(year, HAND)


def reverse(entry: str, date: str = "", reason: str = "double") -> Reverse:
    return Reverse(entry, reason, "anne", day_of(date) if date else None)


def done(firm: Firm, act: Act) -> dict[str, Any]:
    """Do what must be possible."""
    return of(asked(firm, act))
