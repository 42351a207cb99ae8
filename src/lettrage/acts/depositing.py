"""Depositing in bulk: one line of it, let go or kept back in the same commit that says so."""

from collections.abc import Sequence
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment
from lettrage.acts.sending import SendInvoices
from lettrage.invoicing.sending.batch import Due


class DepositLine(msgspec.Struct, frozen=True):
    """Let one invoice of a bulk deposit go, unless `against` says why not. Satisfies the port `Act`.

    A line that somebody else has done with in the meantime, or whose deposit was paused, is left as it is.
    """

    due: Due
    sending: SendInvoices
    against: Sequence[dict[str, Any]] = ()

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "send"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return self.sending.content | {"batch": self.due.batch, "position": self.due.position}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """What became of it."""
        if not books.line_is_due(self.due.batch, self.due.position):
            return {"batch": self.due.batch, "position": self.due.position, "state": "left"}
        against: list[dict[str, Any]] = list(self.against)
        result: dict[str, Any] = {}
        if not against:
            result = self.sending.perform(books, moment)
            against = [reason for one in result["refused"] for reason in one["reasons"]]
        books.line_done(self.due.batch, self.due.position, "refused" if against else "sent", against, moment.at)
        return result | {
            "batch": self.due.batch,
            "position": self.due.position,
            "state": "refused" if against else "sent",
        }
