"""Statements of the bank: brought in, their lines accepted for what they pay, and that taken back."""

from dataclasses import dataclass
from datetime import date

from lettrage.acts.bank import AcceptLine, UndoLine
from lettrage.acts.statements import ImportStatement
from lettrage.bank.matching.proposal import Part, Proposal
from tests.bank.files import Move, cfonb_file
from tests.simulation.asking import Who, promised
from tests.simulation.ledger import BankLine, Deal, Ledger, Paper
from tests.simulation.service import Answer, Service


@dataclass(frozen=True)
class Statement:
    """A statement of one day; the same file may come again."""

    day: str
    moves: tuple[tuple[str, str, str, int], ...]  # what was paid: party, piece, due date, amount
    name: str = "statement"

    def ask(self, service: Service, who: Who) -> Answer:
        """By the command line."""
        day = self.day.replace("-", "")
        moves = [Move(amount, day, f"VIR {party} {piece}") for party, piece, _, amount in self.moves]
        act = ImportStatement.of("releve.txt", cfonb_file(moves, start=day, end=day), who.name)
        return service.perform(act, who.caller)

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        """Each movement is kept once."""
        promised(answer.result is not None, "a statement is kept", answer.text)
        if self.day not in ledger.statements:
            ledger.statements.add(self.day)
            ledger.lines += [BankLine(self.day, *move) for move in self.moves]


@dataclass(frozen=True)
class Accepting:
    """A line is accepted for the due item that it pays."""

    line: int
    party: str
    piece: str
    due: str
    amount: int
    name: str = "bank line"

    def ask(self, service: Service, who: Who) -> Answer:
        """By the command line."""
        part = Part(self.party, abs(self.amount), "EUR", piece=self.piece, due_date=date.fromisoformat(self.due))
        proposal = Proposal(1, 100, "items", items=(part,), third_party=self.party)
        return service.perform(AcceptLine(self.line, proposal, who.name), who.caller)

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        """Once, and only for what is open to the cent."""
        (outcome,), line = answer.outcomes, ledger.lines[self.line - 1]
        found = ledger.find(self.party, self.piece, self.due)
        fits = line.deal is None and len(found) == 1 and found[0].open == abs(self.amount)
        promised(outcome.done == fits, f"line {'fits' if fits else 'does not fit'}, yet answered", outcome, self)
        if answer.result is None or not fits:
            return
        (number,) = map(int, answer.result["transactions"])
        promised(number == ledger.next_number(), "numbers follow one another", number)
        deal = Deal(number, "settlement", date.fromisoformat(line.day), line=self.line)
        deal.taken = [(found[0], found[0].open)]
        direction = "encashment" if self.amount > 0 else "disbursement"
        deal.received = [Paper(number, self.party, "V50", abs(self.amount), number, direction)]
        ledger.add(deal)
        line.deal = deal


@dataclass(frozen=True)
class Undoing:
    """What a line was accepted for is taken back."""

    line: int
    name: str = "bank line undone"

    def ask(self, service: Service, who: Who) -> Answer:
        """By the command line."""
        return service.perform(UndoLine(self.line, "erreur", who.name), who.caller)

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        """Only where nothing goes back on it."""
        (outcome,), line = answer.outcomes, ledger.lines[self.line - 1]
        deal = line.deal
        free = deal is not None and not ledger.touched_since(deal)
        promised(outcome.done == free, f"undo {'possible' if free else 'impossible'}, yet answered", outcome, line)
        if deal is not None and free:
            ledger.cancel(deal)
            deal.line, line.deal = 0, None
