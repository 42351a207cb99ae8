"""A bank's statement as a value: what all formats are read into, and what the store keeps of each line.

Amounts are minor units, above zero where the account receives. What was paid is `amount + fees`: a bank may keep its
fees from what it credits, or add them to what it debits.
"""

from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from datetime import timedelta

import msgspec

from lettrage.limits import STATEMENT_FAULTS, STATEMENT_SLACK_DAYS, STATEMENT_YEARS
from lettrage.money import Currency
from lettrage.refusal import Refusal, quoted


class Original(msgspec.Struct, frozen=True):
    """What was paid in another currency, before the bank changed it. `rate` is as the bank wrote it, "" for none."""

    amount: int
    currency: Currency
    rate: str = ""


class Part(msgspec.Struct, frozen=True):
    """One payment of several that the bank booked as one line (a batch, or a slip)."""

    amount: int
    name: str = ""
    iban: str = ""
    end_to_end: str = ""
    reference: str = ""
    mandate: str = ""
    text: str = ""
    reason: str = ""
    references: tuple[str, ...] = ()


class StatementLine(msgspec.Struct, frozen=True):
    """One movement. `id` is the store's, 0 before it is kept."""

    position: int  # in the file, from 1
    date: Day  # booked
    value_date: Day
    currency: Currency
    amount: int
    code: str = ""  # the bank's, of the operation
    text: str = ""
    name: str = ""  # of the other side
    iban: str = ""  # of the other side
    end_to_end: str = ""
    reference: str = ""  # the bank's own, or of a slip
    mandate: str = ""
    reason: str = ""  # why a payment came back: ISO code, or the bank's own
    fees: int = 0  # of the bank, zero or above
    references: tuple[str, ...] = ()  # of documents, as the payer's bank handed them over apart from the text
    original: Original | None = None
    reversal: bool = False  # the bank takes back an earlier line
    parts: tuple[Part, ...] = ()
    id: int = 0

    @property
    def paid(self) -> int:
        """What the other side paid or received, before the bank's fees."""
        return self.amount + self.fees


class Statement(msgspec.Struct, frozen=True):
    """The lines of one account over one stretch of time. Balances are None where the file tells none (camt.054)."""

    position: int  # in the file, from 1
    account: str  # an IBAN; or bank, branch and account number of a French one, in 21 characters
    number: str
    currency: Currency
    start: Day
    end: Day
    opening: int | None
    closing: int | None
    lines: tuple[StatementLine, ...]


class StatementFile(msgspec.Struct, frozen=True):
    """All that one file says. `warnings` are deviations that its bank allows itself."""

    format: str  # cfonb120, camt.053, camt.054
    statements: tuple[Statement, ...]
    warnings: tuple[Refusal, ...] = ()


class Misread(Exception):
    """A file that is no statement, or not a sound one: every reason, with its place. Nothing of it is kept."""

    def __init__(self, reasons: tuple[Refusal, ...]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


def sensible(day: Day) -> bool:
    """Whether a statement may tell such a day."""
    first, last = STATEMENT_YEARS
    return first <= day.year <= last


def outside(day: Day, start: Day | None, end: Day | None) -> bool:
    """Whether a movement is booked further outside its statement than days at its edges explain."""
    slack = timedelta(days=STATEMENT_SLACK_DAYS)
    return (start is not None and day < start - slack) or (end is not None and day > end + slack)


class Notes:
    """What is against a file, and what its bank allows itself, as reading goes on; both within bounds."""

    def __init__(self) -> None:
        self.faults: list[Refusal] = []
        self.warnings: list[Refusal] = []

    def fault(self, code: str, place: tuple[int, int], seen: str = "", expected: str = "", path: str = "") -> None:
        """Note what keeps the file from being taken; beyond a number of them the first ones tell enough."""
        self._note(self.faults, code, place, seen, expected, path)
        if len(self.faults) >= STATEMENT_FAULTS:
            self.stop()

    @property
    def room(self) -> bool:
        """Whether one more warning is told."""
        return len(self.warnings) < STATEMENT_FAULTS

    def warn(self, code: str, place: tuple[int, int], seen: str = "", expected: str = "", path: str = "") -> None:
        """Note what is read all the same."""
        if self.room:
            self._note(self.warnings, code, place, seen, expected, path)

    def stop(self) -> None:
        """Raise Misread where anything is against the file."""
        if self.faults:
            raise Misread(tuple(self.faults))

    @staticmethod
    def _note(to: list[Refusal], code: str, place: tuple[int, int], seen: str, expected: str, path: str) -> None:
        line, column = place
        facts = {"line": str(line), "column": str(column)}
        to.append(Refusal(code, path or f"{line}:{column}", quoted(seen) or "-", expected, facts))
