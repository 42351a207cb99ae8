"""After a rejection: the corrected document, and what was told to Chorus Pro about one that it has."""

from collections.abc import Iterator
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.acts.invoice import ImportInvoices, considered, shape
from lettrage.invoicing.billing.register import Entered
from lettrage.invoicing.sending.outbox import Event
from lettrage.invoicing.sending.shelf import Shelved
from lettrage.money import Amount
from lettrage.refusal import Refusal, quoted

replace = msgspec.structs.replace


class CorrectInvoice(msgspec.Struct, frozen=True):
    """Keep the corrected document of an invoice, linked to the one that was refused. Satisfies the port `Act`.

    Under the same number the books stay untouched. Under a new one it is a new sale, and crediting the first is a
    matter of its own.
    """

    brought: ImportInvoices  # a file of this one invoice
    number: str  # that it must have
    corrects: Shelved  # the document that was refused

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "correct"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return self.brought.content | {"number": self.number, "corrects": str(self.corrects.id)}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """What became of it."""
        done, opening = considered(self.brought.file, self.brought.files, books, moment)
        if [one.number for one in done] != [self.number]:
            numbers = ", ".join(one.number for one in done) or "-"
            raise Refused(Refusal("other_number", "FILE", quoted(numbers), self.number))
        if reasons := [*done[0].reasons, *self._against(done[0])]:
            raise Refused(*reasons)
        linked = [replace(self._linked(one), warnings=(*one.warnings, *self._still_open(books))) for one in done]
        posted = books.record_documents([one for one in linked if one.is_new], opening, moment.at, self.brought.by)
        return shape(linked, opening, posted)

    def _against(self, one: Entered) -> Iterator[Refusal]:
        """Another customer's invoice of the same number would be a second sale, and leave the first one owed."""
        was = self.corrects
        if self.number == was.number and one.third_party not in ("", was.third_party):
            yield Refusal("other_buyer", "FILE", one.third_party, was.third_party, {"number": quoted(was.number)})

    def _still_open(self, books: ActBooks) -> Iterator[Refusal]:
        """Under a new number nothing was said of the first one: it is owed until it is credited."""
        was = self.corrects
        booked = books.document_facts([(was.third_party, was.number)], []).booked.get((was.third_party, was.number))
        if self.number != was.number and booked is not None and booked.open:
            left = str(Amount(booked.open, booked.currency))
            yield Refusal("still_open", "", left, "", {"number": quoted(was.number)})

    def _linked(self, one: Entered) -> Entered:
        """A document of a new number does not know by itself which one it replaces."""
        return one if one.corrects or not one.is_new else replace(one, corrects=self.corrects.id)


class ToldChorus(msgspec.Struct, frozen=True):
    """Note that a document was completed or recycled in Chorus Pro. Satisfies the port `Act`."""

    document: int
    number: str
    platform: str
    code: str  # completed, recycled
    said: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return self.code

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was told."""
        return {"number": self.number, "platform": self.platform, "said": self.said}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """It stands in the document's history."""
        event = Event(self.document, "ours", self.code, moment.at, comment=self.said)
        books.tell(self.platform, [event], moment.at)
        return {"number": self.number, "platform": self.platform, "state": self.code}
