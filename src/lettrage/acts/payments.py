"""Payment files: made, not sent after all, executed by the bank; what the bank sends back."""

from collections.abc import Sequence
from datetime import date as Day  # noqa: N812  (acts below have a field called `date`)
from typing import Any

import msgspec

from lettrage.acts import Act, ActBooks, Moment, Refused, told
from lettrage.acts.slips import MakeSlip
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.bank.payments.choose import make, named
from lettrage.bank.payments.file import EURO, File, Filed, Sent, Wanted
from lettrage.bank.payments.kinds import KINDS, onward
from lettrage.bank.payments.shapes import shape_with_lines
from lettrage.bank.slip import Wanted as WantedSlip
from lettrage.caller import Caller
from lettrage.company.dossier import Company
from lettrage.company.states import StateChange
from lettrage.dates import PARIS
from lettrage.money import Figure
from lettrage.refusal import Refusal, quoted
from lettrage.settlement import Unsettled, settle_within
from lettrage.settlement.fields import whole_number

_json = msgspec.json.Encoder().encode


class MakePaymentFile(msgspec.Struct, frozen=True):
    """Make a file of what waits for a bank. Satisfies the port `Act`."""

    wanted: Wanted
    by: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "payment file"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        content: dict[str, Any] = msgspec.to_builtins(self.wanted)
        return content

    def planned(self, books: ActBooks, moment: Moment) -> tuple[File | None, list[Refusal]]:
        """The file as it would be made now, or every reason against it; nothing is written."""
        facts = books.payment_facts(named(self.wanted) if self.wanted.transactions else ())
        return make(self.wanted, facts, books.company, moment.at.astimezone(PARIS))

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The file that was made, with its lines."""
        file, reasons = self.planned(books, moment)
        if file is None:
            raise Refused(*reasons)
        books.record_payment_file(file, moment.at.isoformat(), self.by)
        return _shown(books, file.draft.number)


class CancelPaymentFile(msgspec.Struct, frozen=True):
    """Say that a file is not sent: its instruments are free for another. Satisfies the port `Act`."""

    number: str
    reason: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "payment file cancelled"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        content: dict[str, Any] = msgspec.to_builtins(self)
        return content

    def perform(self, books: ActBooks, _moment: Moment) -> dict[str, Any]:
        """The file as it stands now."""
        file = found(books, self.number)
        why, faults = told(self.reason)
        if not self.reason:
            faults.append(Refusal("missing_reason", "reason"))
        if file.cancelled:
            faults.append(Refusal("payment_file_cancelled", "number", self.number))
        elif gone := _gone(file):
            faults.append(Refusal("payment_file_begun", "number", self.number, gone))
        if faults:
            raise Refused(*faults)
        books.record_payment_cancelled(file.number, why)
        return _shown(books, file.number)


class ExecutePaymentFile(msgspec.Struct, frozen=True):
    """Say that the bank has executed a file, but for what it rejected. Satisfies the port `Act`."""

    number: str
    by: Caller
    date: Day | None = None

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "payment file executed"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"number": self.number, "date": "" if self.date is None else self.date.isoformat()}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The file as it stands now, with the transaction that moved its instruments on."""
        file = found(books, self.number)
        done = execute(books, self.by, file.number, self.date or min(file.date, moment.today), moment)
        return _shown(books, file.number) | {"transaction": str(done.transaction), "slip": done.slip}


class Executed(msgspec.Struct, frozen=True):
    """What executing a file made: the transaction, and of bills the slip that carries its entry."""

    transaction: int
    slip: str | None = None


def execute(books: ActBooks, caller: Caller, number: int, day: Day, moment: Moment) -> Executed:
    """Move on what of a file the bank has still to execute, as one deposit on one day: one entry for the whole file.

    As part of a larger act, on books open for writing: accepting the bank's line does this. Raises Refused with every
    reason before anything is written. What the bank rejected stays out of it, and nothing is executed twice.
    """
    file = books.payment_file(number)
    if file is None:
        raise Refused(Refusal("unknown_payment_file", "number", str(number)))
    left = [line for line in file.sent if line.became == "sent" and not file.cancelled]
    if not left:
        code = "payment_file_cancelled" if file.cancelled else "payment_nothing_left"
        raise Refused(Refusal(code, "number", str(number)))
    company = books.company
    missing = sorted({line.instrument.state for line in left if _onward(company, line) is None})
    if missing:
        raise Refused(Refusal("payment_no_way_on", "number", ", ".join(missing)))
    try:
        plan = settle_within(_deposit(file, left, company, day), caller, books, moment.at)
    except Unsettled as unsettled:
        raise Refused(*unsettled.reasons) from None
    (done,) = plan.transactions
    if done.entry is not None:
        return Executed(done.number)
    slip = surely(MakeSlip(WantedSlip(file.bank, date=day, transactions=(str(done.number),))), books, moment)
    return Executed(done.number, slip["number"])


