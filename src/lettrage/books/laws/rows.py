"""Rows as stored: typed, not trusted. A law may meet any value and never raises.

Amounts are whole minor units, of the dossier's currency unless a row says which.
"""

from functools import lru_cache

import msgspec

from lettrage.money import Currency, currency


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row in the order of its query's columns."""


def ledger_sign(ledger: str) -> int:
    """+1 for customers, -1 for suppliers: an item's own amount times it is a debit on the third party's account."""
    return 1 if ledger == "customer" else -1


@lru_cache(maxsize=256)
def currency_of(code: str) -> Currency:
    """The currency of a stored code; one that is none still has its code in the chain."""
    return currency(code) or Currency(code, 0)
