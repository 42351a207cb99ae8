"""Closing a task: the credit note that a discount asked for has its number."""

from typing import Any

import msgspec

from lettrage.acts import Moment, Refused
from lettrage.ports import Books
from lettrage.refusal import Refusal


class CloseTask(msgspec.Struct, frozen=True):
    """Say that a credit note was issued, or received. Satisfies the port `Act`."""

    number: int  # of the transaction whose discount asked for it
    piece: str
    credit_note: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "task"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        content: dict[str, Any] = msgspec.to_builtins(self)
        return content

    def perform(self, books: Books, moment: Moment) -> dict[str, Any]:
        """How many tasks that closed."""
        closed = books.close_task(self.number, self.piece, self.credit_note)
        if not closed:
            raise Refused(Refusal("no_such_task", "transaction", str(self.number), "piece, credit_note"))
        return {"transaction": str(self.number), "piece": self.piece, "credit_note": self.credit_note, "closed": closed}
