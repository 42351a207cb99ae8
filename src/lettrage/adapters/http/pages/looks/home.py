"""What the home page asks of the books."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from lettrage.books.today import Announced, Begun, Received, Running, Waiting


class HomeLooks(Protocol):
    """What waits, what runs, what came in and what is announced."""

    def to_do(self, platform: str, today: date) -> list[Waiting]: ...  # noqa: D102
    def begun(self) -> Begun: ...  # noqa: D102
    def running(self, platform: str, today: date) -> Running: ...  # noqa: D102
    def announced(self, platform: str) -> Sequence[Announced]: ...  # noqa: D102
    def received_in(self, month: date) -> Received: ...  # noqa: D102
