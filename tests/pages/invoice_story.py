"""Invoices on their way, for the page of one invoice: a firm that the simulator knows, and a worker of its own."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from lettrage.acts import perform
from lettrage.acts.sending import SendInvoices
from lettrage.caller import Caller
from lettrage.commands.platforms import Platforms
from lettrage.commands.rendering import rendered
from lettrage.commands.working import Ways
from lettrage.invoicing.sending.parcels import ready
from lettrage.invoicing.sending.worker import Worker
from lettrage.invoicing.settings import changes
from lettrage.simulator.directory import Service
from lettrage.simulator.server import Simulator
from tests.invoicing.brought import SELLER, TOWN, bring, form
from tests.pages.world import DOSSIER, furnished

SUPPLIER = "33254021516357"  # that the simulator lets send
MOMENT = 3_600  # seconds: the platform has done by then what it does next
SERVICES = ("FIN-01", "Direction des finances"), ("BAT-02", "Bâtiments communaux"), ("ECO-01", "Écoles")


class Story:
    """Books with invoices to the town, Chorus Pro set up, and what happens between two looks at a page."""

    def __init__(self, folder: Path, portal: Simulator) -> None:
        seller = SELLER | {"siret": SUPPLIER, "vat_number": "FR38332540215"}
        town = TOWN | {"name": "Commune de Sainte-Aubierge", "chorus": {"service_required": True}}
        self.portal = portal
        self.firm = furnished(folder, establishments=[seller], third_parties=[town])
        self.firm.clock.at = datetime.now(UTC).replace(microsecond=0)
        self.platforms = Platforms()
        self.ways = Ways(self.firm.store, self.platforms)
        self._connect()
        for at, (code, name) in enumerate(SERVICES):
            self.service(code, name=name, id_=90_001 + at, engagement=code == "BAT-02")

    def _connect(self) -> None:
        told = {k: v for k, v in self.portal.connection.items() if k != "url" and not k.startswith("approved_")}
        url = self.portal.url
        given = told | {"api_url": url, "token_url": f"{url}/api/oauth/token", "time_scale": "600", "pause_ms": "0"}
        found, faults = changes(given, "qualification", "")
        assert not faults, faults
        act = self.platforms.set(DOSSIER, found, "test")
        done = perform(act, Caller("test", "test", DOSSIER), self.firm.store, self.firm.clock)
        assert done.result is not None, done.reasons

    def service(
        self, code: str, *, name: str = "", id_: int = 0, active: bool = True, engagement: bool = False
    ) -> None:
        """Open a service of the town, or close it."""
        directory = self.portal.platform.directory
        town = directory.structure(str(TOWN["siret"]))
        assert town is not None
        known = town.service(code) or Service(id=id_, code=code, name=name, engagement_required=engagement)
        others = tuple(one for one in town.services if one.code != code)
        directory.put(msgspec.structs.replace(town, services=(*others, msgspec.structs.replace(known, active=active))))

    def invoice(self, number: str, **more: Any) -> int:
        """Bring an invoice to the town in; its document."""
        today = self.firm.clock.today()
        dates = {"date": today.isoformat(), "due_date": (today + timedelta(days=30)).isoformat()}
        (found,) = bring(self.firm, form(number, **(dates | more)))
        assert found["document"], found
        return int(found["document"])

    def send(self, document: int) -> None:
        """Let a document go without a check, as another program would."""
        with self.firm.store.books(DOSSIER, writing=False) as books:
            kept = books.invoice_kept(document)
            assert kept is not None
            made = ready(books, [kept.document], "qualification", rendered, "ubl", "chorus")
            ((parcel,),) = made.parcels.values()
        act = SendInvoices((parcel,), "qualification", "nadia", forced=True)
        done = perform(act, Caller("nadia", "test", DOSSIER), self.firm.store, self.firm.clock)
        assert done.result is not None, done.reasons
        assert not done.result["refused"], done.result
        self.work()

    def work(self, moments: int = 3) -> None:
        """The worker sends and follows; time passes on both sides."""
        worker = Worker(self.firm.store, self.ways, self.firm.clock, "test", secrets.randbelow, quiet)
        for _ in range(moments):
            worker.work(DOSSIER)
            self.portal.platform.clock.advance(MOMENT)
            self.firm.clock.at += timedelta(seconds=MOMENT)
        worker.work(DOSSIER)


def quiet(_dossier: str, _alert: object) -> None:
    """Nobody listens."""
