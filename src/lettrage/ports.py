"""What the core may ask of the world. Adapters implement these; nothing else reaches the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from lettrage.bank.slip import Facts, Made, Slip
    from lettrage.books.chain import Posted
    from lettrage.books.entry import Entry
    from lettrage.books.lettering import GroupLine
    from lettrage.caller import Request
    from lettrage.company.dossier import Company
    from lettrage.refusal import Refusal
    from lettrage.settlement.desk import Snapshot, Wanted
    from lettrage.settlement.document import Plan, ThirdParty, Transaction
    from lettrage.settlement.once import Done, Kept, Receipt
    from lettrage.settlement.past import Cancellation, Deed, Life, Numbers, Past, Unpaid

T = TypeVar("T")


class Clock(Protocol):
    """The time: an aware UTC moment, and the date in Paris, which is the accounting date."""

    def now(self) -> datetime: ...  # noqa: D102

    def today(self) -> date: ...  # noqa: D102


class Books(Protocol):
    """One dossier's books inside one store transaction; while writing, nobody else writes to this dossier."""

    @property
    def company(self) -> Company:
        """The company file as it stands."""

    def kept(self, caller: str, key: str) -> Kept | None:
        """What was answered under this key."""

    def done_with(self, caller: str, digest: str) -> list[Done]:
        """The settlements done by this caller in documents of this content, latest last."""

    def done_like(self, caller: str, identities: frozenset[str], since: datetime) -> list[Done]:
        """The settlements with one of these identities done by this caller since then."""

    def done_as(self, caller: str, numbers: frozenset[str]) -> list[Done]:
        """The settlements done by this caller under these REGLEMENTNUM, whenever."""

    def snapshot(self, wanted: Wanted) -> Snapshot:
        """What the books hold of all that a document names, in a number of queries that does not grow."""

    def chains(self, items: Collection[int]) -> tuple[dict[int, int], list[GroupLine]]:
        """The chains that due items and advances are in: each item's first one, and all lines that name one."""

    def record(self, receipt: Receipt, plan: Plan, answer: str) -> None:
        """Write everything a document does and its logbook, to be committed at once when the books close.

        The answer is kept, as long as the books, under the receipt's key or the claim on it where it has one.
        """

    def post(self, entries: Sequence[Entry], at: datetime) -> list[Posted]:
        """Number and append entries that no settlement document made."""

    def close_task(self, transaction: int, piece: str, credit_note: str) -> int:
        """Give the number of the credit note that a task asked for; how many tasks that closed."""

    def log(self, request: Request, reasons: tuple[Refusal, ...], answer: str) -> None:
        """Write an act into the logbook, with every reason against it; keep its answer where it came with a key."""

    # ------------------------------------------------------------ slips

    def slip_facts(self, bank: str, named: Sequence[int]) -> Facts:
        """What awaits a slip, what the transactions named are, and how far the bank's slips are numbered."""

    def slip(self, number: str) -> Made | None:
        """A slip with every instrument on it."""

    def slip_entry(self, slip: Made) -> Entry:
        """The entry of a slip as it was posted."""

    def record_slip(self, slip: Slip, posting: int) -> None:
        """Write a slip posted by this entry; its transactions await it no longer."""

    def record_slip_taken_back(self, slip: Made, posting: int) -> None:
        """Write that this entry took a slip back; its transactions await a slip again."""

    # ------------------------------------------------------------ taking back

    def status(self, transaction: int) -> str:
        """What a transaction's status is; "" when there is no such transaction."""

    def files_holding(self, transaction: int) -> list[int]:
        """The payment files that hold what a transaction made and that the bank has still to execute."""

    def lives(self, transaction: int) -> list[Life]:
        """Each instrument that a transaction made, with the one that stands for it now."""

    def brought_in_by(self, instrument_id: int) -> Past:
        """The header that had brought an instrument in: a receipt, a presentation after a return, or a load."""

    def deed(self, transaction: int) -> Deed | None:
        """A transaction with all that it did, and what stands in the way of cancelling it."""

    def third_party(self, code: str) -> ThirdParty:
        """A third party that the books name."""

    def numbers(self) -> Numbers:
        """The numbers that come next."""

    def returns(self, third_party: str) -> int:
        """How many payments of a third party have come back unpaid."""

    def record_return(self, done: Transaction, unpaid: Unpaid) -> None:
        """Write an unpaid transaction; its entry is posted already. The undone header's open tasks are withdrawn."""

    def record_cancellation(self, cancelled: Cancellation) -> None:
        """Write that a transaction no longer counts; its reversal is posted already."""


class Store(Protocol):
    """Where the books are. Raises StoreTrouble when they cannot be used."""

    def dossiers(self) -> list[str]:
        """The codes of all dossiers."""

    def books(self, dossier: str, *, writing: bool) -> AbstractContextManager[Books]:
        """Open a dossier; commits when left normally, rolls back on any exception. Raises Stop when unknown."""

    def write(self, dossier: str, work: Callable[[Books], T]) -> T:
        """Run work on a dossier's books and commit: what it returns is durable. Raises Stop when unknown.

        Work may share its commit with others', and runs again when the database asks for it: it changes nothing but
        the books that it is given.
        """
