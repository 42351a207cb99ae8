"""The examples that the OpenAPI shows are what the service answers: each is run here, in this order.

`LETTRAGE_REFRESH=1 pytest tests/http/test_examples.py` rewrites them; review them as a diff.
"""

import json
import os
import re
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bank.files import Move, cfonb_file
from tests.http.service import running
from tests.http.story import example_firm, invoiced_firm, lettered_firm, settled_firm, typed_firm
from tests.journeys.helpers import Firm, company, invoice, pays
from tests.lifecycle.carried import Carried
from tests.payments.answer_of import pain_002
from tests.payments.helpers import firm_of
from tests.reporting import firms as declaring

REFRESH = os.environ.get("LETTRAGE_REFRESH") == "1"
EXAMPLES = files("lettrage.adapters.http").joinpath("examples.json")
Asked = tuple[str, str, str, dict[str, Any] | str | None]  # operation, method, path, content

# The source's first case, in our own form: a cheque for two invoices, 5 EUR short, and an advance.
CHEQUE = {
    "settlements": [
        {
            "direction": "encashment",
            "third_party": "C0000007",
            "amount": "5995.00",
            "currency": "EUR",
            "state_change": "PORCHQ",
            "date": "2021-03-20",
            "label": "Règlement",
            "number": "17",
            "details": [
                {"third_party": "C0000007", "piece": "87", "amount": "3595.00"},
                {"third_party": "C0000007", "piece": "86", "amount": "2400.00"},
                {"third_party": "C0000007", "piece": "87", "amount": "5.00", "operation": "settlement_difference"},
            ],
        },
        {
            "direction": "encashment",
            "third_party": "C0000003",
            "amount": "5000.00",
            "currency": "EUR",
            "state_change": "PORCHQ",
            "date": "2021-03-20",
            "number": "18",
            "details": [{"third_party": "C0000003", "amount": "5000.00", "operation": "advance"}],
        },
    ]
}
FEC = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate"
    "|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\r\n"
    "VE|Ventes|1|20211005|411000|Clients|C1|Azur|87|20211005|Facture 87|120,00|0,00|||20211005||\r\n"
    "VE|Ventes|1|20211005|707000|Ventes|||87|20211005|Facture 87|0,00|120.00|||20211005||\r\n"
)
SOURCE: list[Asked] = [
    ("third_parties", "GET", "/third-parties", None),
    ("settle", "POST", "/settlements", CHEQUE),
    ("items", "GET", "/items?all=true", None),
    ("statement", "GET", "/third-parties/C0000003/statement", None),
    ("route", "GET", "/third-parties/C0000003/route", None),
    ("choose_route", "PUT", "/third-parties/C0000003/route", {"door": "none"}),
    ("refresh_route", "POST", "/third-parties/C0000003/route/refresh", None),
    ("transaction", "GET", "/transactions/1", None),
    ("portfolio", "GET", "/portfolio", None),
    ("entries", "GET", "/entries?from=2021-03-20", None),
    ("logbook", "GET", "/logbook", None),
    ("logged", "GET", "/logbook/1", None),
    ("verify", "GET", "/verify", None),
    ("head", "GET", "/head", None),
    ("fec_findings", "GET", "/fec?year=2021", None),
    ("fec", "POST", "/fec", {"year": "2021", "separator": "pipe"}),
    ("check_fec", "POST", "/fec/check?name=450219100FEC20211231.txt", FEC),
    ("cancel", "POST", "/transactions/2/cancel", {"reason": "Saisie deux fois", "date": "2021-03-22"}),
]
INVOICE = {
    "number": "F2024-091",
    "date": "2024-10-14",
    "due_date": "2024-11-13",
    "buyer": "C1",
    "service": "ACHATS",
    "engagement": "E-2024-117",
    "lines": [
        {"name": "Porte en chêne", "quantity": "2", "price": "480.00", "vat_rate": "20"},
        {"name": "Pose", "quantity": "3.5", "unit": "HUR", "price": "45", "vat_rate": "10"},
    ],
}
CREDIT_NOTE = {
    "number": "A2024-012",
    "type": "381",
    "date": "2024-10-15",
    "buyer": "C1",
    "preceding": "F2024-091",
    "lines": [{"name": "Porte rayée : remise", "price": "50.00", "vat_rate": "20"}],
}
STORY: list[Asked] = [
    ("tasks", "GET", "/tasks", None),
    ("close_task", "POST", "/tasks", {"transaction": "3", "piece": "88", "credit_note": "A12"}),
    ("vat", "GET", "/vat?from=2024-09-01&to=2024-10-31", None),
    ("slips", "GET", "/slips", None),
    ("waiting", "GET", "/slips/waiting", None),
    ("slip", "GET", "/slips/BNP-2024-000001", None),
    ("slip_pdf", "GET", "/slips/BNP-2024-000001/pdf", None),
    ("make_slip", "POST", "/slips", {"bank": "BNP"}),
    ("cancel_slip", "POST", "/slips/BNP-2024-000002/cancel", {"reason": "Chèque oublié"}),
    ("unpaid", "POST", "/transactions/1/unpaid", {"fees": "12.50", "fees_vat": "2.50", "reason": "Sans provision"}),
    ("register_invoice", "POST", "/invoices", INVOICE),
    ("import_invoices", "POST", "/invoices/import", {"invoices": [CREDIT_NOTE, INVOICE | {"buyer": "C9"}]}),
    ("invoices", "GET", "/invoices", None),
    ("invoice", "GET", "/invoices/F2024-091", None),
    ("invoice_xml", "GET", "/invoices/F2024-091/xml", None),
    ("invoice_pdf", "GET", "/invoices/F2024-091/pdf", None),
    ("load", "POST", "/load", {"dossiers": [{"code": "998", "name": "Société d'essai", "currency": "EUR"}]}),
    ("add_user", "POST", "/users", {"name": "caisse-2", "role": "clerk", "dossier": "998"}),
    ("new_token", "POST", "/users/tokens", {"name": "caisse-2", "role": "clerk", "dossier": "998"}),
    ("users", "GET", "/users?dossier=998", None),
    ("revoke_token", "POST", "/users/tokens/revoke?dossier=998", {"shown": "SHOWN"}),
    ("close_user", "POST", "/users/caisse-2/close?dossier=998", None),
]
LETTERING: list[Asked] = [
    ("unlettered", "GET", "/accounts/511200/unlettered?limit=2", None),
    (
        "make_lettering",
        "POST",
        "/letterings",
        {"account": "511200", "lines": ["2024-000006/1", "2024-000009/2"], "reason": "Remise du 21 octobre"},
    ),
    ("offset", "POST", "/offsets", {"third_party": "C1", "pieces": ["90"], "advances": ["6"]}),
    ("letterings", "GET", "/letterings?third_party=C1&limit=2", None),
    ("undo_lettering", "POST", "/letterings/M1/undo", {"reason": "Chèque d'un autre client"}),
]
DECLARATIONS: list[Asked] = [
    ("declarations", "GET", "/declarations", None),
    ("declaration", "GET", "/declarations/2026-10", None),
    ("declaration_file", "GET", "/declarations/2026-10/file", None),
    ("declare", "POST", "/declarations/2026-10", {"by_hand": True}),
    ("report_refused", "POST", "/declarations/reports/1/refused", {"reason": "SIREN inconnu de la plateforme"}),
]
RECHARGE = {
    "date": "2024-10-15",
    "label": "Refacturation de frais",
    "piece": "R1",
    "lines": [
        {"account": "411000", "third_party": "C1", "due_date": "2024-11-30", "debit": "120.00"},
        {"account": "708000", "credit": "120.00"},
    ],
}
BY_HAND: list[Asked] = [
    ("add_draft", "POST", "/drafts", RECHARGE | {"lines": RECHARGE["lines"][:1]}),
    ("add_draft", "POST", "/drafts", RECHARGE | {"lines": RECHARGE["lines"][:1]}),
    ("drafts", "GET", "/drafts", None),
    ("drop_draft", "POST", "/drafts/2/drop", {}),
    ("change_draft", "PUT", "/drafts/1", RECHARGE),
    ("draft", "GET", "/drafts/1", None),
    ("validate", "POST", "/drafts/validate", {"drafts": ["1"]}),
    ("reverse", "POST", "/entries/2024-000002/reverse", {"reason": "Saisie deux fois"}),
    ("lock", "POST", "/periods/lock", {"month": "2024-08"}),
    ("unlock", "POST", "/periods/unlock", {"month": "2024-08", "reason": "Facture oubliée"}),
    ("periods", "GET", "/periods", None),
    ("close_year", "POST", "/years/2022/close", {}),
    ("years", "GET", "/years", None),
]
INVOICES: list[Asked] = [
    ("check_invoice", "GET", "/invoices/F1/check?offline=true", None),
    ("explain_invoice", "GET", "/invoices/F2/explain", None),
    ("send_invoice", "POST", "/invoices/F1/send", {"force": True}),
    ("follow_invoice", "POST", "/invoices/F1/follow", {"platform": "qualification"}),
    ("resend_invoice", "POST", "/invoices/F2/resend", {"force": True, "syntax": "cii"}),
    ("set_chorus", "PUT", "/chorus/settings", {"settings": {"application": "APP_DURAND"}}),
    ("chorus_settings", "GET", "/chorus/settings", None),
    ("test_chorus", "POST", "/chorus/test", {"platform": "qualification"}),
    ("set_platform", "PUT", "/platform/settings", {"settings": {"organization": "ORG-DURAND", "number": "0123"}}),
    ("platform_settings", "GET", "/platform/settings", None),
    ("test_platform", "POST", "/platform/test", {"platform": "qualification"}),
    ("release_invoice", "POST", "/invoices/F3/release", {"received": False}),
]
STATEMENT = cfonb_file(
    [Move(10_000, "20241017", "VIR SEPA RECU", [("NPY", "CLIENT 1"), ("LCC", "FACTURE F2024-090")])],
    rib="300040000312345678901",
    start="20241001",
    end="20241018",
).decode()
BANK: list[Asked] = [
    ("bank_import", "POST", "/bank/statements?name=releve.txt", STATEMENT),
    ("bank_statements", "GET", "/bank/statements?bank=BNP", None),
    ("bank_statement", "GET", "/bank/statements/1", None),
    ("bank_lines", "GET", "/bank/lines?open=true", None),
    ("bank_accept", "POST", "/bank/lines/1/accept", {"proposal": "1"}),
    ("bank_undo", "POST", "/bank/lines/1/undo", {"reason": "Autre client"}),
    ("bank_reconciliation", "GET", "/bank/accounts/BNP/reconciliation?date=2024-10-31", None),
]
PAYMENTS: list[Asked] = [
    ("payments_due", "GET", "/payments/due?bank=BNP&until=2024-12-01", None),
    ("pay_due", "POST", "/payments/due", {"bank": "BNP", "until": "2024-12-01", "third_parties": ["F1", "F2"]}),
    ("payments", "GET", "/payments", None),
    ("payment_content", "GET", "/payments/1/file", None),
    ("cancel_payment", "POST", "/payments/1/cancel", {"reason": "Pas envoyé"}),
    ("payments_waiting", "GET", "/payments/waiting", None),
    ("make_payment", "POST", "/payments", {"bank": "BNP", "kind": "transfers", "date": "2024-10-22"}),
    (
        "payment_answer",
        "POST",
        "/payments/answers",
        pain_002("998-20241021-000002", ("998-000002-00002", "RJCT", "AC04")).decode(),
    ),
    ("payment_executed", "POST", "/payments/2/executed", {"date": "2024-10-22"}),
    ("payment", "GET", "/payments/2", None),
]
REPORTS: list[Asked] = [
    ("report", "GET", "/reports/aged?as_of=2024-10-20", None),
    ("claim_interest", "POST", "/reports/interest/drafts?as_of=2024-10-20", {}),
]
CARRIED: list[Asked] = [
    ("invoice_history", "GET", "/invoices/F2027-031/history", None),
    ("say_status", "POST", "/invoices/F2027-031/status", {"status": "209", "comment": "Bon d'intervention joint"}),
    ("tell_again", "POST", "/messages/1/again", {}),
    ("declare_receipts", "POST", "/receipts/declare", {}),
]
TOKEN = re.compile(r"lettrage_[\w-]+")
MOMENT = re.compile(r"20[0-9T:+.-]{30}")


