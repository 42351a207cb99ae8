"""What is deposited: how it is taken, what the acknowledgement says of it, how it is found and fetched again."""

import hashlib
import re
from typing import Any

import pytest

from lettrage.simulator.approved.reading import EICAR
from tests.simulator.approved.client import GOLDEN, INVOICE, Client, invoice, without
from tests.simulator.samples import facturx

CII = (GOLDEN / "cii-platform" / "several_rates.xml").read_bytes()
LONG = '{"flowSyntax":"UBL","name":"a","trackingId":"' + "x" * 65 + '"}'
ATTACHED = (GOLDEN / "ubl-platform" / "attachments.xml").read_bytes()


def test_a_sound_invoice_is_pending_then_ok(client: Client) -> None:
    client.set(acknowledgement=60)

    answer = client.post(INVOICE, trackingId="mine-1", name="F1.xml")

    said = answer.json()
    assert answer.status_code == 202
    assert said["sha256"] == hashlib.sha256(INVOICE).hexdigest()
    assert (said["trackingId"], said["name"], said["flowSyntax"]) == ("mine-1", "F1.xml", "UBL")
    pending = client.flow(said["flowId"])
    assert (pending["acknowledgement"], pending["flowType"]) == ({"status": "Pending"}, "Undefined")
    assert pending["updatedAt"] == pending["submittedAt"] == said["submittedAt"]
    client.advance(60)
    taken = client.acknowledged(said["flowId"])
    assert taken["acknowledgement"] == {"status": "Ok"}
    assert (taken["flowType"], taken["flowDirection"], taken["processingRule"]) == ("CustomerInvoice", "Out", "B2B")
    assert taken["updatedAt"] > taken["submittedAt"]


@pytest.mark.parametrize(
    ("data", "syntax", "info", "codes"),
    [
        (INVOICE, "UBL", {}, []),
        (CII, "CII", {}, []),
        (b"", "UBL", {}, ["EmptyFlow"]),
        (INVOICE + b"<!--" + EICAR + b"-->", "UBL", {}, ["VirusFound"]),
        (INVOICE, "UBL", {"sha256": "0" * 64}, ["ChecksumMismatch"]),
        (INVOICE, "CII", {}, ["FlowTypeError"]),
        (INVOICE, "Factur-X", {}, ["FlowTypeError"]),
        (INVOICE, "CDAR", {}, ["FlowTypeError"]),
        (INVOICE, "FRR", {}, ["FlowTypeError"]),
        (b"%PDF-1.7", "UBL", {}, ["FlowTypeError"]),
        (b"not xml", "UBL", {}, ["InvalidSchema"]),
        (without("<cbc:IssueDate>2026-03-02</cbc:IssueDate>"), "UBL", {}, ["InvalidSchema"]),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "UBL", {}, ["InvalidSchema"]),
    ],
)
def test_what_the_acknowledgement_says(
    client: Client, data: bytes, syntax: str, info: dict[str, Any], codes: list[str]
) -> None:
    assert client.codes(data, syntax, **info) == codes


def test_a_facturx_is_taken_and_its_xml_can_be_had(client: Client) -> None:
    flow = client.deposit(facturx(CII), "Factur-X", name="F1.pdf")

    assert client.acknowledged(flow)["acknowledgement"] == {"status": "Ok"}
    assert client.file(flow, "Converted").startswith(b"<?xml")
    assert client.file(flow, "ReadableView").startswith(b"%PDF")


def test_attachments_that_are_empty_or_of_another_kind_are_refused(client: Client) -> None:
    empty = re.sub(rb'(filename="[^"]*">)[^<]+<', rb"\1<", ATTACHED)
    renamed = re.sub(rb'filename="[^"]*"', b'filename="run.exe"', ATTACHED)

    assert set(client.codes(empty)) == {"EmptyAttachement"}
    assert set(client.codes(renamed)) == {"AttachmentTypeError"}
    assert client.codes(ATTACHED) == []


def test_the_same_invoice_twice_is_known_whatever_it_is_called(client: Client) -> None:
    assert client.codes(INVOICE, trackingId="a") == []
    assert client.codes(INVOICE, trackingId="b") == ["AlreadyExistingFlow"]
    assert client.codes(CII, "CII") == ["AlreadyExistingFlow"]
    assert client.codes(invoice(number="FA-2026-0002")) == []


def test_the_file_comes_back_as_it_was(client: Client) -> None:
    flow = client.deposit(INVOICE, name='a "name".xml')

    answer = client.http.get(f"{client.flows}/flows/{flow}", params={"docType": "Original"})

    assert answer.content == INVOICE
    assert answer.headers["content-disposition"] == 'attachment;filename="a _name_.xml"'
    for what in ("Converted", "ReadableView"):
        missing = client.http.get(f"{client.flows}/flows/{flow}", params={"docType": what})
        assert (missing.status_code, missing.json()["errorCode"]) == (404, "MISSING_RESOURCE")


