"""A firm whose invoices leave through an approved platform: its books, workers, and the platform in memory."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.portal import Portal
from lettrage.invoicing.sending.outbox import Alert, Event, Message, Parcel, Saying
from lettrage.invoicing.sending.worker import Way, Worker
from tests.databases import ask
from tests.invoicing.flow_twin import FlowTwin
from tests.invoicing.sending import DAY, SUPPLIER, Sender
from tests.reporting.samples import payment

AT = datetime(2024, 10, 22, 9, 30, tzinfo=UTC)

CONTENT = msgspec.json.encode(payment(AT.date(), ("20", 12000))).decode()


def saying(key: str = "1", document: int | None = 1, refused: str = "", **more: Any) -> Saying:
    """A status 212 of the first document, unless it says otherwise."""
    file = json.dumps({"number": key, "refused": refused}).encode()
    plain = Saying("status", key, document, "212", AT, CONTENT, f"{key}.xml", "CDAR", file)
    return msgspec.structs.replace(plain, **more)


class ApprovedSender(Sender):
    """A firm with documents, and its way to an approved platform; through Chorus Pro it has the twin as before."""

    def __init__(self, folder: Path, documents: int = 1, **pace: int) -> None:
        super().__init__(folder, documents, **pace)
        self.service = FlowTwin(self.clock)

    def parcel(self, number: str, *, refused: str = "", preceding: Sequence[str] = (), **_more: Any) -> Parcel:
        file = json.dumps({"number": number, "date": DAY.isoformat(), "refused": refused}).encode()
        return Parcel(
            self.numbers[number], number, SUPPLIER, "123456782", f"{number}.xml", "UBL", file, tuple(preceding)
        )

    def intend(self, *parcels: Parcel, lots: bool = False, platform: str = APPROVED) -> list[int]:
        return super().intend(*parcels, lots=lots, platform=platform)

    def say(self, *sayings: Saying) -> list[int]:
        return self.store.write("998", lambda books: books.say(sayings, APPROVED, "anna", self.clock.now()))

    def said(self, document: int | None = 1, kind: Any = "status") -> list[Message]:
        with self.store.books("998", writing=False) as books:
            return books.said(kind, APPROVED, document)

    def worker(self, name: str = "worker", portal: Portal | None = None, **more: Any) -> Worker:
        way = Way(lambda: portal or self.twin, self.pace, lambda: self.service)
        chance = random.Random(7).randrange

        def tell(_dossier: str, alert: Alert) -> None:
            self.alerts.append(alert)

        return Worker(self.store, lambda _dossier, _platform: way, self.clock, name, chance, tell, **more)

    # ------------------------------------------------------------ what became of it

    def deposits(self, number: str, platform: str = APPROVED) -> list[Any]:
        return super().deposits(number, platform)

    def events(self, number: str, *origins: str) -> list[Event]:
        with self.store.books("998", writing=False) as books:
            found = books.events(self.numbers[number], APPROVED)
        return [event for event in found if not origins or event.origin in origins]

    def trackings(self) -> list[str]:
        return [row[0] for row in ask(self.address, "SELECT tracking FROM flow WHERE dossier = '998' ORDER BY id")]
