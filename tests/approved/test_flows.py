"""The flow service's client over real HTTP: what it asks, and what it makes of every kind of answer."""

import json
import socket
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.parser import BytesParser
from typing import Any

import pytest

from lettrage.adapters.approved.trouble import CLASSES, OTHERS, STATUSES, verdict
from lettrage.guard.secrets import Secret
from lettrage.invoicing.flow_service import Complaint, Hook, Signalled, Submitted
from lettrage.invoicing.portal import Trouble
from tests.approved.setting_up import Asked, Opened, Said, error, flow, opened

SENT = Signalled("track-1", "F2026-1.xml", "CII", "ab" * 32, profile="CIUS")
TAKEN = {"flowId": "F-1", "submittedAt": "2026-11-22T10:00:00.123Z", "trackingId": "track-1", "name": "F2026-1.xml"}
SINCE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def always(said: Said | None) -> Any:
    """An answer to whatever is asked."""
    return lambda _asked: said


def trouble_of(service: Opened, what: str = "submit") -> Trouble:
    """The trouble that a deposit, or a reading, meets."""
    with pytest.raises(Trouble) as caught:
        service.flows.submit(b"<x/>", SENT) if what == "submit" else service.flows.seen("F-1")
    return caught.value


def parts(asked: Asked) -> dict[str, Any]:
    """The parts of a form, by name."""
    head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=policy.default).parsebytes(head + asked.body)
    return {str(part["content-disposition"].params["name"]): part for part in message.iter_parts()}


# ---------------------------------------------------------------- what is asked, what is read


def test_a_file_is_deposited_with_its_signalling_in_a_part_of_its_own() -> None:
    with opened(always(Said(202, TAKEN))) as service:
        taken = service.flows.submit(b"<x/>", SENT)
    (asked,) = service.place.asked
    sent = parts(asked)

    assert taken == Submitted("F-1", datetime(2026, 11, 22, 10, 0, 0, 123_000, tzinfo=UTC))
    assert (asked.method, asked.path) == ("POST", "/flow-service/v1/flows")
    assert json.loads(sent["flowInfo"].get_payload(decode=True)) == {
        "trackingId": "track-1", "name": "F2026-1.xml", "flowSyntax": "CII", "flowProfile": "CIUS", "sha256": "ab" * 32,
    }  # fmt: skip
    assert sent["flowInfo"].get_content_type() == "application/json"
    assert sent["flowInfo"].get_filename() is None
    assert (sent["file"].get_payload(decode=True), sent["file"].get_content_type()) == (b"<x/>", "application/xml")
    assert sent["file"].get_filename() == "F2026-1.xml"


def test_each_call_says_who_for_and_has_a_name_of_its_own() -> None:
    with opened(always(Said(200, flow()))) as service:
        service.flows.seen("F-1")
        service.flows.seen("F-1")
    first, second = service.place.asked

    assert first.headers["organization-id"] == "org-7"
    assert first.headers["authorization"] == "Bearer abc.def.ghi"
    assert len({asked.headers["request-id"] for asked in (first, second)}) == 2
    assert first.headers["accept"] == "application/json"


def test_a_flow_is_seen_with_all_that_was_said_against_it() -> None:
    details = [
        {"level": "Error", "item": "BT-1", "reasonCode": "AlreadyExistingFlow", "reasonMessage": "again"},
        {"level": "Warning", "item": "x", "reasonCode": "its own", "reasonMessage": "m"},
    ]
    said = flow(acknowledgement={"status": "Error", "details": details}, updatedAt="2026-11-22T11:00:00+01:00")
    with opened(always(Said(200, said))) as service:
        seen = service.flows.seen("F-1")

    assert seen is not None
    assert (seen.ack, seen.type, seen.direction, seen.tracking) == ("Error", "CustomerInvoice", "Out", "t-1")
    assert seen.updated_at == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert seen.complaints == (
        Complaint("Error", "BT-1", "AlreadyExistingFlow", "again"),
        Complaint("Warning", "x", "its own", "m"),
    )
    assert service.place.asked[0].path == "/flow-service/v1/flows/F-1?docType=Metadata"


def test_a_number_of_theirs_cannot_lead_elsewhere() -> None:
    with opened(always(Said(200, flow("../../x?a=b")))) as service:
        service.flows.seen("../../x?a=b")

    assert service.place.asked[0].path == "/flow-service/v1/flows/..%2F..%2Fx%3Fa%3Db?docType=Metadata"


