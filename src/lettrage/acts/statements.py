"""Importing a bank's statement: each movement of an account is kept once, whatever files tell it."""

import hashlib
from collections.abc import Sequence
from datetime import date as Day  # noqa: N812
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.bank.statements.document import Misread, StatementFile
from lettrage.bank.statements.keeping import Verdict, bank_of, judge
from lettrage.bank.statements.read import read
from lettrage.guard.tokens import without_tokens
from lettrage.limits import PATH_CHARACTERS
from lettrage.money import decimal_text
from lettrage.refusal import Refusal, quoted
from lettrage.settlement.answer import reason_shape


class ImportStatement(msgspec.Struct, frozen=True):
    """Keep the statements of a file. Satisfies the port `Act`. Make it by `of`, which reads the file beforehand."""

    name: str
    data: bytes
    by: str
    file: StatementFile | None = None
    faults: tuple[Refusal, ...] = ()

    @classmethod
    def of(cls, name: str, data: bytes, by: str) -> "ImportStatement":
        """Read a file: outside of any transaction, for that may take its time."""
        shown = quoted(name, PATH_CHARACTERS)
        try:
            return cls(shown, data, by, read(data))
        except Misread as misread:
            return cls(shown, data, by, None, misread.reasons)

    @property
    def sha256(self) -> str:
        """By which the file is known again."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "bank import"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"file": self.name, "bytes": len(self.data), "sha256": self.sha256}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """Each statement: kept now, known already, or why it is refused; where all are refused, the file is."""
        if self.file is None:
            raise Refused(*self.faults)
        same = books.bank_file(self.sha256)
        verdicts = self._judged(books, self.file, same)
        if all(verdict.reasons for verdict in verdicts):
            raise Refused(*(reason for verdict in verdicts for reason in verdict.reasons))
        made: dict[int, int] = {}
        if any(verdict.new for verdict in verdicts):
            name = without_tokens(self.name)
            made = books.record_statements(
                same, name, self.file.format, self.sha256, self.data, moment.at, self.by, verdicts
            )  # fmt: skip
        return {
            "file": self.name,
            "format": self.file.format,
            "sha256": self.sha256,
            "known": same is not None and not made,
            "statements": [_shape(verdict, made) for verdict in verdicts],
            "warnings": [reason_shape(warning) for warning in self.file.warnings],
        }

    def _judged(self, books: ActBooks, file: StatementFile, same: int | None) -> list[Verdict]:
        company = books.company
        banks = {bank.code for s in file.statements if (bank := bank_of(s.account, company))}
        start, end = _span(file)
        kept = books.kept_statements(sorted(banks), start, end) if banks else []
        return judge(file, company, kept, same)


def _span(file: StatementFile) -> tuple[Day, Day]:
    """From when to when a file tells anything."""
    days = [day for s in file.statements for day in (s.start, s.end, *(line.date for line in s.lines))]
    return min(days), max(days)


def _shape(verdict: Verdict, made: dict[int, int]) -> dict[str, Any]:
    own, known = verdict.statement, verdict.known
    decimals = own.currency.decimals
    status = "refused" if verdict.reasons else "known" if known else "imported"
    return {
        "id": known.id if known else made.get(own.position),
        "status": status,
        "bank": verdict.bank or None,
        "account": own.account,
        "number": own.number,
        "currency": own.currency.code,
        "start": own.start.isoformat(),
        "end": own.end.isoformat(),
        "opening": None if own.opening is None else decimal_text(own.opening, decimals),
        "closing": None if own.closing is None else decimal_text(own.closing, decimals),
        "lines": len(own.lines),
        "reasons": _shapes(verdict.reasons),
        "warnings": _shapes(verdict.warnings),
    }


def _shapes(refusals: Sequence[Refusal]) -> list[dict[str, str]]:
    return [reason_shape(refusal) for refusal in refusals]
