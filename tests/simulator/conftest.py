from collections.abc import Iterator

import pytest

from lettrage.simulator.server import Simulator
from tests.simulator.caller import Caller


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    with Simulator(speed=1) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Iterator[Simulator]:
    """One simulator for all tests, as if each had its own."""
    running.simulation.reset()
    yield running
    assert not running.mishaps


@pytest.fixture
def caller(simulator: Simulator) -> Iterator[Caller]:
    with Caller(simulator) as calling:
        yield calling
