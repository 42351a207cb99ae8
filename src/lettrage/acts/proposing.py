"""Paying what is due: the payments are ordered and their file is made, in one commit."""

from datetime import datetime
from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.acts.payments import MakePaymentFile, document, surely
from lettrage.bank.payments import propose
from lettrage.bank.payments.choose import checked
from lettrage.bank.payments.file import Wanted
from lettrage.bank.payments.kinds import KINDS, entering
from lettrage.bank.payments.propose import LEDGERS, Choice, Proposal
from lettrage.caller import Caller
from lettrage.dates import PARIS
from lettrage.refusal import Refusal, quoted
from lettrage.settlement import Unsettled, settle_within
from lettrage.settlement.answer import reason_shape


class ProposePayments(msgspec.Struct, frozen=True):
    """Order what is due to be paid, and make the file for the bank. Satisfies the port `Act`."""

    choice: Choice
    by: Caller

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "payments ordered"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        content: dict[str, Any] = msgspec.to_builtins(self.choice)
        return content

    def planned(self, books: ActBooks, at: datetime) -> tuple[Proposal, list[Refusal]]:
        """What would be paid now, and every reason against it; nothing is written. `at`: now, in Paris."""
        choice = self.choice
        kind = KINDS.get(choice.kind)
        if kind is None or choice.kind not in LEDGERS:
            return Proposal(), [Refusal("malformed_choice", "kind", quoted(choice.kind), ", ".join(LEDGERS))]
        proposal = propose.propose(choice, kind, books.due_to_pay(LEDGERS[choice.kind], choice.until))
        mandates = {p.payee.mandate.id for p in proposal.payments if p.payee.mandate}
        made = propose.candidates(proposal, kind, choice.bank, at.date(), books.uses_of_mandates(mandates))
        reasons = checked(self._wanted(()), made, books.company, at)
        if entering(books.company, kind) is None:
            reasons.append(Refusal("payment_no_way_on", "kind", kind.entered))
        if not proposal.payments:
            reasons.append(Refusal("payment_nothing_due", "until", str(choice.until)))
        return proposal, reasons

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The file that was made, with its lines."""
        proposal, reasons = self.planned(books, moment.at.astimezone(PARIS))
        if reasons:
            raise Refused(*reasons)
        kind = KINDS[self.choice.kind]
        change = entering(books.company, kind)
        assert change is not None, kind
        text = document(
            books.company.code, propose.headers(proposal, kind, change.code, self.choice.bank, moment.today)
        )
        try:
            plan = settle_within(text, self.by, books, moment.at)
        except Unsettled as unsettled:
            raise Refused(*unsettled.reasons) from None
        numbers = tuple(str(done.number) for done in plan.transactions)
        return surely(MakePaymentFile(self._wanted(numbers), self.by.name), books, moment)

    def _wanted(self, numbers: tuple[str, ...]) -> Wanted:
        return Wanted(self.choice.bank, self.choice.kind, self.choice.date, numbers)


def shape(proposal: Proposal, reasons: list[Refusal]) -> dict[str, Any]:
    """What would be paid, and every reason against it, as JSON."""
    return propose.shape(proposal) | {"reasons": [reason_shape(reason) for reason in reasons]}