def test_a_file_that_is_too_large_is_not_taken(client: Client) -> None:
    client.set(most_bytes=len(INVOICE) - 1)

    answer = client.post(INVOICE)

    assert (answer.status_code, answer.json()["errorCode"]) == (413, "FILE_SIZE_EXCEEDED")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"file": ("a", b"x")}, "MISSING_REQUIRED_FIELD"),
        ({"flowInfo": (None, '{"flowSyntax":"UBL","name":"a"}')}, "MISSING_REQUIRED_FIELD"),
        ({"flowInfo": (None, '{"name":"a"}'), "file": ("a", b"x")}, "MISSING_REQUIRED_FIELD"),
        ({"flowInfo": (None, '{"flowSyntax":"ubl","name":"a"}'), "file": ("a", b"x")}, "INVALID_REQUEST"),
        ({"flowInfo": (None, LONG), "file": ("a", b"x")}, "INVALID_REQUEST"),
        ({"flowInfo": (None, '{"flowSyntax":"UBL","name":"a","sha256":"A"}'), "file": ("a", b"x")}, "INVALID_REQUEST"),
        ({"flowInfo": (None, "not json"), "file": ("a", b"x")}, "INVALID_REQUEST"),
    ],
)  # fmt: skip
def test_a_call_that_says_too_little_or_nonsense_is_refused(client: Client, parts: Any, code: str) -> None:
    answer = client.http.post(f"{client.flows}/flows", files=parts)

    assert (answer.status_code, answer.json()["errorCode"]) == (400, code)


def test_who_has_no_token_gets_none_of_it(client: Client) -> None:
    connection = client.simulator.approved_connection
    form = {"grant_type": "client_credentials", "client_id": connection["approved_client_id"], "client_secret": "wrong"}
    refused = client.http.post(connection["approved_token_url"], data=form)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")

    for header in ({"authorization": "Bearer x"}, {"authorization": ""}):
        answer = client.http.get(f"{client.flows}/flows/x", headers=header)
        assert (answer.status_code, answer.json()["errorCode"]) == (401, "INVALID_TOKEN")
    client.control("PATCH", "approved/settings", {"organizations": ["100000009"]})
    assert client.http.get(f"{client.flows}/webhooks", headers={"organization-id": "2"}).status_code == 403
    assert client.http.get(f"{client.flows}/webhooks", headers={"organization-id": "100000009"}).status_code == 200
    client.control("DELETE", "approved/tokens")
    assert client.http.get(f"{client.flows}/webhooks").status_code == 401
    assert client.http.get(f"{client.flows}/healthcheck", headers={"authorization": ""}).status_code == 200


# ---------------------------------------------------------------- searches


def test_every_filter_must_hold(client: Client) -> None:
    client.settled(INVOICE, trackingId="one")
    client.settled(b"", trackingId="two")

    def tracked(**where: Any) -> set[str]:
        return {one["trackingId"] for one in client.search(flowDirection=["Out"], **where)["results"]}

    assert tracked() == {"one", "two"}
    assert tracked(trackingId="one") == {"one"}
    assert tracked(ackStatus="Error") == {"two"}
    assert tracked(flowType=["CustomerInvoice", "SupplierInvoice"]) == {"one"}
    assert tracked(processingRule=["B2B"]) == {"one"}
    assert tracked(processingRule=["B2C"]) == set()
    assert tracked(trackingId="One") == set()


def test_pages_follow_one_another_by_cursor_and_by_moment(client: Client) -> None:
    client.settled(INVOICE)
    for status in ("204", "205", "204"):
        client.move(status)

    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        found = client.search(flowDirection=["In"], limit=2, **cursor)
        pages.append([one["flowId"] for one in found["results"]])
        if "nextCursor" not in found:
            break
        cursor = {"cursor": found["nextCursor"]}

    assert [len(page) for page in pages] == [2, 2, 2]
    assert [one for page in pages for one in page] == [one["flowId"] for one in client.arrived()]
    moments = [one["updatedAt"] for one in client.arrived()]
    assert len(set(moments)) == len(moments)
    later = client.search(updatedAfter=moments[2], flowDirection=["In"])["results"]
    assert [one["updatedAt"] for one in later] == moments[3:]
    earlier = client.search(updatedBefore=moments[2], flowDirection=["In"])["results"]
    assert [one["updatedAt"] for one in earlier] == moments[:2]


@pytest.mark.parametrize(
    "asked", [{"where": {}}, {}, {"where": {"ackStatus": "ok"}}, {"where": {"ackStatus": "Ok"}, "cursor": "no"},
              {"where": {"ackStatus": "Ok"}, "limit": 101}, {"where": {"ackStatus": "Ok"}, "limit": 0}],
)  # fmt: skip
def test_a_search_that_says_nothing_or_nonsense_is_refused(client: Client, asked: Any) -> None:
    answer = client.http.post(f"{client.flows}/flows/search", json=asked)

    assert answer.status_code == 400


def test_a_flow_that_nobody_deposited_is_not_there(client: Client) -> None:
    assert client.http.get(f"{client.flows}/flows/none").status_code == 404
    assert client.http.get(f"{client.flows}/flows/{'x' * 65}").status_code == 400
