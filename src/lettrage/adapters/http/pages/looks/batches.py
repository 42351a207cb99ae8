"""What the pages of bulk deposits and of imports ask of the books."""

from collections.abc import Sequence
from typing import Protocol

from lettrage.invoicing.sending.batch import Batch, BatchLine
from lettrage.invoicing.sending.outbox import Queue


class BatchLooks(Protocol):
    """A bulk deposit with its counts, its lines, and what stands in the way of them."""

    def batch_of(self, key: str) -> int: ...  # noqa: D102
    def batch(self, number: int) -> Batch | None: ...  # noqa: D102
    def batch_lines(self, number: int, state: str, limit: int) -> Sequence[BatchLine]: ...  # noqa: D102
    def queues(self) -> list[Queue]: ...  # noqa: D102
