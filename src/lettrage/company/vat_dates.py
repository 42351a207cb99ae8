"""When a payment makes VAT on receipts due, by what carries it: data, with where it is known from.

A dossier may say otherwise for a means (`vat_dates` of its load file). `received`: the day on which the payment is
recorded. `credited`: the day on which it leaves the portfolio for the bank. `due_date`: the due date of what it pays,
at the earliest the day on which it was recorded.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from lettrage.company.states import MEANS

VatDay = Literal["received", "credited", "due_date"]
VAT_DAYS: tuple[VatDay, ...] = get_args(VatDay)


class Rule(msgspec.Struct, frozen=True):
    """Which day counts, and why. `seen`: False for what is reasoned and not read."""

    day: VatDay
    source: str
    seen: bool


# By the letter of the means (company/states.py). Law: CIBS L214-1 to L214-27, before 1 September 2026 CGI 269-2 c.
RULES: Mapping[str, Rule] = {
    "C": Rule("received", "a cheque pays on the day on which it is received, whenever the bank credits it", True),
    "E": Rule("received", "cash pays when it is handed over", False),
    "V": Rule("credited", "an announced transfer is no receipt: it pays when it is credited", False),
    "S": Rule("credited", "as any transfer", False),
    "I": Rule("credited", "as any transfer", False),
    "D": Rule("credited", "a direct debit pays when it is credited, not when it is issued", False),
    "L": Rule("due_date", "a bill pays on its due date, even if a bank discounted it before", True),
}


def vat_day(means: str, chosen: Mapping[str, str]) -> VatDay:
    """The day that counts for a means ("" for what no instrument carries: the day of the settlement)."""
    given = chosen.get(means, "")
    known = next((day for day in VAT_DAYS if day == given), None)
    return known or (RULES[means].day if means in RULES else "received")


NAMES: Mapping[str, str] = {letter: name for name, letter in MEANS.items()}
