"""What people ask of the books beside settlements: acts of an accountant, entries by hand, invoices that come in."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from lettrage.acts import Act
from lettrage.acts.cancel import Cancel
from lettrage.acts.drafts import AddDrafts, ValidateDrafts
from lettrage.acts.periods import LockPeriod, UnlockPeriod
from lettrage.acts.slips import CancelSlip, MakeSlip
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.bank.slip import Wanted
from lettrage.guard.audited import Hand
from tests.laws.generators import text as decimal
from tests.simulation.asking import Who, promised
from tests.simulation.ledger import Deal, Due, Ledger, Paper
from tests.simulation.service import Answer, Service, told_by_api


def performed(service: Service, who: Who, act: Act, path: str, content: dict[str, Any]) -> Answer:
    """An act by the entrance of who asks."""
    if who.entrance == "command line":
        return service.perform(act, who.caller)
    data = json.dumps(content).encode()
    return told_by_api(*service.http("POST", f"/api/v1/{path}?dossier={who.dossier}", who.token, data, who.key))


@dataclass(frozen=True)
class Cancelling:
    """A transaction is cancelled."""

    number: int
    name: str = "cancel"

    def ask(self, service: Service, who: Who) -> Answer:
        act = Cancel(self.number, "erreur")
        return performed(service, who, act, f"transactions/{self.number}/cancel", {"reason": "erreur"})

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        deal, (outcome,) = ledger.deals.get(self.number), answer.outcomes
        free = deal is not None and deal.status != "cancelled" and not deal.slip and not deal.line
        free = free and deal is not None and not ledger.touched_since(deal)
        promised(outcome.done == free, f"cancel {'possible' if free else 'impossible'}, yet answered", outcome, deal)
        if deal is not None and free:
            ledger.cancel(deal)


@dataclass(frozen=True)
class Returning:
    """A payment that was received comes back unpaid."""

    number: int
    name: str = "unpaid"

    def ask(self, service: Service, who: Who) -> Answer:
        return performed(service, who, ReportUnpaid(self.number), f"transactions/{self.number}/unpaid", {})

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        (outcome,), receipt = answer.outcomes, ledger.deals.get(self.number)
        paper = next((p for p in ledger.papers if p.active and p.received == self.number), None)
        possible = receipt is not None and paper is not None and paper.state in ("C30", "C50")
        if paper is not None and possible:
            possible = ledger.deals[paper.deal].status != "awaiting_slip"
        if receipt is not None and possible:
            possible = all(made.open == made.amount for made in receipt.made if made.amount < 0)
        promised(outcome.done == possible, f"return {'possible' if possible else 'impossible'}, yet", outcome)
        if receipt is None or paper is None or not possible:
            return
        promised(outcome.transaction == ledger.next_number(), "numbers follow one another", outcome)
        deal = Deal(outcome.transaction or 0, "unpaid", today, moved=[paper])
        deal.taken = [(due, -part) for due, part in receipt.taken]
        deal.taken += [(made, made.amount) for made in receipt.made if made.amount < 0]
        deal.received = [Paper(deal.number, paper.party, "C90", paper.amount, deal.number)]
        ledger.add(deal)


@dataclass(frozen=True)
class SlipMaking:
    """A slip of what waits for the bank."""

    name: str = "slip"

    def ask(self, service: Service, who: Who) -> Answer:
        return performed(service, who, MakeSlip(Wanted("BNP")), "slips", {"bank": "BNP"})

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        waiting = [d for d in ledger.deals.values() if d.status == "awaiting_slip"]
        (outcome,) = answer.outcomes
        promised(outcome.done == bool(waiting), f"{len(waiting)} wait for a slip, yet answered", outcome)
        if answer.result is not None:
            number = answer.result["number"]
            promised(number not in ledger.slips, "a slip of a new number", number)
            ledger.slips[number] = waiting
            for deal in waiting:
                deal.status, deal.slip = "posted", number


@dataclass(frozen=True)
class SlipUndoing:
    """A slip is taken back."""

    number: str
    name: str = "slip taken back"

    def ask(self, service: Service, who: Who) -> Answer:
        return performed(service, who, CancelSlip(self.number), f"slips/{self.number}/cancel", {})

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        (outcome,), deals = answer.outcomes, ledger.slips.get(self.number, [])
        whole = bool(deals) and all(p.active for d in deals for p in d.received)
        promised(outcome.done == whole, f"slip {'whole' if whole else 'moved on'}, yet answered", outcome)
        if whole:
            ledger.slips[self.number] = []
            for deal in deals:
                deal.status, deal.slip = "awaiting_slip", ""


@dataclass(frozen=True)
class Drafting:
    """An entry typed by hand."""

    amount: int
    day: str
    name: str = "draft"

    def _record(self) -> dict[str, Any]:
        amount = decimal(self.amount, "EUR")
        lines = [{"account": "613200", "debit": amount}, {"account": "512100", "credit": amount}]
        return {"label": "Loyer", "date": self.day, "journal": "OD", "piece": "L1", "lines": lines}

    def ask(self, service: Service, who: Who) -> Answer:
        return service.perform(AddDrafts((self._record(),), who.name), who.caller)

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        promised(answer.result is not None, "a draft is kept", answer.text)
        assert answer.result is not None
        ledger.drafts |= {int(draft["number"]) for draft in answer.result["drafts"]}


@dataclass(frozen=True)
class Validating:
    """Drafts become entries, all of them or none."""

    numbers: tuple[int, ...]
    name: str = "validate"

    def ask(self, service: Service, who: Who) -> Answer:
        return service.perform(ValidateDrafts(self.numbers), who.caller)

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        there, (outcome,) = ledger.drafts.issuperset(self.numbers), answer.outcomes
        promised(outcome.done == there, f"drafts {'there' if there else 'gone'}, yet answered", outcome)
        if there:
            ledger.drafts -= set(self.numbers)
            ledger.validated += len(self.numbers)


@dataclass(frozen=True)
class Locking:
    """A month is locked, or (`open`) unlocked."""

    month: str
    open: bool = False
    name: str = "lock"

    def ask(self, service: Service, who: Who) -> Answer:
        hand = Hand(who.name)
        act: Act = UnlockPeriod(self.month, "oubli", hand) if self.open else LockPeriod(self.month, hand)
        return service.perform(act, who.caller)

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        (outcome,) = answer.outcomes
        possible = bool(ledger.locked) and ledger.locked >= self.month if self.open else self.month > ledger.locked
        promised(outcome.done == possible, f"{self} {'possible' if possible else 'impossible'}, yet", outcome)
        if possible:
            ledger.locked = _month_before(self.month) if self.open else self.month


def _month_before(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year}-{number - 1:02}" if number > 1 else f"{year - 1}-12"


# ---------------------------------------------------------------- invoices


@dataclass(frozen=True)
class Invoices:
    """Invoices come in by a load file; the same file may come again."""

    records: tuple[tuple[str, str, str, tuple[tuple[str, int], ...]], ...]  # party, number, date, (due, amount)s
    name: str = "invoices"

    def ask(self, service: Service, who: Who) -> Answer:
        invoices = [
            {
                "third_party": party, "number": number, "date": day, "currency": "EUR",
                "due_items": [{"due_date": due, "amount": decimal(amount, "EUR")} for due, amount in dues],
            }
            for party, number, day, dues in self.records
        ]  # fmt: skip
        return service.load(json.dumps({"dossiers": [{"code": who.dossier, "invoices": invoices}]}).encode(), "")

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        promised(answer.outcomes[0].done, "invoices are loaded", answer.outcomes)
        known = {(due.party, due.piece) for due in ledger.dues}
        for party, number, _, dues in self.records:
            if (party, number) not in known:
                ledger.dues += [Due(party, number, due, amount, amount) for due, amount in dues]