def test_a_flow_that_is_not_known_is_told_apart_from_an_address_that_is_none() -> None:
    with opened(always(error(404, "MISSING_RESOURCE"))) as service:
        assert service.flows.seen("F-1") is None
        with pytest.raises(Trouble) as caught:
            service.flows.content("F-1")
    assert (caught.value.kind, caught.value.status, caught.value.code) == ("refused", 404, "MISSING_RESOURCE")
    with opened(always(Said(404, b"<html>not found</html>"))) as service:
        assert trouble_of(service, "seen").kind == "settings"


def test_an_answer_about_another_flow_says_nothing() -> None:
    with opened(always(Said(200, flow("F-2")))) as service:
        assert (trouble_of(service, "seen").kind, trouble_of(service, "seen").code) == ("garbled", "flowId")
    with opened(always(Said(202, TAKEN | {"trackingId": "another"}))) as service:
        assert trouble_of(service).kind == "unknown"


def test_a_file_comes_as_it_is() -> None:
    with opened(always(Said(200, b"\x00<x>\xff", {"content-type": "application/octet-stream"}))) as service:
        assert service.flows.content("F-1") == b"\x00<x>\xff"
        service.flows.content("F-1", "ReadableView")
    assert [asked.path[-12:] for asked in service.place.asked] == ["ype=Original", "ReadableView"]


# ---------------------------------------------------------------- searching


def pages(*all_of: list[dict[str, Any]]) -> Any:
    """A search in pages whose cursors are their numbers."""

    def answer(asked: Asked) -> Said:
        at = int(asked.json.get("cursor", "0"))
        more = {"nextCursor": str(at + 1)} if at + 1 < len(all_of) else {}
        return Said(200, {"results": all_of[at], "limit": 100} | more)

    return answer


def test_a_search_goes_to_its_last_page() -> None:
    with opened(pages([flow("F-1")], [], [flow("F-2"), flow("F-1", acknowledgement={"status": "Error"})])) as service:
        found = service.flows.traced("t-1")

    assert [(one.flow, one.ack) for one in found] == [("F-1", "Error"), ("F-2", "Ok")]
    assert [asked.json for asked in service.place.asked] == [
        {"limit": 100, "where": {"trackingId": "t-1"}},
        {"limit": 100, "where": {"trackingId": "t-1"}, "cursor": "1"},
        {"limit": 100, "where": {"trackingId": "t-1"}, "cursor": "2"},
    ]


def test_a_flow_with_another_name_never_passes_for_ours() -> None:
    with opened(pages([flow("F-1", trackingId="t-2"), flow("F-2"), flow("F-3", trackingId=None)])) as service:
        assert [one.flow for one in service.flows.traced("t-1")] == ["F-2"]


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"]])
def test_a_cursor_that_repeats_is_no_search(cursors: list[str]) -> None:
    given = iter(cursors)
    with (
        opened(lambda _asked: Said(200, {"results": [flow()], "nextCursor": next(given)})) as service,
        pytest.raises(Trouble) as caught,
    ):
        service.flows.traced("t-1")
    assert (caught.value.kind, caught.value.code) == ("garbled", "nextCursor")


def test_a_search_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lettrage.adapters.approved.flows.PLATFORM_PAGES", 7)
    asked: list[int] = []

    def answer(_asked: Asked) -> Said:
        asked.append(1)
        return Said(200, {"results": [], "nextCursor": str(len(asked))})

    with opened(answer) as service, pytest.raises(Trouble) as caught:
        service.flows.traced("t-1")
    assert (caught.value.kind, len(asked)) == ("garbled", 7)


def test_a_search_has_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lettrage.adapters.approved.flows.PLATFORM_LIST_BYTES", 100_000)
    asked: list[int] = []

    def answer(_asked: Asked) -> Said:
        asked.append(1)
        return Said(200, {"results": [flow(junk="z" * 40_000)], "nextCursor": str(len(asked))})

    with opened(answer) as service, pytest.raises(Trouble) as caught:
        service.flows.traced("t-1")
    assert (caught.value.code, len(asked)) == ("too large", 3)


