"""A firm whose invoices an approved platform carries: real documents and books, workers, the platform in memory.

The official use cases are of July 2025; they are played two years later, when the obligation holds for everybody.
"""

import hashlib
import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lettrage.acts import Act, Performed, perform
from lettrage.acts.invoice import ImportInvoices
from lettrage.acts.sending import SendInvoices
from lettrage.acts.statuses import DeclareStatus
from lettrage.adapters.rules import SheetRules
from lettrage.caller import Caller
from lettrage.commands.telling import Declarer
from lettrage.invoicing.billing.intake import opened
from lettrage.invoicing.checks.official import LifecycleRules
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.explaining.story import Point, story
from lettrage.invoicing.flow_service import Signalled, Submitted
from lettrage.invoicing.formats.cdar_read import read
from lettrage.invoicing.lifecycle.message import Message, Reference
from lettrage.invoicing.sending.outbox import Alert, Parcel
from lettrage.invoicing.sending.outbox import Message as Said
from lettrage.invoicing.sending.schedule import Pace
from lettrage.invoicing.sending.worker import Way, Worker
from tests.invoicing.flow_twin import FlowTwin, TakenFlow
from tests.journeys.helpers import Firm, company, header, pays

LATER = 2  # years
# Dates within the official files; their numbers begin with the year too, and stay.
_DATES = re.compile(rb"(?<=[>_])2025(?=[01][0-9][0-3][0-9])")
BEGUN = datetime(2027, 7, 1, 10, tzinfo=UTC)
SELLER = {
    "code": "1", "name": "LE VENDEUR", "siret": "10000000900017", "vat_number": "FR88100000009",
    "address": {"street": "35 rue d'ici", "zip": "75018", "city": "PARIS", "country": "FR"},
}  # fmt: skip
BUYER = {
    "code": "C1", "kind": "customer", "name": "LE CLIENT", "siret": "20000000800011", "vat_number": "FR37200000008",
    "address": {"street": "55 avenue de là-bas", "zip": "06000", "city": "MA VILLE", "country": "FR"},
}  # fmt: skip
BANKS = [
    {"code": "BNP", "account": "512100", "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP"},
    {"code": "CIC", "account": "512200", "iban": "FR1420041010050500013M02606"},
    {"code": "DEP", "account": "512300"},
]
TOLERANCE = {"amount": "100.00", "percent": "20"}
RULES = SheetRules()


def dated(official: bytes) -> bytes:
    """An official file, two years later."""
    return _DATES.sub(str(2025 + LATER).encode(), official)


class Platform(FlowTwin):
    """The twin with real files. `refuses`: the next submissions, by the code of their acknowledgement."""

    refuses: Sequence[str] = ()

    def submit(self, content: bytes, signalled: Signalled) -> Submitted:
        """Take a file, whatever is in it."""
        self._call("submit")
        assert hashlib.sha256(content).hexdigest() == signalled.sha256
        number, now = f"FLOW-{len(self.taken) + 1}", self.clock.now()
        refused, self.refuses = (self.refuses[0], self.refuses[1:]) if self.refuses else ("", ())
        self.taken[number] = TakenFlow(number, now, signalled, content, refused, now)
        return Submitted(number, now)

    def statuses(self) -> list[Message]:
        """What it was told besides invoices, as it reads it."""
        told = [read(flow.content).message for flow in self.taken.values() if flow.signalled.syntax == "CDAR"]
        return [message for message in told if message is not None]