def banked_firm(folder: Path) -> Firm:
    """A customer's invoice is open, and a bank has its IBAN."""
    bank = {"code": "BNP", "account": "512100", "currency": "EUR", "iban": "FR7630004000031234567890143"}
    return Firm(folder, company(banks=[bank], invoices=[invoice("F2024-090", "100.00")]))


def declaring_firm(folder: Path) -> Firm:
    """Services paid in October by a consumer and a customer abroad."""
    firm = declaring.firm(folder)
    for number, amount, rest in (("F-CONSO", "1750.00", ""), ("F-DE", "700.00", "1050.00")):
        declaring.paid(firm, number, amount, date(2026, 10, 12), rest=rest)
    return firm


def carried_firm(folder: Path) -> Firm:
    """A platform has an invoice; it refused what was reported of a first payment, a second one was not reported yet."""
    firm = Carried(folder)
    line = {"name": "Aménagement d'un atelier", "quantity": "20", "price": "50.00", "vat_rate": "20"}
    form: dict[str, Any] = {
        "number": "F2027-031",
        "date": "2027-07-01",
        "due_date": "2027-07-31",
        "seller": "1",
        "buyer": "C1",
    }
    form |= {"frame": "S1", "vat_due": "receipts", "lines": [line]}
    number = firm.carry(json.dumps(form).encode())
    firm.service.refuses = ["InvoiceLCAmountError"]
    firm.pay(number, "700.00", "PORCHQ", pays(number, "500.00", "WPA"))
    firm.live(minutes=10)
    firm.pay(number, "500.00")
    return firm


