"""Saying that a refused settlement was dealt with, and how: it leaves what waits for a person, and stays to be read."""

from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused, told
from lettrage.refusal import Refusal


class Handle(msgspec.Struct, frozen=True):
    """Mark a refused settlement as dealt with. Satisfies the port `Act`. `by`: who says so; `why`: how it was.

    What was marked stays as it was marked first.
    """

    document: int
    position: int
    why: str
    by: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "handled"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"document": str(self.document), "position": str(self.position), "why": self.why}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The settlement, and whether it was marked now."""
        why, faults = told(self.why)
        if not why.strip():
            faults.append(Refusal("missing_reason", "why"))
        stood = books.refusal(self.document, self.position)
        if not stood:
            faults.append(Refusal("no_such_document", "document", f"{self.document}/{self.position + 1}"))
        if faults:
            raise Refused(*faults)
        if stood == "waiting":
            books.mark_handled(self.document, self.position, moment.at, self.by, why)
        return {"document": str(self.document), "position": str(self.position), "marked": stood == "waiting"}
