"""What the core may ask of the world. Adapters implement these; nothing else reaches the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from lettrage.caller import Request
    from lettrage.company.dossier import Company
    from lettrage.refusal import Refusal
    from lettrage.settlement.desk import Snapshot, Wanted
    from lettrage.settlement.document import Plan
    from lettrage.settlement.once import Done, Kept, Receipt

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

    def record(self, receipt: Receipt, plan: Plan) -> None:
        """Write everything a document does and its logbook, to be committed at once when the books close."""

    def keep(self, receipt: Receipt, answer: str) -> None:
        """Keep the answer under the receipt's key, or the claim on it, as long as the books."""

    def log(self, request: Request, reasons: tuple[Refusal, ...], answer: str) -> None:
        """Write an act into the logbook, with every reason against it; keep its answer where it came with a key."""


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
