"""The life of an invoice as the platform tells it: by itself, by its directory, and by whoever moves it."""

import base64

import pytest

from lettrage.adapters.rules import SheetRules
from lettrage.invoicing.formats import cdar_read
from lettrage.simulator.approved.statuses import STATUSES
from tests.simulator.approved.client import INVOICE, NUMBER, Client, invoice, without

PAYABLE = '<cbc:PayableAmount currencyID="EUR">'
REASONS = {
    "200": "NON_TRANSMISE",
    "206": "CMD_ERR",
    "207": "CMD_ERR",
    "208": "JUSTIF_ABS",
    "210": "TX_TVA_ERR",
    "213": "DOUBLON",
}
MISCOUNTED = without(f"{PAYABLE}485.96<", f"{PAYABLE}485.97<")
BUYER = "200000008"


def test_the_platforms_own_statuses_follow_one_another(client: Client) -> None:
    client.set(routing=60)
    client.settled(INVOICE)
    assert client.told() == ["200"]

    client.advance(60)
    assert client.told() == ["200", "202"]
    client.advance(60)
    assert client.told() == ["200", "202", "203"]
    client.advance(100_000)
    assert client.told() == ["200", "202", "203"]


@pytest.mark.parametrize("code", STATUSES)
def test_every_status_is_told_as_the_official_rules_want_it(client: Client, code: str) -> None:
    client.settled(INVOICE)
    reasons = [REASONS[code]] if code in REASONS else []
    amounts = [{"rate": "20", "amount": "150.00"}, {"rate": "5.5", "amount": "240"}] if code == "212" else []

    client.move(code, *reasons, comment="Bien reçu & noté", amounts=amounts)

    flow = client.arrived()[-1]
    data = client.file(flow["flowId"])
    verdict = SheetRules().judge_lifecycle(data)
    assert [found for found in verdict.findings if found.level == "error"] == []
    message = cdar_read.read(data).message
    assert message is not None
    (reference,) = message.acknowledgements[0].references
    assert (reference.number, reference.code, reference.type) == (NUMBER, code, "380")
    assert [detail.reason for detail in reference.details if detail.reason] == reasons
    assert [one.amount.minor for one in reference.received if one.amount] == ([15000, 24000] if amounts else [])
    assert (flow["flowType"], flow["flowDirection"], flow["acknowledgement"]) == (
        "CustomerInvoiceLC",
        "In",
        {"status": "Ok"},
    )


def test_statuses_come_in_any_order_at_any_date_and_twice(client: Client) -> None:
    client.settled(INVOICE)

    for code in ("211", "204", "204", "207", "205", "299"):
        moved = client.move(code, "AUTRE", at="2026-11-20T10:00:00Z")

    assert client.told()[3:] == ["211", "204", "204", "207", "205", "299"]
    assert [one["code"] for one in moved["history"]] == client.told()
    assert client.simulator.approved.platform.invoices()[0].status == "203"  # the latest by its date


def test_what_a_buyer_does_by_itself(client: Client) -> None:
    steps = [{"after": 60, "status": "204"}, {"after": 60, "status": "210", "reasons": [{"code": "CMD_ERR"}]}]
    client.control("POST", "approved/scripts", {"whose": "200000008", "steps": steps})
    client.settled(INVOICE)

    client.advance(120)
    client.advance(1000)

    assert client.told() == ["200", "202", "203", "204", "210"]


def test_any_file_may_arrive(client: Client) -> None:
    body = {
        "content": base64.b64encode(b"no xml at all").decode(),
        "name": "odd.xml",
        "type": "SupplierInvoice",
        "syntax": "UBL",
    }
    flow = client.control("POST", "approved/arrivals", body)

    assert client.file(flow["flowId"]) == b"no xml at all"
    assert [one["flowType"] for one in client.arrived()] == ["SupplierInvoice"]


# ---------------------------------------------------------------- rejected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (MISCOUNTED, "MONTANTTOTAL_ERR"),
        (without('<cbc:TaxAmount currencyID="EUR">12.51<', '<cbc:TaxAmount currencyID="EUR">12.61<'), "CALCUL_ERR"),
        (without("<cbc:ProfileID>S1</cbc:ProfileID>", "<cbc:ProfileID>Z9</cbc:ProfileID>"), "REJ_SEMAN"),
        (without(BUYER, "999999998"), "DEST_INC"),
        (without(BUYER, "400000006"), "DEST_INC"),
        (without('schemeID="0225">200000008<', 'schemeID="0225">200000008_AILLEURS<'), "REJ_ADR"),
    ],
)  # fmt: skip
def test_what_the_rules_or_the_directory_refuse_is_acknowledged_and_then_rejected(
    client: Client, data: bytes, reason: str
) -> None:
    assert client.codes(data) == []

    assert client.told() == ["213"]
    message = cdar_read.read(client.file(client.arrived()[0]["flowId"])).message
    assert message is not None
    assert reason in [detail.reason for detail in message.acknowledgements[0].references[0].details]
    assert client.codes(data) == []  # its number was not used


def test_without_the_sheets_only_schema_and_directory_judge(client: Client) -> None:
    client.set(sheets=False)

    client.settled(MISCOUNTED)

    assert client.told() == ["200", "202", "203"]


def test_a_buyer_without_a_platform_is_told_as_such(client: Client) -> None:
    client.settled(without(BUYER, "500000005"))
    client.settled(without(BUYER, "600000004", invoice(number="FA-2")))

    assert client.told() == ["200", "200"]
    assert b"NON_TRANSMISE" in client.file(client.arrived()[0]["flowId"])


def test_what_a_public_buyer_demands(client: Client) -> None:
    public = without(BUYER, "123456782", without("20000000800017", "12345678200028"))
    public = without('"0225">123456782<', '"0225">123456782_12345678200028<', public)
    asked = without("<cbc:BuyerReference>SERVICE-01</cbc:BuyerReference>", "", public)

    flow = client.settled(asked)

    assert flow["processingRule"] == "B2G"
    assert client.told() == ["213"]
    assert b"REJ_CONT_B2G" in client.file(client.arrived()[0]["flowId"])
    client.settled(public)
    assert client.told() == ["213", "200", "202", "203"]
