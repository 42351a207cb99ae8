"""What the pages ask of the books about third parties."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from lettrage.company.file import File
from lettrage.invoicing.checks.directory import News
from lettrage.settlement.document import Ledger

Position = tuple[int | str, ...]


class CustomerLooks(Protocol):
    """Who there is."""

    def files(  # noqa: D102
        self, ledger: Ledger, text: str, after: Position, limit: int, *, public: bool
    ) -> tuple[Sequence[File], Position | None]: ...
    def file(self, code: str) -> File | None: ...  # noqa: D102
    def names_of(self, codes: Sequence[str]) -> dict[str, str]: ...  # noqa: D102
    def keep_structures(self, platform: str, news: Iterable[News], at: datetime) -> None: ...  # noqa: D102
