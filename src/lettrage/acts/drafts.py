"""Entries typed by hand: drafted, changed, dropped, validated for good."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.books import drafts, hand
from lettrage.books.chain import shown
from lettrage.books.drafts import Draft, KeptDraft
from lettrage.books.entry import Entry
from lettrage.refusal import Refusal
from lettrage.settlement.document import Item

AT_ONCE = 1_000  # drafts that one act is about


class AddDrafts(msgspec.Struct, frozen=True):
    """Keep entries as drafts. Satisfies the port `Act`. Each record: the texts that `drafts.read` takes."""

    records: tuple[Mapping[str, Any], ...]
    by: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "draft"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"drafts": list(self.records)}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The drafts as they are kept."""
        if not 1 <= len(self.records) <= AT_ONCE:
            raise Refused(Refusal("too_many_drafts", "drafts", str(len(self.records)), f"1-{AT_ONCE}"))
        alone = len(self.records) == 1
        read = [
            _readable(record, books, moment, "" if alone else f"drafts[{at}]") for at, record in enumerate(self.records)
        ]
        if faults := [fault for _, own in read for fault in own]:
            raise Refused(*faults)
        at = moment.at.isoformat()
        numbers = books.keep_drafts([draft for draft, _ in read], at, self.by)
        return {"drafts": _shown(books, numbers)}


class ChangeDraft(msgspec.Struct, frozen=True):
    """Put another text in a draft's place. Satisfies the port `Act`."""

    number: int
    record: Mapping[str, Any]
    by: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "draft"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"draft": str(self.number), **self.record}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The draft as it is kept now."""
        _still(books, (self.number,))
        draft, faults = _readable(self.record, books, moment, "")
        if faults:
            raise Refused(*faults)
        books.change_draft(self.number, draft, moment.at.isoformat(), self.by)
        return {"drafts": _shown(books, (self.number,))}


class DropDraft(msgspec.Struct, frozen=True):
    """Forget a draft. Satisfies the port `Act`."""

    number: int

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "draft dropped"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"draft": str(self.number)}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The draft as it was."""
        _still(books, (self.number,))
        dropped = _shown(books, (self.number,))
        books.drop_draft(self.number)
        return {"drafts": dropped}


class ValidateDrafts(msgspec.Struct, frozen=True):
    """Post drafts, all of them or none: they become entries of the books. Satisfies the port `Act`."""

    numbers: tuple[int, ...]

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "validate"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"drafts": [str(number) for number in self.numbers]}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The drafts, each with the entry that it became."""
        if not 1 <= len(self.numbers) <= AT_ONCE:
            raise Refused(Refusal("too_many_drafts", "drafts", str(len(self.numbers)), f"1-{AT_ONCE}"))
        kept = _still(books, self.numbers)
        kinds = books.kinds(sorted({line.third_party for one in kept for line in one.draft.lines}))
        alone = len(kept) == 1
        paths = ["" if alone else f"drafts[{one.number}]." for one in kept]
        reasons = [
            fault
            for one, path in zip(kept, paths, strict=True)
            for fault in hand.against(one.draft, books.company, kinds, moment.today, path)
        ]
        if reasons:
            raise Refused(*reasons)
        made = _made(kept, books)
        if reasons := _mistakable(made, paths, books):
            raise Refused(*reasons)
        posted = books.post([entry for entry, _ in made], moment.at)
        books.open_items([item for _, items in made for item in items])
        books.validated([(one.number, entry.posting) for one, entry in zip(kept, posted, strict=True)])
        return {
            "entries": [
                {"draft": str(one.number), "entry": shown(entry.year, entry.number)}
                for one, entry in zip(kept, posted, strict=True)
            ]
        }


def _made(kept: Sequence[KeptDraft], books: ActBooks) -> list[tuple[Entry, list[Item]]]:
    made: list[tuple[Entry, list[Item]]] = []
    following = books.numbers().item
    for one in kept:
        made.append(hand.made(one.draft, books.company, following))
        following += len(made[-1][1])
    return made


def _mistakable(made: Sequence[tuple[Entry, list[Item]]], paths: Iterable[str], books: ActBooks) -> list[Refusal]:
    """A settlement names a due item by third party, piece and due date: none is opened under the name of another."""
    met = books.due_already([item for _, items in made for item in items])
    reasons = []
    for path, (_, items) in zip(paths, made, strict=True):
        for item in items:
            name = item.third_party, item.prefix, item.piece, item.due_date
            if name in met:
                facts = {"third_party": item.third_party}
                reasons.append(Refusal("due_exists", f"{path}piece", item.piece, item.due_date.isoformat(), facts))
            met.add(name)
    return reasons


def _readable(record: Mapping[str, Any], books: ActBooks, moment: Moment, path: str) -> tuple[Draft, list[Refusal]]:
    draft, form = drafts.read(record, books.company.currency, moment.today, path)
    return draft, form.faults


def _still(books: ActBooks, numbers: Sequence[int]) -> list[KeptDraft]:
    """Drafts that are there and no entries yet, each once, in the order asked. Raises Refused."""
    there = {kept.number: kept for kept in books.drafts(numbers)}
    reasons = []
    for number in dict.fromkeys(numbers):
        if number not in there:
            reasons.append(Refusal("unknown_draft", "draft", str(number)))
        elif there[number].entry:
            reasons.append(Refusal("draft_validated", "draft", str(number), there[number].entry))
    if reasons:
        raise Refused(*reasons)
    return [there[number] for number in dict.fromkeys(numbers)]


def _shown(books: ActBooks, numbers: Sequence[int]) -> list[dict[str, Any]]:
    return [drafts.shape(kept, books.company.currency) for kept in books.drafts(numbers)]