def test_what_arrived_is_told_in_the_order_of_its_changes() -> None:
    rows = [
        flow("late", flowDirection="In", updatedAt="2026-11-22T12:00:00Z"),
        flow("ours", flowDirection="Out", updatedAt="2026-11-22T11:00:00Z"),
        flow("early", flowDirection="In", updatedAt="2026-11-22T10:30:00Z"),
        flow("old", flowDirection="In", updatedAt="2026-11-22T09:00:00Z"),
    ]
    with opened(pages(rows)) as service:
        found = service.flows.arrived(SINCE.astimezone(timezone(timedelta(hours=1))))

    assert [one.flow for one in found] == ["early", "late"]
    assert service.place.asked[0].json["where"] == {"updatedAfter": "2026-11-22T09:00:00Z", "flowDirection": ["In"]}


# ---------------------------------------------------------------- webhooks, health


def test_a_subscription_is_made_listed_and_ended() -> None:
    made = {"webhookId": "6f1c0a52-2f7e-4f5e-9f3c-0a8f6a6b7c1d", "signingKey": "a2V5LWtleS1rZXkta2V5LQ==",
            "createdAt": "2026-11-22T10:00:00Z"}  # fmt: skip
    said = {
        "POST": Said(201, made),
        "GET": Said(200, {"count": 1, "webhooks": [made | {"callbackUrl": "https://x.example/h"}]}),
        "DELETE": Said(204),
    }
    with opened(lambda asked: said[asked.method]) as service:
        hook, key = service.flows.hook("https://x.example/h")
        listed = service.flows.hooks()
        service.flows.unhook(hook.id)

    at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert hook == Hook(made["webhookId"], "https://x.example/h", at)
    assert listed == [hook]
    assert (key.reveal(), str(key)) == (made["signingKey"], "***")
    assert service.place.asked[0].json == {"callbackUrl": "https://x.example/h", "flowDirection": "In"}
    assert service.place.asked[2].path == f"/flow-service/v1/webhooks/{made['webhookId']}"


def test_subscriptions_may_be_told_by_their_ids_alone_and_one_that_is_gone_is_ended() -> None:
    with opened(always(Said(200, {"count": 1, "webhookIds": ["w-1"]}))) as service:
        assert service.flows.hooks() == [Hook("w-1", "")]
    with opened(always(error(404))) as service:
        service.flows.unhook("w-1")


def test_a_subscription_without_a_key_is_in_doubt() -> None:
    with opened(always(Said(201, {"webhookId": "w-1"}))) as service, pytest.raises(Trouble) as caught:
        service.flows.hook("https://x.example/h")
    assert (caught.value.kind, caught.value.code) == ("unknown", "signingKey")


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (500, False), (503, False)])
def test_the_service_says_whether_it_works(status: int, healthy: bool) -> None:
    with opened(always(Said(status))) as service:
        assert service.flows.healthy() is healthy


# ---------------------------------------------------------------- trouble


KINDS = [
    (400, "refused", "refused"), (401, "settings", "settings"), (403, "settings", "settings"),
    (404, "refused", "refused"), (408, "gateway", "unknown"), (409, "refused", "unknown"),
    (413, "refused", "refused"), (422, "refused", "refused"), (501, "refused", "refused"),
    (500, "maintenance", "unknown"), (502, "gateway", "unknown"), (503, "maintenance", "maintenance"),
    (504, "gateway", "unknown"), (302, "gateway", "gateway"), (201, "garbled", "unknown"), (418, "garbled", "garbled"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "reading", "writing"), KINDS)
def test_what_a_status_means(status: int, reading: str, writing: str) -> None:
    with opened(always(error(status, "CODE", "the reason"))) as service:
        wrote, read = trouble_of(service), trouble_of(service, "seen") if status != 404 else None

    assert (wrote.kind, wrote.status, wrote.code, wrote.text) == (writing, status, "CODE", "the reason")
    assert read is None or read.kind == reading
    assert wrote.request_id == service.place.asked[-1 if status == 404 else 0].headers["request-id"]


def test_every_verdict_has_a_reason_and_no_reading_leaves_a_doubt() -> None:
    for ruling in (*STATUSES.values(), *CLASSES.values(), *OTHERS.values()):
        assert ruling.why
        assert ruling.reading != "unknown"
    assert verdict(422, in_its_own_words=False).writing == "garbled"
    assert verdict(501, in_its_own_words=False).writing == "settings", "of a gateway that knows no such service"


