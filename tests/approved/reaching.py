"""The simulated platform reached over real HTTP by our own client; both have one clock, which the test moves."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from lettrage.adapters.approved.calls import Calls
from lettrage.adapters.approved.client import Client
from lettrage.guard.secrets import Secret
from lettrage.invoicing.approved_settings import SECRETS, ApprovedSettings
from lettrage.invoicing.doors import QUALIFICATION
from lettrage.invoicing.flow_service import FlowService
from lettrage.invoicing.sending.outbox import Alert
from lettrage.invoicing.sending.schedule import Pace
from lettrage.invoicing.sending.worker import Way, Worker
from lettrage.simulator.server import Simulator
from tests.journeys.helpers import Firm

FLOWS = "/approved/flow-service/v1/flows"
DIRECTORY = "/approved/directory-service/*"


@contextmanager
def client_of(simulator: Simulator) -> Iterator[Client]:
    """Our client, set up with what the simulator says of itself."""
    said = {name.removeprefix("approved_"): text for name, text in simulator.approved_connection.items()}
    own: dict[str, Any] = {name: Secret(text) if name in SECRETS else text for name, text in said.items()}
    calls = Calls(ApprovedSettings(QUALIFICATION, **own, pause_ms=0), sleep=lambda _seconds: None)
    try:
        yield Client(calls)
    finally:
        calls.close()


class Meeting:
    """A firm and the platform, at one moment: the later of both clocks."""

    def __init__(self, firm: Firm, simulator: Simulator, service: FlowService) -> None:
        self.firm, self.simulator, self.service = firm, simulator, service
        self.alerts: list[Alert] = []
        clock = simulator.platform.clock
        clock.advance(max(0.0, (firm.clock.at - clock.now()).total_seconds()))
        firm.clock.at = clock.now()

    def live(self, **until: float) -> None:
        """Let the time pass on both sides, working whenever something is due."""
        end = self.firm.clock.at + timedelta(**until)
        while self.firm.clock.at < end:
            self.simulator.platform.clock.advance(300)
            self.firm.clock.at = self.simulator.platform.clock.now()
            self.work()

    def work(self) -> None:
        """Do what is due."""
        way = Way(_no_portal, Pace(), lambda: self.service)
        chance = random.Random(7).randrange

        def tell(_dossier: str, alert: Alert) -> None:
            self.alerts.append(alert)

        worker = Worker(self.firm.store, lambda _dossier, _platform: way, self.firm.clock, "worker", chance, tell)
        worker.work(self.firm.dossier)


def _no_portal() -> Any:
    raise AssertionError("nothing goes to Chorus Pro here")
