"""What the page of one invoice asks of the books."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from lettrage.invoicing.checks.directory import Kept as Known
from lettrage.invoicing.checks.directory import Wanted
from lettrage.invoicing.explaining.story import Told
from lettrage.invoicing.sending.case import DueItem, Kept, Papers, Placed, SalesEntry
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.shelf import Shelved


class InvoiceLooks(Protocol):
    """One invoice, part by part; each is one statement."""

    def invoice_kept(self, id_: int) -> Kept | None: ...  # noqa: D102
    def invoice_placed(self, documents: Sequence[Shelved], platform: str) -> list[Placed]: ...  # noqa: D102
    def invoice_events(self, documents: Sequence[Shelved], platform: str) -> list[Event]: ...  # noqa: D102
    def invoice_papers(self, document: int, flow: int) -> Papers: ...  # noqa: D102
    def invoice_items(self, invoice: int) -> list[DueItem]: ...  # noqa: D102
    def invoice_told(self, documents: Sequence[Shelved], platform: str, frame: str = "") -> Told: ...  # noqa: D102
    def sales_entry(self, posting: int) -> SalesEntry | None: ...  # noqa: D102
    def kept_structures(self, platform: str, wanted: Sequence[Wanted]) -> Mapping[Wanted, Known]: ...  # noqa: D102
    def services_taken(self, third_party: str, platform: str, since: date) -> Mapping[str, int]: ...  # noqa: D102
