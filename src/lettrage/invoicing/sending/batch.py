"""A bulk deposit: invoices checked and let go one by one, in their order, by whoever works beside the service.

How far it is stands in the store, so that it survives leaving the page and stopping the service; each invoice is let go
in the commit that says so, so that none leaves twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec

from lettrage.invoicing.document import Platform
from lettrage.invoicing.doors import Door
from lettrage.invoicing.sending.shelf import Shelved

BatchState = Literal["running", "paused", "ended"]
LineState = Literal["waiting", "sent", "refused"]


class Batch(msgspec.Struct, frozen=True):
    """A bulk deposit as asked for. `last_at`: when its last line so far was done with, "" before the first."""

    id: int
    platform: Platform
    state: BatchState
    asked_by: str
    asked_at: str
    ended_at: str
    last_at: str
    waiting: int
    sent: int
    refused: int

    @property
    def of(self) -> int:
        """How many invoices it has."""
        return self.waiting + self.sent + self.refused

    @property
    def done(self) -> int:
        """How many of them are done with, whatever came of it."""
        return self.sent + self.refused

    @property
    def seconds(self) -> int:
        """For how long it was at work so far."""
        if not self.last_at:
            return 0
        return (datetime.fromisoformat(self.last_at) - datetime.fromisoformat(self.asked_at)) // timedelta(seconds=1)


class BatchLine(msgspec.Struct, frozen=True):
    """An invoice of a bulk deposit. `standing`: of its document now, on the platform of its `door`; `troubles`: why it
    stayed here.
    """

    position: int
    document: int
    number: str
    third_party: str
    name: str
    gross: int
    currency: str
    state: LineState
    standing: str
    door: Door | Literal[""]
    at: str
    troubles: Sequence[dict[str, str]] = ()


class Due(msgspec.Struct, frozen=True):
    """The next line of a bulk deposit that runs."""

    batch: int
    position: int
    platform: Platform
    by: str
    document: Shelved


class Batches(Protocol):
    """What is kept of bulk deposits."""

    def batch_begun(self, platform: str, documents: Sequence[int], by: str, key: str, at: datetime) -> int:
        """Keep a bulk deposit that is to be worked on; its number, that of before for the same key."""

    def batch_due(self) -> Due | None:
        """The next line of what runs."""

    def batch_moved(self, batch: int, state: BatchState, at: datetime) -> bool:
        """Let a bulk deposit pause or go on; whether it had not ended."""

    def line_is_due(self, batch: int, position: int) -> bool:
        """Whether a line still waits and its bulk deposit runs."""

    def line_done(
        self, batch: int, position: int, state: LineState, troubles: Sequence[dict[str, Any]], at: datetime
    ) -> None:
        """Write what came of a line; the bulk deposit ends with its last one."""

    def fetch_now(self, platform: str, now: datetime) -> int:
        """Have everything that tells of statuses asked now instead of later; how many calls that are."""
