"""What may be asked of the books, how it is written, and what must come of it by the papers on the table.

`judge` looks at an answer that was given for the first time: it must be what the ledger says, and the ledger goes on
by it. Where the ledger cannot know, the answer decides; the books are compared with the ledger right after.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from lettrage.caller import Caller
from tests.laws.generators import text as decimal
from tests.reliability.long_form import BrokenPromiseError
from tests.simulation.ledger import Deal, Due, Ledger, Paper
from tests.simulation.service import Answer, Service, told_by_api, told_by_divalto

OPERATIONS = {"": "payment", "WPA": "partial", "WDR": "settlement_difference", "WE": "discount", "WAR": "advance"}
# Where each state change takes a payment; "slip" where it waits for one.
RECEIVES = {"PORCHQ": "C30", "PORESP": "E30", "PORVIR": "V30", "ENCVIR": "V50", "DECVIR": "V30", "PAYVIR": "V50"}
MOVES = {"REMCDI": ("C30", "C50"), "REMCHQ": ("C30", "C50"), "REMVIR": ("V30", "V50"), "EXEVIR": ("V30", "V50")}
FOR_A_SLIP = "REMCHQ"


def promised(held: object, law: str, *seen: object) -> None:
    """Raises BrokenPromiseError where a law does not hold."""
    if not held:
        raise BrokenPromiseError(f"{law}: {', '.join(map(str, seen))}" if seen else law)


class Asked(Protocol):
    """Something asked of one company's books."""

    @property
    def name(self) -> str:
        """What steps of this kind are called."""

    def ask(self, service: Service, who: "Who") -> Answer:
        """Ask it."""

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        """Whether the answer is right; the ledger goes on. Raises BrokenPromiseError."""


@dataclass(frozen=True)
class Who:
    """Who asks, of which company, by which entrance, under which key. `token`: of the web service."""

    name: str
    dossier: str
    entrance: str  # command line, webservice, api
    key: str = ""
    token: str = ""

    @property
    def caller(self) -> Caller:
        """As the command line says it."""
        return Caller(self.name, "command line", self.dossier, self.key)


# ---------------------------------------------------------------- settlements


@dataclass(frozen=True)
class Row:
    """A detail: what goes to one due item, opens an advance, or (with `transaction`) uses one or names a payment."""

    party: str
    piece: str
    amount: int
    operation: str = ""
    due: str = ""
    transaction: int = 0


@dataclass(frozen=True)
class Header:
    """A settlement, or a deposit of what it names."""

    direction: str
    change: str
    party: str
    rows: tuple[Row, ...]
    number: int

    @property
    def total(self) -> int:
        """What is paid."""
        return sum(row.amount for row in self.rows if row.operation in ("", "WAR"))

    @property
    def moves(self) -> bool:
        """Whether it moves payments that are held already."""
        return self.change in MOVES

    @property
    def bank(self) -> str:
        """Where it goes to, or comes from."""
        return "BNP" if self.moves or self.change in ("ENCVIR", "PAYVIR") else ""


@dataclass(frozen=True)
class Settlements:
    """A document of settlements, each of which stands for itself."""

    headers: tuple[Header, ...]

    @property
    def name(self) -> str:
        return "deposit" if self.headers[0].moves else "settlement"

    def ask(self, service: Service, who: Who) -> Answer:
        if who.entrance == "command line":
            return service.settle(self.for_divalto(who), who.caller)
        if who.entrance == "webservice":
            status, text = service.http("POST", "/webservice", "", self.for_divalto(who, token=True), who.key)
            outcomes = told_by_divalto(text) if status == 200 else ()
            return Answer(status != 503, text, outcomes, None, status)
        path = f"/api/v1/settlements?dossier={who.dossier}"
        return told_by_api(*service.http("POST", path, who.token, self.for_api(), who.key))

    def for_divalto(self, who: Who, *, token: bool = False) -> bytes:
        """The document as the ERP writes it; the token of the web service inside, where utilities put it."""
        parameters = {"dos": who.dossier}
        form: dict[str, Any] = {"access_token": who.token} if token else {}
        form |= {
            "action": {"swinfinity": "integration_reglement", "parameters": parameters},
            "data": {"EnteteReglementtb": [{"EnteteReglement": _header(header)} for header in self.headers]},
        }
        return json.dumps(form).encode()

    def for_api(self) -> bytes:
        """The same in our own form."""
        return json.dumps({"settlements": [_settlement(header) for header in self.headers]}).encode()

    def judge(self, ledger: Ledger, answer: Answer, today: date) -> None:
        promised(len(answer.outcomes) == len(self.headers), "an outcome for each settlement", answer)
        for header, outcome in zip(self.headers, answer.outcomes, strict=True):
            deal = Deal(outcome.transaction or 0, "deposit" if header.moves else "settlement", today)
            sound = _moved(header, ledger, deal) if header.moves else _covered(header, ledger, deal)
            promised(outcome.done == sound, f"{'sound' if sound else 'wrong'}, yet answered", outcome, header)
            if sound:
                promised(outcome.transaction == ledger.next_number(), "numbers follow one another", outcome)
                ledger.add(deal)


