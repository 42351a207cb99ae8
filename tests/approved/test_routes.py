"""Routes by the simulated platform's directory, asked over real HTTP: what it says, and what is kept when it cannot."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lettrage.adapters.approved.client import Client
from lettrage.adapters.approved.directory import ApprovedDirectory
from lettrage.invoicing.portal import Trouble
from lettrage.invoicing.routing.deciding import Known, looked_up
from lettrage.simulator.server import Simulator
from tests.approved.reaching import DIRECTORY, client_of
from tests.journeys.helpers import Firm, company

FRENCH = {"kind": "customer", "address": {"country": "FR"}}
CUSTOMERS = {
    "BUYER": "30000000700017",
    "CLOSED": "40000000600019",
    "NOWHERE": "50000000500011",
    "TWO": "73282932000082",
    "STATE": "11000201100044",
    "UNKNOWN": "45219400000016",
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=5) as made:
        yield made


@pytest.fixture
def client(simulator: Simulator) -> Iterator[Client]:
    simulator.faults.off()
    with client_of(simulator) as made:
        yield made


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    parties = [{"code": code, "name": code, "siret": siret} | FRENCH for code, siret in CUSTOMERS.items()]
    made = Firm(tmp_path, company("998", third_parties=parties))
    yield made
    made.store.close()


Ask = Callable[..., dict[str, Known]]


@pytest.fixture
def ask(firm: Firm, client: Client) -> Ask:
    """The routes of customers, by a directory that is asked where nothing of it is kept."""

    def asked(*codes: str, **more: Any) -> dict[str, Known]:
        def connect() -> ApprovedDirectory:
            return ApprovedDirectory(client)

        return looked_up(firm.store, "998", codes, "qualification", connect, firm.clock.now(), **more)

    return asked


def test_the_directory_decides_by_which_door_each_customer_is_reached(ask: Ask) -> None:
    routes = {code: known.route() for code, known in ask(*CUSTOMERS).items()}

    assert {code: (one.door, one.rule, one.address) for code, one in routes.items()} == {
        "BUYER": ("approved", "business", "300000007"),
        "CLOSED": (None, "business_without_address", ""),
        "NOWHERE": (None, "business_without_address", ""),
        "TWO": ("approved", "business", "732829320_73282932000082"),
        "STATE": ("chorus", "public_by_chorus", ""),
        "UNKNOWN": (None, "business_unknown", ""),
    }


BAD = ("timed_out", "inconsistent", "not_offered", "server_error", "dropped_after", "truncated", "html_after")


@pytest.mark.parametrize("kind", BAD)
def test_a_directory_that_does_not_answer_is_told_and_what_it_said_before_holds(
    ask: Ask, firm: Firm, simulator: Simulator, kind: str
) -> None:
    before = ask("BUYER")["BUYER"].route()
    firm.clock.at += timedelta(days=3)
    simulator.faults.on(kind, path=DIRECTORY)
    again = ask("BUYER", "TWO")

    assert again["BUYER"].silent is not None
    route = again["BUYER"].route()
    assert (route.door, route.address, route.seen_at) == (before.door, before.address, before.seen_at)
    assert ("SIREN", "732829320") not in again["TWO"].copies, "what was never said is not guessed"
    simulator.faults.off()
    assert ask("BUYER", "TWO")["TWO"].silent is None


@pytest.mark.parametrize(
    ("kind", "status", "meant"),
    [("timed_out", 408, "gateway"), ("inconsistent", 422, "refused"), ("not_offered", 501, "refused")],
)
def test_what_each_refusal_of_the_openapi_means(
    client: Client, simulator: Simulator, kind: str, status: int, meant: str
) -> None:
    simulator.faults.on(kind, path=DIRECTORY, times=1)
    directory = ApprovedDirectory(client)

    with pytest.raises(Trouble) as caught:
        directory.company("200000008")
    assert (caught.value.kind, caught.value.status) == (meant, status)
    assert directory.company("200000008") is not None
