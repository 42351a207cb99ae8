"""Invoices on their way to Chorus Pro: what one company intends, and two workers who take turns at any point."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from lettrage.adapters.store import schema, writing
from lettrage.invoicing.sending.deposit import packets
from lettrage.invoicing.sending.outbox import Alert, Conclusion, Parcel, Taken
from lettrage.invoicing.sending.schedule import Pace, lease
from lettrage.invoicing.sending.worker import Way, Worker
from lettrage.refusal import Stop
from tests.laws.generators import Rolled
from tests.simulation.chance import Faults
from tests.simulation.clock import Clock
from tests.simulation.portal import Portal

PLATFORM, SYNTAX = "qualification", "IN_DP_E1_UBL_INVOICE"
GROSS = 12_000
SUPPLIER, BUYER = "33254021516357", "12345678200051"


@dataclass
class Hands:
    """A worker between two steps: idle, with a job taken, or with what it has come to."""

    worker: Worker
    dossier: str = ""
    taken: Taken | None = None
    conclusion: Conclusion | None = None

    def step(self, dossier: str) -> str:
        """Take a job, ask about it, or write what it came to and take the next; what that was."""
        if self.taken is None:
            self.dossier = dossier
            self.taken = self.worker._next(dossier, None, None)
            return f"takes {_job(self.taken)}"
        if self.conclusion is None:
            self.conclusion = self.worker.do(self.dossier, self.taken)
            return f"asks {_job(self.taken)}"
        done, self.conclusion = (self.taken, self.conclusion), None
        self.taken = None  # whoever fails now has nothing in hand any more
        self.taken = self.worker._next(self.dossier, done, None)
        return f"writes {_job(done[0])}, takes {_job(self.taken)}"

    def drop(self) -> None:
        """It is no more; another begins with nothing in hand."""
        self.taken = self.conclusion = None


def _job(taken: Taken | None) -> str:
    return "nothing" if taken is None else f"{taken.job.kind} {taken.job.subject}"


@dataclass
class Sending:
    """Everything that is sent in one life."""

    store: Any
    clock: Clock
    chance: Rolled
    faults: Faults
    portals: dict[str, Portal]
    intended: dict[str, list[str]] = field(default_factory=dict)  # numbers, by company
    alerts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        ways = {code: _way(portal) for code, portal in self.portals.items()}
        self.intended = {code: [] for code in self.portals}

        def tell(dossier: str, alert: Alert) -> None:
            self.alerts.append(f"{dossier} {alert.code}")

        self.hands = [
            Hands(
                Worker(self.store, lambda dossier, _: ways[dossier], self.clock, name, self.chance.die.randrange, tell)
            )
            for name in ("w1", "w2")
        ]

    def intend(self, dossier: str) -> str:
        """Invoices are to be sent: one, or a few as a lot."""
        count = self.chance.pick((1, 1, 2, 3))
        first = len(self.intended[dossier]) + 1
        numbers = {f"F{n}": n for n in range(first, first + count)}
        day = self.clock.today().isoformat()
        rows = [_document(dossier, n, number, day) for number, n in numbers.items()]
        parcels = [_parcel(n, number, day) for number, n in numbers.items()]

        def work(books: Any) -> list[int]:
            writing.insert(books.connection, schema.sales_document, rows)
            flows: list[int] = books.intend(packets(parcels, lots=count > 1), PLATFORM, "anna", self.clock.now())
            return flows

        try:
            self.store.write(dossier, work)
        except Stop as stop:
            return f"not intended: {stop.refusal.code}"
        self.intended[dossier] += numbers
        return f"intends {', '.join(numbers)}"

    def follow(self, dossier: str) -> str:
        """How the invoices stand is asked at once."""
        documents = range(1, len(self.intended[dossier]) + 1)
        try:
            jobs = self.store.write(dossier, lambda books: books.follow_now(documents, PLATFORM, self.clock.now()))
        except Stop as stop:
            return f"not asked: {stop.refusal.code}"
        return f"asks after {len(jobs)}"

    def work(self, dossier: str) -> str:
        """One of the workers does the next thing."""
        hand = self.chance.pick(self.hands)
        if hand.taken is not None and self.faults("worker_killed"):
            hand.drop()
            return f"{hand.worker.name} is killed"
        if hand.taken is not None and self.faults("worker_sleeps"):
            self.clock.at += lease(hand.taken.job.kind) + timedelta(minutes=1)
        try:
            return f"{hand.worker.name} {hand.step(dossier)}"
        except Stop as stop:
            hand.drop()
            return f"{hand.worker.name} is stopped: {stop.refusal.code}"

    def drop_hands(self) -> None:
        """No power: every worker is gone."""
        for hand in self.hands:
            hand.drop()


def _way(portal: Portal) -> Way:
    return Way(lambda: portal, Pace())


def _document(dossier: str, id_: int, number: str, day: str) -> tuple[Any, ...]:
    """A document where the import puts it, with as much content as the books look at."""
    said = {"number": number, "type": "380", "date": day, "currency": {"code": "EUR"}, "totals": {"gross": GROSS}}
    content = json.dumps(said)
    digest = hashlib.sha256(content.encode()).hexdigest()
    party = (dossier, id_, number, "380", day, "C1", "1", "EUR", GROSS)
    return (*party, content, b"", "json", digest, None, None, "", "")


def _parcel(document: int, number: str, day: str) -> Parcel:
    file = {"number": number, "date": day, "buyer": BUYER, "gross": "120.00", "refused": "", "type": "FACTURE"}
    return Parcel(document, number, SUPPLIER, BUYER, f"{number}.xml", SYNTAX, json.dumps(file).encode())
