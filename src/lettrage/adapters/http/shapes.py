"""What our own API answers, as schemas: the shapes of the interface, each field with its type."""

from typing import Any, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, Field

from lettrage.adapters.http.fields import Day, Ledger, Money, Shape
from lettrage.guard.roles import ROLES

Line = TypeVar("Line")


class Reason(Shape):
    """One reason: a stable code, the place, what was seen and expected, both languages, and how to mend it."""

    code: str
    path: str
    seen: str
    expected: str
    fix: str
    fix_en: str
    fr: str
    en: str


class Problem(Shape):
    """Why a call was not carried out (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    reasons: list[Reason]


class ProblemType(Shape):
    """What a code of a refusal or a warning means."""

    code: str
    family: str
    fr: str
    en: str
    fix: str
    fix_en: str


class PageOf(Shape, Generic[Line]):
    """A page of a list. `next` is the cursor of the page that follows; null at the end."""

    data: list[Line]
    next: str | None


class Item(Shape):
    """A due item, or an open advance (no piece, negative)."""

    kind: Literal["invoice", "credit_note", "advance"]
    third_party: str
    direction: Ledger
    prefix: str
    piece: str
    due_date: Day
    currency: str
    amount: Money
    open_amount: Money
    state: str
    days_overdue: int = Field(ge=0)
    previous: str | None
    transaction: str | None


class EntryLine(Shape):
    """A line of an accounting entry."""

    account: str
    third_party: str
    debit: Money
    credit: Money
    currency: str
    currency_amount: Money
    letter: str


class Entry(Shape):
    """An accounting entry, balanced. `transaction` when there is exactly one."""

    number: str
    date: Day
    journal: str
    label: str
    piece: str
    transaction: str | None
    transactions: list[str]
    slip: str | None
    reversal_of: str | None
    reglement_nums: list[str]
    lines: list[EntryLine]


class Order(Shape):
    """One settlement of a transaction."""

    order: str
    state_change: str
    reglement_num: str
    label: str


class Instrument(Shape):
    """A payment instrument in one state."""

    id: str
    order: str
    state: str
    third_party: str
    currency: str
    amount: Money
    amount_home: Money
    previous: list[str]
    active: bool


class Transaction(Shape):
    """A transaction with its lineage: the numbers of those before and after it."""

    number: str
    status: Literal["posted", "awaiting_slip", "cancelled"]
    date: Day
    orders: list[Order]
    instruments: list[Instrument]
    lineage: list[str]
    entries: list[str]


class PortfolioLine(Shape):
    """An active instrument."""

    id: str
    transaction: str
    order: str
    state: str
    third_party: str
    currency: str
    amount: Money
    amount_home: Money
    date: Day
    bank: str | None
    slip: str | None


class Slip(Shape):
    """A deposit slip, or (`waiting`) what one could be made of."""

    number: str | None
    bank: str
    date: Day | None
    currency: str
    total: Money
    transactions: list[str]
    entry: str | None
    status: Literal["posted", "cancelled", "waiting"]
    count: int
    state_change: str
    reversal: str | None


class Drawn(Shape):
    """An instrument on a slip."""

    id: str
    transaction: str
    order: str
    third_party: str
    name: str
    amount: Money
    received_by: str
    reglement_num: str


class SlipWithInstruments(Slip):
    """A deposit slip with every instrument on it."""

    instruments: list[Drawn]


class Reversal(Shape):
    """What cancelling did: the counter-entry, and what came back."""

    transaction: str
    entry: str | None
    items: list[Item]
    instruments: list[Instrument]


class Unpaid(Reversal):
    """What reporting a payment as returned did; `count`: how often this third party's payments came back."""

    third_party: str
    count: int


class Task(Shape):
    """Something a person still has to do: a credit note to issue, or to receive."""

    transaction: str
    order: str
    kind: str
    third_party: str
    prefix: str
    piece: str
    amount: Money
    vat: Money


class ClosedTask(Shape):
    """A task that has its credit note."""

    transaction: str
    piece: str
    credit_note: str
    closed: int


class Open(Shape):
    """What is open in one currency: invoices above zero, credit notes and advances below."""

    currency: str
    due: Money
    not_yet_due: Money
    advances: Money
    total: Money


class OpenWithHome(Open):
    """The same, and what the books carry it at, in the dossier's currency."""

    due_home: Money
    not_yet_due_home: Money
    advances_home: Money
    total_home: Money


class ThirdParty(OpenWithHome):
    """What a customer or a supplier has open in one currency; `unpaid`: how many payments came back."""

    third_party: str
    kind: Ledger
    name: str
    unpaid: int = Field(ge=0)


class StatementLine(Item):
    """A due item or an open advance on a statement. `position` 10: due."""

    date: Day
    label: str
    position: str


class Statement(Shape):
    """What is open of one third party on a day, the totals of each currency, and everything together at home."""

    third_party: str
    kind: Ledger
    name: str
    date: Day
    unpaid: int = Field(ge=0)
    items: list[StatementLine]
    totals: list[OpenWithHome]
    home: Open


class Finding(Shape):
    """A law that the books break."""

    code: str
    message: str
    where: str


class Verified(Shape):
    """The integrity check."""

    ok: bool
    findings: list[Finding]


class Logged(Shape):
    """A line of the logbook: a document or an act."""

    id: str
    received_at: str
    caller: str
    origin: str
    source: str
    kind: str
    key: str
    done: int
    refused: int
    replayed: int
    warnings: int
    transactions: list[str]


class ReasonAbout(Reason):
    """A reason or a warning, and the settlement it is about ("" for the whole)."""

    settlement: str


class LoggedWhole(Logged):
    """All that is kept of a document or an act."""

    lines: list[str]
    reasons: list[ReasonAbout]
    remarks: list[ReasonAbout]
    answer: str | None
    raw: str


class Outcome(Shape):
    """What became of one settlement, in the order of the document: its transaction, or every reason against it."""

    number: str | None
    outcome: Literal["done", "planned", "refused"]
    transaction: str | None
    reasons: list[Reason]


class Plan(Shape):
    """What a real run would store, but for numbers."""

    entries: list[Entry]
    instruments: list[Instrument]
    items: list[Item]


class Settlements(Shape):
    """The answer to a document of settlements. `log` and `plan` stand there only when asked for."""

    done: int
    refused: int
    settlements: list[Outcome]
    log: list[str] = Field(default_factory=list)
    plan: Plan | None = None


class LoadFile(BaseModel):
    """A load file: the records of one or more dossiers, as docs/load.md describes them."""

    dossiers: list[dict[str, Any]] = Field(min_length=1)


class Loaded(Shape):
    """What a load added, per dossier; `strangers`: names that mean nothing."""

    dossiers: dict[str, dict[str, int]]
    strangers: list[Reason]


class TokenLine(Shape):
    """A token, by its first characters."""

    shown: str
    role: str
    created_at: str
    revoked_at: str | None


class Account(Shape):
    """A person or a program that may call; `dossier` null: for all."""

    name: str
    dossier: str | None
    role: str
    created_at: str
    closed_at: str | None
    tokens: list[TokenLine]


class Accounts(Shape):
    """The accounts that the caller may see."""

    data: list[Account]


class Opened(Shape):
    """An account that is open; `dossier` null: for all."""

    name: str
    role: str
    dossier: str | None


class Ended(Shape):
    """How many tokens or accounts were ended."""

    ended: int


class NewToken(Shape):
    """A token, shown this once and kept nowhere."""

    token: str


Role = Literal["reader", "clerk", "accountant", "administrator"]
assert get_args(Role) == ROLES
