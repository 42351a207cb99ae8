"""What our own API takes and answers about bank statements, as schemas."""

from typing import Literal

from lettrage.adapters.http.fields import Code, Day, Label, Money, Number, Shape
from lettrage.adapters.http.shapes import Reason

WireKind = Literal["items", "slip", "fee", "unknown"]
ProposalKind = Literal["items", "slip", "instruments", "booked", "fee", "transfer", "return", "unknown"]


class BankStatement(Shape):
    """A statement of account; balances are null where the file tells none."""

    id: int
    file: str
    format: str
    bank: str
    number: str
    currency: str
    start: Day
    end: Day
    opening: Money | None
    closing: Money | None
    lines: int
    open: int


class BankLine(Shape):
    """A line of a statement. `transactions`: what accepting it has made."""

    line: int
    file: str
    position: int
    bank: str
    statement: int
    date: Day
    value_date: Day
    amount: Money
    currency: str
    fees: Money
    code: str
    text: str
    name: str
    iban: str
    end_to_end: str
    reference: str
    reason: str
    status: Literal["open", "matched"]
    transactions: list[str]
    by: str | None
    at: str | None


class BankStatementWithLines(BankStatement):
    """A statement with every line."""

    content: list[BankLine]


class Imported(Shape):
    """What became of one statement of a file."""

    id: int | None
    status: Literal["imported", "known", "refused"]
    bank: str | None
    account: str
    number: str
    currency: str
    start: Day
    end: Day
    opening: Money | None
    closing: Money | None
    lines: int
    reasons: list[Reason]
    warnings: list[Reason]


class ImportedFile(Shape):
    """What became of a file. `known`: it was imported before, and nothing has changed."""

    file: str
    format: str
    sha256: str
    known: bool
    statements: list[Imported]
    warnings: list[Reason]


class ProposalReason(Shape):
    """One reason for a proposal; below zero, against it."""

    code: str
    score: int
    fr: str
    en: str


class ProposalItem(Shape):
    """A due item or an advance that would be settled."""

    third_party: str
    prefix: str
    piece: str
    due_date: Day | None
    currency: str
    operation: Literal["PAYMENT", "WAR"]
    amount: Money
    discount: Money
    difference: Money
    left: Money
    paid: Money | None


class ProposalShape(Shape):
    """What a line may be."""

    rank: int
    score: int
    kind: ProposalKind
    reasons: list[ProposalReason]
    third_party: str
    items: list[ProposalItem]
    slip: str | None
    instruments: list[int]
    transaction: str | None
    fees: Money
    account: str | None
    exact: bool
    unique: bool
    automatic: bool


class MatchedLine(BankLine):
    """A line with what it may be, or what it was taken for. `automatic`: it was settled unasked."""

    automatic: bool
    kind: WireKind
    proposals: list[ProposalShape]


class Accepted(Shape):
    """What accepting a line has booked."""

    line: int
    match: int
    kind: ProposalKind
    automatic: bool
    transactions: list[str]
    entries: list[str]


class Undone(Shape):
    """What taking an acceptance back has booked."""

    line: int
    match: int
    transactions: list[str]
    entries: list[str]


class LedgerOnly(Shape):
    """What only the ledger has."""

    entry: str
    line: int
    date: Day
    label: str
    amount: Money


class StatementOnly(Shape):
    """What only the statement has."""

    line: int
    date: Day
    text: str
    amount: Money


class MissingBetween(Shape):
    """What is missing between two statements."""

    after: Day
    before: Day
    amount: Money


class Reconciliation(Shape):
    """An account reconciled: `reached` is the ledger with all that keeps the two apart."""

    bank: str
    date: Day
    currency: str
    ledger: Money
    statement: Money | None
    ledger_only: list[LedgerOnly]
    statement_only: list[StatementOnly]
    start: Money
    gaps: list[MissingBetween]
    reached: Money
    difference: Money | None
    proven: bool


class AcceptForm(Shape):
    """Accepting a line: a proposal by its rank, or an account that it is posted to."""

    proposal: Number = "1"
    account: Code | None = None
    vat: Money | None = None
    date: Day | None = None


class UndoLineForm(Shape):
    """Taking an acceptance back."""

    reason: Label
    date: Day | None = None
