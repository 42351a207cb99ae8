"""Beside the story of Chorus Pro: a business that an approved platform reaches, and its invoices on their way there.

The pictures in the docs and the look at every page are of `told`: invoices of every stage, and periods to be declared.
"""

import secrets
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from lettrage.acts import perform
from lettrage.acts.declaring import Asked, declare
from lettrage.acts.sending import SendInvoices
from lettrage.adapters.rules import SheetRules
from lettrage.adapters.rules.payment_reports import judge
from lettrage.caller import Caller
from lettrage.commands.rendering import rendered
from lettrage.commands.telling import Declarer
from lettrage.invoicing.approved_settings import changes
from lettrage.invoicing.doors import QUALIFICATION
from lettrage.invoicing.routing.deciding import looked_up
from lettrage.invoicing.sending.parcels import ready
from lettrage.invoicing.sending.worker import Worker
from lettrage.simulator.approved.messages import Reason
from lettrage.simulator.approved.settings import Settings
from lettrage.simulator.server import Simulator
from tests.invoicing.brought import ADDRESS
from tests.journeys.helpers import header, pays
from tests.pages.invoice_story import MOMENT, Story, quiet
from tests.pages.world import DOSSIER
from tests.vat.helpers import service

CLIENT = "C0000020"
PARTY = {
    "code": CLIENT, "kind": "customer", "name": "Menuiserie Lambert", "siret": "73282932000074", "buyer": "business",
    "address": ADDRESS | {"city": "Paris", "zip": "75016"},
}  # fmt: skip
LINE = {"name": "Aménagement d’un atelier", "quantity": "20", "price": "50.00", "vat_rate": "20"}
CALLER = Caller("nadia", "test", DOSSIER)
RULES = SheetRules()


def connected(story: Story) -> None:
    """Take the simulator as the approved platform, which does everything at once, and read the directory."""
    story.portal.approved.platform.settings = Settings(acknowledgement=0, routing=0, state=0)
    told = {name.removeprefix("approved_"): text for name, text in story.portal.approved_connection.items()}
    found, faults = changes(told | {"time_scale": "600", "pause_ms": "0"}, QUALIFICATION)
    assert not faults, faults
    done = perform(story.platforms.set(DOSSIER, found, "test"), CALLER, story.firm.store, story.firm.clock)
    assert done.result is not None, done.reasons
    story.firm.load({"code": DOSSIER, "third_parties": [PARTY]})
    store = story.firm.store
    service = story.platforms.directory(store, DOSSIER, QUALIFICATION)
    now = story.firm.clock.now()
    known = looked_up(store, DOSSIER, [CLIENT], "qualification", lambda: service, now)
    assert known[CLIENT].route().door == "approved", known[CLIENT].route()


def sold(story: Story, number: str, **more: Any) -> int:
    """A service to the business, VAT on receipts; its document."""
    return story.invoice(number, **({"buyer": CLIENT, "frame": "S1", "vat_due": "receipts", "lines": [LINE]} | more))


def carried(story: Story, number: str) -> int:
    """The same once the platform has it."""
    document = sold(story, number)
    with story.firm.store.books(DOSSIER, writing=False) as books:
        kept = books.invoice_kept(document)
        assert kept is not None
        made = ready(books, [kept.document], "qualification", rendered)
    ((platform, parcels),) = made.parcels.items()
    assert platform == QUALIFICATION
    act = SendInvoices(tuple(parcels), platform, "nadia", forced=True)
    done = perform(act, CALLER, story.firm.store, story.firm.clock)
    assert done.result is not None, done.reasons
    assert not done.result["refused"], done.result
    works(story)
    return document


def works(story: Story, moments: int = 3) -> None:
    """The worker sends, tells and hears; the platform judges what it was sent beside its answers."""
    firm = story.firm
    worker = Worker(firm.store, story.ways, firm.clock, "carried", secrets.randbelow, quiet,
                    declare=Declarer(firm.store, firm.clock, story.ways))  # fmt: skip
    for _ in range(moments):
        worker.work(DOSSIER)
        while any(flow.ack == "Pending" for flow in story.portal.approved.platform.flows()):
            time.sleep(0.02)
        story.portal.platform.clock.advance(MOMENT)
        firm.clock.at += timedelta(seconds=MOMENT)
    worker.work(DOSSIER)


