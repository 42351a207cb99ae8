"""Books with something of everything that pages show: invoices at every stage, refusals, cheques, a slip, one unpaid.

The pictures in the docs and the look at every page are of these.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from lettrage.acts import perform
from lettrage.acts.bank import AcceptLine
from lettrage.acts.payments import CancelPaymentFile, MakePaymentFile
from lettrage.acts.proposing import ProposePayments
from lettrage.acts.slips import MakeSlip
from lettrage.acts.statements import ImportStatement
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.bank.matching.proposal import Proposal
from lettrage.bank.payments.file import Wanted as WantedFile
from lettrage.bank.payments.propose import Choice
from lettrage.bank.slip import Wanted
from lettrage.caller import Caller
from lettrage.money import Figure
from lettrage.settlement import settle
from lettrage.simulator.server import Simulator
from tests.bank.files import Move, cfonb_file
from tests.journeys.helpers import advance, deposit, header, pays
from tests.pages.invoice_story import Story
from tests.pages.world import DOSSIER

SHOPS = (
    ("C0000007", "Imprimerie Vasseur"),
    ("C0000004", "Comptoir de Sfax"),
    ("C0000031", "Boulangerie Aubert"),
    ("C0000033", "Société coopérative ouvrière de production des Ateliers mécaniques réunis du Haut-Vivarais"),
)
REJECTED, SUSPENDED, WITH_CUSTOMER, ORDERED, FRESH, SETTLED = (f"FA-2026-04{n}" for n in (31, 28, 29, 12, 34, 77))
CALLER = Caller("caisse-lille", "web service", DOSSIER, source="10.1.2.3")
# As a till sends it: the first settlement is sound, two are not.
TILL = """{
  "action": {"swinfinity": "integration_reglement", "parameters": {"dos": "998"}},
  "data": {"EnteteReglementtb": [
    {"EnteteReglement": {
      "PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "PORCHQ", "TIERS": "C0000031", "CURRENCY": "EUR",
      "AMOUNT": "1240.00", "REGLEMENTNUM": "101", "LIBELLE": "Chèque 4410230",
      "DetailReglementtb": [{"DetailReglement": {"TIERS": "C0000031", "PIECE": "90", "AMOUNT": "1240.00"}}]}},
    {"EnteteReglement": {
      "PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "PORCHQ", "TIERS": "C0000007", "CURRENCY": "EUR",
      "AMOUNT": "1700.00", "REGLEMENTNUM": "102",
      "DetailReglementtb": [{"DetailReglement": {"TIERS": "C0000007", "PIECE": "8 7", "AMOUNT": "1700.00"}}]}},
    {"EnteteReglement": {
      "PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "PORCHQX", "TIERS": "C0000099", "CURRENCY": "EUR",
      "AMOUNT": "1240,O0", "REGLEMENTNUM": "103",
      "DetailReglementtb": [{"DetailReglement": {"TIERS": "C0000099", "PIECE": "91", "AMOUNT": "1240.00"}}]}}
  ]}
}
"""


def told(folder: Path, portal: Simulator) -> Story:
    """The whole story, in books that are whole at its end."""
    story = Story(folder, portal)
    _open_items(story)
    _invoices(story)
    _settlements(story)
    assert not story.firm.findings(), story.firm.findings()
    with story.firm.store.books(DOSSIER, writing=True) as books:
        books.keep_check(story.firm.clock.now(), "bruno", books.chain_stands(), 412, [])
    return story


def _open_items(story: Story) -> None:
    """Customers outside Chorus Pro with invoices of every age, in two currencies."""
    today = story.firm.clock.today()
    ages = {"87": -40, "86": 0, "91": 15, "90": -12, "10002797": -75, "88": -130, "92": 5}
    owed = {"87": "3600.00", "86": "2400.00", "91": "1284.60", "90": "1240.00", "88": "1918.20", "92": "480.00"}
    whose = {"90": "C0000031", "10002797": "C0000004", "88": "C0000033"}
    invoices = []
    for number, age in ages.items():
        foreign = number == "10002797"
        due = {"due_date": (today + timedelta(days=age)).isoformat(), "amount": owed.get(number, "1900.000")}
        invoices.append(
            {
                "third_party": whose.get(number, "C0000007"),
                "number": number,
                "date": (today + timedelta(days=min(age, 0) - 30)).isoformat(),
                "currency": "TND" if foreign else "EUR",
                "due_items": [due],
            }
            | ({"rate": "3.3000"} if foreign else {})
        )
    parties = [{"code": code, "kind": "customer", "name": name} for code, name in SHOPS]
    rates = [{"currency": "TND", "date": (today - timedelta(days=200)).isoformat(), "rate": "3.3000"}]
    story.firm.load({"code": DOSSIER, "third_parties": parties, "rates": rates, "invoices": invoices})


def _invoices(story: Story) -> None:
    """Public invoices: one of each stage."""
    story.service("FIN-01", name="Direction des finances")
    sent = {
        WITH_CUSTOMER: {"service": "FIN-01"},
        SUSPENDED: {"service": "FIN-01"},
        ORDERED: {"service": "FIN-01"},
        SETTLED: {"service": "FIN-01"},
        REJECTED: {"service": "SRV-FINANCES"},
    }
    documents = {number: story.invoice(number, **more) for number, more in sent.items()}
    for document in documents.values():
        story.send(document)
    for number, status, motive in (
        (SUSPENDED, "SUSPENDUE", "Bon de livraison manquant"),
        (ORDERED, "MISE_EN_PAIEMENT", ""),
        (SETTLED, "MISE_EN_PAIEMENT", ""),
    ):
        (key,) = [one.id for one in story.portal.platform.invoices() if one.claim.number == number]
        story.portal.platform.move(key, status, motive)
    story.work()
    story.invoice(FRESH, service="FIN-01")


def _settlements(story: Story) -> None:
    """A document of a till with two refusals, cheques in hand, a slip, a transfer, one payment that came back."""
    firm, today = story.firm, f"{story.firm.clock.today():%Y%m%d}"
    settle(TILL.encode(), CALLER, firm.store, firm.clock)
    on = {"DATE": today}
    firm.done(header("PORCHQ", "3595", pays("87", "3595"), pays("87", "5", "WDR"), THIRDPARTY="C0000007", **on))
    firm.done(header("PORCHQ", "500", advance("500"), THIRDPARTY="C0000007", **on))
    firm.done(header("PORVIR", "240", pays(SETTLED, "240"), THIRDPARTY="C1", **on))
    handed = firm.done(header("PORCHQ", "480", pays("92", "480"), THIRDPARTY="C0000007", **on))
    firm.done(deposit("REMCHQ", {"TRANSAC": handed}, **on))
    _done(story, MakeSlip(Wanted("BNP")))
    _done(story, ReportUnpaid(int(handed), fees=Figure(1240, 2), reason="provision insuffisante"))
    _statement(story)
    _payments(story)


def _payments(story: Story) -> None:
    """Two suppliers: one paid by a file, one who waits for it, whose credit note is open; another file is cancelled."""
    day = story.firm.clock.today()
    bills = (
        ("F1", "A-118", "1480.00"),
        ("F2", "2026-77", "912.40"),
        ("F2", "2026-78", "-60.00"),
        ("F2", "2026-81", "75"),
    )
    parties = [
        {"code": "F1", "kind": "supplier", "name": "Bois SA", "ibans": ["FR1420041010050500013M02606"]},
        {"code": "F2", "kind": "supplier", "name": "Électricité & Câbles", "ibans": ["DE89370400440532013000"]},
    ]
    invoices = [
        {"third_party": code, "number": number, "date": f"{day - timedelta(days=30)}",
         "due_items": [{"due_date": day.isoformat(), "amount": amount, "disputed": number == "2026-81"}]}
        for code, number, amount in bills
    ]  # fmt: skip
    story.firm.load({"code": DOSSIER, "third_parties": parties, "invoices": invoices})
    _done(story, ProposePayments(Choice("BNP", "transfers", day, None, ("F1",)), CALLER))
    _done(story, CancelPaymentFile("1", "mauvaise banque"))
    _done(story, MakePaymentFile(WantedFile("BNP", "transfers"), "bruno"))
    story.firm.done(header("DECSEP", "20", advance("20"), THIRDPARTY="F2", DATE=f"{day:%Y%m%d}"))


def _statement(story: Story) -> None:
    """A statement of the bank: charges that are matched, a transfer that is proposed, one that nobody knows."""
    day = f"{story.firm.clock.today():%Y%m%d}"
    moves = [
        Move(-1_250, day, "FRAIS DE TENUE DE COMPTE"),
        Move(24_000, day, "VIR SEPA RECU", [("NPY", "MAIRIE DE TEST"), ("LCC", f"FACTURE {SETTLED}")]),
        Move(4_242, day, "VIR RECU", [("NPY", "QUELQU UN D AUTRE")]),
    ]
    file = cfonb_file(moves, opening=1_000_000, start=day, end=day)
    _done(story, ImportStatement.of("releve-bnp.txt", file, "bruno"))
    _done(story, AcceptLine(1, Proposal(0, 0, "fee", account="627800"), "bruno"))


def _done(story: Story, act: Any) -> None:
    done = perform(act, Caller("bruno", "test", DOSSIER), story.firm.store, story.firm.clock)
    assert done.result is not None, json.dumps(done.reasons, ensure_ascii=False)
