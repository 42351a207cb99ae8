"""What the supplier says besides invoices: lifecycle messages and reports, and what the platform makes of them."""

from datetime import date, datetime

import pytest
from msgspec.structs import replace

from lettrage.adapters.rules import SheetRules
from lettrage.dates import PARIS
from lettrage.invoicing.document import Identifier
from lettrage.invoicing.formats import cdar_read, flux10
from lettrage.invoicing.lifecycle.sent import account_changed, cancelled, completed
from lettrage.reporting.report import Contents, OfDay, OfInvoice, Reported
from tests.reporting.test_flux10 import SENT
from tests.simulator.approved.client import INVOICE, NOON, Client, invoice, message, paid, without

RULES = without("<cbc:ProfileID>S1</cbc:ProfileID>", "<cbc:ProfileID>Z9</cbc:ProfileID>")
OTHER = Identifier("300000007", "0002")


@pytest.fixture
def sold(client: Client) -> Client:
    """A platform that has one invoice: 150.00 at 20 %, 240.00 at 5.5 %, 63.80 at 10 %, 32.16 at 2.1 %."""
    assert client.codes(INVOICE) == []
    return client


@pytest.mark.parametrize(
    "said",
    [completed(NOON, "Voici la pièce."), cancelled(NOON), account_changed(NOON, "FR7630006000011234567890189")],
)
def test_what_a_supplier_may_say_is_taken(sold: Client, said: object) -> None:
    flow = sold.settled(message(said), "CDAR", trackingId="said-1")  # type: ignore[arg-type]

    assert flow["acknowledgement"] == {"status": "Ok"}
    assert (flow["flowType"], flow["processingRule"]) == ("CustomerInvoiceLC", "B2B")
    (known,) = sold.control("GET", "approved/invoices")
    assert [one["told"] for one in known["history"]] == [True, True, True, False]


def test_receipts_add_up_rate_by_rate_and_go_back_to_nothing(sold: Client) -> None:
    assert sold.codes(paid((20, 10000), minute=1), "CDAR") == []
    assert sold.codes(paid((20, 5000), (10, 6380), minute=2), "CDAR") == []
    assert sold.codes(paid((20, 1), minute=3), "CDAR") == ["InvoiceLCAmountError"]
    assert sold.codes(paid((20, -15000), (10, -6380), minute=4), "CDAR") == []
    assert sold.codes(paid((20, -1), minute=5), "CDAR") == ["InvoiceLCAmountError"]
    (known,) = sold.control("GET", "approved/invoices")
    assert known["received"] == {"20": "0", "10": "0"}


def test_a_rate_that_the_invoice_has_not_is_no_receipt_of_it(sold: Client) -> None:
    assert sold.codes(paid((7, 100)), "CDAR") == ["InvoiceLCAmountError"]


def test_the_same_message_twice_is_known(sold: Client) -> None:
    assert sold.codes(paid((20, 100)), "CDAR") == []
    assert sold.codes(paid((20, 100)), "CDAR") == ["AlreadyExistingFlow"]


def test_what_is_about_no_invoice_or_another_sellers_is_refused(sold: Client) -> None:
    assert sold.codes(paid((20, 100), number="NOBODYS"), "CDAR") == ["InvoiceLCRuleError"]
    assert sold.codes(message(cancelled(NOON), seller=OTHER), "CDAR") == ["InvoiceLCAccessDenied"]


def test_a_status_that_is_not_a_suppliers_is_refused(sold: Client) -> None:
    arrived = sold.file(sold.arrived()[0]["flowId"])

    assert sold.codes(arrived, "CDAR") == ["InvoiceLCStatusError"]


@pytest.mark.parametrize(("status", "reason"), [("210", "CMD_ERR"), ("213", "DOUBLON"), ("220", "")])
def test_nothing_is_said_of_an_invoice_that_has_ended(sold: Client, status: str, reason: str) -> None:
    sold.move(status, *([reason] if reason else []))

    assert sold.codes(paid((20, 100)), "CDAR") == ["InvoiceLCInvalidStatus"]


def test_nor_of_one_that_was_rejected_at_once(client: Client) -> None:
    client.settled(RULES)

    assert client.codes(paid((20, 100)), "CDAR") == ["InvoiceLCInvalidStatus"]


def test_what_the_official_rules_hold_against_a_message_refuses_it(sold: Client) -> None:
    broken = paid((20, 100)).replace(b"<ram:ValuePercent>20.00</ram:ValuePercent>", b"")

    assert set(sold.codes(broken, "CDAR")) == {"InvoiceLCRuleError"}
    assert sold.codes(paid((20, 100)).replace(b"<ram:ID>REGULATED</ram:ID>", b""), "CDAR") != []
    assert sold.codes(paid((20, 100)).replace(b"rsm:ExchangedDocument>", b"rsm:Other>"), "CDAR") == ["InvalidSchema"]


