"""A firm whose invoices are to be sent: its books, one worker or several, and the twin of Chorus Pro."""

import json
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from lettrage.adapters.store import schema, writing
from lettrage.adapters.store.books import SqlBooks
from lettrage.invoicing.portal import Portal
from lettrage.invoicing.sending.deposit import packets
from lettrage.invoicing.sending.outbox import Alert, Deposit, Event, Parcel
from lettrage.invoicing.sending.schedule import Pace
from lettrage.invoicing.sending.worker import Way, Worker
from tests.databases import ask
from tests.invoicing.twin import Twin
from tests.journeys.helpers import Firm, company

SUPPLIER, BUYER = "33254021516357", "12345678200051"
UBL, CII = "IN_DP_E1_UBL_INVOICE", "IN_DP_E1_CII_16B"
QUALIFICATION = "qualification"
DAY = date(2024, 10, 21)


class Sender(Firm):
    """A firm with documents, and its way to the twin."""

    def __init__(self, folder: Path, documents: int = 1, **pace: int) -> None:
        super().__init__(folder, company("998"))
        self.twin = Twin(self.clock)
        self.pace = Pace(**pace)
        self.alerts: list[Alert] = []
        self.numbers: dict[str, int] = {}
        self.add(*(f"F{n}" for n in range(1, documents + 1)))

    def add(self, *numbers: str, type_: str = "380", gross: int = 12_000) -> None:
        """Put documents where the import puts them."""
        first = len(self.numbers) + 1
        self.numbers |= {number: id_ for id_, number in enumerate(numbers, first)}

        def write(books: SqlBooks) -> None:
            writing.insert(
                books.connection,
                schema.sales_document,
                (
                    (
                        "998", self.numbers[n], n, type_, DAY.isoformat(), "C1", "1", "EUR", gross, "{}", b"",
                        "json", "", None, None, "", "",
                    )
                    for n in numbers
                ),
            )  # fmt: skip

        self.store.write("998", write)

    def parcel(
        self,
        number: str,
        *,
        refused: str = "",
        syntax: str = UBL,
        preceding: Sequence[str] = (),
        gross: str = "120.00",
        type_: str = "FACTURE",
    ) -> Parcel:
        file = {
            "number": number,
            "date": DAY.isoformat(),
            "buyer": BUYER,
            "gross": gross,
            "refused": refused,
            "type": type_,
        }
        return Parcel(
            self.numbers[number], number, SUPPLIER, BUYER, f"{number.replace('/', '-')}.xml", syntax,
            json.dumps(file).encode(), tuple(preceding),
        )  # fmt: skip

    def intend(self, *parcels: Parcel, lots: bool = False, platform: str = QUALIFICATION) -> list[int]:
        made = packets(parcels, lots=lots)
        return self.store.write("998", lambda books: books.intend(made, platform, "anna", self.clock.now()))

    def dispatch(self, *numbers: str, lots: bool = False) -> None:
        """Intend, and do what is due."""
        self.intend(*map(self.parcel, numbers), lots=lots)
        self.work()

    def worker(self, name: str = "worker", portal: Portal | None = None, **more: Any) -> Worker:
        way = Way(lambda: portal or self.twin, self.pace)
        chance = random.Random(7).randrange

        def tell(_dossier: str, alert: Alert) -> None:
            self.alerts.append(alert)

        return Worker(self.store, lambda _dossier, _platform: way, self.clock, name, chance, tell, **more)

    def work(self) -> int:
        return self.worker().work("998")

    def live(self, *, until: timedelta, step: timedelta = timedelta(minutes=5)) -> None:
        """Let time pass, working whenever something is due."""
        end = self.clock.at + until
        while self.clock.at < end:
            self.clock.at += step
            self.work()

    # ------------------------------------------------------------ what became of it

    def deposits(self, number: str, platform: str = QUALIFICATION) -> list[Deposit]:
        """Every deposit of a document, the latest first."""
        with self.store.books("998", writing=False) as books:
            return books.deposits_of(self.numbers[number], platform)

    def outcome(self, number: str) -> str:
        return self.deposits(number)[0].outcome

    def outcomes(self) -> dict[str, str]:
        return {number: self.outcome(number) for number in self.numbers if self.deposits(number)}

    def flow(self, number: str) -> dict[str, Any]:
        """The latest flow of a document, as the database has it."""
        sql = "SELECT state, number, trouble, reported, again FROM flow WHERE dossier = '998' AND id = ?1"
        return dict(
            zip(
                ("state", "number", "trouble", "reported", "again"),
                ask(self.address, sql, self.deposits(number)[0].flow)[0],
                strict=True,
            )
        )

    def events(self, number: str, *origins: str) -> list[Event]:
        with self.store.books("998", writing=False) as books:
            found = books.events(self.numbers[number], QUALIFICATION)
        return [event for event in found if not origins or event.origin in origins]

    def codes(self, number: str, *origins: str) -> list[str]:
        return [event.code for event in self.events(number, *origins)]

    def jobs(self) -> list[tuple[str, str]]:
        return [
            tuple(row) for row in ask(self.address, "SELECT kind, subject FROM job WHERE dossier = '998' ORDER BY 1, 2")
        ]

    def queue(self) -> str:
        rows = ask(self.address, "SELECT state FROM chorus_queue WHERE dossier = '998'")
        return rows[0][0] if rows else "open"
