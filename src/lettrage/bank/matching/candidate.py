"""What is being weighed: a proposal on its way, and the line that it is for."""

from collections.abc import Iterable, Mapping
from datetime import date as Day  # noqa: N812
from functools import cached_property

import msgspec

from lettrage.bank.matching.books import Books
from lettrage.bank.matching.facts import Movement
from lettrage.bank.matching.patterns import Patterns
from lettrage.bank.matching.payers import Payers
from lettrage.bank.matching.proposal import Booked, Kind, Part, Proposal, Reason
from lettrage.bank.matching.references import Named, Piece, Proof, References
from lettrage.company.dossier import Company
from lettrage.company.states import Direction

# The words of a line that a payment of an invoice does not bear: such a line is never settled by itself.
_OTHER_BUSINESS = ("return", "fee", "slip", "cash", "card", "transfer", "salary", "tax", "loan", "interest")


class Candidate(msgspec.Struct):
    """A proposal being weighed. `several`: others fit as well; `certain`: its evidence names it and nothing else."""

    kind: Kind
    reasons: list[Reason]
    targets: frozenset[str] = frozenset()  # what accepting it would take
    third_party: str = ""
    parts: tuple[Part, ...] = ()
    slip: str = ""
    instruments: tuple[int, ...] = ()
    transaction: int | None = None
    booked: tuple[Booked, ...] = ()
    fees: int = 0
    account: str = ""
    exact: bool = False
    several: bool = False
    certain: bool = False
    by_name: bool = False  # certain because the line names it, and not only for whose it is
    payment_file: int | None = None
    announced: str = ""
    first_due: Day = Day.max

    @property
    def score(self) -> int:
        """The sum of its reasons, between 0 and 100."""
        return max(0, min(100, sum(own.weight for own in self.reasons)))

    @property
    def order(self) -> tuple[object, ...]:
        """The likeliest first; of equals the exact, the one that takes least, the earliest due."""
        weight = sum(own.weight for own in self.reasons)
        return (-weight, not self.exact, len(self.parts), self.first_due, sorted(self.targets))

    def proposal(self, rank: int, unique: bool, *, automatic: bool) -> Proposal:
        """As it is given out."""
        return Proposal(
            rank, self.score, self.kind, tuple(sorted(self.reasons, key=lambda own: -own.weight)), self.third_party,
            self.parts, self.slip, self.instruments, self.transaction, self.booked, self.fees, self.account, self.exact,
            unique, automatic, self.payment_file, self.announced,
        )  # fmt: skip


class Case:
    """One line, read: who, which pieces, which words; and the books to look it up in."""

    def __init__(self, movement: Movement, books: Books, company: Company, patterns: Patterns) -> None:
        self.movement, self.line = movement, movement.line
        self.books, self.company, self.patterns = books, company, patterns
        self.direction: Direction = movement.direction
        self.amount = movement.amount

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """What the bank's words say the line is, with those words."""
        return self.patterns.of(f"{self.line.text} {self.line.name}", self.direction)

    @cached_property
    def payers(self) -> Payers:
        """Whose money it is."""
        return Payers(self.books.who, self.movement, self.kinds, others_may=self.company.allow_other_payer)

    @cached_property
    def references(self) -> References:
        """Which pieces it names."""
        return self.books.pieces.named(self.line)

    @cached_property
    def pieces(self) -> Mapping[str, list[tuple[Named, Piece]]]:
        """The pieces it names, by third party."""
        found: dict[str, list[tuple[Named, Piece]]] = {}
        for named in self.references.named:
            for piece in named.pieces:
                found.setdefault(piece.third_party, []).append((named, piece))
        return found

    @cached_property
    def named_targets(self) -> frozenset[str]:
        """The due items of pieces that it names so that it counts."""
        return frozenset(
            f"item {item.id}"
            for named in self.references.named
            if named.proof >= Proof.FAIR
            for piece in named.pieces
            for item in piece.items
        )

    @property
    def other_business(self) -> bool:
        """Whether its words say that it is something else than somebody's payment."""
        factor = "factor" in self.kinds and not self.company.allow_other_payer
        return factor or any(kind in self.kinds for kind in _OTHER_BUSINESS)

    def days_from(self, day: Day) -> int:
        """How many days after this day the line was booked."""
        return (self.line.date - day).days

    def clear(self, pieces: Iterable[Piece], code: str) -> bool:
        """Whether the line names nothing but these pieces, nothing unknown, and nobody but this third party."""
        own = {(p.third_party, p.ledger, p.prefix, p.number) for p in pieces}
        for named in self.references.named:
            if not named.counts:
                continue
            here = [p for p in named.pieces if p.third_party == code]
            if not here or any((p.third_party, p.ledger, p.prefix, p.number) not in own for p in here):
                return False
        return not self.references.unknown
