"""Both services against their published descriptions, by schemathesis."""

import random

import pytest

from lettrage.simulator.server import Simulator
from tests.invoicing import samples
from tests.simulator.approved.contract import DIRECTORY, FLOW, breaches

SEED = 20261122
SERVICES = ((FLOW, "approved_flow_url"), (DIRECTORY, "approved_directory_url"))


def _kept(simulator: Simulator, file: str, address: str, examples: int, seed: int) -> None:
    done = breaches(simulator, file, simulator.approved_connection[address], examples, seed)

    assert done.returncode == 0, f"seed {seed}\n{done.stdout[-8000:]}\n{done.stderr}"
    assert simulator.mishaps == []


@samples.needed
@pytest.mark.parametrize(("file", "address"), SERVICES)
def test_the_service_keeps_its_published_description(simulator: Simulator, file: str, address: str) -> None:
    _kept(simulator, file, address, 3, SEED)


@samples.needed
@pytest.mark.long
@pytest.mark.parametrize(("file", "address"), SERVICES)
def test_the_service_keeps_its_published_description_for_long(simulator: Simulator, file: str, address: str) -> None:
    _kept(simulator, file, address, 150, random.randrange(2**31))


@samples.needed
def test_an_answer_of_another_shape_is_noticed(simulator: Simulator) -> None:
    simulator.faults.on("wrong_types", path="/approved/directory-service/v1/s*")

    done = breaches(simulator, DIRECTORY, simulator.approved_connection["approved_directory_url"], 2, SEED)

    assert done.returncode != 0
    assert "Response violates schema" in done.stdout
