"""What the portfolio, the slips and the bank page ask of the books."""

from collections.abc import Collection
from typing import Protocol

from lettrage.bank.portfolio import BankSlips, Counts, Held, SlipLine
from lettrage.company.states import Direction

Place = tuple[int | str, ...]


class PortfolioLooks(Protocol):
    """Instruments by state, and slips."""

    def portfolio_counts(self) -> Counts: ...  # noqa: D102
    def held(  # noqa: D102
        self,
        state: str,
        direction: Direction,
        currency: str,
        search: str,
        after: Place,
        limit: int,
        *,
        newest: bool = False,
    ) -> tuple[list[Held], Place | None]: ...
    def held_named(self, references: Collection[tuple[int, int]]) -> list[Held]: ...  # noqa: D102
    def still_unpaid(self, after: Place, limit: int) -> tuple[list[Held], Place | None]: ...  # noqa: D102
    def slip_lines(  # noqa: D102
        self, bank: str, after: Place, limit: int
    ) -> tuple[list[SlipLine], Place | None]: ...
    def slips_by_bank(self) -> dict[str, BankSlips]: ...  # noqa: D102
