"""Lines of bank statements as the books keep them, and what became of each."""

from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Any, Literal

import msgspec

from lettrage.bank.statements.document import StatementLine
from lettrage.money import Currency, decimal_text

Status = Literal["open", "matched"]


class Match(msgspec.Struct, frozen=True):
    """What a line was taken for. `proposal`: what was accepted, as JSON values; None where it stands no more."""

    id: int
    line: int
    kind: str
    automatic: bool
    at: str
    by: str
    proposal: dict[str, Any]
    transactions: tuple[int, ...] = ()
    postings: tuple[int, ...] = ()
    ended_at: str = ""
    ended_by: str = ""
    why: str = ""


class LedgerLine(msgspec.Struct, frozen=True):
    """A line of an entry on a bank's account: a debit above zero, in the account's currency."""

    posting: int
    line: int
    amount: int
    entry: str = ""  # its entry's number


class Kept(msgspec.Struct, frozen=True):
    """A line of a statement with what stands around it.

    `twin`: the line that is matched in its place. `undone`: a match of it was taken back; no other is made unasked.
    """

    line: StatementLine
    bank: str
    statement: int
    file: str
    match: Match | None = None
    twin: int | None = None
    undone: bool = False

    @property
    def status(self) -> Status:
        """Whether somebody still has to say what it is."""
        return "open" if self.match is None else "matched"

    @property
    def name(self) -> str:
        """How entries and refusals name it."""
        return f"RB{self.line.id}"


class Listed(msgspec.Struct, frozen=True):
    """A statement as lists show it: how many lines it has, and how many of them are open."""

    id: int
    file: str
    format: str
    bank: str
    number: str
    currency: Currency
    start: Day
    end: Day
    opening: int | None
    closing: int | None
    lines: int
    open: int
    received_at: str
    by: str


class Mark(msgspec.Struct, frozen=True):
    """A match to be written, with the ledger's lines that it accounts for."""

    line: int
    kind: str
    automatic: bool
    by: str
    proposal: dict[str, Any]
    transactions: tuple[int, ...]
    postings: tuple[int, ...]
    ledger: tuple[LedgerLine, ...]


def listed_shape(statement: Listed) -> dict[str, Any]:
    """A statement of the list, as JSON."""
    held = statement.currency
    return {
        "id": statement.id,
        "file": statement.file,
        "format": statement.format,
        "bank": statement.bank,
        "number": statement.number,
        "currency": held.code,
        "start": statement.start.isoformat(),
        "end": statement.end.isoformat(),
        "opening": _text(statement.opening, held),
        "closing": _text(statement.closing, held),
        "lines": statement.lines,
        "open": statement.open,
    }


def _text(minor: int | None, held: Currency) -> str | None:
    return None if minor is None else decimal_text(minor, held.decimals)


def line_shape(kept: Kept) -> dict[str, Any]:
    """A line, as JSON; what became of it too."""
    line, held = kept.line, kept.line.currency
    match = kept.match
    return {
        "line": line.id,
        "file": kept.file,
        "position": line.position,
        "bank": kept.bank,
        "statement": kept.statement,
        "date": line.date.isoformat(),
        "value_date": line.value_date.isoformat(),
        "amount": decimal_text(line.amount, held.decimals),
        "currency": held.code,
        "fees": decimal_text(line.fees, held.decimals),
        "code": line.code,
        "text": line.text,
        "name": line.name,
        "iban": line.iban,
        "end_to_end": line.end_to_end,
        "reference": line.reference,
        "reason": line.reason,
        "status": kept.status,
        "transactions": [str(number) for number in match.transactions] if match else [],
        "by": match.by if match else None,
        "at": match.at if match else None,
    }