def late_firm(folder: Path) -> Firm:
    """A customer's invoice is late, and what lateness costs is known."""
    late = {"ecb": [{"from": "2024-07-01", "rate": "4.25"}]}
    return Firm(folder, company(late_payment=late, invoices=[invoice("F2024-061", "3600.00")]))


def told(client: httpx.Client, asked: list[Asked]) -> dict[str, Any]:
    """What each operation was asked, and what it answered; what differs from run to run in one form."""
    found: dict[str, Any] = {}
    shown = ""
    for operation, method, path, content in asked:
        sent = json.loads(json.dumps(content).replace("SHOWN", shown)) if content is not None else None
        given: dict[str, Any] = {"json": sent}
        if isinstance(sent, str):
            kind = "application/xml" if sent.startswith("<?xml") else "text/plain"
            given = {"content": sent.encode(), "headers": {"Content-Type": kind}}
        response = client.request(method, f"/api/v1{path}", **given)
        assert response.status_code == 200, (operation, response.text)
        found[operation] = {} if content is None else {"content": content}
        if response.headers["content-type"] == "application/json":
            found[operation]["answer"] = json.loads(TOKEN.sub("lettrage_OTk4_...", response.text))
        if operation == "users":
            shown = response.json()["data"][0]["tokens"][0]["shown"]
    return found


