"""What the page of the integrity check asks of the books."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from lettrage.books.checks import CheckRun
from lettrage.books.head import Head
from lettrage.books.laws import Finding


class ControlLooks(Protocol):
    """Checks that were made."""

    def chain_stands(self) -> tuple[str, int]: ...  # noqa: D102
    def head(self) -> Head: ...  # noqa: D102
    def check_runs(self, limit: int, before: int = 2**62) -> list[CheckRun]: ...  # noqa: D102
    def keep_check(  # noqa: D102
        self, at: datetime, by: str, stood: tuple[str, int], milliseconds: int, findings: Sequence[Finding]
    ) -> None: ...