class Carried(Firm):
    """The firm; `number`: of its documents."""

    def __init__(self, folder: Path, at: datetime = BEGUN, **more: Any) -> None:
        parts: dict[str, Any] = {
            "name": "LE VENDEUR", "siret": SELLER["siret"], "establishments": [SELLER], "banks": BANKS,
            "third_parties": [BUYER, {"code": "F1", "kind": "supplier", "name": "Bois SA"}],
            "declarant": {"vat_regime": "real_monthly", "size": "large"}, "discount_limit": {"percent": "20"},
            "tolerances": {"settlement_difference": TOLERANCE, "exchange_difference": TOLERANCE},
        }  # fmt: skip
        super().__init__(folder, company(**(parts | more)), at=at)
        self.service = Platform(self.clock)
        self.alerts: list[Alert] = []
        self.documents: dict[str, int] = {}

    # ------------------------------------------------------------ doing

    def act(self, act: Act, key: str = "") -> Performed:
        return perform(act, Caller("anna", "test", self.dossier, key), self.store, self.clock)

    def bring(self, file: bytes) -> str:
        """Bring an invoice in; its number."""
        done = self.act(ImportInvoices(opened(file), {}, "anna", "file"))
        assert done.result is not None, done.reasons
        (found,) = done.result["invoices"]
        assert found["reasons"] == [], found["reasons"]
        self.documents[found["number"]] = int(found["document"])
        return str(found["number"])

    def deposit(self, number: str, file: bytes) -> None:
        """Send it to the platform, and wait until it has it."""
        parcel = Parcel(self.documents[number], number, "100000009", "200000008", f"{number}.xml", "CII", file)
        done = self.act(SendInvoices((parcel,), APPROVED, "anna"))
        assert done.result is not None, done.reasons
        assert done.result["refused"] == []
        self.live(minutes=10)

    def carry(self, file: bytes) -> str:
        """An invoice that the platform has."""
        number = self.bring(file)
        self.deposit(number, file)
        return number

    def pay(self, number: str, amount: str, change: str = "PORCHQ", *more: dict[str, Any], **fields: str) -> str:
        """The customer pays; the number of the transaction."""
        day = f"{self.clock.today():%Y%m%d}"
        return self.done(header(change, amount, pays(number, amount), *more, DATE=day, **fields), repeat="1")

    def say(self, number: str, code: str, rules: LifecycleRules = RULES, **more: Any) -> Performed:
        """Say a status by hand."""
        return self.act(DeclareStatus(self.documents.get(number, 0), number, APPROVED, code, "anna", rules, **more))

    def hears(self, *messages: bytes) -> None:
        """The platform has these for us."""
        for one in messages:
            self.service.brings(one)
        self.clock.forward(minutes=1)
        self.store.write(self.dossier, lambda books: books.receive_now(APPROVED, self.clock.now()))
        self.worker().work(self.dossier)

    # ------------------------------------------------------------ working

    def worker(self, name: str = "worker", **more: Any) -> Worker:
        way = Way(_no_portal, Pace(), lambda: self.service)

        def tell(_dossier: str, alert: Alert) -> None:
            self.alerts.append(alert)

        def ways(_dossier: str, _platform: str) -> Way:
            return way

        parts: dict[str, Any] = {"declare": Declarer(self.store, self.clock, ways)} | more
        return Worker(self.store, ways, self.clock, name, random.Random(7).randrange, tell, **parts)

    def live(self, **until: float) -> None:
        """Let time pass, minute by minute or day by day, working whenever something is due."""
        end = self.clock.at + timedelta(**until)
        step = max((end - self.clock.at) / 40, timedelta(minutes=1))
        while self.clock.at < end:
            self.clock.at = min(end, self.clock.at + step)
            self.worker().work(self.dossier)

    # ------------------------------------------------------------ what became of it

    def said(self, number: str) -> list[Said]:
        with self.store.books(self.dossier, writing=False) as books:
            return books.said("status", APPROVED, self.documents[number])

    def told(self, number: str, code: str = "212") -> list[Reference]:
        """The statuses of an invoice as the platform read them, in the order in which they came."""
        return [
            one
            for message in self.service.statuses()
            for told in message.acknowledgements
            for one in told.references
            if (one.number, one.code) == (number, code)
        ]

    def story(self, number: str) -> list[Point]:
        with self.store.books(self.dossier, writing=False) as books:
            return story(books.invoice_told(books.documents_of(number), APPROVED))

    def status(self, number: str) -> str:
        with self.store.books(self.dossier, writing=False) as books:
            return books.deposits_of(self.documents[number], APPROVED)[0].status


def _no_portal() -> Any:
    raise AssertionError("nothing goes to Chorus Pro here")
