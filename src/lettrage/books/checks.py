"""Integrity checks that were made: kept with what they found, the newest first."""

import msgspec

from lettrage.books.laws.finding import Finding

QUESTIONS = 42  # that a check asks of the store, one after the other


class CheckRun(msgspec.Struct, frozen=True):
    """One check. `head`: the hash of the last entry when it began."""

    id: int
    at: str
    by: str
    head: str
    entries: int
    milliseconds: int
    findings: tuple[Finding, ...]
