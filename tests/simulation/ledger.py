"""What the books of one company must show, kept by the simplest means: lists of what is due, held and done.

It knows nothing of the engine. What was served once goes in here in the order in which it was served; what is asked
is judged by it, as somebody would with the papers on the table.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

Shown = Counter[tuple[object, ...]]


@dataclass(eq=False)
class Due:
    """A due item or an advance, in its own sense: an advance is below zero. `made_by`: the deal that made it."""

    party: str
    piece: str
    due: str
    amount: int
    open: int
    made_by: int | None = None


@dataclass(eq=False)
class Paper:
    """A payment on its way: a cheque, cash, an announced transfer."""

    deal: int
    party: str
    state: str
    amount: int
    received: int  # the deal that brought it in
    direction: str = "encashment"
    active: bool = True


@dataclass(eq=False)
class Deal:
    """A transaction: what it took of which due items, what it made, which papers it received and moved."""

    number: int
    kind: str
    date: date
    status: str = "posted"
    slip: str = ""
    line: int = 0  # of a bank statement that it was made for
    taken: list[tuple[Due, int]] = field(default_factory=list)
    made: list[Due] = field(default_factory=list)
    received: list[Paper] = field(default_factory=list)
    moved: list[Paper] = field(default_factory=list)


@dataclass(eq=False)
class BankLine:
    """A line of a bank statement: what was paid, as the payer wrote it; the deal that it was accepted for."""

    day: str
    party: str
    piece: str
    due: str
    amount: int
    deal: Deal | None = None


class Ledger:
    """One company's books as they must be."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.dues: list[Due] = []
        self.papers: list[Paper] = []
        self.deals: dict[int, Deal] = {}
        self.slips: dict[str, list[Deal]] = {}
        self.answers: dict[tuple[str, str], str] = {}  # by caller and key: what was answered once
        self.drafts: set[int] = set()
        self.validated = 0
        self.statements: set[str] = set()  # the days of which one was brought in
        self.lines: list[BankLine] = []
        self.locked: str = ""  # the last locked month

    # ------------------------------------------------------------ what is there

    def open_dues(self, party: str = "") -> list[Due]:
        """What somebody owes (or is owed), advances apart."""
        return [d for d in self.dues if d.open > 0 and party in ("", d.party)]

    def advances(self) -> list[Due]:
        """What was paid ahead and not used yet."""
        return [d for d in self.dues if d.open < 0]

    def find(self, party: str, piece: str, due: str) -> list[Due]:
        """The open due items that a detail may mean."""
        return [d for d in self.open_dues(party) if d.piece == piece and due in ("", d.due)]

    def held(self, *states: str) -> list[Paper]:
        """The papers in these states."""
        return [p for p in self.papers if p.active and p.state in states]

    def paper_of(self, number: int) -> Paper | None:
        """The active paper that a deal made."""
        return next((p for p in self.papers if p.deal == number and p.active), None)

    def next_number(self) -> int:
        """The number of the next deal."""
        return max(self.deals, default=0) + 1

    def touched_since(self, deal: Deal) -> bool:
        """Whether something that stands goes back on what this deal took, made or received."""
        ours = {id(d) for d, _ in deal.taken} | {id(d) for d in deal.made} | {id(p) for p in deal.received}
        later = (other for other in self.deals.values() if other.number > deal.number and other.status != "cancelled")
        return any(ours & ({id(d) for d, _ in other.taken} | {id(p) for p in other.moved}) for other in later)

    # ------------------------------------------------------------ what happens

    def add(self, deal: Deal) -> None:
        """A deal is done: what it took is closed by that much, what it moved is no longer where it was."""
        self.deals[deal.number] = deal
        for due, part in deal.taken:
            due.open -= part
        self.dues += deal.made
        for paper in deal.moved:
            paper.active = False
        self.papers += deal.received

    def cancel(self, deal: Deal) -> None:
        """Everything is as it was before the deal."""
        deal.status = "cancelled"
        for due, part in deal.taken:
            due.open += part
        for due in deal.made:
            due.open = 0
        for paper in deal.received:
            paper.active = False
        for paper in deal.moved:
            paper.active = True

    # ------------------------------------------------------------ what the books must show

    def shown_dues(self) -> Shown:
        """What is open; nobody disputes anything here."""
        return Counter((d.party, d.piece, d.due, d.amount, d.open, 0) for d in self.dues if d.open)

    def shown_papers(self) -> Shown:
        """What is held."""
        return Counter((p.deal, p.party, p.state, p.amount) for p in self.papers if p.active)

    def shown_deals(self) -> Shown:
        """What was done, when, and how it stands."""
        return Counter((d.number, d.kind, d.date.isoformat(), d.status, d.slip) for d in self.deals.values())
