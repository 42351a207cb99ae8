"""Settlements as they come in: a till's document with refusals in its own dialect, the same in other envelopes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lettrage.acts import perform
from lettrage.acts.slips import MakeSlip
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.adapters.http import modern
from lettrage.bank.slip import Wanted
from lettrage.caller import Caller
from lettrage.settlement import settle
from tests.journeys.helpers import Firm, deposit, header, invoice, pays
from tests.pages.world import DOSSIER, furnished

FRIDAY = datetime(2026, 11, 20, 8, 12, 4, tzinfo=UTC)
TILL = Caller("caisse-lille", "web service", DOSSIER, key="2041", source="10.1.2.3")
# As a till writes it: single quotes, a table of headers, two settlements that cannot be done as they stand.
DOCUMENT = """{ 'action': { 'swinfinity': 'integration_reglement',
    'parameters': { 'dos': '998', 'withlog': '1' } },
  'data': { 'EnteteReglementtb': [
  { 'EnteteReglement': {
    'TRANSACDT'    : '20261120',
    'PAYMENTTYPE'  : '1',
    'DEV'          : 'EUR',
    'TIERS'        : 'C0000007',
    'MTDEV'        : '5995',
    'ChgEtat'      : 'PORCHQ',
    'REGLEMENTNUM' : '16',
    'DetailReglementtb': [
      { 'DetailReglement': { 'TIERS': 'C0000007', 'PIECE': '87', 'MTDEVFIN': '3595' } },
      { 'DetailReglement': { 'TIERS': 'C0000007', 'PIECE': '87', 'MTDEVFIN': '5', 'NatureOperation': 'WDR' } },
      { 'DetailReglement': { 'TIERS': 'C0000007', 'PIECE': '86', 'MTDEVFIN': '2400' } } ] } },
  { 'EnteteReglement': {
    'TRANSACDT'    : '20261120',
    'PAYMENTTYPE'  : '1',
    'DEV'          : 'EUR',
    'TIERS'        : 'C0000003',
    'MTDEV'        : '5000',
    'ChgEtat'      : 'PORCHQ',
    'REGLEMENTNUM' : '17',
    'DetailReglementtb': [
      { 'DetailReglement': { 'TIERS': 'C0000003', 'MTDEVFIN': '5000', 'NatureOperation': 'WAR' } } ] } },
  { 'EnteteReglement': {
    'TRANSACDT'    : '20261120',
    'PAYMENTTYPE'  : '1',
    'DEV'          : 'EUR',
    'TIERS'        : 'C0000004',
    'MTDEV'        : '1000,O0',
    'ChgEtat'      : 'PORESP',
    'REGLEMENTNUM' : '18',
    'DetailReglementtb': [
      { 'DetailReglement': {
          'MTDEVFIN'        : '1000',
          'PIECE'           : '10002797',
          'TIERS'           : 'C0000004',
          'NatureOperation' : ' ' } },
      { 'DetailReglement': {
          'MTDEVFIN'        : '850',
          'PIECE'           : '10002797',
          'NatureOperation' : 'WAP' } } ] } },
  { 'EnteteReglement': {
    'TRANSACDT'    : '20261120',
    'PAYMENTTYPE'  : '1',
    'DEV'          : 'EUR',
    'TIERS'        : 'C0000007',
    'MTDEV'        : '1940',
    'ChgEtat'      : 'PORCHQ',
    'REGLEMENTNUM' : '19',
    'DetailReglementtb': [
      { 'DetailReglement': { 'TIERS': 'C0000007', 'PIECE': '10002640', 'MTDEVFIN': '1940' } } ] } } ] } }
"""


def told(folder: Path) -> Firm:
    """The books after that Friday: 1 the till's document, 2 the same wrong one in `param`, 3 in our own form."""
    shops = {
        "C0000003": "Menuiserie Kermarec",
        "C0000004": "Comptoir de Sfax",
        "C0000007": "Imprimerie Vasseur",
    }
    firm = furnished(folder)
    firm.clock.at = FRIDAY

    def owed(number: str, amount: str, party: str) -> dict[str, Any]:
        due = {"due_date": f"{FRIDAY:%Y-%m-%d}", "amount": amount}
        return invoice(number, third_party=party, date="2026-10-20", due_items=[due])

    firm.load(
        {
            "code": DOSSIER,
            "third_parties": [{"code": c, "kind": "customer", "name": name} for c, name in shops.items()],
            "invoices": [
                owed("87", "3600.00", "C0000007"),
                owed("86", "2400.00", "C0000007"),
                owed("10002797", "1900.00", "C0000004"),
                owed("91", "480.00", "C0000007"),
            ],
        }
    )
    settle(DOCUMENT.encode(), TILL, firm.store, firm.clock)
    firm.clock.forward(minutes=7)
    _in_param(firm)
    _in_our_form(firm)
    _returned(firm)
    return firm


def _in_param(firm: Firm) -> None:
    """The business form as a string inside `param`, as the page of the source calls: one long line."""
    on = {"DATE": f"{FRIDAY:%Y%m%d}", "LABEL": "Chèque d'été"}
    wrong = header("PORCHQ", "12,O", pays("91", "12"), THIRDPARTY="C0000007", **on)
    inner = {
        "action": {"swinfinity": "integration_reglement", "parameters": {"dos": DOSSIER}},
        "data": {"EnteteReglementtb": [{"EnteteReglement": wrong}]},
    }
    whole = json.dumps({"action": "x", "param": json.dumps(inner)})
    settle(whole.encode(), Caller("divalto", "web service", DOSSIER), firm.store, firm.clock)


def _in_our_form(firm: Firm) -> None:
    wrong: dict[str, Any] = {"direction": "encashment", "third_party": "C0000007", "amount": "12.00", "currency": "EUR"}
    wrong |= {
        "state_change": "PORCHQ",
        "details": [{"third_party": "C0000007", "piece": "nulle-part", "amount": "12.00"}],
    }
    content = json.dumps({"settlements": [wrong]}, indent=2).encode()
    settle(content, Caller("site", "web service", DOSSIER), firm.store, firm.clock, reader=modern.read)


def _returned(firm: Firm) -> None:
    """A cheque of 480.00 that went to the bank and came back."""
    on = {"DATE": f"{FRIDAY:%Y%m%d}"}
    taken = firm.done(header("PORCHQ", "480", pays("91", "480"), THIRDPARTY="C0000007", **on), caller="nadia")
    handed = firm.done(deposit("REMCHQ", {"TRANSAC": taken}, **on), caller="nadia")
    for act in (MakeSlip(Wanted("BNP")), ReportUnpaid(int(handed), reason="provision insuffisante")):
        done = perform(act, Caller("bruno", "page", DOSSIER), firm.store, firm.clock)
        assert done.result is not None, done.reasons
