"""The frozen values of the settlement sentence.

Amounts are whole minor units. A value that holds one says once in which currency: its own `currency`, or the
dossier's (home) where the name ends in `_home` or the docstring says so. "Seen" amounts are as the header sees
them: above zero in its own direction. Other amounts of items are in the item's own sense (a credit note is negative).
"""

from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from fractions import Fraction
from typing import Literal

import msgspec

from lettrage.books.entry import Entry
from lettrage.company.states import Direction, StateChange
from lettrage.money import Currency, Figure, ratio
from lettrage.refusal import Refusal

Ledger = Literal["customer", "supplier"]
Operation = Literal["PAYMENT", "WPA", "WDR", "WDC", "WE", "WAR"]

# ---------------------------------------------------------------- what the caller wrote


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a header or a detail stands, in the caller's own spelling."""

    path: str
    spelled: dict[str, str]  # field -> the caller's name for it; "/..." stands elsewhere in the document

    def of(self, field: str) -> str:
        """The path of a field; where the caller left it out, with the tag it is best known by."""
        name = self.spelled.get(field) or TAGS[field]
        return name[1:] if name.startswith("/") else f"{self.path}.{name}"


# The tag shown for a field that the caller did not write.
TAGS = {
    "direction": "PAYMENTTYPE",
    "third_party": "TIERS",
    "amount": "AMOUNT",
    "home": "MT",
    "currency": "DEV",
    "label": "LIB",
    "date": "TRANSACDT",
    "change": "CHGETAT",
    "final": "FINALSTATEMENT",
    "bank": "BQC",
    "establishment": "ETB",
    "group": "TRANSAC",
    "order": "NOORDRE",
    "number": "REGLEMENTNUM",
    "details": "DetailReglementtb",
    "operation": "OPERATION",
    "prefix": "PREFPIECE",
    "piece": "PIECE",
    "due_date": "DUEDATE",
    "paid": "MTDEVREGLE",
    "paid_home": "MTREGLE",
    "transaction": "TRANSAC",
    "from_state": "ETATORI",
    "from_home": "MTORI",
    "from_amount": "MTDEVORI",
}


class Detail(msgspec.Struct, frozen=True, gc=False):
    """One detail as written; a blank field is "" or None."""

    place: Place
    third_party: str = ""
    operation: Operation = "PAYMENT"
    prefix: str = ""
    piece: str = ""
    due_date: Day | None = None
    amount: Figure | None = None
    paid: Figure | None = None
    paid_home: Figure | None = None
    transaction: int | None = None
    order: int | None = None
    from_state: str = ""
    from_home: Figure | None = None
    from_amount: Figure | None = None
    currency: str = ""
    malformed: frozenset[str] = frozenset()  # fields at fault: their value is unknown, not absent

    @property
    def names_an_instrument(self) -> bool:
        """By its transaction or by criteria, and no piece or advance: what a deposit's detail does."""
        return not self.piece and self.operation != "WAR" and bool(self.transaction or self.from_state)


class Settlement(msgspec.Struct, frozen=True, gc=False):
    """One header with its details, as written; a blank field is "" or None. `faults` are what its text alone shows."""

    position: int  # from 0, in document order
    place: Place
    identity: str  # digest of the content that is known, REGLEMENTNUM included
    details: tuple[Detail, ...] = ()
    faults: tuple[Refusal, ...] = ()
    malformed: frozenset[str] = frozenset()  # fields at fault; "*" for a header that is no object
    direction: Direction | None = None
    third_party: str = ""
    amount: Figure | None = None
    home: Figure | None = None
    currency: str = ""
    label: str = ""
    date: Day | None = None
    change: str = ""
    final: str = ""
    bank: str = ""
    establishment: str = ""
    group: str = ""
    order: int = 1
    number: str = ""

    @property
    def shown_number(self) -> str:
        """How the answer's sentence names it: its REGLEMENTNUM, else its place in the document."""
        return self.number or str(self.position + 1)


class Parameters(msgspec.Struct, frozen=True):
    """What the caller asks for beside the settlements themselves."""

    dossier: str = ""
    accounting_file: str = ""
    establishment: str = ""
    with_log: bool = False
    single: bool = False
    dry_run: bool = False
    atomic: bool = False
    repeat: bool = False
    key: str = ""


class Remark(msgspec.Struct, frozen=True, gc=False):
    """A warning for the logbook: about one settlement (`position`), or about the document (None)."""

    position: int | None
    refusal: Refusal


class Document(msgspec.Struct, frozen=True):
    """A settlement document, read. `digest` identifies its business content."""

    parameters: Parameters
    settlements: tuple[Settlement, ...]
    digest: str
    remarks: tuple[Remark, ...]


# ---------------------------------------------------------------- what the books hold


class Vat(msgspec.Struct, frozen=True, array_like=True):
    """The VAT of an invoice at one rate (percent); base and amount in the invoice's currency."""

    rate: Fraction
    base: int
    amount: int


