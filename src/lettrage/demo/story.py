"""The life of one cheque: received 5 € short, on a slip, at the bank, returned with fees, presented again, paid."""

import json
from importlib.resources import files
from typing import Any

from lettrage import opening, terminal
from lettrage.acts import Act, perform
from lettrage.acts.slips import MakeSlip
from lettrage.acts.unpaid import ReportUnpaid
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.bank.slip import Wanted
from lettrage.caller import Caller
from lettrage.dates import day
from lettrage.money import figure
from lettrage.refusal import Language
from lettrage.settlement import settle

DOSSIER = "EX6"
CALLER = Caller("demo", "demonstration", DOSSIER)
TITLE = ("EX6 · La vie d'un chèque", "EX6 · The life of a cheque")
CUSTOMER = "C0000007"

STEPS: tuple[tuple[str, str, dict[str, Any] | Act], ...] = (
    (
        "Un chèque de 5 995,00 € pour deux factures, 5 € d'écart",
        "A cheque of 5,995.00 € for two invoices, 5 € short",
        {
            "PAYMENTTYPE": "ENCASHMENT", "THIRDPARTY": CUSTOMER, "CURRENCY": "EUR", "AMOUNT": "5995",
            "DATE": "20210320", "CHGETAT": "PORCHQ", "LABEL": "Chèque 0012345",
            "DetailReglementtb": [
                {"THIRDPARTY": CUSTOMER, "PIECE": "87", "AMOUNT": "3595"},
                {"THIRDPARTY": CUSTOMER, "PIECE": "87", "AMOUNT": "5", "OPERATION": "WDR"},
                {"THIRDPARTY": CUSTOMER, "PIECE": "86", "AMOUNT": "2400"},
            ],
        },
    ),
    (
        "Remis en banque : il attend son bordereau",
        "Deposited: it awaits its slip",
        {"PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "REMCHQ", "BQC": "BNP", "DATE": "20210322",
         "DetailReglementtb": [{"TRANSAC": "1"}]},
    ),
    ("Le bordereau", "The slip", MakeSlip(Wanted("BNP", date=day("20210322")))),
    (
        "Impayé, avec 15,00 € de frais et 3,00 € de TVA",
        "Returned unpaid, with fees of 15.00 € and 3.00 € of VAT",
        ReportUnpaid(1, day=day("20210330"), fees=figure("15.00"), fees_vat=figure("3.00"), reason="sans provision"),
    ),
    (
        "Représenté",
        "Presented again",
        {"PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "REPCHQ", "DATE": "20210410",
         "DetailReglementtb": [{"TRANSAC": "3"}]},
    ),
    (
        "Remis de nouveau, sans bordereau : payé",
        "Deposited again, without a slip: paid",
        {"PAYMENTTYPE": "ENCASHMENT", "CHGETAT": "REMCDI", "BQC": "BNP", "DATE": "20210412",
         "DetailReglementtb": [{"TRANSAC": "4"}]},
    ),
)  # fmt: skip


def tell(store: SqlStore, clock: SystemClock, lang: Language) -> bool:
    """Play the story step by step and print what each posts; whether the books are sound at its end."""
    heading = terminal.said(TITLE, lang)
    terminal.say("", heading, "═" * len(heading))
    company = files("lettrage.demo").joinpath("examples", "cheque.json").read_bytes()
    renamed = company.replace(b'"code": "EX1"', f'"code": "{DOSSIER}"'.encode())
    assert not opening.load(renamed, "cheque.json", "", store, clock).faults
    shown = 2  # entries of the load: the sales
    for number, (french, english, step) in enumerate(STEPS, 1):
        terminal.say("", f"{number}. {terminal.said((french, english), lang)}")
        _done(step, store, clock)
        shown = _show(store, shown, clock, lang)
    return not store.audit(DOSSIER)


def _done(step: dict[str, Any] | Act, store: SqlStore, clock: SystemClock) -> None:
    if isinstance(step, dict):
        document = json.dumps({"data": {"EnteteReglementtb": [step]}}).encode()
        reply = settle(document, CALLER, store, clock)
        assert (reply.error, reply.refused) == (0, 0), reply.text
    else:
        performed = perform(step, CALLER, store, clock)
        assert performed.result is not None, performed.reasons


def _show(store: SqlStore, already: int, clock: SystemClock, lang: Language) -> int:
    """Print the entries that are new, and what is open and in portfolio; how many entries there are now."""
    with store.books(DOSSIER, writing=False) as books:
        home = books.company.currency
        entries = books.entries(home)
        items = books.items(clock.today(), "", everything=False)
        portfolio = books.portfolio(home)
    for entry in entries[already:]:
        terminal.say(*terminal.entry_table(entry, lang))
    dues = ", ".join(f"{i['piece']} {i['open_amount']}" for i in items) or "-"
    held = ", ".join(f"{i['state']} {i['amount']}" for i in portfolio) or "-"
    words = ("reste dû : {} · effets : {}", "open: {} · instruments: {}")
    terminal.say(terminal.said(words, lang).format(dues, held))
    return len(entries)