def test_an_acknowledgement_may_be_asked_for(sold: Client) -> None:
    sold.control("POST", "approved/flows/acknowledge-next", {"code": "InvoiceLCAmountError", "times": 1})

    assert sold.codes(paid((20, 100)), "CDAR") == ["InvoiceLCAmountError"]
    assert sold.codes(invoice(number="FA-2")) == []


# ---------------------------------------------------------------- reports

UNITARY = Contents((OfInvoice("F1", date(2026, 9, 15), date(2026, 10, 2), (Reported("20", 12000),)),), ())
AGGREGATED = Contents((), (OfDay(date(2026, 10, 2), (Reported("20", -12000),)),))


def _report(number: int, contents: Contents = SENT.contents, kind: str = "IN") -> bytes:
    return flux10.write(replace(SENT, id=f"R-{number}", kind=kind, contents=contents))


def _last(client: Client) -> tuple[str, str, list[str]]:
    """The type of the last flow told, its status and its reasons."""
    flow = client.arrived()[-1]
    data = client.file(flow["flowId"])
    assert [one for one in SheetRules().judge_lifecycle(data).findings if one.level == "error"] == []
    message_ = cdar_read.read(data).message
    assert message_ is not None
    (reference,) = message_.acknowledgements[0].references
    return flow["flowType"], reference.code, [detail.reason for detail in reference.details]


@pytest.mark.parametrize(
    ("contents", "type_"),
    [
        (SENT.contents, "MultiFlowReport"),
        (UNITARY, "UnitaryCustomerPaymentReport"),
        (AGGREGATED, "AggregatedCustomerPaymentReport"),
    ],
)
def test_a_sound_report_is_taken_and_then_deposited_with_the_state(
    client: Client, contents: Contents, type_: str
) -> None:
    flow = client.settled(_report(1, contents), "FRR")

    assert (flow["acknowledgement"], flow["flowType"]) == ({"status": "Ok"}, type_)
    assert _last(client) == ("StatePaymentReportLC", "300", [])


def test_a_period_is_reported_for_the_first_time_once(client: Client) -> None:
    client.settled(_report(1), "FRR")

    assert client.codes(_report(2), "FRR") == []
    assert _last(client) == ("StatePaymentReportLC", "301", ["REJ_UNI"])
    assert client.codes(_report(3, kind="RE"), "FRR") == []
    assert _last(client) == ("StatePaymentReportLC", "300", [])
    assert client.codes(_report(3, kind="RE"), "FRR") == ["AlreadyExistingFlow"]


def test_what_the_official_rules_hold_against_a_report_rejects_it(client: Client) -> None:
    broken = _report(1).replace(b"<TaxPercent>20</TaxPercent>", b"<TaxPercent>21</TaxPercent>")

    assert client.codes(broken, "FRR") == []
    assert _last(client)[1:] == ("301", ["REJ_SEMAN"])
    assert client.codes(_report(2).replace(b"<RoleCode>WK</RoleCode>", b"<Role>WK</Role>"), "FRR") != []


def test_the_state_answers_later(client: Client) -> None:
    client.set(state=3600)
    client.settled(_report(1), "FRR")
    assert client.arrived() == []

    client.advance(3600)

    assert _last(client)[1] == "300"
    assert datetime.fromisoformat(client.arrived()[0]["updatedAt"]).astimezone(PARIS) > NOON


def test_the_authority_refuses_what_was_taken(sold: Client) -> None:
    """Its message names ours (601); what was received by it counts no more, so that it may be said again."""
    flow = sold.settled(paid((20, 15000), minute=1), "CDAR")["flowId"]
    reason = {"code": "REJ_ENCAISSEMENT", "text": "Taux absent"}
    sold.control("POST", f"approved/flows/{flow}/refuse", {"reasons": [reason], "comment": "G7.45"})

    *_, last = sold.arrived()
    read = cdar_read.read(sold.file(last["flowId"])).message
    assert read is not None
    ((reference,),) = (told.references for told in read.acknowledgements)
    own = cdar_read.read(paid((20, 15000), minute=1)).message
    assert own is not None
    assert (reference.number, reference.code, reference.type) == (own.id, "601", "305")
    assert [(one.reason, one.text) for one in reference.details] == [("REJ_ENCAISSEMENT", "Taux absent")]
    assert sold.codes(paid((20, 15000), minute=2), "CDAR") == []
    unknown = sold.http.post(f"{sold.simulator.url}/simulator/approved/flows/none/refuse", json={})
    assert unknown.status_code == 404