def surely(act: Act, books: ActBooks, moment: Moment) -> dict[str, Any]:
    """Do the second part of an act whose first part is written: nothing of that may stay where this is refused."""
    try:
        return act.perform(books, moment)
    except Refused as refused:
        raise AssertionError(refused.reasons) from refused


def _onward(company: Company, line: Sent) -> StateChange | None:
    return onward(company, line.instrument.state, line.instrument.direction)


def _deposit(file: Filed, left: Sequence[Sent], company: Company, day: Day) -> bytes:
    """The settlement document that moves these on: one transaction, a header for each state change."""
    by_change: dict[str, list[Sent]] = {}
    for line in left:
        change = _onward(company, line)
        assert change is not None, line
        by_change.setdefault(change.code, []).append(line)
    headers = [
        {
            "PAYMENTTYPE": KINDS[file.kind].direction.upper(),
            "CHGETAT": code,
            "BQC": file.bank,
            "DATE": f"{day:%Y%m%d}",
            "DEV": EURO.code,
            "LIB": f"Fichier {file.message}",
            "TRANSAC": "1",
            "NOORDRE": str(order),
            "DetailReglementtb": [
                {"TRANSAC": str(line.instrument.transaction), "NOORDRE": str(line.instrument.order)} for line in own
            ],
        }
        for order, (code, own) in enumerate(sorted(by_change.items()), 1)
    ]
    return document(company.code, headers)


def document(dossier: str, headers: Sequence[dict[str, Any]]) -> bytes:
    """A settlement document of our own, in the dialect of every caller; never twice is the act that it is part of."""
    parameters = {"dos": dossier, "repeat": "1"}
    return _json(
        {
            "action": {"swinfinity": "integration_reglement", "parameters": parameters},
            "data": {"EnteteReglementtb": [{"EnteteReglement": header} for header in headers]},
        }
    )


def returned(
    books: ActBooks,
    end_to_end: str,
    day: Day | None,
    reason: str,
    moment: Moment,
    fees: Figure | None = None,
    fees_vat: Figure | None = None,
) -> dict[str, Any]:
    """Report as returned what a bank executed under this identification: what `ReportUnpaid` answers.

    As part of a larger act, on books open for writing: accepting the bank's line does this. Raises Refused before
    anything is written.
    """
    at = books.payment_line_called(end_to_end)
    if at is None:
        raise Refused(Refusal("unknown_end_to_end", "end_to_end", quoted(end_to_end)))
    file = books.payment_file(at[0])
    assert file is not None, at
    line = next(line for line in file.sent if line.position == at[1])
    return returned_line(books, line, day, reason, moment, fees, fees_vat)


def returned_line(
    books: ActBooks,
    line: Sent,
    day: Day | None,
    reason: str,
    moment: Moment,
    fees: Figure | None = None,
    fees_vat: Figure | None = None,
) -> dict[str, Any]:
    """The same for a line of a file that is at hand."""
    if line.became != "executed":
        raise Refused(Refusal("payment_not_executed", "end_to_end", line.end_to_end, line.became))
    act = ReportUnpaid(
        line.now.transaction, instrument=line.now.id, day=day, fees=fees, fees_vat=fees_vat, reason=reason
    )
    return act.perform(books, moment)


# ---------------------------------------------------------------- finding and showing


def found(books: ActBooks, number: str) -> Filed:
    """The file of this number. Raises Refused."""
    file = books.payment_file(whole_number(number))
    if file is None:
        raise Refused(Refusal("unknown_payment_file", "number", quoted(number)))
    return file


def _gone(file: Filed) -> str:
    """What of a file the bank has done already: the transactions and what became of them."""
    gone = [line for line in file.sent if line.became in ("executed", "returned")]
    return ", ".join(f"{line.instrument.transaction}/{line.instrument.order} {line.became}" for line in gone[:10])


def _shown(books: ActBooks, number: int) -> dict[str, Any]:
    file = books.payment_file(number)
    assert file is not None, number
    return shape_with_lines(file)
