"""A bank's answer about a payment file: what it rejected is owed again."""

from collections.abc import Callable
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.acts.cancel import Cancel
from lettrage.acts.payments import returned_line
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.bank.payments.answers import Answer, Verdict
from lettrage.bank.payments.file import Filed, Sent
from lettrage.money import Amount
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.answer import reason_shape


class Rejection(msgspec.Struct, frozen=True):
    """A line that the bank rejected. `alone`: by itself, not with the whole file or its block."""

    line: Sent
    reason: str
    alone: bool


class AnswerPayments(msgspec.Struct, frozen=True):
    """Take what a bank rejected out of its file, and have it owed again. Satisfies the port `Act`.

    A line that cannot be taken back now is told with its reasons; the others are. The same file again changes nothing.
    """

    answer: Answer
    name: str
    by: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "payment answer"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked: the file by its digest."""
        return {"file": self.name, "sha256": self.answer.sha256, "message": self.answer.message}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """What became of each line that the bank rejected."""
        number = books.payment_file_called(self.answer.message)
        if number is None:
            raise Refused(Refusal("unknown_payment_message", "FILE", quoted(self.answer.message)))
        file = books.payment_file(number)
        assert file is not None, number
        if books.bank_file_there(self.answer.sha256) is not None:
            return self._shape(file, already=True)
        rejections, unknown = rejected(self.answer.verdicts, file)
        kept = books.record_answer(self.name, self.answer.sha256, self.answer.data, moment.at.isoformat(), self.by)
        waiting = [(one.line.position, one.reason) for one in rejections if one.line.became == "sent"]
        books.record_rejections(number, waiting, kept)
        done = [_line(one, file, *_taken_back(one, books, moment)) for one in rejections]
        return self._shape(file, done, unknown)

    def _shape(
        self, file: Filed, done: list[dict[str, Any]] | None = None, unknown: list[str] | None = None, *,
        already: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        of_file = next((v.status for v in self.answer.verdicts if v.level == "group"), "")
        return {
            "number": str(file.number),
            "message": self.answer.message,
            "status": of_file,
            "already": already,
            "rejected": done or [],
            "unknown": unknown or [],
        }


def rejected(verdicts: tuple[Verdict, ...], file: Filed) -> tuple[list[Rejection], list[str]]:
    """The lines that are rejected, with the file, with their block or alone; and the references that are not ours."""
    found: dict[int, Rejection] = {}
    unknown: list[str] = []
    by_reference = {line.end_to_end: line for line in file.sent}
    by_block: dict[str, list[Sent]] = {}
    for line in file.sent:
        by_block.setdefault(f"{file.message}-{line.batch}", []).append(line)
    for verdict in verdicts:
        named = verdict.level == "payment"
        lines = list(file.sent)
        if named:
            lines = [by_reference[verdict.of]] if verdict.of in by_reference else []
        elif verdict.level == "block":
            lines = by_block.get(verdict.of, [])
        if not lines:
            unknown.append(quoted(verdict.of))
        if verdict.rejects:
            for line in lines:
                before = found.get(line.position)
                reason = verdict.reason or (before.reason if before else "")
                found[line.position] = Rejection(line, reason, alone=named and before is None)
    return [found[position] for position in sorted(found)], unknown


Done = tuple[str, dict[str, Any] | None, tuple[Refusal, ...]]  # what became of it, what that made, every reason against


def _taken_back(one: Rejection, books: ActBooks, moment: Moment) -> Done:
    """Have a rejected line owed again: what the bank had not done yet is taken back, what it had comes back."""
    why = f"Rejet {one.reason}".strip()
    if one.line.became == "executed":
        return _tried([("returned", lambda: returned_line(books, one.line, None, why, moment))])
    if one.line.became != "sent":
        return one.line.became, None, ()
    number, order, identity = one.line.instrument.transaction, one.line.instrument.order, one.line.instrument.id
    ways: list[tuple[str, Callable[[], dict[str, Any]]]] = [
        ("returned", lambda: ReportUnpaid(number, order, identity, reason=why).perform(books, moment))
    ]
    if len(books.lives(number)) == 1:
        cancel = ("cancelled", lambda: Cancel(number, why).perform(books, moment))
        # A customer's own rejection counts with him, and may be presented again; the file's is nobody's fault.
        ways.insert(1 if one.alone and one.line.instrument.direction == "encashment" else 0, cancel)
    return _tried(ways)


def _tried(ways: list[tuple[str, Callable[[], dict[str, Any]]]]) -> Done:
    """The first way that the books allow: each refuses before it writes anything."""
    reasons: tuple[Refusal, ...] = ()
    for became, way in ways:
        try:
            return became, way(), ()
        except Refused as refused:
            reasons = reasons or refused.reasons
    return "kept", None, reasons


def _line(
    one: Rejection, file: Filed, became: str, made: dict[str, Any] | None, reasons: tuple[Refusal, ...]
) -> dict[str, Any]:
    line = one.line
    return {
        "position": line.position,
        "transaction": str(line.instrument.transaction),
        "order": str(line.instrument.order),
        "third_party": line.instrument.third_party,
        "name": line.name,
        "amount": Amount(line.amount, file.currency).text,
        "end_to_end": line.end_to_end,
        "reason": one.reason,
        "became": became,
        "entry": made["entry"] if made else None,
        "reasons": [reason_shape(reason) for reason in reasons],
    }