class Item(msgspec.Struct, frozen=True, gc=False):
    """A due item, or an advance (negative amount, no piece).

    `carried` is what its open amount is worth in the ledger (home). The first of its chain (before any WPA) had
    `origin_amount`, carried at `origin_carried`. `parked` is the VAT not yet due, per rate of `vat` (home).
    """

    id: int
    kind: Literal["invoice", "credit_note", "advance"]
    ledger: Ledger
    third_party: str
    prefix: str
    piece: str
    date: Day
    due_date: Day
    currency: Currency
    amount: int
    open: int
    carried: int
    origin_amount: int
    origin_carried: int
    disputed: bool = False
    means: str = "V"
    previous: int | None = None
    invoice: int | None = None
    transaction: int | None = None
    order: int | None = None
    vat: tuple[Vat, ...] = ()
    parked: tuple[int, ...] = ()
    settled: int = 0
    passed_on: int = 0
    account: str = ""  # where it stands when not on its ledger's own account

    def share(self, part: int) -> int:
        """A part of it at its carrying rate, rounded (home)."""
        if self.origin_amount == self.origin_carried:
            return part
        sign = 1 if self.origin_amount > 0 else -1
        return ratio(sign * self.origin_carried * part, abs(self.origin_amount))

    def relieved(self, part: int) -> int:
        """The carrying amount of a part of it: its share of the first of the chain, at most what is left."""
        share = self.share(part)
        return min(share, self.carried) if self.amount > 0 else max(share, self.carried)

    def parts_are_worth_something(self, part: int) -> bool:
        """Whether a part of it, and what then stays open, are each worth at least one minor unit at home."""
        relief = self.relieved(part)
        return relief != 0 and (self.carried != relief or self.open == part)

    def seen(self, direction: Direction) -> int:
        """+1 where this ledger's own invoices are settled by this direction, else -1."""
        return 1 if (self.ledger == "customer") == (direction == "encashment") else -1


class Instrument(msgspec.Struct, frozen=True, gc=False):
    """A payment instrument in one state. `amount` in its currency, `home` what it carries; both above zero."""

    id: int
    transaction: int
    order: int
    state: str
    direction: Direction
    third_party: str
    currency: Currency
    amount: int
    home: int
    date: Day
    bank: str = ""
    previous: int | None = None
    active: bool = True


class ThirdParty(msgspec.Struct, frozen=True, gc=False):
    """A customer or a supplier."""

    code: str
    ledger: Ledger
    means: str = "V"


class TableRate(msgspec.Struct, frozen=True):
    """Units of the dossier's currency for one unit of the foreign one, on a day."""

    currency: str
    date: Day
    rate: Fraction
    text: str  # as it was loaded


# ---------------------------------------------------------------- what is decided


class Allocation(msgspec.Struct, frozen=True, gc=False):
    """What one header did to one item by one operation.

    `amount` in the item's currency and own sense; `relieved_home` the carrying amount it took; `value_home` what it
    was worth. A WPA row says what was passed on to `successor`.
    """

    order: int
    item: int
    operation: Operation
    amount: int
    relieved_home: int
    value_home: int
    paid: int = 0
    successor: int | None = None


class Header(msgspec.Struct, frozen=True, gc=False):
    """One order of a transaction, as done."""

    order: int
    label: str
    number: str  # the caller's own
    change: StateChange
    third_party: str
    currency: Currency
    amount: int
    home: int
    bank: str
    lines: int = 0  # how many of the entry's lines it made


class VatMove(msgspec.Struct, frozen=True, gc=False):
    """VAT that a header made due (or, by a discount, took back), at one rate (percent), on one item; home, own sense.

    `freed_home` is all that left the account of parked VAT at this rate, differences and discount included.
    """

    order: int
    item: int
    line: int  # which VAT line of the invoice
    rate: Fraction
    vat_home: int
    freed_home: int = 0


TaskKind = Literal["credit_note_to_issue", "credit_note_to_receive"]


class Task(msgspec.Struct, frozen=True, gc=False):
    """Something a person still has to do; amounts in home minor units."""

    kind: TaskKind
    order: int
    item: int
    amount_home: int
    vat_home: int


Kind = Literal["settlement", "deposit", "unpaid", "represented"]


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """One transaction as it will be stored: everything it makes, changes and expires."""

    number: int
    kind: Kind
    direction: Direction
    date: Day
    establishment: str
    headers: tuple[Header, ...]
    allocations: tuple[Allocation, ...] = ()
    items_made: tuple[Item, ...] = ()
    items_changed: tuple[Item, ...] = ()
    instruments_made: tuple[Instrument, ...] = ()
    instruments_ended: tuple[int, ...] = ()
    vat_moves: tuple[VatMove, ...] = ()
    tasks: tuple[Task, ...] = ()
    label: str = ""
    entry: Entry | None = None  # None: it awaits its slip


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of one settlement: the transaction, or every reason against it."""

    position: int
    number: str
    shown_number: str
    transaction: int | None
    order: int = 1
    reasons: tuple[Refusal, ...] = ()
    replayed: bool = False

    @property
    def resultcode(self) -> int:
        """0 done, else the lowest code of its reasons."""
        return min((reason.resultcode for reason in self.reasons), default=0)


class Plan(msgspec.Struct, frozen=True):
    """What a document does to the books, and what is answered for each of its settlements."""

    outcomes: tuple[Outcome, ...]
    transactions: tuple[Transaction, ...]
    remarks: tuple[Remark, ...]
