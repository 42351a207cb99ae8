"""The logbook (livre de bord): what each document and each act was, who sent it, and what became of it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from lettrage.dates import PARIS
from lettrage.money import Currency
from lettrage.refusal import Refusal, Stop
from lettrage.settlement import dialect
from lettrage.settlement.answer import answered, log_lines, reason_shape
from lettrage.settlement.document import Document, Outcome, Parameters, Plan, Remark
from lettrage.settlement.read import read

SETTLEMENT = "settlement"  # the kind of a settlement document; every other kind is an act


class Search(msgspec.Struct, frozen=True):
    """What to look for; a field left blank asks for nothing. All that is given must be true.

    `text` is looked for in the document as it was sent and in every sentence about it, whatever the case. `first` and
    `last` are days in Paris, both included. `transaction` 0: any.
    """

    text: str = ""
    number: str = ""  # REGLEMENTNUM
    transaction: int = 0
    caller: str = ""
    kind: str = ""
    first: date | None = None
    last: date | None = None
    refused: bool = False  # only with refusals
    warned: bool = False  # only with warnings
    waiting: bool = False  # only with refusals that nobody has dealt with
    origin: str = ""

    @property
    def since(self) -> str:
        """The moment from which on, as the logbook writes moments; "" for any."""
        return _midnight(self.first, 0) if self.first else ""

    @property
    def until(self) -> str:
        """The moment before which; "" for any."""
        return _midnight(self.last, 1) if self.last else ""


def _midnight(day: date, later: int) -> str:
    """When a day begins in Paris, or so many days later; "" for days that no calendar of ours can tell any more."""
    try:
        return datetime.combine(day + timedelta(days=later), time(), PARIS).astimezone(UTC).isoformat()
    except OverflowError:
        return ""


class Logged(msgspec.Struct, frozen=True):
    """A line of the logbook: a document or an act."""

    id: int
    received_at: str
    caller: str
    origin: str
    source: str
    kind: str
    key: str
    done: int  # settlements, those done before included
    refused: int
    replayed: int
    warnings: int
    transactions: tuple[int, ...] = ()


class Page(msgspec.Struct, frozen=True):
    """A page of the logbook, newest first. `next`: where to go on (before this one); None at the end.

    A search for a text looks so far at most; a page may then hold fewer lines than asked for, and still go on.
    """

    documents: list[dict[str, Any]]
    next: int | None


class Kept(msgspec.Struct, frozen=True):
    """All that is kept of a document or an act. Of an act the remarks are the reasons against it."""

    raw: str
    remarks: tuple[Remark, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def warnings(self) -> list[Remark]:
        """What was only remarked upon."""
        return [remark for remark in self.remarks if not remark.refusal.resultcode]

    @property
    def reasons(self) -> list[Remark]:
        """Every reason against a settlement, or against the act."""
        against = [remark for remark in self.remarks if remark.refusal.resultcode]
        return against + [Remark(o.position, reason) for o in self.outcomes for reason in o.reasons]

    def says(self, text: str) -> bool:
        """Whether a text (case folded) stands in what was sent, or in a sentence about it in either language."""
        told = (f"{r.refusal.fr} {r.refusal.en} {r.refusal.code}" for r in (*self.remarks, *self.reasons))
        return any(text in part.casefold() for part in (self.raw, *told))


def line(logged: Logged) -> dict[str, Any]:
    """A line of the logbook, in the shape of the interface."""
    shape: dict[str, Any] = msgspec.to_builtins(logged)
    return shape | {"id": str(logged.id), "transactions": [str(number) for number in logged.transactions]}


def whole(logged: Logged, kept: Kept, home: Currency) -> dict[str, Any]:
    """A document or an act with everything about it: lines, reasons, warnings, the answer, what was sent."""
    is_act = logged.kind != SETTLEMENT
    return line(logged) | {
        "lines": _act_lines(logged, kept) if is_act else log_lines(kept.outcomes, kept.remarks, dry_run=False),
        "reasons": [_told(remark, kept.outcomes) for remark in kept.reasons],
        "remarks": [_told(remark, kept.outcomes) for remark in kept.warnings],
        "answer": None if is_act else _answer(logged, kept, home),
        "raw": kept.raw,
    }


def _act_lines(logged: Logged, kept: Kept) -> list[str]:
    reasons = [f"{logged.kind} : refusé - {remark.refusal.say('fr')}" for remark in kept.reasons]
    return reasons or [f"{logged.kind} : OK"]


def _told(remark: Remark, outcomes: Iterable[Outcome]) -> dict[str, str]:
    """A reason or a warning, with the settlement it is about as the answer names it ("" for the whole)."""
    about = next((o.shown_number for o in outcomes if o.position == remark.position), "")
    return {"settlement": about} | reason_shape(remark.refusal)


def _answer(logged: Logged, kept: Kept, home: Currency) -> str:
    """The answer as it was given: made again from what is kept, in the form that the document asked for."""
    try:
        document = read(dialect.decode(kept.raw.encode()))
    except Stop:  # read otherwise by the program of that day
        document = Document(Parameters(), (), "", ())
    today = datetime.fromisoformat(logged.received_at).astimezone(PARIS).date()
    decided = Plan(kept.outcomes, (), kept.remarks)
    return answered(document, decided, home, today, dry_run=False).text


_stored_remarks = msgspec.json.Decoder(list[tuple[int | None, Refusal]])
_stored_reasons = msgspec.json.Decoder(tuple[Refusal, ...])


def remarks_from(text: str) -> tuple[Remark, ...]:
    """Remarks as the store keeps them: JSON pairs of a position and a refusal."""
    return tuple(Remark(position, refusal) for position, refusal in _stored_remarks.decode(text))


def reasons_from(text: str) -> tuple[Refusal, ...]:
    """Reasons as the store keeps them: a JSON list."""
    return _stored_reasons.decode(text)
