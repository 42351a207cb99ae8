"""What the pages ask of the books about lettering."""

from typing import Protocol

from lettrage.books.lettered import Candidate, Group

Position = tuple[int | str, ...]


class LetteringLooks(Protocol):
    """What is lettered with what, and what may be lettered by hand."""

    def lettering_log(  # noqa: D102
        self, third_party: str, account: str, after: Position, limit: int
    ) -> tuple[list[Group], Position | None]: ...
    def unlettered(  # noqa: D102
        self, account: str, third_party: str, after: Position, limit: int
    ) -> tuple[list[Candidate], Position | None]: ...