UNREADABLE = [
    b"", b"<html></html>", b"{", b"[]", b"null", b'{"flowId": "x", "flowId": "x"}', b'{"flowId": ""}',
    b'{"flowId": ["x"]}', b'{"flowId": "' + b"x" * 65 + b'"}',
]  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE)
def test_an_answer_that_cannot_be_read_leaves_a_deposit_in_doubt_and_a_reading_garbled(body: bytes) -> None:
    with opened(lambda asked: Said(202 if asked.method == "POST" else 200, body)) as service:
        assert trouble_of(service).kind == "unknown"
        assert trouble_of(service, "seen").kind == "garbled"


@pytest.mark.parametrize("member", ["updatedAt", "flowId", "acknowledgement"])
def test_a_flow_without_what_it_stands_by_is_none(member: str) -> None:
    with opened(pages([flow() | {member: None}])) as service, pytest.raises(Trouble) as caught:
        service.flows.arrived(SINCE)
    assert caught.value.kind == "garbled"


def test_an_answer_that_is_lost_is_a_doubt_of_a_deposit_alone() -> None:
    with opened(always(None)) as service:
        wrote, read = trouble_of(service), trouble_of(service, "seen")

    assert (wrote.kind, wrote.sent, read.kind) == ("unknown", True, "gateway")


def test_where_nobody_is_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        nobody = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with opened(always(None), flow_url=nobody) as service:
        met = trouble_of(service)

    assert (met.kind, met.sent) == ("unreachable", False)


def test_too_many_calls_are_tried_again_after_pauses_and_then_told() -> None:
    said = Said(429, {"errorCode": "TOO_MANY_REQUESTS"}, {"retry-after": "3"})
    with opened(always(said)) as service:
        met = trouble_of(service)
    assert (met.kind, met.after, service.pauses) == ("quota", 3, [])  # longer than a pause of ours
    with opened(always(error(429))) as service:
        assert trouble_of(service).kind == "quota"
    assert (service.pauses, len(service.place.asked)) == ([2, 4, 8], 4)


# ---------------------------------------------------------------- tokens


def test_a_token_is_asked_for_once_and_with_the_client_s_name_and_password() -> None:
    with opened(always(Said(200, flow()))) as service:
        service.flows.seen("F-1")
        service.flows.seen("F-1")
    (asked,) = service.place.tokens

    assert asked.body == b"grant_type=client_credentials"
    assert asked.headers["authorization"].startswith("Basic ")
    with opened(always(Said(200, flow())), client_sign="form") as service:
        service.flows.seen("F-1")
    assert "authorization" not in service.place.tokens[0].headers
    assert b"client_id=client-of-these-tests&client_secret=a+client+secret" in service.place.tokens[0].body


def test_a_token_that_is_refused_is_renewed_once() -> None:
    answers = iter([Said(200, flow()), error(401), Said(200, flow()), error(401), error(401)])
    with opened(lambda _asked: next(answers)) as service:
        service.flows.seen("F-1")
        service.flows.seen("F-1")
        assert trouble_of(service, "seen").kind == "settings"
    assert len(service.place.tokens) == 3


def test_a_token_that_a_person_entered_is_used_as_it_is() -> None:
    with opened(always(error(401)), token=Secret("a.fixed.token")) as service:
        assert trouble_of(service, "seen").kind == "settings"

    assert service.place.tokens == []
    assert [asked.headers["authorization"] for asked in service.place.asked] == ["Bearer a.fixed.token"]


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (Said(401, {"error": "invalid_client"}), "settings", "invalid_client"),
        (Said(400, {"error": "invalid_client"}), "settings", "invalid_client"),
        (Said(401, b"<html>"), "garbled", ""),
        (Said(200, {"access_token": "a b"}), "garbled", "access_token"),
        (Said(200, {}), "garbled", "access_token"),
        (Said(503, b""), "maintenance", ""),
    ],
)
def test_without_a_token_nothing_is_sent(said: Said, kind: str, code: str) -> None:
    with opened(always(Said(202, TAKEN))) as service:
        service.place.token = said
        met = trouble_of(service)

    assert (met.kind, met.code, met.step, met.sent) == (kind, code, "token", False)
    assert service.place.asked == []
