"""The examples that the OpenAPI shows are what the service answers: each is run here, in this order.

`LETTRAGE_REFRESH=1 pytest tests/http/test_examples.py` rewrites them; review them as a diff.
"""

import json
import os
import re
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.service import running
from tests.http.story import example_firm, invoiced_firm, settled_firm

REFRESH = os.environ.get("LETTRAGE_REFRESH") == "1"
EXAMPLES = files("lettrage.adapters.http").joinpath("examples.json")
Asked = tuple[str, str, str, dict[str, Any] | None]  # operation, method, path, content

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
SOURCE: list[Asked] = [
    ("third_parties", "GET", "/third-parties", None),
    ("settle", "POST", "/settlements", CHEQUE),
    ("items", "GET", "/items?all=true", None),
    ("statement", "GET", "/third-parties/C0000003/statement", None),
    ("transaction", "GET", "/transactions/1", None),
    ("portfolio", "GET", "/portfolio", None),
    ("entries", "GET", "/entries?from=2021-03-20", None),
    ("logbook", "GET", "/logbook", None),
    ("logged", "GET", "/logbook/1", None),
    ("verify", "GET", "/verify", None),
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
INVOICES: list[Asked] = [
    ("check_invoice", "GET", "/invoices/F1/check?offline=true", None),
    ("explain_invoice", "GET", "/invoices/F2/explain", None),
    ("send_invoice", "POST", "/invoices/F1/send", {"force": True}),
    ("follow_invoice", "POST", "/invoices/F1/follow", {"platform": "qualification"}),
    ("resend_invoice", "POST", "/invoices/F2/resend", {"force": True, "syntax": "cii"}),
    ("set_chorus", "PUT", "/chorus/settings", {"settings": {"application": "APP_DURAND"}}),
    ("chorus_settings", "GET", "/chorus/settings", None),
    ("test_chorus", "POST", "/chorus/test", {"platform": "qualification"}),
    ("release_invoice", "POST", "/invoices/F3/release", {"received": False}),
]
TOKEN = re.compile(r"lettrage_[\w-]+")
MOMENT = re.compile(r"20[0-9T:+.-]{30}")


def told(client: httpx.Client, asked: list[Asked]) -> dict[str, Any]:
    """What each operation was asked, and what it answered; what differs from run to run in one form."""
    found: dict[str, Any] = {}
    shown = ""
    for operation, method, path, content in asked:
        sent = json.loads(json.dumps(content).replace("SHOWN", shown)) if content else None
        response = client.request(method, f"/api/v1{path}", json=sent)
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
        ("invoices", invoiced_firm, INVOICES),
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


@pytest.mark.parametrize("operation", [asked[0] for asked in (*SOURCE, *STORY) if asked[3]])
def test_every_content_has_its_example_in_the_description(operation: str) -> None:
    assert json.loads(EXAMPLES.read_text("utf-8"))[operation]["content"]
