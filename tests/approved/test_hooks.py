"""Calls of a platform: heeded when they are signed and of now, once each; nobody else learns anything."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from lettrage.guard.secrets import Secret
from lettrage.invoicing.doors import PRODUCTION, QUALIFICATION
from lettrage.invoicing.hooks import SIGNATURE, STAMP, HookCall, judge
from lettrage.limits import HOOK_BYTES, WRONG_TOKENS
from tests.approved.conftest import Run
from tests.databases import edit
from tests.http.service import running
from tests.journeys.helpers import Firm
from tests.people.service import Client

KEY = base64.b64encode(b"a key of thirty-two bytes exactly").decode()
BODY = json.dumps({"flowId": "F-1", "flowDirection": "In"}).encode()
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def signed(body: bytes, stamp: str, key: str = KEY, digits: bool = False) -> str:
    """A signature as the standard makes it: over the fingerprint's bytes, or over its digits."""
    made = hashlib.sha256(body + b"@" + stamp.encode())
    fingerprint = made.hexdigest().encode() if digits else made.digest()
    return base64.b64encode(hmac.new(base64.b64decode(key), fingerprint, hashlib.sha256).digest()).decode()


class Hooked:
    """A firm whose key is set, and the service on its books."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self._client = Client(firm)

    @property
    def now(self) -> int:
        return int(self.firm.clock.now().timestamp())

    def call(self, body: bytes = BODY, stamp: str = "", path: str = "", **headers: str) -> httpx.Response:
        at = stamp or str(self.now)
        told = {STAMP: at, SIGNATURE: signed(body, at)} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self._client.request("POST", path or self.path(), content=body, headers=told)

    def path(self, dossier: str = "", platform: str = QUALIFICATION) -> str:
        return f"/hooks/{dossier or self.firm.dossier}/{platform}"

    def planned(self) -> list[Any]:
        return self.firm.ask("SELECT platform, kind FROM job WHERE kind = 'receive'")

    def heeded(self) -> int:
        return len(self.firm.ask("SELECT signature FROM webhook_call"))


@pytest.fixture
def hooked(firm: Firm, run: Run) -> Hooked:
    assert run("set", "flow_url=http://127.0.0.1:9/f", "signing_key=-", stdin=KEY).status == 0
    return Hooked(firm)


def test_a_signed_call_has_the_platform_asked_once(hooked: Hooked) -> None:
    first, again = hooked.call(), hooked.call(stamp=str(hooked.now))

    assert (first.status_code, first.json(), again.status_code) == (200, {}, 200)
    assert hooked.planned() == [(QUALIFICATION, "receive")]
    assert hooked.heeded() == 1


def test_a_call_is_not_heeded_again_though_nobody_asks_any_more(hooked: Hooked) -> None:
    stamp = str(hooked.now)
    hooked.call(stamp=stamp)
    edit(hooked.firm.address, "DELETE FROM job WHERE kind = 'receive'")

    respelt = signed(BODY, stamp, digits=True)  # the other reading of the standard is the same call
    assert hooked.call(stamp=stamp).status_code == 200
    assert hooked.call(stamp=stamp, Afnor_Signature=respelt).status_code == 200
    assert (hooked.planned(), hooked.heeded()) == ([], 1)
    hooked.call(body=BODY + b" ")
    assert (hooked.planned(), hooked.heeded()) == ([(QUALIFICATION, "receive")], 2)


def test_what_cannot_come_again_is_forgotten(hooked: Hooked) -> None:
    hooked.call()
    hooked.firm.clock.forward(minutes=11)
    hooked.call()
    assert hooked.heeded() == 1


@pytest.mark.parametrize("minutes", [-6, 6, 10_000])
def test_a_call_that_is_not_of_now_is_refused(hooked: Hooked, minutes: int) -> None:
    answer = hooked.call(stamp=str(hooked.now + 60 * minutes))

    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (401, "hook_late")
    assert (hooked.planned(), hooked.heeded()) == ([], 0)


def test_how_late_a_call_may_be_is_a_setting(hooked: Hooked, run: Run) -> None:
    assert run("set", "hook_minutes=10").status == 0
    assert hooked.call(stamp=str(hooked.now - 6 * 60)).status_code == 200


def _without_what_differs(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in ("instance", "request_id")}


def test_whoever_has_no_key_learns_nothing(hooked: Hooked) -> None:
    """A wrong signature, none, an unknown dossier, a platform without a key, one that is none: one answer."""
    wrong = signed(BODY, str(hooked.now), base64.b64encode(b"another key of thirty-two bytes.").decode())
    answers = [
        hooked.call(Afnor_Signature=wrong),
        hooked.call(Afnor_Signature=""),
        hooked.call(Afnor_Signature="*" * 44),
        hooked.call(path=hooked.path("NOWHERE")),
        hooked.call(path=hooked.path(platform=PRODUCTION)),
        hooked.call(path=hooked.path(platform="qualification")),
        hooked.call(path=hooked.path(platform="anything")),
        hooked.call(stamp=str(hooked.now), Afnor_Signature_Timestamp=str(hooked.now + 1)),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({json.dumps(_without_what_differs(answer), sort_keys=True) for answer in answers}) == 1
    assert answers[0].json()["reasons"][0]["code"] == "hook_not_signed"
    assert (hooked.planned(), hooked.heeded()) == ([], 0)


def test_a_body_has_a_size(hooked: Hooked) -> None:
    assert hooked.call(body=b"x" * HOOK_BYTES).status_code == 200
    assert hooked.call(body=b"x" * (HOOK_BYTES + 1)).status_code == 413
    assert hooked.heeded() == 1


def test_only_posting_is_a_call(hooked: Hooked) -> None:
    assert hooked._client.request("GET", hooked.path()).status_code == 405


def test_who_signs_wrongly_again_and_again_is_slowed_and_the_platform_is_not(firm: Firm, run: Run) -> None:
    assert run("set", "flow_url=http://127.0.0.1:9/f", "signing_key=-", stdin=KEY).status == 0
    with running(firm) as service:
        url = f"{service.url}/hooks/{firm.dossier}/{QUALIFICATION}"
        stamp = str(int(firm.clock.now().timestamp()))
        wrong = [httpx.post(url, content=BODY).status_code for _ in range(WRONG_TOKENS + 2)]
        right = httpx.post(url, content=BODY, headers={STAMP: stamp, SIGNATURE: signed(BODY, stamp)})

    assert wrong[-2:] == [429, 429]
    assert wrong[0] == 401
    assert right.status_code == 200
    assert KEY not in json.dumps(service.logged)


# ---------------------------------------------------------------- judging alone


STAMP_NOW = str(int(NOON.timestamp()))


@pytest.mark.parametrize("digits", [False, True])
def test_the_standard_s_own_signature_is_genuine(digits: bool) -> None:
    call = HookCall(BODY, STAMP_NOW, signed(BODY, STAMP_NOW, digits=digits))
    assert judge(call, Secret(KEY), NOON, 5) == "genuine"


@pytest.mark.parametrize("stamp", ["", "+1", " 1", "1.5", "1e9", "-1", "٣", "9" * 12, "NaN", str(10**18)])
def test_a_stamp_is_digits_of_a_moment(stamp: str) -> None:
    call = HookCall(BODY, stamp, signed(BODY, stamp))
    assert judge(call, Secret(KEY), NOON, 5) == "not_signed"


@pytest.mark.parametrize("key", ["", "not base64!"])
def test_without_a_key_nothing_is_genuine(key: str) -> None:
    """Also what is signed with the blank key, and with the one that is compared with in its place."""
    for guessed in ("", base64.b64encode(bytes(32)).decode()):
        call = HookCall(BODY, STAMP_NOW, signed(BODY, STAMP_NOW, guessed))
        assert judge(call, Secret(key), NOON, 5) == "not_signed"


def test_a_signature_is_of_one_body_and_one_moment() -> None:
    said = signed(b"12", "3")
    assert judge(HookCall(b"1", "23", said), Secret(KEY), NOON, 5) == "not_signed"
    assert judge(HookCall(b"12@", "3", said), Secret(KEY), NOON, 5) == "not_signed"
