"""Our client against a simulator that shares no code with it; a call of the platform, heeded by the service."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from lettrage.adapters.approved.calls import Calls
from lettrage.adapters.approved.client import Client
from lettrage.adapters.approved.directory import ApprovedDirectory
from lettrage.adapters.approved.flows import ApprovedFlows
from lettrage.guard.secrets import Secret
from lettrage.invoicing.approved_settings import SECRETS, ApprovedSettings
from lettrage.invoicing.doors import QUALIFICATION
from lettrage.invoicing.flow_service import Seen, Signalled
from lettrage.simulator.server import Simulator
from tests.http.service import running
from tests.journeys.helpers import Firm, company, run_here

INVOICE = (Path(__file__).parents[1] / "golden" / "ubl-platform" / "several_rates.xml").read_bytes()
SELLER = "100000009"


def signalled(tracking: str, data: bytes = INVOICE) -> Signalled:
    return Signalled(tracking, "several_rates.xml", "UBL", hashlib.sha256(data).hexdigest(), profile="CIUS")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=5, speed=3_600) as made:
        yield made


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    said = {name.removeprefix("approved_"): text for name, text in simulator.approved_connection.items()}
    own = {name: Secret(text) if name in SECRETS else text for name, text in said.items()}
    calls = Calls(ApprovedSettings(QUALIFICATION, **own, pause_ms=0))  # type: ignore[arg-type]
    yield Client(calls)
    calls.close()


def until(told: Callable[[], object]) -> None:
    """Wait for what comes by itself."""
    limit = time.monotonic() + 30
    while not told():
        assert time.monotonic() < limit
        time.sleep(0.05)


def settled(flows: ApprovedFlows, flow: str) -> Seen:
    until(lambda: (seen := flows.seen(flow)) is not None and seen.ack != "Pending")
    seen = flows.seen(flow)
    assert seen is not None
    return seen


def test_an_invoice_is_sent_found_by_our_name_and_read_back(client: Client) -> None:
    flows = ApprovedFlows(client)
    assert flows.healthy()
    before = datetime.now(UTC) - timedelta(days=3_650)
    taken = flows.submit(INVOICE, signalled("ours-1"))
    seen = settled(flows, taken.flow)

    assert (seen.ack, seen.tracking, seen.direction, seen.syntax) == ("Ok", "ours-1", "Out", "UBL")
    assert seen.sha256 in ("", hashlib.sha256(INVOICE).hexdigest())
    assert [one.flow for one in flows.traced("ours-1")] == [taken.flow]
    assert flows.traced("nobody's") == []
    assert flows.content(taken.flow) == INVOICE
    assert flows.seen("no-such-flow") is None
    until(lambda: flows.arrived(before))
    arrived = flows.arrived(before)
    assert {one.direction for one in arrived} == {"In"}
    assert b"CrossDomainAcknowledgementAndResponse" in flows.content(arrived[0].flow)
    last = arrived[-1].updated_at
    assert last is not None
    assert all(one.updated_at and one.updated_at > last for one in flows.arrived(last))


def test_what_cannot_be_read_is_complained_of(client: Client) -> None:
    flows = ApprovedFlows(client)
    data = b"<not-an-invoice/>"
    seen = settled(flows, flows.submit(data, signalled("ours-2", data)).flow)

    assert seen.ack == "Error"
    assert [one.level for one in seen.complaints] == ["Error"]
    assert seen.complaints[0].code
    again = settled(flows, flows.submit(data, mistaken("ours-3")).flow)
    assert again.complaints[0].code == "ChecksumMismatch"


def mistaken(tracking: str) -> Signalled:
    """Signalled with another file's fingerprint."""
    return signalled(tracking, b"another file")


def test_a_search_of_many_goes_to_its_end(client: Client) -> None:
    flows = ApprovedFlows(client)
    for _ in range(3):
        flows.submit(b"<x/>", signalled("the-same-name", b"<x/>"))
    assert len(flows.traced("the-same-name")) == 3


def test_the_directory_is_looked_up(client: Client) -> None:
    directory = ApprovedDirectory(client)
    company_ = directory.company(SELLER)

    assert company_ is not None
    assert company_.siren == SELLER
    assert directory.company("999999999") is None
    lines = directory.lines("732829320")
    assert lines
    assert {line.siren for line in lines} == {"732829320"}
    assert directory.lines("999999999") == []


def test_a_call_of_the_platform_s_has_us_ask_it(tmp_path: Path, simulator: Simulator) -> None:
    """The whole way: set up, subscribed, something arrives there, the signed call reaches the running service."""
    firm = Firm(tmp_path, company(), at=datetime.now(UTC))
    env = {"LETTRAGE_DATABASE": firm.address}

    def run(*arguments: str, stdin: str = "") -> str:
        ran = run_here("platform", *arguments, folder=firm.folder, stdin=stdin.encode(), env=env | keys)
        assert ran.status == 0, ran.err
        return ran.out

    keys = {"LETTRAGE_KEYS": str(tmp_path / "elsewhere" / "keys.json")}
    run("connect", "-", stdin=json.dumps(simulator.connection))
    with running(firm) as service:
        run("hook", service.url)
        content = {"content": base64.b64encode(b"<anything/>").decode()}
        arrived = httpx.post(f"{simulator.url}/simulator/approved/arrivals", json=content)
        assert arrived.status_code == 200, arrived.text
        until(lambda: firm.ask("SELECT kind FROM job WHERE kind = 'receive'"))
        assert [line["status"] for line in service.logged if line.get("route", "").startswith("/hooks/")] == [200]
    assert firm.ask("SELECT platform FROM webhook_call") == [(QUALIFICATION,)]
    run("unhook", json.loads(run("hooks", "--json"))[0]["id"])
    assert json.loads(run("hooks", "--json")) == []
    firm.store.close()
