"""The life of one invoice to a public customer, told by the program's own commands.

One mistake found before it is sent, one rejection explained and corrected, then with the customer, payment ordered,
settled by a transfer and reconciled. The portal is the simulator, over HTTP; its clock is moved on between steps.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.demo.telling import Story
from lettrage.refusal import Language
from lettrage.simulator.directory import Service
from lettrage.simulator.server import Simulator

DOSSIER = "EX8"
NUMBER = "F2026-0042"
CUSTOMER, CUSTOMER_SIRET = "C0000012", "12345678200028"
FIRST_SERVICE, SECOND_SERVICE = "SERVICE_DEST_SERV_OBL", "FINANCES-2026"
TITLE = ("EX8 · La vie d'une facture au secteur public", "EX8 · The life of an invoice to the public sector")


def tell(store: SqlStore, clock: SystemClock, portal: Simulator, folder: Path, lang: Language) -> bool:
    """Play the story step by step; whether the books are sound at its end."""
    story = Story(DOSSIER, store, portal, folder, lang)
    story.begin(TITLE, "invoice.json", clock)
    _service(portal, SECOND_SERVICE, active=True)
    _connected(story)
    _checked(story, clock)
    _rejected(story)
    _corrected(story)
    _paid(story, clock)
    return not store.audit(DOSSIER)


def _connected(story: Story) -> None:
    story.step(
        "Le portail de qualification : un simulateur, par HTTP", "The qualification platform: a simulator, over HTTP"
    )
    connection = {**story.portal.connection}
    name = story.file("connexion.json", connection)
    try:
        story.command("chorus", "connect", name)
    finally:
        (story.folder / name).unlink()
    story.command("chorus", "test")


def _checked(story: Story, clock: SystemClock) -> None:
    story.step("Une facture ; son écriture et son échéance", "An invoice; its entry and its due item")
    story.command("invoice", "import", story.file("facture.json", _invoice(clock, "")))
    story.step("Contrôlée avant tout envoi : il manque le code service", "Checked before it is sent: no service code")
    story.command("invoice", "check", NUMBER, expected=1)
    story.step("Corrigée : rien n'est comptabilisé deux fois", "Corrected: nothing is posted twice")
    story.command("invoice", "import", story.file("facture-corrigee.json", _invoice(clock, FIRST_SERVICE)))
    story.command("invoice", "check", NUMBER, expected=1)


def _rejected(story: Story) -> None:
    story.step(
        "Déposée ; entre-temps, le client a fermé ce service", "Deposited; meanwhile the customer closed that service"
    )
    _service(story.portal, FIRST_SERVICE, active=False)
    story.command("invoice", "send", NUMBER)
    story.later()
    story.command("invoice", "follow", NUMBER, expected=1)
    story.step("Rejetée : expliqué", "Rejected: explained")
    story.command("invoice", "explain", NUMBER, expected=1)


def _corrected(story: Story) -> None:
    story.step("Corrigée et redéposée sous le même numéro", "Corrected and deposited again under the same number")
    corrected = json.loads((story.folder / "facture-corrigee.json").read_text("utf-8")) | {"service": SECOND_SERVICE}
    story.command("invoice", "resend", NUMBER, "--file", story.file("facture-nouveau-service.json", corrected))
    story.later()
    story.command("invoice", "follow", NUMBER)


def _paid(story: Story, clock: SystemClock) -> None:
    story.step(
        "Le client constate le service fait et ordonne le paiement",
        "The customer confirms the service and orders payment",
    )
    (invoice,) = story.portal.platform.invoices()
    for status in ("SERVICE_FAIT", "MANDATEE", "MISE_EN_PAIEMENT"):
        story.later()
        story.portal.platform.move(invoice.id, status, mandate="MANDAT-2026-118" if status == "MANDATEE" else "")
    story.command("invoice", "follow", NUMBER)
    story.step("Le virement arrive et règle la facture", "The transfer arrives and settles the invoice")
    story.settled(_transfer(clock), clock)
    story.command("entries")
    story.command("items", "--all")
    story.step("De la facture au paiement rapproché", "From invoice to reconciled payment")
    story.command("invoice", "show", NUMBER)
    story.command("verify")


def _transfer(clock: SystemClock) -> dict[str, Any]:
    """A transfer of the whole amount."""
    return {
        "PAYMENTTYPE": "ENCASHMENT", "THIRDPARTY": CUSTOMER, "CURRENCY": "EUR", "AMOUNT": "1416.00",
        "DATE": clock.today().strftime("%Y%m%d"), "CHGETAT": "ENCVIR", "BQC": "BNP", "LABEL": f"Virement {NUMBER}",
        "DetailReglementtb": [{"THIRDPARTY": CUSTOMER, "PIECE": NUMBER, "AMOUNT": "1416.00"}],
    }  # fmt: skip


def _invoice(clock: SystemClock, service: str) -> dict[str, Any]:
    """The invoice of the story, dated today."""
    today = clock.today()
    return {
        "number": NUMBER, "type": "380", "date": today.isoformat(),
        "due_date": datetime.fromordinal(today.toordinal() + 30).replace(tzinfo=UTC).date().isoformat(),
        "currency": "EUR", "seller": "1", "buyer": CUSTOMER, "service": service, "engagement": "EJ-2026-0042",
        "frame": "A1", "vat_due": "debits",
        "lines": [
            {"name": "Peinture de la salle du conseil", "quantity": "16", "unit": "HUR", "price": "60.00",
             "vat_rate": "20", "vat_category": "S"},
            {"name": "Peinture blanche, pot de 10 l", "quantity": "4", "unit": "C62", "price": "55.00",
             "vat_rate": "20", "vat_category": "S"},
        ],
    }  # fmt: skip


def _service(portal: Simulator, code: str, *, active: bool) -> None:
    """Open or close a service of the customer in the portal's directory."""
    directory = portal.platform.directory
    customer = directory.structure(CUSTOMER_SIRET)
    assert customer is not None
    known = customer.service(code)
    service = msgspec.structs.replace(known or Service(id=25784299, code=code, name=code), active=active)
    others = tuple(other for other in customer.services if other.code != code)
    directory.put(msgspec.structs.replace(customer, services=(*others, service)))
