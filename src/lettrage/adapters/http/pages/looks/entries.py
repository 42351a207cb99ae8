"""What the pages ask of the books about entries."""

from typing import Protocol

from lettrage.books.journal import AccountLine, Head, Search, Whole

Position = tuple[int | str, ...]


class JournalLooks(Protocol):
    """What was posted."""

    def entry_heads(self, search: Search, after: Position, limit: int) -> tuple[list[Head], Position | None]: ...  # noqa: D102
    def account_lines(  # noqa: D102
        self, search: Search, after: Position, limit: int
    ) -> tuple[list[AccountLine], Position | None]: ...
    def entry_whole(self, year: str, number: int) -> Whole | None: ...  # noqa: D102
    def journals(self) -> list[str]: ...  # noqa: D102