def test_every_example_is_what_the_service_answers(tmp_path: Path) -> None:
    found: dict[str, Any] = {}
    for name, firm, asked in (
        ("source", example_firm, SOURCE),
        ("story", settled_firm, STORY),
        ("lettering", lettered_firm, LETTERING),
        ("by hand", typed_firm, BY_HAND),
        ("invoices", invoiced_firm, INVOICES),
        ("bank", banked_firm, BANK),
        ("payments", firm_of, PAYMENTS),
        ("reports", late_firm, REPORTS),
        ("declarations", declaring_firm, DECLARATIONS),
        ("carried", carried_firm, CARRIED),
    ):
        folder = tmp_path / name
        folder.mkdir()
        with running(firm(folder)) as service, service.client() as client:
            found |= told(client, asked)
            described = client.get("/api/v1/openapi.json").json()

    if REFRESH:
        with as_file(EXAMPLES) as file:
            file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert json.loads(EXAMPLES.read_text("utf-8")) == found
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    assert {operation["operationId"] for operation in operations} == set(found)


@pytest.mark.parametrize("operation", [asked[0] for asked in (*SOURCE, *STORY, *LETTERING) if asked[3]])
def test_every_content_has_its_example_in_the_description(operation: str) -> None:
    assert json.loads(EXAMPLES.read_text("utf-8"))[operation]["content"]
