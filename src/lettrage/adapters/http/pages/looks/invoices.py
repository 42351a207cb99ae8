"""What the list of sales asks of the books."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lettrage.invoicing.sending.listing import LOOKED, Listed, Tally, Wanted

Position = tuple[int | str, ...]


class InvoiceListLooks(Protocol):
    """A page of the list, how many are in each view, and the lines of what was chosen."""

    def invoice_counts(self, platform: str) -> Mapping[str, Tally]: ...  # noqa: D102
    def invoices_listed(  # noqa: D102
        self, platform: str, wanted: Wanted, after: Position, limit: int, looked: int | None = LOOKED
    ) -> tuple[Sequence[Listed], Position | None]: ...
    def invoices_summed(self, platform: str, wanted: Wanted) -> Tally: ...  # noqa: D102
    def invoices_chosen(self, platform: str, documents: Sequence[int]) -> Sequence[Listed]: ...  # noqa: D102
