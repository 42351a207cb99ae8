"""Claiming interest for late payment: drafts, with what each claims, so that nothing is claimed twice."""

from datetime import date as Day  # noqa: N812
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.acts.drafts import AddDrafts
from lettrage.books.reports.asked import Asked
from lettrage.books.reports.interest import records
from lettrage.refusal import Stop


class ClaimInterest(msgspec.Struct, frozen=True):
    """Keep drafts that claim what is owed for late payment, one for each third party. Satisfies the port `Act`."""

    by: str
    as_of: Day | None = None
    first: Day | None = None
    third_party: str = ""

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "draft"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        days = {"as_of": self.as_of, "from": self.first}
        told = {name: day.isoformat() if day else "" for name, day in days.items()}
        return {"report": "interest", **told, "third_party": self.third_party}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The drafts as they are kept; none where nothing is owed that was not claimed already."""
        asked = Asked("interest", moment.today, as_of=self.as_of, first=self.first, third_party=self.third_party)
        try:
            made = records(books, asked)
        except Stop as stop:
            raise Refused(stop.refusal) from None
        if not made:
            return {"drafts": []}
        kept = AddDrafts(tuple(record for record, _ in made), self.by).perform(books, moment)
        numbers = [int(draft["number"]) for draft in kept["drafts"]]
        books.keep_claims([(number, own) for number, (_, own) in zip(numbers, made, strict=True)])
        return kept