# ---------------------------------------------------------------- the whole story

PAID, SUSPENDED, WITH_CUSTOMER, FRESH, PUBLIC = (
    "FA-2026-0512",
    "FA-2026-0513",
    "FA-2026-0514",
    "FA-2026-0515",
    "FA-2026-0516",
)
OTHERS: list[dict[str, Any]] = [
    {"code": "C0000041", "kind": "customer", "name": "Mme Claire Martin", "buyer": "consumer"},
    {"code": "C0000042", "kind": "customer", "name": "Müller Möbel GmbH", "vat_number": "DE123456789",
     "address": {"country": "DE"}},
    {"code": "C0000043", "kind": "customer", "name": "Atelier du Pont"},
]  # fmt: skip
TWO_RATES = [("20", "1000.00", "200.00"), ("10", "500.00", "50.00")]
DECLARANT = {"vat_regime": "real_monthly", "size": "middle", "platform": "0123"}


def told(folder: Path, portal: Simulator) -> Story:
    """The whole story, in books that are whole at its end."""
    story = Story(folder, portal)
    connected(story)
    _received(story)
    _sent(story)
    assert not story.firm.findings(), story.firm.findings()
    return story


def _received(story: Story) -> None:
    """Services paid in the last two months by whom no platform reaches; one month is declared."""
    first = story.firm.clock.today().replace(day=1)
    month = (first - timedelta(1)).replace(day=12)
    before = (month.replace(day=1) - timedelta(1)).replace(day=12)
    invoices = [
        service(f"{day:%y%m}-{n}", vat=TWO_RATES, third_party=str(party["code"]), date=f"{day}",
                due_items=[{"due_date": f"{day}", "amount": "1750.00"}])
        for day in (before, month) for n, party in enumerate(OTHERS)
    ]  # fmt: skip
    story.firm.load(
        {"code": DOSSIER, "siret": "33254021516357", "declarant": DECLARANT, "third_parties": OTHERS,
         "invoices": invoices}
    )  # fmt: skip
    for n, party in enumerate(OTHERS[:2]):
        paid(story, f"{before:%y%m}-{n}", str(party["code"]), "1750.00", before)
    asked = Asked(f"{before:%Y-%m}", "qualification")
    done = declare(asked, "bruno", CALLER, story.firm.store, story.firm.clock, judge)
    assert done.result is not None, done.reasons
    works(story)
    for n, party in enumerate(OTHERS):
        paid(story, f"{month:%y%m}-{n}", str(party["code"]), "1750.00", month)


def _sent(story: Story) -> None:
    """Invoices to the business: paid and told, suspended, with the customer, never sent; to the town one never sent."""
    platform = story.portal.approved.platform
    for number in (PAID, SUSPENDED, WITH_CUSTOMER):
        carried(story, number)
    ids = {one.said.number: one.id for one in platform.invoices()}
    platform.move(ids[PAID], "205")
    platform.move(ids[WITH_CUSTOMER], "204")
    platform.move(ids[SUSPENDED], "208", (Reason("JUSTIF_ABS", "Bon d’intervention absent", "PIN"),))
    works(story)
    story.firm.clock.at += timedelta(days=1)
    story.portal.platform.clock.advance(timedelta(days=1).total_seconds())
    paid(story, PAID, CLIENT, "1200.00", story.firm.clock.today())
    works(story)
    sold(story, FRESH)
    story.invoice(PUBLIC, service="FIN-01")


def paid(story: Story, number: str, party: str, amount: str, day: date) -> None:
    story.firm.done(
        header("ENCVIR", amount, pays(number, amount), THIRDPARTY=party, DATE=f"{day:%Y%m%d}", BQC="BNP"), repeat="1"
    )
