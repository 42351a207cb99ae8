"""What the storm of an approved platform is made of: books ready to be sent, and workers over real HTTP."""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from lettrage.adapters.approved.calls import Calls
from lettrage.adapters.approved.client import Client
from lettrage.adapters.approved.flows import ApprovedFlows
from lettrage.adapters.store.books import SqlStore
from lettrage.guard.secrets import Secret
from lettrage.invoicing.approved_settings import ApprovedSettings
from lettrage.invoicing.document import Identifier
from lettrage.invoicing.doors import QUALIFICATION as PLATFORM
from lettrage.invoicing.flow_service import Signalled, Submitted
from lettrage.invoicing.formats import cdar, ubl
from lettrage.invoicing.lifecycle.sent import Concerned, Received, numbered, received, to_buyer
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.sending.outbox import Alert, Parcel, Saying
from lettrage.invoicing.sending.schedule import Pace
from lettrage.invoicing.sending.worker import Way, Worker
from lettrage.money import Amount
from lettrage.opening import load
from tests.invoicing.papers import BUYER, SELLER, figure, invoice
from tests.journeys.helpers import MovableClock, company
from tests.reliability.long_form import BrokenPromiseError
from tests.reporting.samples import payment
from tests.storms.approved_planted import PLANTED
from tests.storms.deposits import Clock, document_rows

PACE = Pace(resend_hours=6, redeposits=1_000)  # however often a receipt is lost on the way, it is told in the end
SIREN = "332540215"
WRONG = ("queue_stopped", "numbering_error", "message_rejected", "arrival_unreadable", "flow_never_processed")

PAPER = invoice(
    number="NUMBER-OF-IT",
    seller=msgspec.structs.replace(
        SELLER, ids=(Identifier("33254021516357", "0009"),), legal_id=Identifier(SIREN, "0002")
    ),
    buyer=msgspec.structs.replace(
        BUYER, ids=(Identifier("20000000800017", "0009"),), legal_id=Identifier("200000008", "0002")
    ),
    service="",
    engagement="",
)


# ---------------------------------------------------------------- the books


def prepare(address: str, invoices: int) -> list[Parcel]:
    """Books with so many documents, ready to be sent."""
    store = SqlStore(address, MovableClock())
    loaded = load(msgspec.json.encode({"dossiers": [company("998")]}), "load.json", "", store, MovableClock())
    assert not loaded.faults, loaded.faults
    numbers = [f"F{n:05}" for n in range(1, invoices + 1)]
    document_rows(store, numbers)
    store.close()
    template = ubl.render(PAPER).decode()
    return [
        Parcel(
            at, number, "33254021516357", "200000008", f"{number}.xml", "UBL",
            template.replace(PAPER.number, number).encode(),
        )
        for at, number in enumerate(numbers, 1)
    ]  # fmt: skip


def receipt(parcel: Parcel, at: datetime) -> Saying:
    """That all of an invoice was received."""
    about = Concerned(
        parcel.number, "380", PAPER.date, Identifier(SIREN, "0002"), "V", Identifier("200000008", "0002"), "A",
        Identifier("200000008", "0225"),
    )  # fmt: skip
    declared = received(at, [Received(figure("20.00"), Amount(PAPER.totals.gross, PAPER.currency))])
    message = to_buyer(about, declared, numbered(about, declared), at)
    content = msgspec.json.encode(payment(at.date(), ("20", PAPER.totals.gross), number=parcel.number)).decode()
    return Saying(
        "status", f"receipt of {parcel.number}", parcel.document, "212", at, content, f"{parcel.number}_212.xml",
        "CDAR", cdar.render(message),
    )  # fmt: skip


# ---------------------------------------------------------------- a worker


def calls_to(connection: dict[str, str]) -> Calls:
    """Exchanges with the platform, as fast as they go."""
    settings = ApprovedSettings(
        PLATFORM,
        connection["approved_token_url"],
        connection["approved_flow_url"],
        client_id=Secret(connection["approved_client_id"]),
        client_secret=Secret(connection["approved_client_secret"]),
        pause_ms=0,
    )
    return Calls(settings, sleep=lambda _seconds: None)


class Counting(ApprovedFlows):
    """The flow service, with a count of the submissions that came to nothing as far as anybody here can tell."""

    def __init__(self, client: Client, lost: Counter[str]) -> None:
        super().__init__(client)
        self.lost = lost

    def submit(self, content: bytes, signalled: Signalled) -> Submitted:
        try:
            return super().submit(content, signalled)
        except Trouble as trouble:
            self.lost[f"{trouble.kind} {trouble.status or 'cut off'}"] += 1
            raise


def worker_of(
    store: SqlStore, calls: Calls, clock: Clock, name: str, at: Callable[[str], None], lost: Counter[str]
) -> Worker:
    """A worker over real HTTP."""
    service = Counting(Client(calls), lost)

    def no_portal() -> Any:
        raise BrokenPromiseError("an approved platform was taken for Chorus Pro")

    def told(_dossier: str, alert: Alert) -> None:
        if alert.code in WRONG and not _no_address(alert):
            raise BrokenPromiseError(f"{alert.code}: {alert.facts}")

    way = Way(no_portal, PACE, lambda: service)
    return Worker(store, lambda _dossier, _platform: way, clock, name, random.Random(name).randrange, told, at)


def _no_address(alert: Alert) -> bool:
    """A flow that is lost and the spoilt page that says so look like an address that is none: a person must look."""
    return alert.code == "queue_stopped" and alert.facts["status"] == "404"


def run_worker(
    address: str, connection: dict[str, str], ahead: Any, name: str, point: str, after: int, planted: str
) -> None:
    """A worker process that dies when it comes to this point for the nth time."""
    store = SqlStore(address, MovableClock())
    left = after

    def at(here: str) -> None:
        nonlocal left
        left -= here == point
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    with PLANTED[planted]():
        worker_of(store, calls_to(connection), Clock(ahead), name, at, Counter()).work("998")
    store.close()
