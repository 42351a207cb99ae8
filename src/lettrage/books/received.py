"""What came in, for people to read: a document with what became of each of its settlements."""

import msgspec

from lettrage.refusal import Refusal


class Handled(msgspec.Struct, frozen=True):
    """Who dealt with a refusal, when, and how."""

    at: str
    by: str
    why: str


class Fate(msgspec.Struct, frozen=True):
    """What became of one settlement: the transaction, or every reason against it and whether somebody dealt with it."""

    position: int
    number: str
    transaction: int | None
    order: int
    status: str  # of the transaction; "" where there is none
    replayed: bool
    reasons: tuple[Refusal, ...]
    handled: Handled | None

    @property
    def shown_number(self) -> str:
        """How answers name it: its REGLEMENTNUM, else its place in the document."""
        return self.number or str(self.position + 1)

    @property
    def waits(self) -> bool:
        """Whether it waits for a person."""
        return bool(self.reasons) and self.handled is None


class Received(msgspec.Struct, frozen=True):
    """A document as it was sent, with all that is kept of it. Of an act `fates` is empty."""

    id: int
    received_at: str
    caller: str
    origin: str
    source: str
    kind: str
    key: str
    raw: bytes
    remarks: tuple[tuple[int | None, Refusal], ...]
    answer: str  # as it was kept under its key; "" where it came without one
    fates: tuple[Fate, ...]

    @property
    def text(self) -> str:
        """What was sent."""
        return self.raw.decode(errors="replace")


class Came(msgspec.Struct, frozen=True):
    """What a document brought: money in less money out (home, minor units), from whom, and what still waits."""

    amount: int | None  # None where it moved no money in or out
    parties: int
    party: str
    name: str
    waiting: int


class Waiting(msgspec.Struct, frozen=True):
    """Refused settlements that nobody has dealt with: how many, and since when."""

    count: int
    since: str


class Counts(msgspec.Struct, frozen=True):
    """How many documents each view has, counted as far as a list shows."""

    all: int
    refused: int
    by_hand: int
