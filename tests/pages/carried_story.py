"""Beside the story of Chorus Pro: a business that an approved platform reaches, and its invoices on their way there."""

import secrets
import time
from datetime import timedelta
from typing import Any

from lettrage.acts import perform
from lettrage.acts.sending import SendInvoices
from lettrage.adapters.rules import SheetRules
from lettrage.caller import Caller
from lettrage.commands.rendering import rendered
from lettrage.commands.telling import Declarer
from lettrage.invoicing.approved_settings import changes
from lettrage.invoicing.doors import QUALIFICATION
from lettrage.invoicing.routing.deciding import looked_up
from lettrage.invoicing.sending.parcels import ready
from lettrage.invoicing.sending.worker import Worker
from lettrage.simulator.approved.settings import Settings
from tests.invoicing.brought import ADDRESS
from tests.pages.invoice_story import MOMENT, Story, quiet
from tests.pages.world import DOSSIER

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
