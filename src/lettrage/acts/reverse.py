"""Taking back an entry typed by hand: the opposite entry, and what it opened offset where nobody touched it."""

from collections.abc import Iterator
from datetime import date as Day  # noqa: N812
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused, told
from lettrage.acts.offsetting import Part, offset_within
from lettrage.books import hand
from lettrage.books.chain import shown
from lettrage.books.drafts import Typed
from lettrage.company.dossier import Company
from lettrage.money import Amount
from lettrage.refusal import Refusal, quoted
from lettrage.settlement import Unsettled
from lettrage.settlement.document import Item
from lettrage.settlement.terms import period_faults


class Reverse(msgspec.Struct, frozen=True):
    """Take back an entry typed by hand. Satisfies the port `Act`."""

    entry: str
    reason: str
    by: str
    day: Day | None = None

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "reverse"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        day = "" if self.day is None else self.day.isoformat()
        return {"entry": self.entry, "date": day, "reason": self.reason}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The entry that takes it back, and the transactions that settle what both opened."""
        typed = books.typed(self.entry)
        if typed is None:
            raise Refused(Refusal("unknown_entry", "entry", quoted(self.entry)))
        day = self.day or max(moment.today, typed.entry.date)
        why, faults = told(self.reason)
        reasons = [*self._against(typed, day, moment.today, books.company), *faults]
        if lines := books.reconciled_entry(typed.posting):
            reasons.append(Refusal("reconciled", "entry", self.entry, ", ".join(map(str, lines))))
        if not self.reason:
            reasons.append(Refusal("missing_reason", "reason"))
        if reasons:
            raise Refused(*reasons)
        label = f"Annulation écriture {self.entry} : {why}"
        entry, opposite = hand.taken_back(typed.entry, typed.posting, typed.opened, day, label, books.numbers().item)
        (posted,) = books.post([entry], moment.at)
        number = shown(posted.year, posted.number)
        named = [msgspec.structs.replace(item, piece=number) for item in opposite]
        books.open_items(named)
        settled = [
            self._offset(first, second, books, day, moment)
            for first, second in zip(typed.opened, named, strict=True)
            if typed.doubles[first.id] == 1  # else nobody could tell which of them is meant
        ]
        transactions = [str(transaction) for transaction in settled if transaction]
        return {"entry": number, "reverses": self.entry, "date": day.isoformat(), "transactions": transactions}

    def _against(self, typed: Typed, day: Day, today: Day, company: Company) -> Iterator[Refusal]:
        """Everything that stands in the way."""
        if typed.reversed_by:
            yield Refusal("already_reversed", "entry", self.entry, typed.reversed_by)
        elif not typed.by_hand:
            yield Refusal("not_by_hand", "entry", self.entry, typed.entry.journal)
        for item in typed.opened:
            if item.open != item.amount:
                left, whole = (Amount(amount, item.currency).text for amount in (item.open, item.amount))
                yield Refusal("due_touched", "entry", left, whole, {"piece": item.piece})
        yield from period_faults(company, day, today, "date")
        if day < typed.entry.date:
            facts = {"piece": self.entry}
            yield Refusal("date_before", "date", day.isoformat(), f">= {typed.entry.date}", facts)

    def _offset(self, first: Item, second: Item, books: ActBooks, day: Day, moment: Moment) -> int:
        """Settle what was opened with what takes it back; 0 where the rules want a person to do that."""
        try:
            return offset_within([Part(item, item.open) for item in (first, second)], books, day, self.by, moment)
        except Unsettled:
            return 0
