"""The life of one invoice through an approved platform, until every euro of it is reported as received.

Its route from the directory, suspended and completed, a cheque that comes back, a transfer. What is received is told by
VAT rate, by itself: status 212 for the cheque, the same below zero for its return, and another for the transfer.
"""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from lettrage.acts import perform
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.caller import Caller
from lettrage.demo.telling import Story
from lettrage.refusal import Language
from lettrage.simulator.approved.messages import Reason
from lettrage.simulator.server import Simulator

DOSSIER = "EX7"
NUMBER = "F2026-0107"
CUSTOMER = "C0000020"
FIRST, REST = "692.00", "1000.00"
TITLE = (
    "EX7 · La vie d'une facture par une plateforme agréée, jusqu'à l'encaissement",
    "EX7 · The life of an invoice through an approved platform, until it is received",
)


def tell(store: SqlStore, clock: SystemClock, portal: Simulator, folder: Path, lang: Language) -> bool:
    """Play the story step by step; whether the books are sound at its end."""
    story = Story(DOSSIER, store, portal, folder, lang)
    story.begin(TITLE, "approved.json", clock)
    _connected(story)
    _sent(story, clock)
    _completed(story)
    _received(story, clock)
    _returned(story, clock)
    _paid(story, clock)
    return not store.audit(DOSSIER)


def _connected(story: Story) -> None:
    story.step("La plateforme agréée : un simulateur, par HTTP", "The approved platform: a simulator, over HTTP")
    name = story.file("plateforme.json", {**story.portal.connection})
    try:
        story.command("platform", "connect", name)
    finally:
        (story.folder / name).unlink()
    story.command("platform", "test")
    story.step("L'annuaire dit par quelle porte ce client reçoit", "The directory says by which door to go")
    story.command("route", CUSTOMER, "--refresh")


def _sent(story: Story, clock: SystemClock) -> None:
    story.step("Une prestation à deux taux, TVA sur les encaissements", "A service at two rates, VAT on receipts")
    story.command("invoice", "import", story.file("prestation.json", _invoice(clock)))
    story.step("Déposée, acquittée, mise à disposition", "Deposited, acknowledged, made available")
    story.command("invoice", "send", NUMBER)
    _followed(story)


def _completed(story: Story) -> None:
    story.step("Le client la suspend : il manque un justificatif", "The customer suspends it: a document is missing")
    _moved(story, "208", Reason("JUSTIF_ABS", "Bon d'intervention absent", "PIN"))
    story.command("invoice", "explain", NUMBER, expected=1)
    story.step("Complétée, puis approuvée", "Completed, then approved")
    story.command("lifecycle", "say", NUMBER, "--status", "209", "--comment", "Bon d'intervention 2026-318, signé")
    _moved(story, "205")


def _received(story: Story, clock: SystemClock) -> None:
    story.step("Un premier virement : déclaré par taux, au centime", "A first transfer: reported by rate, to the cent")
    story.settled(_header(clock, "ENCVIR", FIRST, _part(FIRST), _part(REST, OPERATION="WPA"), BQC="BNP"), clock)
    story.command("lifecycle", "declare")


def _returned(story: Story, clock: SystemClock) -> None:
    story.step("Un chèque du reste", "A cheque for the rest")
    story.settled(_header(clock, "PORCHQ", REST, _part(REST)), clock)
    story.command("lifecycle", "declare")
    story.step("Il revient impayé : déclaré en négatif", "It comes back unpaid: reported below zero")
    deposited = {"PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "REMCDI", "BQC": "BNP", "DATE": _today(clock)}
    story.settled(deposited | {"DetailReglementtb": [{"TRANSAC": "2"}]}, clock)
    returned = ReportUnpaid(2, day=clock.today(), reason="sans provision")
    assert not perform(returned, Caller("demo", "demonstration", DOSSIER), story.store, clock).reasons
    story.command("lifecycle", "declare")


def _paid(story: Story, clock: SystemClock) -> None:
    story.step("Un virement règle le reste", "A transfer settles the rest")
    story.settled(_header(clock, "ENCVIR", REST, _part(REST), BQC="BNP"), clock)
    story.command("lifecycle", "declare")
    _followed(story)
    story.command("invoice", "show", NUMBER)
    story.step("De la facture à l'encaissement déclaré", "From the invoice to the reported receipt")
    story.command("lifecycle", "history", NUMBER)
    story.command("verify")


def _followed(story: Story) -> None:
    """What the platform has to say by now."""
    story.judged()
    story.command("invoice", "follow", NUMBER)


def _moved(story: Story, status: str, *reasons: Reason) -> None:
    time.sleep(1)  # messages date statuses by the second: this one comes after the last
    (invoice,) = story.portal.approved.platform.invoices()
    story.portal.approved.platform.move(invoice.id, status, reasons)
    _followed(story)


def _today(clock: SystemClock) -> str:
    return clock.today().strftime("%Y%m%d")


def _header(clock: SystemClock, change: str, amount: str, *parts: dict[str, str], **more: str) -> dict[str, Any]:
    """A payment of the customer's."""
    return {
        "PAYMENTTYPE": "ENCASHMENT", "THIRDPARTY": CUSTOMER, "CURRENCY": "EUR", "AMOUNT": amount,
        "DATE": _today(clock), "CHGETAT": change, "LABEL": f"Règlement {NUMBER}", **more,
        "DetailReglementtb": list(parts),
    }  # fmt: skip


def _part(amount: str, **more: str) -> dict[str, str]:
    """What a payment pays of the invoice; WPA: what stays open."""
    return {"THIRDPARTY": CUSTOMER, "PIECE": NUMBER, "AMOUNT": amount, **more}


def _invoice(clock: SystemClock) -> dict[str, Any]:
    """The invoice of the story, dated today: 1,000.00 at 20 % and 447.27 at 10 %, 1,692.00 in all."""
    today = clock.today()
    return {
        "number": NUMBER, "type": "380", "date": today.isoformat(),
        "due_date": (today + timedelta(days=30)).isoformat(),
        "currency": "EUR", "seller": "1", "buyer": CUSTOMER, "frame": "S1", "vat_due": "receipts",
        "lines": [
            {"name": "Aménagement d'un atelier", "quantity": "20", "unit": "HUR", "price": "50.00",
             "vat_rate": "20", "vat_category": "S"},
            {"name": "Rénovation d'un logement de fonction", "quantity": "9", "unit": "HUR", "price": "49.6969",
             "vat_rate": "10", "vat_category": "S"},
        ],
    }  # fmt: skip