def _header(header: Header) -> dict[str, Any]:
    """A header with the ERP's names."""
    rows = [
        {
            "TIERS": row.party, "PIECE": row.piece, "NATUREOPERATION": row.operation,
            "MTDEVFIN": decimal(row.amount, "EUR") if row.amount else "", "DUEDATE": row.due.replace("-", ""),
            "TRANSAC": str(row.transaction or ""),
        }
        for row in header.rows
    ]  # fmt: skip
    told = {
        "REGLTTYP": "1" if header.direction == "encashment" else "2", "CHGETAT": header.change,
        "TIERS": header.party, "DEV": "" if header.moves else "EUR", "BQC": header.bank,
        "MTDEV": "" if header.moves else decimal(header.total, "EUR"), "REGLEMENTNUM": str(header.number),
    }  # fmt: skip
    given = {name: value for name, value in told.items() if value}
    return given | {"DetailReglementtb": [{"DetailReglement": _given(row)} for row in rows]}


def _settlement(header: Header) -> dict[str, Any]:
    """A settlement with our own names."""
    rows = [
        _given({
            "third_party": row.party, "piece": row.piece, "amount": decimal(row.amount, "EUR") if row.amount else "",
            "operation": OPERATIONS[row.operation] if row.amount else "", "due_date": row.due,
            "transaction": str(row.transaction or ""),
        })
        for row in header.rows
    ]  # fmt: skip
    told = {
        "direction": header.direction, "state_change": header.change, "third_party": header.party,
        "bank": header.bank, "number": str(header.number),
    } | ({} if header.moves else {"amount": decimal(header.total, "EUR"), "currency": "EUR"})  # fmt: skip
    return _given(told) | {"details": rows}


def _given(fields: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _covered(header: Header, ledger: Ledger, deal: Deal) -> bool:
    """Whether the details cover to the cent what is open; the deal gets what it takes and makes."""
    sums: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in header.rows:
        if row.operation == "WAR":
            if not _advance(row, ledger, deal):
                return False
        else:
            own = sums.setdefault((row.party, row.piece, row.due), {})
            own[row.operation] = own.get(row.operation, 0) + row.amount
    for (party, piece, due), parts in sums.items():
        found = ledger.find(party, piece, due)
        if len(found) != 1 or sum(parts.values()) != found[0].open:
            return False
        deal.taken.append((found[0], found[0].open))
        if rest := parts.get("WPA", 0):
            deal.made.append(Due(party, piece, found[0].due, rest, rest, deal.number))
    if header.total:
        state, number = RECEIVES[header.change], deal.number
        deal.received.append(Paper(number, header.party, state, header.total, number, header.direction))
    return True


def _advance(row: Row, ledger: Ledger, deal: Deal) -> bool:
    """An advance is opened, or so much of one is used."""
    if not row.transaction:
        day = deal.date.isoformat()
        deal.made.append(Due(row.party, "", day, -row.amount, -row.amount, deal.number))
        return True
    found = [d for d in ledger.advances() if d.made_by == row.transaction and d.party == row.party]
    if not found or found[0].open > row.amount:
        return False
    deal.taken.append((found[0], row.amount))
    return True


def _moved(header: Header, ledger: Ledger, deal: Deal) -> bool:
    """Whether what is named is held in the state that this moves on from."""
    before, after = MOVES[header.change]
    for row in header.rows:
        paper = ledger.paper_of(row.transaction)
        if paper is None or (paper.state, paper.direction) != (before, header.direction) or paper in deal.moved:
            return False
        deal.moved.append(paper)
        moved = Paper(deal.number, paper.party, after, paper.amount, paper.received, paper.direction)
        deal.received.append(moved)
    deal.status = "awaiting_slip" if header.change == FOR_A_SLIP else "posted"
    return True
